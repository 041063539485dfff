//! A stopped book refuses every command for now, says why, and is read as before.

use ledger::stopped;
use serde_json::{Value, json};

use crate::service::{BOOK, Service, transfer_order};

impl Service {
    /// Stops the book, or lets it go on.
    async fn stop_book(&self, is_stopped: bool) {
        let mut conn = self.ledger.pool().acquire().await.unwrap();
        if is_stopped {
            stopped::stop(&mut conn, BOOK, "the cellar is flooded", "rana").await.unwrap();
        } else {
            assert!(stopped::resume(&mut conn, BOOK, "rana", "it is dry").await.unwrap());
        }
    }
}

#[tokio::test]
async fn a_stopped_book_takes_no_command_and_shows_what_it_holds() {
    let service = Service::start().await;
    let placed = service.must("client", "/api/orders", &transfer_order("c1", "20")).await;
    let id = placed["order"]["id"].as_str().unwrap().to_owned();
    let ready = service.get("/readyz").send().await.expect(200);
    assert_eq!(ready.get("stopped"), None);
    service.stop_book(true).await;

    let before = service.recorded().await;
    let order = transfer_order("c2", "10");
    let ask =
        async || service.post("/api/orders").by("client").key("late").json(&order).send().await;
    let answer = ask().await;
    assert_eq!(answer.header("retry-after"), Some("30"));
    let problem = answer.expect_problem(503, "book-stopped");
    let detail = problem["detail"].as_str().unwrap();
    for part in ["the cellar is flooded", "daftar book resume"] {
        assert!(detail.contains(part), "{detail}");
    }
    let dry = service.post("/api/orders?dry_run=true").by("client").json(&order).send().await;
    dry.expect_problem(503, "book-stopped");
    assert_eq!(service.recorded().await, before);

    // Readers are served, and whoever balances load is not told to send them away.
    let path = format!("/api/orders/{id}");
    let shown = service.get(&path).by("admin").send().await.expect(200);
    assert_eq!(shown["order"]["id"], id.as_str());
    service.get("/api/management/orders").by("admin").send().await.expect(200);
    let ready = until_ready(&service, |ready| ready.get("stopped").is_some()).await;
    assert_eq!(ready["stopped"]["why"], "the cellar is flooded");
    assert_eq!(ready["stopped"]["by"], "rana");
    let metrics = service.get("/metrics").send().await;
    assert!(metrics.text.contains("\ndaftar_book_stopped 1\n"), "{}", metrics.text);

    service.stop_book(false).await;
    ask().await.expect(201);
    let ready = until_ready(&service, |ready| ready.get("stopped").is_none()).await;
    assert_eq!(ready.get("stopped").cloned().unwrap_or(json!(null)), Value::Null);
    let metrics = service.get("/metrics").send().await;
    assert!(metrics.text.contains("\ndaftar_book_stopped 0\n"), "{}", metrics.text);
}

/// What was found out is said again for a second.
async fn until_ready(service: &Service, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..300 {
        let ready = service.get("/readyz").send().await.expect(200);
        if is_so(&ready) {
            return ready;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("it was not said within three seconds");
}

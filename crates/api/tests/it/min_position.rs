//! Reads that wait for a position, and the position that replies name.

use std::time::Duration;

use eventstore::Cursor;
use serde_json::json;

use crate::service::{BOOK, Service, wallet_order};

const TRIES: usize = 6;
const READS: [(&str, &str); 8] = [
    ("finance", "/api/customers/c1/wallet"),
    ("finance", "/api/customers/c1/orders?limit=1"),
    ("finance", "/api/management/orders"),
    ("auditor", "/api/audit/trial-balance"),
    ("auditor", "/api/events?after=0&limit=1"),
    ("auditor", "/api/approvals"),
    ("admin", "/api/admin/keys"),
    ("client", "/api/book/settings"),
];

#[tokio::test]
async fn every_read_takes_a_position_and_names_its_own() {
    let service = Service::start().await;
    service.top_up("c1", "100").await;
    let placed = service
        .post("/api/orders")
        .by("client")
        .key("k")
        .json(&wallet_order("c1", "60"))
        .send()
        .await;
    let seen = placed.header("daftar-position").unwrap().to_owned();
    placed.expect(201);
    let (_, end) = service.recorded().await;
    for (who, path) in READS {
        let asking = |query: &str| {
            let path = format!("{path}{}{query}", if path.contains('?') { "&" } else { "?" });
            service.get(&path).by(who)
        };
        for wanted in [seen.as_str(), "0", &end.to_string()] {
            let answer = asking(&format!("min_position={wanted}")).send().await;
            let cursor: Cursor = answer.header("daftar-position").unwrap().parse().unwrap();
            assert_eq!(cursor.position.get(), end, "{path}");
            answer.expect(200);
        }
        let mut lost = seen.clone();
        lost.replace_range(lost.len() - 8.., "00000000");
        for diverged in [lost.as_str(), &format!("{}.00000000", end + 1)] {
            let answer = asking(&format!("min_position={diverged}")).send().await;
            answer.expect_problem(409, "cursor-diverged");
        }
        for wrong in ["min_position=x", "min_position=", "min_position=1&min_position=1"] {
            let problem = asking(wrong).send().await.expect_problem(400, "invalid-query");
            assert_eq!(problem["errors"][0]["pointer"], "min_position", "{problem}");
        }
        asking("min_positions=1").send().await.expect_problem(400, "invalid-query");
    }
    let nobody = service.get("/api/customers/c1/wallet?min_position=1").send().await;
    assert_eq!(nobody.header("daftar-position"), None, "it says nothing of the book");
    nobody.expect_problem(401, "unauthenticated");
    let unknown = service.get("/api/orders/M0000009").by("client").send().await;
    assert!(unknown.header("daftar-position").is_some());
    unknown.expect_problem(404, "order-not-found");
    let command = service.post("/api/orders?min_position=1").by("client").key("l");
    let command = command.json(&wallet_order("c1", "1")).send().await;
    command.expect_problem(400, "invalid-query");
}

/// One that waits in vain is told so, however late the position came: 200 says that it was woken.
#[tokio::test]
async fn a_read_waits_for_its_position_and_goes_on_when_it_is_there() {
    let service = Service::start().await;
    service.top_up("c1", "1").await;
    for balance in 2..=TRIES {
        let (_, end) = service.recorded().await;
        let path = format!("/api/customers/c1/wallet?min_position={}", end + 1);
        let waiting = service.get(&path).by("client").send();
        let later = async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            service.top_up("c1", "1").await;
        };
        let (answer, ()) = tokio::join!(waiting, later);
        if answer.status == 503 {
            // A busy machine took longer to record it than a read waits.
            answer.expect_problem(503, "position-not-reached");
            continue;
        }
        let shown = &answer.expect(200)["wallets"][0]["balance"];
        assert_eq!(shown, &json!({ "amount": balance.to_string(), "currency": "IQD" }));
        return;
    }
    panic!("no read was woken");
}

#[tokio::test]
async fn a_read_does_not_wait_for_ever() {
    let service = Service::start().await;
    service.top_up("c1", "1").await;
    let path = "/api/customers/c1/wallet?min_position=1000000";
    let answer = service.get(path).by("client").send().await;
    assert_eq!(answer.header("retry-after"), Some("1"));
    answer.expect_problem(503, "position-not-reached");
}

#[tokio::test]
async fn a_position_names_the_history_of_the_book() {
    let service = Service::start().await;
    service.top_up("c1", "1").await;
    let answer = service.get("/api/customers/c1/wallet").by("client").send().await;
    let cursor: Cursor = answer.header("daftar-position").unwrap().parse().unwrap();
    let pool = service.database.pool(1);
    let mut conn = pool.acquire().await.unwrap();
    let hash = eventstore::read::hash_at(&mut conn, BOOK, cursor.position).await.unwrap().unwrap();
    assert!(cursor.agrees_with(hash));
    assert_eq!(answer.expect(200)["position"], cursor.position.get());
}

//! Workers within a service that break off while it serves.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::daftar::{Api, Installation, Ticket};

const MONDAY: &str = "2026-03-02T09:00:00Z";
const FRIDAY: &str = "2026-03-06T09:00:00Z";
/// Whoever asks a clock that shows this breaks off.
const NO_TIME: &str = "a quarter to nothing";
const BROKE_OFF: &str = "a worker broke off and is begun again worker=\"deadlines\"";
const TIMES: usize = 2;
const WITHIN: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_that_breaks_off_is_begun_again_and_does_what_fell_due_meanwhile() {
    let installation = Installation::new("workers");
    installation.set_clock(MONDAY);
    let service = installation.serve();
    let api = Api::new(service.base());
    let client = installation.key("client", "storefront");
    let iqd = |amount: &str| json!({ "amount": amount, "currency": "IQD" });
    let order = Ticket {
        idempotency_key: "order".to_owned(),
        bearer: client.clone(),
        path: "/api/orders".to_owned(),
        body: json!({
            "customer": "zaid",
            "method": "bank_transfer_grace",
            "lines": [{ "sku": "LB-502", "quantity": "1", "unit_price": iqd("100000") }],
            "total": iqd("100000"),
        }),
    };
    let reply = api.command(&order).await;
    assert!(reply.is_accepted(), "{}", reply.body);
    let order = reply.json()["order"]["id"].as_str().expect("it has an id").to_owned();

    installation.set_clock(NO_TIME);
    let since = Instant::now();
    // Whoever asks for metrics asks the clock as well.
    while service.log().matches(BROKE_OFF).count() < TIMES {
        assert!(since.elapsed() < WITHIN, "it does not break off");
        tokio::time::sleep(POLL).await;
    }

    installation.set_clock(FRIDAY);
    let since = Instant::now();
    loop {
        let seen = api.get(&client, &format!("/api/orders/{order}")).await;
        let phase = &seen["order"]["phase"];
        if phase == "expired" {
            break;
        }
        assert!(since.elapsed() < WITHIN, "nobody fires its deadline: {seen}");
        tokio::time::sleep(POLL).await;
    }
    let times = api.counted("daftar_workers_replaced_total{worker=\"deadlines\"}").await;
    assert!(usize::try_from(times).is_ok_and(|times| times >= TIMES), "{times}");
    installation.assert_verified();
}

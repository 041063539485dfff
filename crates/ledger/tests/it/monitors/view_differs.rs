//! What the scrubber cannot put right is told of until it is right, each thing by one monitor.

use ledger::alerts::Severity;
use projections::Check;
use serde_json::json;
use uuid::Uuid;

use super::watched::Watched;
use crate::book::{by_wallet, top_up};

const MONITOR: &str = "view-differs";

#[tokio::test]
async fn a_row_that_nothing_repairs_is_told_of_until_it_is_what_the_events_make_it() {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    watched.lap().await;
    assert_eq!(watched.look(MONITOR).await, []);

    // Lines of the journal are money: they are written anew by nobody.
    let account = |to: &str, from: &str| {
        format!("update daftar.journal_lines set item = '{to}' where item = '{from}'")
    };
    let item: String = {
        let mut conn = watched.book.app().await;
        let sql = "select item from daftar.journal_lines where account = '2100'";
        sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap()
    };
    watched.plant("journal_lines", &account("nobody", &item)).await;
    assert_eq!(watched.look(MONITOR).await, [], "nobody has looked yet");
    watched.lap().await;
    let seen = watched.look(MONITOR).await;
    let found = seen.iter().find(|alert| alert.evidence["check"] == "column").unwrap();
    assert_eq!((found.severity, found.owner.as_str()), (Severity::Critical, "operations"));
    assert!(found.subject.starts_with("finding/"), "{found:?}");
    assert_eq!(found.evidence["view"], "journal_lines");
    assert!(found.says.contains("journal_lines"), "{}", found.says);
    watched.lap().await;
    assert_eq!(watched.look(MONITOR).await, seen, "it is known again, and still so");

    watched.plant("journal_lines", &account(&item, "nobody")).await;
    watched.lap().await;
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn a_row_that_was_written_anew_is_told_of_no_more() {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    watched.send(by_wallet(1, "anna", 300)).await;
    let change = "update daftar.customer_orders set number = 'nobody''s'";
    watched.plant("customer_orders", change).await;
    watched.lap().await;
    assert_eq!(watched.look(MONITOR).await, []);
    let sql = "select count(*) from daftar.repairs where view = 'customer_orders'";
    assert_eq!(watched.book.count(sql).await, 1, "it was found, and repaired");
}

#[tokio::test]
async fn each_thing_that_can_be_found_is_told_of_by_one_monitor() {
    let watched = Watched::open().await;
    let mut conn = watched.book.app().await;
    for (number, check) in Check::ALL.into_iter().enumerate() {
        sqlx::query(
            "insert into daftar.scrub_findings
               (book_id, finding_id, check_name, subject, says, evidence, found_at, lap)
             values (1, $1, $2, 'it', 'it is not as it must be', $3, now(), 1)",
        )
        .bind(Uuid::from_u128(number.try_into().unwrap()))
        .bind(check.as_str())
        .bind(json!({}))
        .execute(&mut conn)
        .await
        .unwrap();
    }
    let mut told = Vec::new();
    for monitor in ledger::monitors::all().iter().filter(|monitor| monitor.name != "wal-high") {
        for alert in watched.look(monitor.name).await {
            let check = alert.evidence["check"].as_str().unwrap_or_default().to_owned();
            told.push((check, monitor.name));
        }
    }
    told.sort_unstable();
    let checks: Vec<&str> = told.iter().map(|(check, _)| check.as_str()).collect();
    // What is quarantined is told of by its own table.
    let mut all: Vec<&str> = Check::ALL.iter().map(|check| check.as_str()).collect();
    all.retain(|check| *check != "quarantined");
    all.sort_unstable();
    assert_eq!(checks, all, "{told:?}");
    let of_chain: Vec<&str> = told
        .iter()
        .filter(|(_, monitor)| *monitor == "chain-broken")
        .map(|(check, _)| check.as_str())
        .collect();
    assert_eq!(of_chain, ["chain", "head"]);
}

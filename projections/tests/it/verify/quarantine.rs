//! A stream that cannot be read is named as such, and its rows are no drift.

use eventstore::Position;
use projections::{Check, text_of};

use super::{of, told_book};
use crate::book::Databases;
use crate::story::{TRANSFER_ORDER, order};

#[tokio::test]
async fn a_stream_that_cannot_be_read_is_quarantined_and_everything_else_is_compared() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let id = order(TRANSFER_ORDER).uuid();
    databases
        .tamper(
            "events",
            &format!(
                "update daftar.events set payload = '{{\"unheard_of\": {{}}}}'
                  where aggregate_id = '{id}' and sequence = 2"
            ),
        )
        .await;
    for (table, set) in [
        ("customer_orders", "status = 'lost'"),
        ("order_management", "phase = 'lost'"),
        ("deadlines", "set_by = 99"),
    ] {
        let sql = format!("update daftar.{table} set {set} where order_id = '{id}'");
        databases.tamper(table, &sql).await;
    }
    databases
        .tamper(
            "timeline",
            &format!(
                "delete from daftar.timeline where order_id = '{id}'
                                       and stream_type = 'order'"
            ),
        )
        .await;

    let report = book.verify().await;

    let [quarantined] = &report.quarantined[..] else { panic!("{:?}", report.quarantined) };
    assert_eq!(quarantined.stream.to_string(), format!("order/{id}"));
    assert!(quarantined.why.contains("could not be read"), "{}", quarantined.why);
    let checks: Vec<_> = report.findings.iter().map(|finding| finding.check).collect();
    // The changed payload is one thing, that nobody can read it another; no row is called wrong.
    assert_eq!(checks, [Check::Chain, Check::Quarantined], "{:?}", report.findings);
    assert_eq!(report.findings[1].positions, [quarantined.position]);

    databases.tamper("customer_orders", "update daftar.customer_orders set status = 'lost'").await;
    let others = of(&book.verify().await.findings, Check::Column, "customer_orders").len();
    let rows = databases.rows("customer_orders").await.len();
    assert_eq!(others, rows - 1, "all but the one that is quarantined");
}

#[tokio::test]
async fn events_of_a_stream_of_no_known_type_are_named_once() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    databases
        .tamper(
            "events",
            "update daftar.events set aggregate_type = 'wish' where aggregate_type = 'suspense'",
        )
        .await;

    let report = book.verify().await;

    let strangers: Vec<_> =
        report.findings.iter().filter(|one| one.check == Check::Quarantined).collect();
    assert_eq!(strangers.len(), 1, "{:?}", report.findings);
    assert!(text_of(&strangers[0].key).starts_with("wish/"), "{}", strangers[0]);
    assert!(strangers[0].positions[0] > Position::ZERO);
    assert_eq!(of(&report.findings, Check::ExtraRow, "suspense_items").len(), 1);
}

//! Deadlines that nobody fires.

use domain::settings::Setting;
use ledger::alerts::Severity;
use ledger::deadlines::Deadlines;

use super::watched::Watched;
use crate::book::{by_transfer, order};

const MONITOR: &str = "deadline-not-fired";

#[tokio::test]
async fn a_deadline_is_late_after_minutes_on_any_day_and_firing_it_resolves_it() {
    let watched = Watched::open().await;
    // On a Tuesday, to be paid until Friday.
    watched.at("11-25 12:00");
    watched.send(by_transfer(1, "anna", 100)).await;
    for early in ["11-28 11:59", "11-28 12:04"] {
        watched.at(early);
        assert_eq!(watched.look(MONITOR).await, [], "{early}");
    }
    watched.at("11-28 12:05");
    let late = watched.one(MONITOR).await;
    assert_eq!(late.subject, format!("order/{}", order(1)));
    assert_eq!((late.severity, late.owner.as_str()), (Severity::Critical, "operations"));
    assert!(
        late.says.ends_with("should have expired 5 minutes ago, at 2025-11-28 12:00"),
        "{late:?}"
    );
    assert_eq!(late.evidence["deadline"], "expire");
    assert_eq!(late.evidence["phase"], "awaiting_payment");
    assert_eq!(late.evidence["customer"], "anna");

    Deadlines::new(watched.node.clone()).fire().await.unwrap();
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn how_late_is_late_is_as_the_book_has_it() {
    let watched = Watched::open().await;
    watched.send(by_transfer(1, "anna", 100)).await;
    watched.at("11-23 14:00");
    assert!(watched.one(MONITOR).await.says.contains("2 hours ago"));
    watched.change(Setting::DeadlineLateMinutes(121)).await;
    assert_eq!(watched.look(MONITOR).await, []);
    watched.change(Setting::DeadlineLateMinutes(120)).await;
    assert_eq!(watched.look(MONITOR).await.len(), 1);
}

//! Paid orders that finance does not release in its time.

use chrono::Weekday;
use domain::decide::Command;
use domain::order::Department;
use domain::settings::Setting;
use ledger::alerts::Severity;

use super::watched::Watched;
use crate::book::{because, by_transfer, by_wallet, iqd, order, top_up};

const MONITOR: &str = "paid-not-released";

/// An order of Anna's that is paid at once, at noon on a Thursday.
async fn paid() -> Watched {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    watched.send(by_wallet(1, "anna", 100)).await;
    watched
}

#[tokio::test]
async fn it_is_late_after_eight_hours_of_work_and_a_release_resolves_it() {
    let watched = paid().await;
    watched.send(by_transfer(2, "anna", 100)).await;
    // Five hours on Thursday, none on Friday and Saturday, three on Sunday.
    for early in ["11-20 17:00", "11-21 12:00", "11-22 23:00", "11-23 11:59"] {
        watched.at(early);
        assert_eq!(watched.look(MONITOR).await, [], "{early}");
    }
    watched.at("11-23 12:00");
    let late = watched.one(MONITOR).await;
    assert_eq!(late.subject, format!("order/{}", order(1)));
    assert_eq!((late.severity, late.owner.as_str()), (Severity::Warning, "finance"));
    let number = late.evidence["number"].as_str().unwrap();
    assert_eq!(
        late.says,
        format!(
            "order {number} is paid and has not been released for 8 working hours, \
             since 2025-11-20 12:00"
        )
    );
    assert_eq!(late.evidence["phase"], "finance_review");
    assert_eq!(late.evidence["department"], "finance");
    assert_eq!(late.evidence["customer"], "anna");
    assert_eq!(late.evidence["since"], "2025-11-20T09:00:00Z");
    assert_eq!(late.evidence["due"], serde_json::to_value(iqd(100)).unwrap());

    watched.send(Command::Release { order: order(1) }).await;
    assert_eq!(watched.look(MONITOR).await, []);
    assert_eq!(watched.alerts(MONITOR).await[0].id, late.id);
}

#[tokio::test]
async fn a_hold_makes_no_order_younger_and_is_told_of_as_nothing_urgent() {
    let watched = paid().await;
    watched.at("11-23 11:00");
    watched
        .send(Command::PutOnHold {
            order: order(1),
            department: Department::Finance,
            reason: because(),
        })
        .await;
    assert_eq!(watched.look(MONITOR).await, []);
    watched.at("11-23 12:00");
    let held = watched.one(MONITOR).await;
    assert_eq!(held.severity, Severity::Info);
    assert_eq!(held.evidence["on_hold"], serde_json::json!(["finance"]));
    assert!(held.says.ends_with("since 2025-11-20 12:00, and is on hold by finance"), "{held:?}");

    watched.send(Command::LiftHold { order: order(1), department: Department::Finance }).await;
    let late = watched.one(MONITOR).await;
    assert_eq!((late.id, late.severity), (held.id, Severity::Warning));
}

#[tokio::test]
async fn what_is_late_and_when_people_work_is_as_the_book_has_it() {
    let watched = paid().await;
    watched.at("11-20 17:00");
    watched.change(Setting::ReleaseHours(5)).await;
    assert_eq!(watched.look(MONITOR).await.len(), 1);
    watched.change(Setting::ReleaseHours(8)).await;
    assert_eq!(watched.look(MONITOR).await, []);

    watched.at("11-21 12:00");
    let days = vec![Weekday::Thu, Weekday::Fri];
    watched.change(Setting::WorkingDays(days)).await;
    assert_eq!(watched.look(MONITOR).await.len(), 1);
}

//! Released orders that do not get out of the house in time.

use domain::decide::Command;
use domain::settings::Setting;
use ledger::alerts::Alert;

use super::dispatched_not_delivered::dispatch;
use super::watched::Watched;
use crate::book::{because, by_wallet, order, top_up};

const MONITOR: &str = "processing-too-long";

/// An order of Anna's that is released at noon on a Thursday.
async fn released() -> Watched {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    watched.send(by_wallet(1, "anna", 100)).await;
    watched.send(Command::Release { order: order(1) }).await;
    watched
}

fn whose(alert: &Alert) -> (&str, &str) {
    (alert.owner.as_str(), alert.evidence["phase"].as_str().unwrap())
}

#[tokio::test]
async fn each_step_has_its_own_time_and_its_own_department() {
    let watched = released().await;
    // Sixteen hours: five on Thursday, eight on Sunday, three on Monday.
    for early in ["11-21 13:00", "11-24 11:59"] {
        watched.at(early);
        assert_eq!(watched.look(MONITOR).await, [], "{early}");
    }
    watched.at("11-24 12:00");
    let waiting = watched.one(MONITOR).await;
    assert_eq!(whose(&waiting), ("warehouse", "warehouse_ready"));
    assert!(
        waiting.says.ends_with(
            "has been waiting for the warehouse for 16 working hours, since 2025-11-20 12:00"
        ),
        "{waiting:?}"
    );

    watched.send(Command::StartProcessing { order: order(1) }).await;
    assert_eq!(watched.look(MONITOR).await, [], "somebody is at it");
    watched.at("11-26 11:59");
    assert_eq!(watched.look(MONITOR).await, []);
    watched.at("11-26 12:00");
    assert_eq!(whose(&watched.one(MONITOR).await), ("warehouse", "warehouse_processing"));

    watched.send(Command::Pack { order: order(1) }).await;
    assert_eq!(watched.look(MONITOR).await, []);
    // Five hours on Wednesday, eight on Thursday, three on Sunday.
    watched.at("11-30 11:59");
    assert_eq!(watched.look(MONITOR).await, []);
    watched.at("11-30 12:00");
    let packed = watched.one(MONITOR).await;
    assert_eq!(whose(&packed), ("logistics", "packed"));
    assert_eq!(packed.times_opened, 3);

    watched.send(dispatch(1, 1)).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn goods_that_are_missing_wait_for_finance_and_what_goes_back_begins_anew() {
    let watched = released().await;
    watched.at("11-23 10:00");
    watched.send(Command::RejectStock { order: order(1), reason: because() }).await;
    watched.at("11-24 09:59");
    assert_eq!(watched.look(MONITOR).await, []);
    watched.at("11-24 10:00");
    let missing = watched.one(MONITOR).await;
    assert_eq!(whose(&missing), ("finance", "stock_rejected"));

    watched.send(Command::StartProcessing { order: order(1) }).await;
    assert_eq!(watched.look(MONITOR).await, [], "they are there");
    watched.at("11-25 10:00");
    watched.send(Command::RejectStock { order: order(1), reason: because() }).await;
    watched.at("11-26 09:59");
    assert_eq!(watched.look(MONITOR).await, [], "it waits for finance since yesterday, not Sunday");
    watched.at("11-26 10:00");
    let again = watched.one(MONITOR).await;
    assert_eq!(whose(&again), ("finance", "stock_rejected"));
    assert_eq!(again.evidence["since"], "2025-11-25T07:00:00Z");
    assert_eq!((again.id, again.times_opened), (missing.id, 2));
}

#[tokio::test]
async fn how_long_a_step_may_take_is_as_the_book_has_it() {
    let watched = released().await;
    watched.at("11-20 16:00");
    assert_eq!(watched.look(MONITOR).await, []);
    watched.change(Setting::PackingHours(4)).await;
    assert_eq!(watched.look(MONITOR).await.len(), 1);
    watched.change(Setting::PackingHours(5)).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

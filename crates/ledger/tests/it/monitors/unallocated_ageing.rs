//! Money without an order or wallet is told of once it is old, in working time.

use domain::decide::Command;
use domain::payment::Kind;
use domain::settings::Setting;
use ledger::alerts::{Severity, Synced};

use super::paper::{DAY, HOUR, MINUTE, allocates, dinars, paid_by};
use super::watched::Watched;
use crate::book::{amount, because, code, noon};

const MONITOR: &str = "unallocated-ageing";

fn records(reference: &str, sum: i64) -> Command {
    Command::RecordPayment {
        payment: paid_by(reference),
        kind: Kind::BankTransfer {
            account: code("RAFIDAIN"),
            reference: code(reference),
            date: noon().date_naive(),
        },
        amount: amount(sum),
        customer: None,
    }
}

#[tokio::test]
async fn money_that_nobody_knows_is_told_of_after_forty_working_hours_until_it_has_a_place() {
    let desk = Watched::open().await;
    desk.send(records("TT-1", 250)).await;
    // Five hours of Thursday, four days of eight, three hours of the next Thursday.
    desk.after(7 * DAY);
    desk.sees_nothing(MONITOR).await;
    desk.after(7 * DAY + MINUTE);
    let alert = desk.one(MONITOR).await;
    let payment = paid_by("TT-1");
    assert_eq!(alert.subject, format!("payment/{payment}"));
    assert_eq!((alert.severity, &*alert.owner), (Severity::Warning, "finance"));
    assert_eq!(
        alert.says,
        "250 IQD of the payment RAFIDAIN TT-1 has no order or wallet since 2025-11-20 12:00"
    );
    assert_eq!(alert.evidence["unallocated"], dinars("250"));
    assert_eq!(alert.evidence["allowed_working_hours"], 40);

    desk.send(allocates(payment, Some(100), "anna")).await;
    let told = desk.one(MONITOR).await;
    assert!(told.says.starts_with("150 IQD of "), "{}", told.says);
    assert_eq!((told.id, &told.evidence["amount"]), (alert.id, &dinars("250")));

    desk.send(allocates(payment, None, "anna")).await;
    assert_eq!(desk.synced(MONITOR).await, Synced { resolved: 1, ..Synced::default() });
}

#[tokio::test]
async fn a_book_says_how_old_money_may_be_and_when_its_people_work() {
    let desk = Watched::open().await;
    desk.send(records("TT-1", 250)).await;
    desk.after(2 * HOUR + MINUTE);
    desk.sees_nothing(MONITOR).await;
    desk.change(Setting::UnallocatedHours(2)).await;
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    desk.change(Setting::UnallocatedHours(3)).await;
    desk.sees_nothing(MONITOR).await;

    // Noon is before they come.
    desk.change(Setting::UnallocatedHours(1)).await;
    desk.change(Setting::WorkingHours("16:00-23:00".to_owned().try_into().unwrap())).await;
    desk.sees_nothing(MONITOR).await;
    desk.after(5 * HOUR + MINUTE);
    assert_eq!(desk.look(MONITOR).await.len(), 1);
}

#[tokio::test]
async fn what_was_never_there_is_no_money_that_waits() {
    let desk = Watched::open().await;
    for (reference, sum) in [("TT-1", 250), ("TT-2", 300)] {
        desk.send(records(reference, sum)).await;
    }
    desk.after(30 * DAY);
    assert_eq!(desk.look(MONITOR).await.len(), 2);
    let correct = Command::CorrectPayment {
        payment: paid_by("TT-1"),
        reason: because(),
        ticket: code("T-1"),
    };
    desk.send(correct).await;
    desk.send(Command::ReversePayment { payment: paid_by("TT-2"), reason: because() }).await;
    desk.sees_nothing(MONITOR).await;
}

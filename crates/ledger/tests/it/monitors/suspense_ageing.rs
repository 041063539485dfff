//! Suspense items are told of once they are old and hold something.

use domain::account::SuspenseItem;
use domain::decide::Command;
use domain::id::SuspenseId;
use domain::settings::Setting;
use domain::suspense::Against;
use domain::wallet::Source;
use ledger::alerts::Synced;
use uuid::Uuid;

use super::paper::{DAY, HOUR, MINUTE, dinars};
use super::watched::Watched;
use crate::book::{amount, because, code, iqd, top_up, wallet};

const MONITOR: &str = "suspense-ageing";

fn item(number: u64) -> SuspenseId {
    SuspenseId::new(Uuid::from_u64_pair(0x5, number))
}

fn opens(number: u64) -> Command {
    Command::OpenSuspense {
        item: item(number),
        currency: domain::money::Currency::IQD,
        owner: code("layla"),
        reason: because(),
    }
}

fn books(number: u64, sum: i64) -> Command {
    let item = SuspenseItem::Item(item(number));
    let source = Source::Adjustment { item, reason: because() };
    Command::CreditWallet { wallet: wallet("anna"), amount: amount(sum), source }
}

fn explains(number: u64, sum: Option<i64>) -> Command {
    Command::ExplainSuspense {
        item: item(number),
        amount: sum.map(iqd),
        against: Against::WriteOff,
        reason: because(),
    }
}

#[tokio::test]
async fn an_item_that_stays_unexplained_is_told_of_until_it_is_explained() {
    let desk = Watched::open().await;
    desk.send(top_up("anna", 1, 10)).await;
    for number in [1, 2] {
        desk.send(opens(number)).await;
    }
    desk.send(books(1, 500)).await;
    desk.after(7 * DAY);
    desk.sees_nothing(MONITOR).await;
    desk.after(7 * DAY + MINUTE);
    // The other holds nothing.
    let alert = desk.one(MONITOR).await;
    assert_eq!(alert.subject, format!("suspense/{}", item(1)));
    assert_eq!(alert.owner, "finance");
    assert_eq!(
        alert.says,
        "500 IQD is in suspense since 2025-11-20 12:00, for layla to explain: \
         as the customer asked"
    );
    assert_eq!(alert.evidence["balance"], dinars("500"));

    desk.send(explains(1, Some(200))).await;
    let rest = desk.one(MONITOR).await;
    assert!(rest.says.starts_with("300 IQD "), "{}", rest.says);
    desk.send(explains(1, None)).await;
    assert_eq!(desk.synced(MONITOR).await, Synced { resolved: 1, ..Synced::default() });
}

#[tokio::test]
async fn a_book_says_how_old_an_item_may_be() {
    let desk = Watched::open().await;
    desk.send(top_up("anna", 1, 10)).await;
    desk.send(opens(1)).await;
    desk.send(books(1, 500)).await;
    desk.after(HOUR + MINUTE);
    desk.sees_nothing(MONITOR).await;
    desk.change(Setting::SuspenseHours(1)).await;
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    desk.change(Setting::SuspenseHours(2)).await;
    desk.sees_nothing(MONITOR).await;
}

//! Large credits are told of for a week, or until they are taken back.

use domain::decide::Command;
use domain::id::{PaymentId, WalletId};
use domain::money::{Currency, Money};
use domain::payment::Kind;
use domain::settings::Setting;
use ledger::alerts::Synced;
use uuid::Uuid;

use super::paper::{DAY, dinars};
use super::watched::Watched;
use crate::book::{amount, because, by_wallet, code, credit, customer, order, top_up, wallet};

const MONITOR: &str = "large-credit";
const LARGE: i64 = 10_000_000;

#[tokio::test]
async fn a_credit_above_the_threshold_is_told_of_until_it_is_taken_back() {
    let desk = Watched::open().await;
    desk.send(top_up("anna", 1, 10)).await;
    desk.send(credit("anna", LARGE)).await;
    desk.sees_nothing(MONITOR).await;
    desk.send(credit("anna", LARGE + 1)).await;
    let alert = desk.one(MONITOR).await;
    // It was opened, topped up, and credited before.
    assert_eq!(alert.subject, format!("wallet/{}/4", wallet("anna")));
    assert_eq!(alert.owner, "finance");
    assert_eq!(
        alert.says,
        "customer anna was credited 10000001 IQD (goodwill) on 2025-11-20 12:00 by shop with rana"
    );
    assert_eq!(alert.evidence["amount"], dinars("10000001"));
    assert_eq!(alert.evidence["threshold"], dinars("10000000"));

    let correct = Command::CorrectWallet {
        wallet: wallet("anna"),
        sequence: 4,
        reason: because(),
        ticket: code("T-1"),
    };
    desk.send(correct).await;
    assert_eq!(desk.synced(MONITOR).await, Synced { resolved: 1, ..Synced::default() });
}

#[tokio::test]
async fn a_credit_is_told_of_for_seven_days_and_no_longer() {
    let desk = Watched::open().await;
    desk.send(top_up("anna", 1, LARGE + 1)).await;
    desk.after(7 * DAY - 1);
    let told = desk.told(MONITOR).await;
    assert!(told[0].contains("10000001 IQD (payment)"), "{told:?}");
    desk.after(7 * DAY);
    assert_eq!(desk.synced(MONITOR).await, Synced { resolved: 1, ..Synced::default() });
}

#[tokio::test]
async fn a_credit_whose_payment_was_never_there_is_seen_to() {
    let desk = Watched::open().await;
    desk.send(top_up("anna", 1, LARGE + 1)).await;
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    let payment = PaymentId::new(Uuid::from_u64_pair(0xD, 1));
    desk.send(Command::ReversePayment { payment, reason: because() }).await;
    desk.sees_nothing(MONITOR).await;
}

#[tokio::test]
async fn what_an_order_gives_back_was_the_customers_before() {
    let desk = Watched::open().await;
    desk.send(top_up("anna", 1, LARGE + 1)).await;
    desk.after(8 * DAY);
    desk.send(by_wallet(1, "anna", LARGE + 1)).await;
    desk.send(Command::Cancel { order: order(1), reason: because() }).await;
    let back = "select count(*) from daftar.wallet_lines where source = 'cancelled'";
    assert_eq!(desk.book.count(back).await, 1);
    desk.sees_nothing(MONITOR).await;
}

#[tokio::test]
async fn a_book_says_what_is_large_and_in_any_other_currency_everything_is() {
    let desk = Watched::open().await;
    desk.send(top_up("anna", 1, 500)).await;
    desk.sees_nothing(MONITOR).await;
    desk.change(Setting::LargeCredit(amount(499))).await;
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    desk.change(Setting::LargeCredit(amount(500))).await;
    desk.sees_nothing(MONITOR).await;

    desk.change(Setting::Currencies(vec![Currency::IQD, Currency::USD])).await;
    desk.send(Command::TopUpWallet {
        customer: customer("anna"),
        payment: PaymentId::new(Uuid::from_u64_pair(0xD, 2)),
        kind: Kind::Cash { note: None },
        amount: Money::parse("0.01", Currency::USD).unwrap().as_amount().unwrap(),
    })
    .await;
    let alert = desk.one(MONITOR).await;
    let dollars = WalletId::of(&customer("anna"), Currency::USD);
    assert!(alert.subject.starts_with(&format!("wallet/{dollars}/")), "{}", alert.subject);
}

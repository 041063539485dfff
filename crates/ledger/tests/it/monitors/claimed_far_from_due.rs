//! A receipt that claims another sum than is owed is told of once it is far off.

use domain::decide::{Command, OrderedLine, PlaceOrder};
use domain::id::Text;
use domain::money::{Amount, Currency, Money};
use domain::order::status::Method;
use domain::order::totals::{Percent, Quantity};
use domain::settings::Setting;
use ledger::alerts::Synced;
use rust_decimal::Decimal;

use super::paper::{asks_top_up, claims, dinars, receipt, refuses};
use super::watched::Watched;
use crate::book::{amount, because, by_transfer, customer, order};

const MONITOR: &str = "claimed-far-from-due";
const DUE: i64 = 100_000;

impl Watched {
    /// An order of so much, with a receipt that claims something.
    async fn claimed(&self, number: u64, claimed: Option<i64>) {
        self.send(by_transfer(number, "anna", DUE)).await;
        self.send(claims(number, number, claimed.map(amount))).await;
    }
}

#[tokio::test]
async fn a_claim_is_far_off_above_half_of_what_is_owed_either_way() {
    let desk = Watched::open().await;
    desk.claimed(1, Some(DUE + DUE / 2)).await;
    desk.claimed(2, Some(DUE / 2)).await;
    desk.claimed(3, None).await;
    desk.send(asks_top_up("anna", 1, "top-up")).await;
    desk.sees_nothing(MONITOR).await;

    desk.claimed(4, Some(DUE + DUE / 2 + 1)).await;
    let over = desk.one(MONITOR).await;
    assert_eq!(over.subject, format!("order/{}/receipt/{}", order(4), receipt(4)));
    assert_eq!(over.owner, "finance");
    assert_eq!(
        over.says,
        "the receipt of order M2500004 of 2025-11-20 12:00 claims 150001 IQD, \
         and 100000 IQD is owed"
    );
    assert_eq!(over.evidence["owed"], dinars("100000"));
    assert_eq!(over.evidence["allowed_percent"], 50);
    desk.claimed(5, Some(DUE / 2 - 1)).await;
    assert_eq!(desk.look(MONITOR).await.len(), 2);

    desk.send(refuses(4, 4)).await;
    desk.send(Command::Cancel { order: order(5), reason: because() }).await;
    assert_eq!(desk.synced(MONITOR).await, Synced { resolved: 2, ..Synced::default() });
}

#[tokio::test]
async fn it_is_measured_by_what_is_owed_now_and_any_claim_is_far_from_nothing() {
    let desk = Watched::open().await;
    desk.send(crate::book::top_up("anna", 1, DUE)).await;
    desk.claimed(1, Some(DUE)).await;
    desk.sees_nothing(MONITOR).await;
    let pay = |sum| Command::PayFromWallet {
        order: order(1),
        amount: Some(amount(sum)),
        purpose: domain::decide::WalletPurpose::Payment,
    };
    desk.send(pay(DUE / 2)).await;
    let told = desk.told(MONITOR).await;
    assert!(told[0].ends_with("claims 100000 IQD, and 50000 IQD is owed"), "{told:?}");
    desk.send(pay(DUE / 2)).await;
    let told = desk.told(MONITOR).await;
    assert!(told[0].ends_with("claims 100000 IQD, and 0 IQD is owed"), "{told:?}");
}

#[tokio::test]
async fn a_book_says_how_far_is_far() {
    let desk = Watched::open().await;
    desk.claimed(1, Some(DUE + 1_001)).await;
    desk.sees_nothing(MONITOR).await;
    desk.change(Setting::ClaimedOffPercent(1)).await;
    assert_eq!(desk.look(MONITOR).await.len(), 1);
    desk.change(Setting::ClaimedOffPercent(2)).await;
    desk.sees_nothing(MONITOR).await;
}

#[tokio::test]
async fn a_part_is_one_in_any_currency() {
    let desk = Watched::open().await;
    desk.change(Setting::Currencies(vec![Currency::IQD, Currency::USD])).await;
    for (number, claimed) in [(1, "15.00"), (2, "15.01")] {
        desk.send(in_dollars(number)).await;
        desk.send(claims(number, number, Some(usd(claimed)))).await;
    }
    let told = desk.told(MONITOR).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].ends_with("claims 15.01 USD, and 10 USD is owed"), "{told:?}");
}

fn usd(text: &str) -> Amount {
    Money::parse(text, Currency::USD).unwrap().as_amount().unwrap()
}

fn in_dollars(number: u64) -> Command {
    let zero = Money::zero(Currency::USD);
    Command::PlaceOrder(Box::new(PlaceOrder {
        order: order(number),
        customer: customer("anna"),
        method: Method::BankTransferGrace,
        remainder: None,
        wallet_part: None,
        lines: vec![OrderedLine {
            sku: Text::new("acetone").unwrap(),
            quantity: Quantity::new(Decimal::ONE).unwrap(),
            unit_price: usd("10").money(),
        }],
        discount: zero,
        delivery: zero,
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: usd("10").money(),
        recipient: None,
    }))
}

//! The same wishes for every peer: an order of two lines, of one customer.

use anyhow::{Context as _, Result};
use domain::decide::{Command, OrderedLine, PlaceOrder};
use domain::id::{CustomerId, OrderId, Text, WalletId};
use domain::money::{Amount, Currency, Money};
use domain::order::status::Method;
use domain::order::totals::{LineItem, Percent, Quantity};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::workload::Stage;

/// What every customer starts with: it lasts for any run.
pub(crate) const FUNDS: i64 = 9_000_000_000;
const DELIVERY: i64 = 5_000;
const LINES: [(&str, i64, i64); 2] = [("ACETONE-5L", 2, 12_500), ("NITRILE-M", 10, 950)];

pub(crate) fn iqd(sum: i64) -> Result<Money> {
    Ok(Money::new(Decimal::from(sum), Currency::IQD)?)
}

pub(crate) fn amount(sum: i64) -> Result<Amount> {
    iqd(sum)?.as_amount().context("it is more than zero")
}

pub(crate) fn customer(number: u32) -> Result<CustomerId> {
    Ok(Text::new(format!("customer-{number}"))?)
}

pub(crate) fn wallet(number: u32) -> Result<WalletId> {
    Ok(WalletId::of(&customer(number)?, Currency::IQD))
}

pub(crate) fn delivery() -> Result<Money> {
    iqd(DELIVERY)
}

/// What the order costs.
pub(crate) fn due() -> i64 {
    LINES.iter().map(|(_, quantity, price)| quantity * price).sum::<i64>() + DELIVERY
}

fn lines() -> Result<Vec<OrderedLine>> {
    let line = |(sku, quantity, price): (&str, i64, i64)| {
        Ok(OrderedLine {
            sku: Text::new(sku)?,
            quantity: Quantity::new(Decimal::from(quantity))?,
            unit_price: iqd(price)?,
        })
    };
    LINES.into_iter().map(line).collect()
}

/// The lines as they are stored.
pub(crate) fn items() -> Result<Vec<LineItem>> {
    let item = |(line, ordered): (u16, OrderedLine)| {
        Ok(LineItem::price(line, ordered.sku, ordered.quantity, ordered.unit_price)?)
    };
    (1..).zip(lines()?).map(item).collect()
}

/// An order, paid from its customer's wallet.
pub(crate) fn place(order: OrderId, of: u32) -> Result<PlaceOrder> {
    Ok(PlaceOrder {
        order,
        customer: customer(of)?,
        method: Method::WalletFull,
        remainder: None,
        wallet_part: None,
        lines: lines()?,
        discount: iqd(0)?,
        delivery: delivery()?,
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd(due())?,
        recipient: None,
    })
}

/// The command of a stage.
pub(crate) fn advance(order: OrderId, stage: Stage) -> Command {
    match stage {
        Stage::Release => Command::Release { order },
        Stage::Start => Command::StartProcessing { order },
        Stage::Pack => Command::Pack { order },
    }
}

/// A new id, as a shop would make it up.
#[expect(clippy::disallowed_methods, reason = "a benchmark is at the edge")]
pub(crate) fn id() -> Uuid {
    Uuid::now_v7()
}

//! Orders taken over from an old system, and what persons then say about them.

use chrono::TimeDelta;
use domain::decide::{Command, ResolvedFacts};
use domain::id::{OrderId, OrderNumber};
use domain::order::Facts;
use domain::order::import::{Evidence, Imported, LinkedDebit, Stage};
use domain::order::status::{Channel, Ended, Method, Warehouse};
use domain::order::totals::{Charges, LineItem, Quantity, Totals};
use rust_decimal::Decimal;

use super::dice::Dice;
use super::form::{CURRENCY, amount, because, code, iqd, percent};
use super::shop::Shop;

pub(super) fn wish(shop: &Shop, dice: &mut Dice) -> Command {
    let price = iqd(1_000 + dice.below(300) * 250);
    let one = Quantity::new(Decimal::ONE).expect("one is a quantity");
    let sku = "acetone".parse().expect("it is a short, visible text");
    let line = LineItem::price(1, sku, one, price).expect("prices are in range");
    let charges = Charges {
        discount: iqd(0),
        delivery: iqd(0),
        surcharge_rate: percent(0),
        tax_rate: percent(0),
    };
    let totals = Totals::compute(std::slice::from_ref(&line), &charges, Decimal::ZERO, CURRENCY)
        .expect("sums are in range");
    let stage = dice.one_of(&[
        Stage::Review,
        Stage::Review,
        Stage::Open,
        Stage::Released { warehouse: Warehouse::Waiting },
        Stage::Dispatched,
        Stage::Delivered,
        Stage::Completed,
        Stage::Ended(Ended::Expired),
    ]);
    let row = dice.below(1 << 40);
    let proven = match stage {
        Stage::Review | Stage::Open => dice.one_of(&[iqd(0), iqd(0), price]),
        Stage::Released { .. }
        | Stage::Dispatched
        | Stage::Delivered
        | Stage::Completed
        | Stage::Ended(_) => price,
    };
    let debit = LinkedDebit {
        debit: code(format!("wallet_transactions:{row}")),
        amount: amount(250),
        proof: code("created within 2 s"),
    };
    Command::ImportOrder {
        order: OrderId::imported("old-shop", &row.to_string(), "1"),
        imported: Box::new(Imported {
            number: OrderNumber::new(format!("OLD-{row}")).expect("it is a short text"),
            series: None,
            epoch: None,
            customer: shop.customer(dice),
            method: Method::WalletPartial,
            channel: dice.one_of(&[Channel::BankTransfer, Channel::Wallet]),
            currency: CURRENCY,
            lines: vec![line],
            totals,
            placed_at: shop.now - TimeDelta::days(30),
            proven,
            debits: if proven.is_positive() { vec![debit] } else { Vec::new() },
            stage,
            receipt: None,
            evidence: Evidence {
                rows: vec![code(format!("customer_orders:{row}"))],
                customer_status: Some(code("pending")),
                payment_status: Some(code("partial")),
                management_status: Some(code("warehouse_processing")),
                payment_method: Some(code("wallet_partial")),
                classes: vec![code("status_mismatch")],
                findings: vec!["pending beside \"warehouse_processing\"".to_owned()],
                wallet_part: None,
                double_charges: Vec::new(),
            },
            personal: None,
            deadline: Some(shop.now + TimeDelta::hours(24)),
        }),
    }
}

/// What somebody says about an order whose records disagree.
pub(super) fn review(order: OrderId, facts: &Facts, dice: &mut Dice) -> Command {
    let owed = facts.owed().as_amount();
    match (dice.below(4), owed) {
        (0, Some(owed)) => Command::LinkLegacyDebit {
            order,
            debit: code(format!("wallet_transactions:{}", dice.below(1 << 40))),
            amount: owed,
            proof: code("previous number"),
        },
        (1, None) => Command::ReturnDoubleCharge {
            order,
            first: code(format!("wallet_transactions:{}", dice.below(1 << 40))),
            second: code(format!("wallet_transactions:{}", dice.below(1 << 40))),
            amount: amount(1_000),
        },
        (2, _) => Command::Cancel { order, reason: because("nobody remembers it") },
        (_, paid) => {
            let delivered = paid.is_none() && dice.chance(60);
            Command::ResolveImport {
                order,
                facts: ResolvedFacts {
                    released: paid.is_none(),
                    warehouse: Warehouse::Waiting,
                    shipped: delivered,
                    delivered,
                },
            }
        }
    }
}

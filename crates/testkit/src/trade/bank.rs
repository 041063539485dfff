//! What banks and gateways tell, and money that has no place yet.

use domain::decide::{Allocation, Command};
use domain::id::{PaymentId, StatementLineId};
use domain::money::Amount;
use domain::payment::{Facts, Kind};

use super::dice::Dice;
use super::form::{amount, because, code, iqd, less, plus};
use super::orders::{BANK, GATEWAY};
use super::shop::Shop;
use super::wallets::{sum, transfer};

pub(super) fn wish(shop: &mut Shop, dice: &mut Dice) -> Command {
    if let Some((line, payments, fee)) = shop.settlements.pop() {
        return Command::MatchStatementLine { line, payments, fee };
    }
    if dice.chance(12) {
        return unforeseen(shop, dice);
    }
    let Some(id) = shop.unconfirmed.draw(dice) else { return unforeseen(shop, dice) };
    let Some(facts) = shop.payment(id) else { return unforeseen(shop, dice) };
    if dice.chance(3) && shop.is_reversible(facts) {
        return Command::ReversePayment { payment: id, reason: because("the money is not there") };
    }
    let (kind, paid) = (facts.kind.clone(), facts.amount);
    match kind {
        Kind::BankTransfer { reference, .. } => line(shop, paid, Some(reference), dice),
        Kind::Cash { .. } => Command::BankCash { payment: id, account: code(BANK) },
        Kind::Gateway { .. } => paid_out(shop, id, paid, dice),
    }
}

/// A gateway pays out some of what it took, less its fee.
fn paid_out(shop: &mut Shop, id: PaymentId, paid: Amount, dice: &mut Dice) -> Command {
    let mut payments = vec![id];
    let mut whole = paid.money();
    for _ in 0..dice.below(4) {
        let another = shop.unconfirmed.draw(dice).filter(|id| !payments.contains(id));
        let of_gateway = |facts: &&Facts| matches!(facts.kind, Kind::Gateway { .. });
        if let Some((id, facts)) =
            another.and_then(|id| Some((id, shop.payment(id).filter(of_gateway)?)))
        {
            payments.push(id);
            whole = plus(whole, facts.amount.money());
        }
    }
    let fee = if whole.covers(iqd(1_000)) { iqd(250) } else { iqd(0) };
    let net = less(whole, fee).as_amount().expect("a fee is less than what it is taken from");
    let command = line(shop, net, None, dice);
    if let Command::RecordStatementLine { line, .. } = &command {
        shop.settlements.push((StatementLineId::of(BANK, line.as_str()), payments, fee));
    }
    command
}

fn line(
    shop: &Shop,
    amount: Amount,
    reference: Option<domain::id::Code>,
    dice: &mut Dice,
) -> Command {
    Command::RecordStatementLine {
        account: code(BANK),
        line: code(format!("l-{:016x}", dice.roll())),
        date: shop.now.date_naive(),
        amount,
        reference,
    }
}

/// Money that nobody knows the purpose of, and what finally becomes of it.
fn unforeseen(shop: &Shop, dice: &mut Dice) -> Command {
    let waiting = shop.unallocated.draw(dice);
    let Some(payment) = waiting.filter(|_| dice.chance(70)) else {
        return match dice.below(4) {
            0 => line(shop, sum(dice), Some(code("r-unknown")), dice),
            1 => Command::GatewayCallback {
                gateway: code(GATEWAY),
                gateway_id: code(format!("z-{:016x}", dice.roll())),
                amount: amount(1_000 + dice.below(90) * 250),
                order: None,
                customer: None,
            },
            _ => {
                let (payment, kind) = transfer(shop.now.date_naive(), dice);
                let customer = dice.chance(40).then(|| shop.customer(dice));
                Command::RecordPayment { payment, kind, amount: sum(dice), customer }
            }
        };
    };
    let payer = shop.payment(payment).and_then(|facts| facts.customer.clone());
    let customer = payer.unwrap_or_else(|| shop.customer(dice));
    match dice.below(8) {
        0 => Command::CorrectPayment {
            payment,
            reason: because("entered twice"),
            ticket: code("T-10"),
        },
        1 => Command::AllocatePayment {
            payment,
            amount: Some(amount(500)),
            to: Allocation::Customer(customer),
        },
        _ => Command::AllocatePayment { payment, amount: None, to: Allocation::Customer(customer) },
    }
}

//! What a gateway tells of money that it took: recorded whatever it was meant for.

use crate::id::{CustomerId, OrderId, PaymentId, WalletId};
use crate::money::{Amount, Money};
use crate::order::Facts;
use crate::payment::{self, Kind};

use super::pay::Chosen;
use super::{Decision, Undecided, pay};

/// Records the money once, and applies it to the order as far as that owes; the rest, or all of it
/// if the order is over, goes to the customer's wallet. Money that fits nowhere waits until an
/// order is named that it fits.
pub(super) fn callback(
    decision: &mut Decision<'_>,
    kind: Kind,
    amount: Amount,
    order: Option<OrderId>,
    customer: Option<CustomerId>,
) -> Result<(), Undecided> {
    let Kind::Gateway { gateway, gateway_id } = &kind else {
        panic!("{kind:?} is not a gateway's");
    };
    let payment = PaymentId::gateway(gateway.as_str(), gateway_id.as_str());
    if let Some(known) = decision.payment(payment)?.facts() {
        known.must_be(amount)?;
        if let Some(order) = order {
            known.must_be_for(order)?;
        }
        let (Some(id), None, Some(left)) = (order, known.order, known.left.as_amount()) else {
            return Ok(());
        };
        let Some(facts) = decision.order(id)?.facts().cloned() else {
            return Ok(());
        };
        let payer = known.customer.clone().or(customer);
        let payer = payer.unwrap_or_else(|| facts.customer.clone());
        if !fits(decision, &facts, Some(&payer), left)? {
            return Ok(());
        }
        return pay::settle(decision, id, &facts, payment, left, Chosen::ByRule);
    }
    let paid = match order {
        Some(id) => decision.order(id)?.facts().cloned(),
        None => None,
    };
    let payer = customer.or_else(|| paid.as_ref().map(|facts| facts.customer.clone()));
    let record = payment::Command::Record { kind, amount, customer: payer.clone(), order };
    decision.payment_decides(payment, record)?;
    match (order, paid) {
        (Some(id), Some(facts)) if fits(decision, &facts, payer.as_ref(), amount)? => {
            pay::settle(decision, id, &facts, payment, amount, Chosen::ByRule)
        }
        (Some(_) | None, _) => Ok(()),
    }
}

/// Whether the order and its customer can take all of this.
fn fits(
    decision: &Decision<'_>,
    facts: &Facts,
    payer: Option<&CustomerId>,
    amount: Amount,
) -> Result<bool, Undecided> {
    if payer != Some(&facts.customer) || facts.in_currency(amount.currency()).is_err() {
        return Ok(false);
    }
    let takes = if facts.ended.is_some() { Money::zero(facts.currency) } else { facts.owed() };
    let rest = amount.money().checked_sub(takes.min(amount.money())?)?;
    let wallet = decision.wallet(WalletId::of(&facts.customer, facts.currency))?;
    Ok(wallet.available(facts.currency).checked_add(rest).is_ok())
}

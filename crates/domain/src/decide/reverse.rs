//! Reversing a payment whose money turned out not to exist: a forged receipt, or one charged back.
//!
//! What an order holds of it and has shipped nothing for is taken back from the order, which is to
//! be paid anew. All else was spent or is in the wallet: the customer's wallet gives what it has,
//! frozen or not, and what it lacks the customer owes.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use crate::event::{Event, StreamKey};
use crate::id::{CustomerId, OrderId, PaymentId, Reason, WalletId};
use crate::money::{Amount, Money};
use crate::order::status::Extent;
use crate::order::{self, Facts};
use crate::payment::{self, Debt, Target};
use crate::rejection::Rejection;
use crate::wallet::{self, DebtCause, Purpose};

use super::{Decision, Undecided, cancel};

pub(super) fn reverse(
    decision: &mut Decision<'_>,
    payment: PaymentId,
    reason: Reason,
) -> Result<(), Undecided> {
    let state = decision.payment(payment)?;
    let facts = state.recorded()?;
    if facts.reversed {
        return Ok(());
    }
    let held = facts.must_be_held()?.clone();
    let claims = Claims::of(decision, facts)?;
    // However many customers it went to, and though nobody may be known whose it is.
    decision.must_be_two_above_threshold(facts.amount.money())?;
    let mut debts = Vec::new();
    for claim in claims.customers.values() {
        debts.extend(from_wallet(decision, payment, claim)?);
    }
    for (id, amount) in claims.orders {
        from_order(decision, payment, id, amount)?;
    }
    for owed in &debts {
        owe(decision, payment, owed)?;
    }
    let debts = debts.into_iter().map(|owed| owed.debt).collect();
    let reversed = payment::Event::Reversed { held, amount: facts.amount, debts, reason };
    decision.emit(StreamKey::Payment(payment), Event::Payment(reversed))
}

/// What is to come back, and from where.
struct Claims {
    orders: Vec<(OrderId, Amount)>,
    customers: BTreeMap<WalletId, Claim>,
}

struct Claim {
    customer: CustomerId,
    /// To be taken from the wallet, or owed.
    amount: Money,
    /// Taken back from orders, or not allocated yet.
    elsewhere: Money,
}

/// What a customer lacks, and the day on which one person alone said so.
struct Owed {
    debt: Debt,
    moved_alone_on: Option<NaiveDate>,
}

impl Claims {
    fn of(decision: &Decision<'_>, payment: &payment::Facts) -> Result<Self, Undecided> {
        let mut claims = Self { orders: Vec::new(), customers: BTreeMap::new() };
        let mut to_orders: BTreeMap<OrderId, Money> = BTreeMap::new();
        let zero = Money::zero(payment.amount.currency());
        for allocated in &payment.allocations {
            let amount = allocated.amount.money();
            match allocated.to {
                Target::Order(id) => {
                    let sum = to_orders.entry(id).or_insert(zero);
                    *sum = sum.checked_add(amount)?;
                }
                Target::Wallet(wallet) | Target::Debt(wallet) => {
                    let customer = decision.wallet(wallet)?.open()?.customer.clone();
                    claims.add(&customer, amount, zero)?;
                }
            }
        }
        if let Some(customer) = &payment.customer {
            claims.add(customer, zero, payment.left)?;
        }
        for (id, amount) in to_orders {
            let order = decision.order(id)?;
            let facts = order.placed()?;
            let there = if facts.may_be_taken_back() {
                facts.held().checked_sub(facts.forgiven)?.min(amount)?
            } else {
                zero
            };
            claims.orders.extend(there.as_amount().map(|there| (id, there)));
            claims.add(&facts.customer, amount.checked_sub(there)?, there)?;
        }
        Ok(claims)
    }

    fn add(
        &mut self,
        customer: &CustomerId,
        amount: Money,
        elsewhere: Money,
    ) -> Result<(), Rejection> {
        let wallet = WalletId::of(customer, amount.currency());
        let claim = self.customers.entry(wallet).or_insert_with(|| Claim {
            customer: customer.clone(),
            amount: Money::zero(amount.currency()),
            elsewhere: Money::zero(amount.currency()),
        });
        claim.amount = claim.amount.checked_add(amount)?;
        claim.elsewhere = claim.elsewhere.checked_add(elsewhere)?;
        Ok(())
    }
}

/// Takes what the wallet has; what it lacks is left over.
fn from_wallet(
    decision: &mut Decision<'_>,
    payment: PaymentId,
    claim: &Claim,
) -> Result<Option<Owed>, Undecided> {
    let currency = claim.amount.currency();
    let wallet = WalletId::of(&claim.customer, currency);
    let moved_alone_on =
        decision.four_eyes(&claim.customer, claim.amount.checked_add(claim.elsewhere)?)?;
    // Frozen or not: a wallet that is frozen still holds the money.
    let state = decision.wallet(wallet)?;
    let balance = state.facts().map_or_else(|| Money::zero(currency), |facts| facts.balance);
    let takes = balance.min(claim.amount)?;
    if let Some(amount) = takes.as_amount() {
        let purpose = Purpose::PaymentReversed { payment };
        let debited = wallet::Event::Debited { amount, purpose, moved_alone_on };
        decision.emit_wallet(wallet, debited)?;
    }
    decision.count_taken_out(&claim.customer, payment, claim.elsewhere, moved_alone_on)?;
    let lacking = claim.amount.checked_sub(takes)?.as_amount();
    Ok(lacking.map(|amount| {
        let debt = Debt { customer: claim.customer.clone(), amount };
        Owed { debt, moved_alone_on }
    }))
}

fn from_order(
    decision: &mut Decision<'_>,
    payment: PaymentId,
    id: OrderId,
    amount: Amount,
) -> Result<(), Undecided> {
    let forgiven = decision.order(id)?.placed()?.forgiven;
    cancel::take_forgiveness_back(decision, id, forgiven)?;
    let order = decision.order(id)?;
    let deadline = order.placed()?.deadline_when_unpaid(decision.deadline(id)?);
    let taken_back = order::Event::PaymentTakenBack { payment, amount, deadline };
    decision.emit(StreamKey::Order(id), Event::Order(taken_back))
}

fn owe(decision: &mut Decision<'_>, payment: PaymentId, owed: &Owed) -> Result<(), Undecided> {
    let Debt { customer, amount } = &owed.debt;
    let cause = DebtCause::PaymentReversed { payment };
    decision.record_debt(customer, *amount, cause, owed.moved_alone_on)
}

impl Facts {
    /// Nothing was shipped, and the order is not over: its money can go where it came from.
    fn may_be_taken_back(&self) -> bool {
        self.ended.is_none() && self.phase_facts().shipped == Extent::None
    }

    /// The deadline of an order from which money is taken back; none while a receipt is open.
    fn deadline_when_unpaid(&self, deadline: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.open_receipt().is_none().then_some(deadline)
    }
}

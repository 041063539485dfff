//! Money for an order or a wallet: from the wallet, by a gateway, out of a recorded payment, or
//! from an old debit.

use crate::event::{Event, StreamKey};
use crate::id::{Code, CustomerId, OrderId, PaymentId, Reason, WalletId};
use crate::money::{Amount, Money};
use crate::order::{self, Facts, Step};
use crate::payment::{self, Kind, Target};
use crate::rejection::Rejection;
use crate::wallet;

use super::{Allocation, Decision, Undecided, WalletPurpose, debt, place};

/// Pays what is owed, or a part of it, from the wallet of the order's customer.
pub(super) fn from_wallet(
    decision: &mut Decision<'_>,
    id: OrderId,
    amount: Option<Amount>,
    purpose: WalletPurpose,
) -> Result<(), Undecided> {
    let order = decision.order(id)?;
    let facts = order.placed()?;
    if facts.ended.is_some() {
        facts.must_allow(Step::Pay)?;
    }
    let Some(owed) = facts.owed().as_amount() else {
        return Ok(());
    };
    facts.must_allow(Step::Pay)?;
    let amount = amount.unwrap_or(owed);
    facts.in_currency(amount.currency())?;
    if !owed.money().covers(amount.money()) {
        return Err(Rejection::WalletPartMismatch { due: owed.money() }.into());
    }
    let wallet = decision.wallet(WalletId::of(&facts.customer, facts.currency))?;
    wallet.must_cover(amount)?;
    take(decision, id, amount, purpose)
}

/// Takes money from the wallet for an order; the wallet has been found to cover it.
pub(super) fn take(
    decision: &mut Decision<'_>,
    id: OrderId,
    amount: Amount,
    purpose: WalletPurpose,
) -> Result<(), Undecided> {
    let wallet = decision.wallet_of(id)?;
    let purpose = place::purpose(id, purpose);
    let debited = wallet::Event::Debited { amount, purpose, moved_alone_on: None };
    decision.emit(StreamKey::Wallet(wallet), Event::Wallet(debited))?;
    let received = order::Event::PaymentReceived { amount, source: order::Source::Wallet(wallet) };
    decision.emit(StreamKey::Order(id), Event::Order(received))
}

/// Refuses any id but the one that such a payment always has.
pub(super) fn must_be_derived(payment: PaymentId, kind: &Kind) -> Result<(), Rejection> {
    match kind.payment_id() {
        Some(derived) if derived != payment => Err(Rejection::PaymentIdNotDerived),
        Some(_) | None => Ok(()),
    }
}

/// Whether what goes to a wallet does so by a rule or because a person says so, which needs two
/// persons above the threshold.
#[derive(Clone, Copy)]
pub(super) enum Chosen {
    ByRule,
    ByPerson,
}

/// Applies an amount of a recorded payment to an order as far as it owes; the rest, or all of it
/// if the order is over, goes to the customer's wallet.
pub(super) fn settle(
    decision: &mut Decision<'_>,
    id: OrderId,
    facts: &Facts,
    payment: PaymentId,
    amount: Amount,
    chosen: Chosen,
) -> Result<(), Undecided> {
    let takes = if facts.ended.is_some() {
        Money::zero(facts.currency)
    } else {
        facts.owed().min(amount.money())?
    };
    if let Some(takes) = takes.as_amount() {
        apply(decision, id, payment, takes)?;
    }
    if let Some(rest) = amount.money().checked_sub(takes)?.as_amount() {
        let source = if facts.ended.is_some() {
            wallet::Source::Late { payment, order: id }
        } else {
            wallet::Source::Excess { payment, order: id, receipt: None }
        };
        to_wallet(decision, &facts.customer, payment, rest, source, chosen)?;
    }
    Ok(())
}

/// Gives a part of a payment to an order.
pub(super) fn apply(
    decision: &mut Decision<'_>,
    id: OrderId,
    payment: PaymentId,
    amount: Amount,
) -> Result<(), Undecided> {
    let allocated = payment::Event::Allocated { amount, to: Target::Order(id) };
    decision.emit(StreamKey::Payment(payment), Event::Payment(allocated))?;
    let received =
        order::Event::PaymentReceived { amount, source: order::Source::Payment(payment) };
    decision.emit(StreamKey::Order(id), Event::Order(received))
}

/// Gives a part of a payment to a customer's wallet.
pub(super) fn to_wallet(
    decision: &mut Decision<'_>,
    customer: &CustomerId,
    payment: PaymentId,
    amount: Amount,
    source: wallet::Source,
    chosen: Chosen,
) -> Result<(), Undecided> {
    let to = Target::Wallet(WalletId::of(customer, amount.currency()));
    let allocated = payment::Event::Allocated { amount, to };
    decision.emit(StreamKey::Payment(payment), Event::Payment(allocated))?;
    match chosen {
        Chosen::ByRule => decision.credit(customer, amount, source),
        Chosen::ByPerson => decision.credit_by_person(customer, amount, source),
    }
}

/// Allocates money that came in earlier.
pub(super) fn allocate(
    decision: &mut Decision<'_>,
    payment: PaymentId,
    amount: Option<Amount>,
    to: Allocation,
) -> Result<(), Undecided> {
    let state = decision.payment(payment)?;
    let recorded = state.recorded()?;
    let none_left = Rejection::PaymentUsedUp { left: recorded.left, required: recorded.left };
    let left = recorded.left.as_amount();
    match to {
        Allocation::Order(id) => {
            let order = decision.order(id)?;
            let facts = order.placed()?;
            facts.in_currency(recorded.amount.currency())?;
            decision.money_of(recorded, &facts.customer)?;
            // Of an order that is over, all of it is the customer's.
            let takes = if facts.ended.is_some() {
                recorded.left
            } else {
                facts.must_allow(Step::Pay)?;
                facts.owed().min(recorded.left)?
            };
            let wished = amount.or(takes.as_amount()).ok_or(none_left)?;
            recorded.must_have_left(wished)?;
            settle(decision, id, facts, payment, wished, Chosen::ByPerson)
        }
        Allocation::Customer(customer) => {
            decision.money_of(recorded, &customer)?;
            let wished = amount.or(left).ok_or(none_left)?;
            recorded.must_have_left(wished)?;
            top_up_from(decision, &customer, payment, wished)
        }
        Allocation::Debt(customer) => {
            decision.money_of(recorded, &customer)?;
            debt::repay_from(decision, payment, amount, &customer)
        }
    }
}

/// Records money that waits for somebody to allocate it.
pub(super) fn record(
    decision: &mut Decision<'_>,
    payment: PaymentId,
    kind: Kind,
    amount: Amount,
    customer: Option<CustomerId>,
) -> Result<(), Undecided> {
    must_be_derived(payment, &kind)?;
    decision.keeps(amount.currency())?;
    let known = decision.payment(payment)?;
    if let (Some(known), Some(customer)) = (known.facts(), &customer)
        && known.held.is_some()
    {
        known.must_be_of(customer)?;
    }
    let record = payment::Command::Record { kind, amount, customer, order: None };
    decision.payment_decides(payment, record)
}

/// Takes a payment out of the books that was recorded by mistake.
pub(super) fn correct(
    decision: &mut Decision<'_>,
    payment: PaymentId,
    reason: Reason,
    ticket: Code,
) -> Result<(), Undecided> {
    let state = decision.payment(payment)?;
    for event in state.decide(payment::Command::Correct { reason, ticket })? {
        let facts = state.recorded()?;
        let amount = facts.amount.money();
        match &facts.customer {
            Some(customer) => {
                let alone_on = decision.four_eyes(customer, amount)?;
                decision.count_taken_out(customer, payment, amount, alone_on)?;
            }
            None => decision.must_be_two_above_threshold(amount)?,
        }
        decision.emit(StreamKey::Payment(payment), Event::Payment(event))?;
    }
    Ok(())
}

/// Records money for a wallet and puts it there; told of it again, nothing happens twice.
pub(super) fn top_up(
    decision: &mut Decision<'_>,
    customer: &CustomerId,
    payment: PaymentId,
    kind: Kind,
    amount: Amount,
) -> Result<(), Undecided> {
    must_be_derived(payment, &kind)?;
    decision.keeps(amount.currency())?;
    let known = decision.payment(payment)?;
    // One that was recorded by mistake is recorded anew; one that was reversed is not, since it may
    // be the same top-up that is told of again.
    if let Some(known) = known.facts().filter(|known| !known.corrected) {
        known.must_be(amount)?;
        known.must_have_come_as(&kind)?;
        decision.money_of(known, customer)?;
        if known.went_to(WalletId::of(customer, amount.currency())) {
            return Ok(());
        }
        // It was recorded and waits: what it tops up is all of it, or nothing.
        known.must_have_left(amount)?;
    }
    let record =
        payment::Command::Record { kind, amount, customer: Some(customer.clone()), order: None };
    decision.payment_decides(payment, record)?;
    top_up_from(decision, customer, payment, amount)
}

fn top_up_from(
    decision: &mut Decision<'_>,
    customer: &CustomerId,
    payment: PaymentId,
    amount: Amount,
) -> Result<(), Undecided> {
    let moved_alone_on = decision.four_eyes(customer, amount.money())?;
    let wallet = decision.wallet_to_credit(customer, amount)?;
    let allocated = payment::Event::Allocated { amount, to: Target::Wallet(wallet) };
    decision.emit(StreamKey::Payment(payment), Event::Payment(allocated))?;
    let topped_up = wallet::Event::ToppedUp { amount, payment, moved_alone_on };
    decision.emit(StreamKey::Wallet(wallet), Event::Wallet(topped_up))
}

/// Links a debit of the old system to the imported order that it paid.
pub(super) fn link_legacy_debit(
    decision: &mut Decision<'_>,
    id: OrderId,
    debit: Code,
    amount: Amount,
    proof: Code,
) -> Result<(), Undecided> {
    let order = decision.order(id)?;
    let facts = order.placed()?;
    if facts.legacy_debits.contains(&debit) {
        return Err(Rejection::DebitAlreadyLinked.into());
    }
    facts.must_allow(Step::LinkLegacyDebit)?;
    facts.in_currency(amount.currency())?;
    let wallet = decision.wallet(WalletId::of(&facts.customer, facts.currency))?;
    if wallet.facts().is_some_and(|wallet| wallet.given_back.contains(&debit)) {
        return Err(Rejection::AlreadyGivenBack.into());
    }
    // An order keeps no more than it costs, or the rest would stay in its account for ever.
    let owed = facts.owed();
    let amount = owed.min(amount.money())?;
    let amount = amount.as_amount().ok_or(Rejection::WalletPartMismatch { due: owed })?;
    let linked = order::Event::LegacyDebitLinked { debit, amount, proof };
    decision.emit(StreamKey::Order(id), Event::Order(linked))
}

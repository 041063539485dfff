//! Approving a receipt: finance names the transfer it saw, and every dinar of it finds its place.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::event::{Event, StreamKey};
use crate::id::{Code, CustomerId, OrderId, PaymentId, ReceiptId, WalletId};
use crate::money::{Amount, Money};
use crate::order::{self, Facts, ReceiptApproved, Review, Step};
use crate::payment::{self, Kind};
use crate::receipt_file::On;
use crate::rejection::Rejection;
use crate::wallet;

use super::pay::Chosen;
use super::{Decision, Undecided, WalletPurpose, pay, receipt_file};

/// What finance found out about a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveReceipt {
    pub order: OrderId,
    pub receipt: ReceiptId,
    /// The part of the transfer that is for this order.
    pub verified: Amount,
    pub transfer: Transfer,
}

/// A transfer as the bank tells of it. One may pay several orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transfer {
    pub account: Code,
    pub reference: Code,
    pub date: NaiveDate,
    pub amount: Amount,
}

impl Transfer {
    pub(super) fn payment_id(&self) -> PaymentId {
        PaymentId::transfer(self.account.as_str(), self.reference.as_str())
    }

    /// Records the transfer as one that this customer made.
    pub(super) fn record(&self, customer: CustomerId) -> payment::Command {
        payment::Command::Record {
            kind: Kind::BankTransfer {
                account: self.account.clone(),
                reference: self.reference.clone(),
                date: self.date,
            },
            amount: self.amount,
            customer: Some(customer),
            order: None,
        }
    }
}

pub(super) fn approve(
    decision: &mut Decision<'_>,
    approve: ApproveReceipt,
) -> Result<(), Undecided> {
    let order = decision.order(approve.order)?;
    let facts = order.placed()?;
    let payment = approve.transfer.payment_id();
    match facts.review_of(approve.receipt)? {
        Review::Open => facts.must_allow(Step::ApproveReceipt)?,
        Review::Approved { verified, payment: earlier }
            if verified == approve.verified && earlier == payment =>
        {
            return Ok(());
        }
        Review::Approved { .. } | Review::Rejected => return Err(Rejection::ReceiptDecided.into()),
    }
    facts.in_currency(approve.verified.currency())?;
    record_transfer(decision, facts, payment, &approve)?;
    receipt_file::must_show(decision, facts.file_of(approve.receipt), payment)?;
    let split = split(decision, facts, &approve)?;

    let approved = ReceiptApproved {
        receipt: approve.receipt,
        verified: approve.verified,
        payment,
        applied: split.applied,
        excess: split.excess,
        shortfall: split.shortfall,
        deadline: split.deadline,
    };
    let stream = StreamKey::Order(approve.order);
    decision.emit(stream, Event::Order(order::Event::ReceiptApproved(approved)))?;
    let on = On::Order { order: approve.order, receipt: approve.receipt };
    receipt_file::approve(decision, facts.file_of(approve.receipt), on, payment)?;
    if let Some(applied) = split.applied.as_amount() {
        pay::apply(decision, approve.order, payment, applied)?;
    }
    if let Some(excess) = split.excess.as_amount() {
        let order = approve.order;
        let source = if facts.ended.is_some() {
            wallet::Source::Late { payment, order }
        } else {
            wallet::Source::Excess { payment, order, receipt: Some(approve.receipt) }
        };
        pay::to_wallet(decision, &facts.customer, payment, excess, source, Chosen::ByPerson)?;
    }
    if let Some(shortfall) = split.shortfall.as_amount() {
        pay::take(decision, approve.order, shortfall, WalletPurpose::Shortfall)?;
    }
    if let Some(amount) = split.forgiven.as_amount() {
        let forgiven = order::Event::ShortfallForgiven { amount };
        decision.emit(stream, Event::Order(forgiven))?;
    }
    Ok(())
}

/// Records the transfer the first time it is named; later it must be the same and have enough left.
fn record_transfer(
    decision: &mut Decision<'_>,
    facts: &Facts,
    payment: PaymentId,
    approve: &ApproveReceipt,
) -> Result<(), Undecided> {
    let record = approve.transfer.record(facts.customer.clone());
    decision.payment_decides(payment, record)?;
    let payment = decision.payment(payment)?;
    let recorded = payment.recorded()?;
    decision.money_of(recorded, &facts.customer)?;
    Ok(recorded.must_have_left(approve.verified)?)
}

/// Where a verified amount goes.
struct Split {
    applied: Money,
    excess: Money,
    shortfall: Money,
    /// What neither the transfer nor the wallet covers, and the book does not insist on.
    forgiven: Money,
    deadline: Option<chrono::DateTime<chrono::Utc>>,
}

fn split(
    decision: &Decision<'_>,
    facts: &Facts,
    approve: &ApproveReceipt,
) -> Result<Split, Undecided> {
    let verified = approve.verified.money();
    let zero = Money::zero(facts.currency);
    if facts.ended.is_some() {
        // Money that is approved after the order ended is the customer's all the same.
        return Ok(Split {
            applied: zero,
            excess: verified,
            shortfall: zero,
            forgiven: zero,
            deadline: None,
        });
    }
    let owed = facts.owed();
    let applied = owed.min(verified)?;
    let excess = verified.checked_sub(applied)?;
    let lacking = owed.checked_sub(applied)?;
    let wallet = decision.wallet(WalletId::of(&facts.customer, facts.currency))?;
    let covered = wallet.available(facts.currency).covers(lacking);
    let shortfall = if covered { lacking } else { zero };
    let forgiven = !covered && decision.settings()?.shortfall_tolerance.covers(lacking);
    let forgiven = if forgiven { lacking } else { zero };
    let another_open = facts
        .receipts
        .iter()
        .any(|state| state.receipt != approve.receipt && state.review == Review::Open);
    let deadline = if covered || forgiven.is_positive() || another_open {
        None
    } else {
        facts.extended(decision.now, decision.settings()?.extension())
    };
    Ok(Split { applied, excess, shortfall, forgiven, deadline })
}

//! Credits, requests and corrections that finance decides on for one wallet.

use serde::{Deserialize, Serialize};

use crate::account::SuspenseItem;
use crate::event::{Event, StreamKey};
use crate::id::{Code, CustomerId, Reason, RequestId, WalletId};
use crate::money::{Amount, Currency};
use crate::payment::{self, Target};
use crate::receipt_file::On;
use crate::rejection::Rejection;
use crate::wallet::{self, Movement, Purpose, Source, TopUp, TopUpRequested};

use super::{Decision, Transfer, Undecided, receipt_file, suspense};

/// What finance found out about a top-up request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveTopUp {
    pub wallet: WalletId,
    pub request: RequestId,
    /// The part of the transfer that is for this wallet.
    pub amount: Amount,
    pub transfer: Transfer,
}

/// A credit by a person: goodwill, or against a suspense item.
pub(super) fn credit(
    decision: &mut Decision<'_>,
    id: WalletId,
    amount: Amount,
    source: Source,
) -> Result<(), Undecided> {
    let state = decision.wallet(id)?;
    let facts = state.open()?;
    facts.must_have_room(amount)?;
    match source {
        Source::Adjustment { item, reason } => {
            suspense::must_take(decision, item, amount.currency())?;
            let moved_alone_on = decision.four_eyes(&facts.customer, amount.money())?;
            let source = Source::Adjustment { item, reason };
            decision.reopen(id)?;
            decision.emit_wallet(id, wallet::Event::Credited { amount, source, moved_alone_on })?;
            suspense::book(decision, item, id, amount.money())
        }
        // It names an order, and always takes two.
        Source::DoubleCharge { .. } => Err(Rejection::NeedsOtherStream.into()),
        source @ (Source::Goodwill { .. }
        | Source::Excess { .. }
        | Source::Late { .. }
        | Source::Cancelled { .. }
        | Source::Expired { .. }
        | Source::Refund { .. }) => {
            let moved_alone_on = decision.four_eyes(&facts.customer, amount.money())?;
            decision.wallet_decides(id, wallet::Command::Credit { amount, source, moved_alone_on })
        }
    }
}

/// A debit by a person: only against a suspense item.
pub(super) fn debit(
    decision: &mut Decision<'_>,
    id: WalletId,
    amount: Amount,
    purpose: Purpose,
) -> Result<(), Undecided> {
    let state = decision.wallet(id)?;
    let facts = state.open()?;
    facts.must_cover(amount)?;
    let Purpose::Adjustment { item, .. } = purpose else {
        return Err(Rejection::NeedsOtherStream.into());
    };
    suspense::must_take(decision, item, amount.currency())?;
    let moved_alone_on = decision.four_eyes(&facts.customer, amount.money())?;
    decision.emit_wallet(id, wallet::Event::Debited { amount, purpose, moved_alone_on })?;
    suspense::book(decision, item, id, amount.money().negated())
}

/// Takes back a credit or an adjustment, and with it what it did to its suspense item.
pub(super) fn correct(
    decision: &mut Decision<'_>,
    id: WalletId,
    sequence: u64,
    reason: Reason,
    ticket: Code,
) -> Result<(), Undecided> {
    let state = decision.wallet(id)?;
    let facts = state.open()?;
    let movement = facts.correctable_at(sequence)?.clone();
    let moved_alone_on = decision.four_eyes(&facts.customer, movement.amount().money())?;
    let item: Option<SuspenseItem> = match &movement {
        Movement::Goodwill { .. } => None,
        Movement::AdjustmentUp { item, .. } | Movement::AdjustmentDown { item, .. } => Some(*item),
    };
    let back = movement.taken_back();
    if back.is_positive() {
        decision.reopen(id)?;
    }
    let corrected = wallet::Event::Corrected { sequence, movement, reason, ticket, moved_alone_on };
    decision.emit_wallet(id, corrected)?;
    match item {
        Some(item) => suspense::book(decision, item, id, back),
        None => Ok(()),
    }
}

/// A customer says that money was sent; the wallet is opened if it is not open yet.
pub(super) fn request_top_up(
    decision: &mut Decision<'_>,
    customer: CustomerId,
    currency: Currency,
    mut asked: TopUpRequested,
) -> Result<(), Undecided> {
    decision.keeps(currency)?;
    let id = WalletId::of(&customer, currency);
    if decision.wallet(id)?.facts().is_none() {
        decision.wallet_decides(id, wallet::Command::Open { customer, currency })?;
    }
    let on = On::TopUp { wallet: id, request: asked.request };
    let file = asked.file.clone();
    // The wallet's own refusals come first.
    asked.repeats = None;
    decision.wallet(id)?.decide(wallet::Command::RequestTopUp(asked.clone()))?;
    if let Some(file) = &file {
        asked.repeats = receipt_file::repeats(decision, file)?;
    }
    decision.wallet_decides(id, wallet::Command::RequestTopUp(asked))?;
    match file {
        Some(file) => receipt_file::note(decision, file, on),
        None => Ok(()),
    }
}

/// Approves a request once: the transfer that finance saw goes into the wallet as far as it is
/// meant for it; the rest waits.
pub(super) fn approve_top_up(
    decision: &mut Decision<'_>,
    approve: ApproveTopUp,
) -> Result<(), Undecided> {
    let ApproveTopUp { wallet: id, request, amount, transfer } = approve;
    let payment = transfer.payment_id();
    let state = decision.wallet(id)?;
    let facts = state.open()?;
    let file = match facts.top_up_of(request)? {
        TopUp::Open { file, .. } => file,
        TopUp::Approved { amount: earlier, payment: from }
            if earlier == amount && from == payment =>
        {
            return Ok(());
        }
        TopUp::Approved { .. } | TopUp::Rejected => return Err(Rejection::RequestDecided.into()),
    };
    receipt_file::must_show(decision, file.as_ref(), payment)?;
    facts.must_have_room(amount)?;
    let record = transfer.record(facts.customer.clone());
    decision.payment_decides(payment, record)?;
    let state = decision.payment(payment)?;
    let recorded = state.recorded()?;
    decision.money_of(recorded, &facts.customer)?;
    recorded.must_have_left(amount)?;
    let moved_alone_on = decision.four_eyes(&facts.customer, amount.money())?;
    decision.emit_wallet(id, wallet::Event::TopUpApproved { request, amount, payment })?;
    let on = On::TopUp { wallet: id, request };
    receipt_file::approve(decision, file.as_ref(), on, payment)?;
    let allocated = payment::Event::Allocated { amount, to: Target::Wallet(id) };
    decision.emit(StreamKey::Payment(payment), Event::Payment(allocated))?;
    decision.emit_wallet(id, wallet::Event::ToppedUp { amount, payment, moved_alone_on })
}

/// The bank was told to pay a withdrawal out.
pub(super) fn pay_withdrawal(
    decision: &mut Decision<'_>,
    id: WalletId,
    request: RequestId,
    account: Code,
    reference: Code,
) -> Result<(), Undecided> {
    let state = decision.wallet(id)?;
    let facts = state.open()?;
    let withdrawal = facts.withdrawal_of(request)?;
    let open = withdrawal.outcome == wallet::Payout::Open;
    let amount = withdrawal.amount.money();
    let moved_alone_on = if open { decision.four_eyes(&facts.customer, amount)? } else { None };
    let pay = wallet::Command::PayWithdrawal { request, account, reference, moved_alone_on };
    decision.wallet_decides(id, pay)
}

impl Decision<'_> {
    pub(super) fn emit_wallet(
        &mut self,
        id: WalletId,
        event: wallet::Event,
    ) -> Result<(), Undecided> {
        self.emit(StreamKey::Wallet(id), Event::Wallet(event))
    }

    /// Opens a closed wallet again, before it takes a credit.
    fn reopen(&mut self, id: WalletId) -> Result<(), Undecided> {
        if self.wallet(id)?.open()?.closed {
            self.emit_wallet(id, wallet::Event::Reopened)?;
        }
        Ok(())
    }
}

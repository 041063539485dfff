//! What a wallet's events come to.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::event::{Event, Movement, Opening, Purpose, Repayment, Source};
use crate::four_eyes::MovedAlone;
use crate::id::{Code, CustomerId, PaymentId, Reason, RequestId};
use crate::money::{Amount, Currency, Money, MoneyError};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// How many events the stream holds.
    pub version: u64,
    pub customer: CustomerId,
    pub currency: Currency,
    pub balance: Money,
    /// What the customer owes: account 1100 in this currency.
    pub debt: Money,
    /// What the last event added or, negative, took.
    pub moved: Money,
    /// Why it pays nothing at present.
    pub frozen: Option<Reason>,
    pub closed: bool,
    /// Movements that a correction may still take back. Shared, since most events leave it alone.
    pub correctable: Arc<BTreeMap<u64, Movement>>,
    /// The old rows of double charges that were given back.
    pub given_back: Arc<Vec<Code>>,
    pub top_ups: Arc<BTreeMap<RequestId, TopUp>>,
    pub withdrawals: Arc<BTreeMap<RequestId, Withdrawal>>,
    /// What one person alone moved of this customer's money, on the last day that saw such.
    pub moved_alone: MovedAlone,
}

/// How a top-up request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TopUp {
    Open { claimed: Option<Amount>, file: Option<Code> },
    Approved { amount: Amount, payment: PaymentId },
    Rejected,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    pub amount: Amount,
    pub outcome: Payout,
}

/// How a withdrawal stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payout {
    Open,
    Paid { account: Code, reference: Code },
    Failed,
}

impl Facts {
    pub(super) fn opened(
        customer: &CustomerId,
        currency: Currency,
        opening: Option<&Opening>,
    ) -> Self {
        let zero = Money::zero(currency);
        let balance = opening.map_or(zero, Opening::spendable);
        Self {
            version: 1,
            customer: customer.clone(),
            currency,
            balance,
            debt: opening.map_or(zero, Opening::debt),
            moved: balance,
            frozen: None,
            closed: false,
            correctable: Arc::default(),
            given_back: Arc::default(),
            top_ups: Arc::default(),
            withdrawals: Arc::default(),
            moved_alone: MovedAlone::default(),
        }
    }

    /// Whether a top-up request or a withdrawal waits for finance.
    pub fn pending(&self) -> bool {
        self.top_ups.values().any(|top_up| matches!(top_up, TopUp::Open { .. }))
            || self.withdrawals.values().any(|withdrawal| withdrawal.outcome == Payout::Open)
    }

    pub(super) fn evolve(&mut self, event: &Event) -> Result<(), MoneyError> {
        self.version = self.version.checked_add(1).ok_or(MoneyError::OutOfRange)?;
        self.moved = self.moves(event);
        self.balance = self.balance.checked_add(self.moved)?;
        assert!(!self.balance.is_negative(), "corrupt stream: {event:?} overdraws the wallet");
        self.debt = self.debt.checked_add(self.owes(event))?;
        assert!(!self.debt.is_negative(), "corrupt stream: {event:?} repays more than was owed");
        if let Some((day, amount)) = alone(event) {
            self.moved_alone.add(day, amount)?;
        }
        self.remember(event);
        Ok(())
    }

    /// What an event adds to the balance or, negative, takes.
    fn moves(&self, event: &Event) -> Money {
        match event {
            Event::Opened { .. } => panic!("corrupt stream: a wallet opened twice"),
            Event::ToppedUp { amount, .. }
            | Event::Credited { amount, .. }
            | Event::WithdrawalFailed { amount, .. } => amount.money(),
            Event::Debited { amount, .. }
            | Event::WithdrawalRequested { amount, .. }
            | Event::DebtRepaid { amount, from: Repayment::Wallet, .. } => amount.money().negated(),
            Event::Corrected { movement, .. } => movement.taken_back(),
            Event::TopUpRequested(_)
            | Event::TopUpApproved { .. }
            | Event::TopUpRejected { .. }
            | Event::WithdrawalPaid { .. }
            | Event::Frozen { .. }
            | Event::Unfrozen { .. }
            | Event::Closed
            | Event::Reopened
            | Event::DebtRecorded { .. }
            | Event::DebtRepaid { from: Repayment::Payment(_), .. }
            | Event::DebtWrittenOff { .. }
            | Event::DeliveryCorrected { .. }
            | Event::PaymentTakenOut { .. } => Money::zero(self.currency),
        }
    }

    /// What an event adds to the debt or, negative, takes off it.
    fn owes(&self, event: &Event) -> Money {
        match event {
            Event::DebtRecorded { amount, .. } => amount.money(),
            Event::DebtRepaid { amount, .. } | Event::DebtWrittenOff { amount, .. } => {
                amount.money().negated()
            }
            Event::Opened { .. }
            | Event::ToppedUp { .. }
            | Event::Credited { .. }
            | Event::Debited { .. }
            | Event::Corrected { .. }
            | Event::TopUpRequested(_)
            | Event::TopUpApproved { .. }
            | Event::TopUpRejected { .. }
            | Event::WithdrawalRequested { .. }
            | Event::WithdrawalPaid { .. }
            | Event::WithdrawalFailed { .. }
            | Event::Frozen { .. }
            | Event::Unfrozen { .. }
            | Event::Closed
            | Event::Reopened
            | Event::DeliveryCorrected { .. }
            | Event::PaymentTakenOut { .. } => Money::zero(self.currency),
        }
    }

    /// What an event changes beside the sums.
    fn remember(&mut self, event: &Event) {
        match event {
            Event::Credited { amount, source, .. } => match source {
                Source::Goodwill { .. } => self.may_correct(Movement::Goodwill { amount: *amount }),
                Source::Adjustment { item, .. } => {
                    self.may_correct(Movement::AdjustmentUp { amount: *amount, item: *item });
                }
                Source::DoubleCharge { second, .. } => {
                    Arc::make_mut(&mut self.given_back).push(second.clone());
                }
                Source::Excess { .. }
                | Source::Late { .. }
                | Source::Cancelled { .. }
                | Source::Expired { .. }
                | Source::Refund { .. } => {}
            },
            Event::Debited { amount, purpose, .. } => match purpose {
                Purpose::Adjustment { item, .. } => {
                    self.may_correct(Movement::AdjustmentDown { amount: *amount, item: *item });
                }
                Purpose::OrderPayment { .. }
                | Purpose::Shortfall { .. }
                | Purpose::PaymentReversed { .. } => {}
            },
            Event::Corrected { sequence, movement, .. } => {
                let corrected = Arc::make_mut(&mut self.correctable).remove(sequence);
                let corrected = corrected.expect("corrupt stream: nothing to correct");
                assert_eq!(corrected, *movement, "corrupt stream: another movement corrected");
            }
            Event::TopUpRequested(asked) => {
                self.top_up(
                    asked.request,
                    TopUp::Open { claimed: asked.claimed, file: asked.file.clone() },
                );
            }
            Event::TopUpApproved { request, amount, payment } => {
                self.top_up(*request, TopUp::Approved { amount: *amount, payment: *payment });
            }
            Event::TopUpRejected { request, .. } => self.top_up(*request, TopUp::Rejected),
            Event::WithdrawalRequested { request, amount, .. } => {
                self.withdrawal(*request, *amount, Payout::Open);
            }
            Event::WithdrawalPaid { request, amount, account, reference, .. } => {
                let (account, reference) = (account.clone(), reference.clone());
                self.withdrawal(*request, *amount, Payout::Paid { account, reference });
            }
            Event::WithdrawalFailed { request, amount, .. } => {
                self.withdrawal(*request, *amount, Payout::Failed);
            }
            Event::Frozen { reason } => self.frozen = Some(reason.clone()),
            Event::Unfrozen { .. } => self.frozen = None,
            Event::Closed => self.closed = true,
            Event::Reopened => self.closed = false,
            Event::Opened { .. }
            | Event::ToppedUp { .. }
            | Event::DebtRecorded { .. }
            | Event::DebtRepaid { .. }
            | Event::DebtWrittenOff { .. }
            | Event::DeliveryCorrected { .. }
            | Event::PaymentTakenOut { .. } => {}
        }
    }

    fn may_correct(&mut self, movement: Movement) {
        Arc::make_mut(&mut self.correctable).insert(self.version, movement);
    }

    fn top_up(&mut self, request: RequestId, top_up: TopUp) {
        Arc::make_mut(&mut self.top_ups).insert(request, top_up);
    }

    fn withdrawal(&mut self, request: RequestId, amount: Amount, outcome: Payout) {
        Arc::make_mut(&mut self.withdrawals).insert(request, Withdrawal { amount, outcome });
    }
}

impl Movement {
    /// What taking it back adds to the balance or, negative, takes.
    pub fn taken_back(&self) -> Money {
        match self {
            Self::Goodwill { amount } | Self::AdjustmentUp { amount, .. } => {
                amount.money().negated()
            }
            Self::AdjustmentDown { amount, .. } => amount.money(),
        }
    }

    pub fn amount(&self) -> Amount {
        match self {
            Self::Goodwill { amount }
            | Self::AdjustmentUp { amount, .. }
            | Self::AdjustmentDown { amount, .. } => *amount,
        }
    }
}

/// The day and the sum of what one person moved alone.
fn alone(event: &Event) -> Option<(NaiveDate, Amount)> {
    match event {
        Event::ToppedUp { amount, moved_alone_on, .. }
        | Event::Credited { amount, moved_alone_on, .. }
        | Event::Debited { amount, moved_alone_on, .. }
        | Event::WithdrawalPaid { amount, moved_alone_on, .. }
        | Event::DebtRecorded { amount, moved_alone_on, .. }
        | Event::DebtWrittenOff { amount, moved_alone_on, .. } => {
            moved_alone_on.map(|day| (day, *amount))
        }
        Event::Corrected { movement, moved_alone_on, .. } => {
            moved_alone_on.map(|day| (day, movement.amount()))
        }
        Event::DeliveryCorrected { amount, moved_alone_on, .. }
        | Event::PaymentTakenOut { amount, moved_alone_on, .. } => Some((*moved_alone_on, *amount)),
        Event::Opened { .. }
        | Event::TopUpRequested(_)
        | Event::TopUpApproved { .. }
        | Event::TopUpRejected { .. }
        | Event::WithdrawalRequested { .. }
        | Event::WithdrawalFailed { .. }
        | Event::Frozen { .. }
        | Event::Unfrozen { .. }
        | Event::Closed
        | Event::Reopened
        | Event::DebtRepaid { .. } => None,
    }
}

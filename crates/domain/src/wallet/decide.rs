//! What a wallet alone can decide.

use chrono::NaiveDate;

use super::Wallet;
use super::event::{Event, Movement, Opening, Purpose, Repayment, Source, TopUpRequested};
use super::facts::{Facts, Payout, TopUp, Withdrawal};
use crate::id::{Code, CustomerId, Reason, RequestId};
use crate::money::{Amount, Currency, MoneyError};
use crate::order::PersonalRef;
use crate::rejection::Rejection;

/// A wish that concerns one wallet and nothing else. `moved_alone_on` is the day on which one
/// person wishes it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Also opens a closed wallet again.
    Open {
        customer: CustomerId,
        currency: Currency,
    },
    Import {
        customer: CustomerId,
        currency: Currency,
        opening: Opening,
    },
    /// A credit that no other stream takes part in.
    Credit {
        amount: Amount,
        source: Source,
        moved_alone_on: Option<NaiveDate>,
    },
    Debit {
        amount: Amount,
        purpose: Purpose,
        moved_alone_on: Option<NaiveDate>,
    },
    Correct {
        sequence: u64,
        reason: Reason,
        ticket: Code,
        moved_alone_on: Option<NaiveDate>,
    },
    RequestTopUp(TopUpRequested),
    RejectTopUp {
        request: RequestId,
        reason: Reason,
    },
    RequestWithdrawal {
        request: RequestId,
        amount: Amount,
        destination: Option<PersonalRef>,
    },
    PayWithdrawal {
        request: RequestId,
        account: Code,
        reference: Code,
        moved_alone_on: Option<NaiveDate>,
    },
    FailWithdrawal {
        request: RequestId,
        reason: Reason,
    },
    Freeze {
        reason: Reason,
    },
    Unfreeze {
        reason: Reason,
    },
    Close,
    /// Without an amount: as much as is owed and there.
    RepayDebt {
        amount: Option<Amount>,
    },
    WriteOffDebt {
        amount: Amount,
        reason: Reason,
        moved_alone_on: Option<NaiveDate>,
    },
}

impl Wallet {
    /// Decides a command. No events means: what was asked for is already so.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match (self, command) {
            (Self::Unopened, Command::Open { customer, currency }) => {
                Ok(vec![Event::Opened { customer, currency, opening: None }])
            }
            (Self::Unopened, Command::Import { customer, currency, opening }) => {
                if opening.balance != opening.explained {
                    // What is not explained opens a suspense item too.
                    return Err(Rejection::NeedsOtherStream);
                }
                Ok(vec![opening.open(customer, currency)?])
            }
            (Self::Unopened, _) => Err(Rejection::WalletNotOpen),
            (Self::Open(_), Command::Import { .. }) => Err(Rejection::WalletExists),
            (Self::Open(facts), command) => facts.decide(command),
        }
    }
}

impl Opening {
    /// The event that takes the wallet over.
    pub(crate) fn open(
        self,
        customer: CustomerId,
        currency: Currency,
    ) -> Result<Event, MoneyError> {
        for money in [self.balance, self.explained] {
            if money.currency() != currency {
                return Err(MoneyError::CurrencyMismatch(currency, money.currency()));
            }
        }
        Ok(Event::Opened { customer, currency, opening: Some(self) })
    }
}

impl Facts {
    fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Import { .. } => Err(Rejection::WalletExists),
            Command::Open { .. } => Ok(self.reopening()),
            Command::Credit { amount, source, moved_alone_on } => {
                self.may_credit(amount, &source)?;
                Ok(self.reopened_for(Event::Credited { amount, source, moved_alone_on }))
            }
            Command::Debit { amount, .. } => {
                // Each debit has another side: an order, a payment or a suspense item.
                self.must_cover(amount)?;
                Err(Rejection::NeedsOtherStream)
            }
            Command::Correct { sequence, reason, ticket, moved_alone_on } => {
                match self.correctable_at(sequence)? {
                    movement @ Movement::Goodwill { .. } => Ok(vec![Event::Corrected {
                        sequence,
                        movement: movement.clone(),
                        reason,
                        ticket,
                        moved_alone_on,
                    }]),
                    Movement::AdjustmentUp { .. } | Movement::AdjustmentDown { .. } => {
                        Err(Rejection::NeedsOtherStream)
                    }
                }
            }
            Command::RequestTopUp(asked) => self.request_top_up(asked),
            Command::RejectTopUp { request, reason } => match self.top_up_of(request)? {
                TopUp::Rejected => Ok(vec![]),
                TopUp::Approved { .. } => Err(Rejection::RequestDecided),
                TopUp::Open { .. } => Ok(vec![Event::TopUpRejected { request, reason }]),
            },
            Command::RequestWithdrawal { request, amount, destination } => {
                self.request_withdrawal(request, amount, destination)
            }
            Command::PayWithdrawal { request, account, reference, moved_alone_on } => {
                self.pay_withdrawal(request, account, reference, moved_alone_on)
            }
            Command::FailWithdrawal { request, reason } => {
                let withdrawal = self.withdrawal_of(request)?;
                match withdrawal.outcome {
                    Payout::Failed => Ok(vec![]),
                    Payout::Paid { .. } => Err(Rejection::RequestDecided),
                    Payout::Open => {
                        let amount = withdrawal.amount;
                        self.balance.checked_add(amount.money())?;
                        Ok(vec![Event::WithdrawalFailed { request, amount, reason }])
                    }
                }
            }
            Command::Freeze { .. } if self.frozen.is_some() => Ok(vec![]),
            Command::Freeze { reason } => Ok(vec![Event::Frozen { reason }]),
            Command::Unfreeze { .. } if self.frozen.is_none() => Ok(vec![]),
            Command::Unfreeze { reason } => Ok(vec![Event::Unfrozen { reason }]),
            Command::Close if self.closed => Ok(vec![]),
            Command::Close => {
                let (balance, debt, pending) = (self.balance, self.debt, self.pending());
                if !balance.is_zero() || !debt.is_zero() || pending {
                    return Err(Rejection::WalletInUse { balance, debt, pending });
                }
                Ok(vec![Event::Closed])
            }
            Command::RepayDebt { amount } => self.repay_debt(amount),
            Command::WriteOffDebt { amount, reason, moved_alone_on } => {
                self.must_owe(amount)?;
                let customer = self.customer.clone();
                Ok(vec![Event::DebtWrittenOff { customer, amount, reason, moved_alone_on }])
            }
        }
    }

    fn reopening(&self) -> Vec<Event> {
        if self.closed { vec![Event::Reopened] } else { vec![] }
    }

    /// A closed wallet is open again before it takes a credit.
    fn reopened_for(&self, credit: Event) -> Vec<Event> {
        let mut events = self.reopening();
        events.push(credit);
        events
    }

    fn may_credit(&self, amount: Amount, source: &Source) -> Result<(), Rejection> {
        self.must_have_room(amount)?;
        match source {
            Source::Goodwill { .. } => Ok(()),
            Source::DoubleCharge { first, second, .. } => {
                // One of the charges has to stay.
                let gone = |row| self.given_back.contains(row);
                if first == second || gone(first) || gone(second) {
                    return Err(Rejection::AlreadyGivenBack);
                }
                Ok(())
            }
            Source::Adjustment { .. }
            | Source::Excess { .. }
            | Source::Late { .. }
            | Source::Cancelled { .. }
            | Source::Expired { .. }
            | Source::Refund { .. } => Err(Rejection::NeedsOtherStream),
        }
    }

    /// The movement with this sequence, if the wallet can still do without it.
    pub(crate) fn correctable_at(&self, sequence: u64) -> Result<&Movement, Rejection> {
        let movement = self.correctable.get(&sequence);
        let movement = movement.ok_or(Rejection::NotCorrectable { sequence })?;
        if movement.taken_back().is_negative() {
            self.must_cover(movement.amount())?;
        } else {
            self.must_have_room(movement.amount())?;
        }
        Ok(movement)
    }

    fn request_top_up(&self, asked: TopUpRequested) -> Result<Vec<Event>, Rejection> {
        if self.closed {
            return Err(Rejection::WalletClosed);
        }
        if let Some(claimed) = asked.claimed {
            self.in_currency(claimed)?;
        }
        if self.top_ups.contains_key(&asked.request) {
            return Err(Rejection::RequestExists);
        }
        Ok(vec![Event::TopUpRequested(asked)])
    }

    fn request_withdrawal(
        &self,
        request: RequestId,
        amount: Amount,
        destination: Option<PersonalRef>,
    ) -> Result<Vec<Event>, Rejection> {
        if self.withdrawals.contains_key(&request) {
            return Err(Rejection::RequestExists);
        }
        if self.debt.is_positive() {
            return Err(Rejection::WalletInDebt { debt: self.debt });
        }
        self.must_cover(amount)?;
        Ok(vec![Event::WithdrawalRequested { request, amount, destination }])
    }

    fn pay_withdrawal(
        &self,
        request: RequestId,
        account: Code,
        reference: Code,
        moved_alone_on: Option<NaiveDate>,
    ) -> Result<Vec<Event>, Rejection> {
        let Withdrawal { amount, outcome } = self.withdrawal_of(request)?;
        let (amount, paid) = (*amount, Payout::Paid { account, reference });
        match (outcome, paid) {
            (earlier @ Payout::Paid { .. }, paid) if *earlier == paid => Ok(vec![]),
            (Payout::Open, _) if self.frozen.is_some() => Err(Rejection::WalletFrozen),
            // The money may have turned out not to exist since it was asked for.
            (Payout::Open, _) if self.debt.is_positive() => {
                Err(Rejection::WalletInDebt { debt: self.debt })
            }
            (Payout::Open, paid)
                if self.withdrawals.values().any(|other| other.outcome == paid) =>
            {
                Err(Rejection::PayoutReferenceUsed)
            }
            (Payout::Open, Payout::Paid { account, reference }) => {
                Ok(vec![Event::WithdrawalPaid {
                    request,
                    amount,
                    account,
                    reference,
                    moved_alone_on,
                }])
            }
            (Payout::Paid { .. } | Payout::Failed | Payout::Open, _) => {
                Err(Rejection::RequestDecided)
            }
        }
    }

    fn repay_debt(&self, amount: Option<Amount>) -> Result<Vec<Event>, Rejection> {
        let amount = match amount {
            Some(amount) => amount,
            None if self.debt.is_zero() => return Ok(vec![]),
            None => {
                let (available, required) = (self.balance, self.debt);
                let there = self.debt.min(self.balance)?.as_amount();
                there.ok_or(Rejection::InsufficientFunds { available, required })?
            }
        };
        self.must_owe(amount)?;
        self.must_cover(amount)?;
        let customer = self.customer.clone();
        Ok(vec![Event::DebtRepaid { customer, amount, from: Repayment::Wallet }])
    }

    pub(crate) fn top_up_of(&self, request: RequestId) -> Result<TopUp, Rejection> {
        self.top_ups.get(&request).cloned().ok_or(Rejection::RequestNotFound)
    }

    pub(crate) fn withdrawal_of(&self, request: RequestId) -> Result<&Withdrawal, Rejection> {
        self.withdrawals.get(&request).ok_or(Rejection::RequestNotFound)
    }

    /// Refuses unless the wallet can pay this.
    pub(crate) fn must_cover(&self, required: Amount) -> Result<(), Rejection> {
        self.in_currency(required)?;
        if self.frozen.is_some() {
            return Err(Rejection::WalletFrozen);
        }
        if self.balance.covers(required.money()) {
            Ok(())
        } else {
            let (available, required) = (self.balance, required.money());
            Err(Rejection::InsufficientFunds { available, required })
        }
    }

    /// Refuses unless the customer owes this.
    pub(crate) fn must_owe(&self, claimed: Amount) -> Result<(), Rejection> {
        self.in_currency(claimed)?;
        if self.debt.covers(claimed.money()) {
            Ok(())
        } else {
            Err(Rejection::DebtDiffers { debt: self.debt, claimed: claimed.money() })
        }
    }

    pub(crate) fn must_have_room(&self, amount: Amount) -> Result<(), Rejection> {
        self.in_currency(amount)?;
        self.balance.checked_add(amount.money())?;
        Ok(())
    }

    fn in_currency(&self, amount: Amount) -> Result<(), Rejection> {
        if amount.currency() == self.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, amount.currency()).into())
        }
    }
}

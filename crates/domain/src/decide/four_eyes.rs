//! Four eyes: what one person may move alone, cumulated per customer, currency and business day.
//!
//! Machine rules (a gateway's payment, what an ended order gives back) leave nobody a choice and
//! do not ask here.

use chrono::NaiveDate;

use crate::id::{CustomerId, PaymentId, WalletId};
use crate::money::{Currency, Money};
use crate::rejection::Rejection;
use crate::wallet;

use super::{Decision, Undecided};

impl Decision<'_> {
    /// Refuses what one person may not move alone, unless another has agreed. The day that is
    /// returned has to stand on the event that moves it, so that the next one is added to it; none
    /// where two agreed.
    pub(crate) fn four_eyes(
        &self,
        customer: &CustomerId,
        amount: Money,
    ) -> Result<Option<NaiveDate>, Undecided> {
        if self.second_person || !amount.is_positive() {
            return Ok(None);
        }
        let settings = self.settings()?;
        let (day, currency) = (settings.day(self.now), amount.currency());
        let wallet = self.wallet(WalletId::of(customer, currency))?;
        let moved = wallet
            .facts()
            .map_or_else(|| Money::zero(currency), |facts| facts.moved_alone.on(day, currency));
        settings.one_person_may_move(amount, moved)?;
        Ok(Some(day))
    }

    /// Counts what one person took out of the books on this day and was not in the wallet, whose
    /// own movement would count it.
    pub(crate) fn count_taken_out(
        &mut self,
        customer: &CustomerId,
        payment: PaymentId,
        amount: Money,
        alone_on: Option<NaiveDate>,
    ) -> Result<(), Undecided> {
        match (amount.as_amount(), alone_on) {
            (Some(amount), Some(moved_alone_on)) => {
                let event = wallet::Event::PaymentTakenOut { amount, payment, moved_alone_on };
                self.count(customer, amount.currency(), event)
            }
            (_, None) | (None, _) => Ok(()),
        }
    }

    /// Lets a wallet tell of what one person moved alone elsewhere. Nothing moves in it: one that is
    /// closed stays so.
    pub(crate) fn count(
        &mut self,
        customer: &CustomerId,
        currency: Currency,
        event: wallet::Event,
    ) -> Result<(), Undecided> {
        let id = WalletId::of(customer, currency);
        if self.wallet(id)?.facts().is_none() {
            let open = wallet::Command::Open { customer: customer.clone(), currency };
            self.wallet_decides(id, open)?;
        }
        self.emit_wallet(id, event)
    }

    /// Refuses what one person may not move alone at once, where no customer is known to whose
    /// day's sum it could be added.
    pub(crate) fn must_be_two_above_threshold(&self, amount: Money) -> Result<(), Undecided> {
        if self.second_person {
            return Ok(());
        }
        Ok(self.settings()?.one_person_may_move(amount, Money::zero(amount.currency()))?)
    }

    /// Refuses what no person may move alone, however little it is.
    pub(crate) fn must_be_two(&self, amount: Money) -> Result<(), Undecided> {
        if self.second_person {
            return Ok(());
        }
        let zero = Money::zero(amount.currency());
        let (threshold, moved, left) = (zero, zero, zero);
        Err(Rejection::NeedsSecondPerson { amount, threshold, moved, left }.into())
    }
}

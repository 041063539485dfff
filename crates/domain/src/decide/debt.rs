//! What a customer owes: recorded where money was missing, repaid, or written off.

use chrono::NaiveDate;

use crate::event::{Event, StreamKey};
use crate::id::{CustomerId, OrderId, PaymentId, Reason, WalletId};
use crate::money::Amount;
use crate::order;
use crate::payment::{self, Target};
use crate::rejection::Rejection;
use crate::wallet::{self, DebtCause, Repayment};

use super::{Decision, Undecided};

impl Decision<'_> {
    /// Records what a customer owes, in a wallet that is opened if need be. The order's or the
    /// payment's own event posts it.
    pub(crate) fn record_debt(
        &mut self,
        customer: &CustomerId,
        amount: Amount,
        cause: DebtCause,
        moved_alone_on: Option<NaiveDate>,
    ) -> Result<(), Undecided> {
        let currency = amount.currency();
        let id = WalletId::of(customer, currency);
        let open = wallet::Command::Open { customer: customer.clone(), currency };
        self.wallet_decides(id, open)?;
        self.wallet(id)?.open()?.debt.checked_add(amount.money())?;
        self.emit_wallet(id, wallet::Event::DebtRecorded { amount, cause, moved_alone_on })
    }

    /// Money that an order gave back, and that stands in the wallet now, repays what its customer
    /// owes: an order holds what was left on account, and what a reversed payment put there.
    pub(crate) fn repay_out_of(
        &mut self,
        customer: &CustomerId,
        given_back: Amount,
    ) -> Result<(), Undecided> {
        let id = WalletId::of(customer, given_back.currency());
        let debt = self.wallet(id)?.open()?.debt;
        match debt.min(given_back.money())?.as_amount() {
            Some(amount) => {
                let (customer, from) = (customer.clone(), Repayment::Wallet);
                self.emit_wallet(id, wallet::Event::DebtRepaid { customer, amount, from })
            }
            None => Ok(()),
        }
    }
}

/// What an order still owes becomes its customer's debt, and the order is settled.
pub(super) fn leave_on_account(decision: &mut Decision<'_>, id: OrderId) -> Result<(), Undecided> {
    let order = decision.order(id)?;
    let facts = order.placed()?;
    let Some(amount) = facts.owed().as_amount() else {
        return Ok(());
    };
    facts.must_allow(order::Step::LeaveOnAccount)?;
    decision.must_be_two(amount.money())?;
    let customer = facts.customer.clone();
    decision.record_debt(&customer, amount, DebtCause::LeftOnAccount { order: id }, None)?;
    let left = order::Event::LeftOnAccount { amount, customer };
    decision.emit(StreamKey::Order(id), Event::Order(left))
}

/// Without an amount: all of it.
pub(super) fn write_off(
    decision: &mut Decision<'_>,
    id: WalletId,
    amount: Option<Amount>,
    reason: Reason,
) -> Result<(), Undecided> {
    let state = decision.wallet(id)?;
    let facts = state.open()?;
    let Some(amount) = amount.or_else(|| facts.debt.as_amount()) else {
        return Ok(());
    };
    facts.must_owe(amount)?;
    let moved_alone_on = decision.four_eyes(&facts.customer, amount.money())?;
    decision.wallet_decides(id, wallet::Command::WriteOffDebt { amount, reason, moved_alone_on })
}

/// Repays a debt out of money that came in; without an amount, as much as is left and owed.
pub(super) fn repay_from(
    decision: &mut Decision<'_>,
    payment: PaymentId,
    amount: Option<Amount>,
    customer: &CustomerId,
) -> Result<(), Undecided> {
    let state = decision.payment(payment)?;
    let recorded = state.recorded()?;
    let id = WalletId::of(customer, recorded.amount.currency());
    let state = decision.wallet(id)?;
    let facts = state.open()?;
    let (left, required) = (recorded.left, facts.debt);
    let amount = amount.or(required.min(left)?.as_amount());
    let amount = amount.ok_or(Rejection::PaymentUsedUp { left, required })?;
    facts.must_owe(amount)?;
    recorded.must_have_left(amount)?;
    let allocated = payment::Event::Allocated { amount, to: Target::Debt(id) };
    decision.emit(StreamKey::Payment(payment), Event::Payment(allocated))?;
    let (customer, from) = (customer.clone(), Repayment::Payment(payment));
    decision.emit_wallet(id, wallet::Event::DebtRepaid { customer, amount, from })
}

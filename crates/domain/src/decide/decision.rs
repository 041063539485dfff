//! A decision in the making: the events so far, and the states after them.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::event::{Event, State, StreamKey};
use crate::id::{
    Code, CustomerId, OrderId, PaymentId, ReceiptFileId, StatementLineId, SuspenseId, WalletId,
};
use crate::money::{Amount, Currency};
use crate::order::{self, Order};
use crate::payment::{self, Payment};
use crate::receipt_file::ReceiptFile;
use crate::rejection::Rejection;
use crate::settings::Settings;
use crate::statement_line::StatementLine;
use crate::suspense::Suspense;
use crate::wallet::{self, Wallet};

use super::{Change, Circumstances, States, Undecided};

/// A decision in the making: the events so far, and the states after them.
pub(super) struct Decision<'a> {
    base: &'a dyn States,
    pub(super) now: DateTime<Utc>,
    pub(super) second_person: bool,
    changed: BTreeMap<StreamKey, Arc<State>>,
    counters: BTreeMap<Code, u32>,
    pub(super) changes: Vec<Change>,
}

/// A state that a rule reads. It is shared: whatever happens to its stream meanwhile, it stays as it
/// was read.
pub(super) struct Known<T> {
    state: Arc<State>,
    of: fn(&State) -> Option<&T>,
}

impl<T> Deref for Known<T> {
    type Target = T;
    fn deref(&self) -> &T {
        (self.of)(&self.state).expect("it was found to be of this kind")
    }
}

impl<'a> Decision<'a> {
    pub(super) fn new(base: &'a dyn States, circumstances: Circumstances) -> Self {
        let Circumstances { now, second_person } = circumstances;
        let (changed, counters) = (BTreeMap::new(), BTreeMap::new());
        Self { base, now, second_person, changed, counters, changes: Vec::new() }
    }

    pub(super) fn state(&self, stream: StreamKey) -> Result<Arc<State>, Undecided> {
        match self.changed.get(&stream) {
            Some(state) => Ok(Arc::clone(state)),
            None => self.base.state(stream).map_err(Undecided::Missing),
        }
    }

    fn known<T>(
        &self,
        stream: StreamKey,
        of: fn(&State) -> Option<&T>,
    ) -> Result<Known<T>, Undecided> {
        let state = self.state(stream)?;
        assert!(of(&state).is_some(), "{state:?} stands where {stream} should");
        Ok(Known { state, of })
    }

    pub(super) fn order(&self, id: OrderId) -> Result<Known<Order>, Undecided> {
        self.known(StreamKey::Order(id), |state| {
            if let State::Order(known) = state { Some(known) } else { None }
        })
    }

    pub(super) fn wallet(&self, id: WalletId) -> Result<Known<Wallet>, Undecided> {
        self.known(StreamKey::Wallet(id), |state| {
            if let State::Wallet(known) = state { Some(known) } else { None }
        })
    }

    pub(super) fn payment(&self, id: PaymentId) -> Result<Known<Payment>, Undecided> {
        self.known(StreamKey::Payment(id), |state| {
            if let State::Payment(known) = state { Some(known) } else { None }
        })
    }

    pub(super) fn statement_line(
        &self,
        id: StatementLineId,
    ) -> Result<Known<StatementLine>, Undecided> {
        self.known(StreamKey::StatementLine(id), |state| {
            if let State::StatementLine(known) = state { Some(known) } else { None }
        })
    }

    pub(super) fn receipt_file(&self, id: ReceiptFileId) -> Result<Known<ReceiptFile>, Undecided> {
        self.known(StreamKey::ReceiptFile(id), |state| {
            if let State::ReceiptFile(known) = state { Some(known) } else { None }
        })
    }

    pub(super) fn suspense(&self, id: SuspenseId) -> Result<Known<Suspense>, Undecided> {
        self.known(StreamKey::Suspense(id), |state| {
            if let State::Suspense(known) = state { Some(known) } else { None }
        })
    }

    pub(super) fn settings(&self) -> Result<Known<Settings>, Undecided> {
        self.known(StreamKey::Settings, |state| {
            if let State::Settings(known) = state { Some(known) } else { None }
        })
    }

    /// The next counter of a series, gapless: it is allotted only if the decision is accepted.
    pub(super) fn next_counter(&self, series: &Code) -> Result<u32, Undecided> {
        let last = match self.counters.get(series) {
            Some(last) => *last,
            None => self.base.last_counter(series).map_err(Undecided::Missing)?,
        };
        Ok(last.checked_add(1).ok_or(Rejection::SettingOutOfRange)?)
    }

    pub(super) fn emit(&mut self, stream: StreamKey, event: Event) -> Result<(), Undecided> {
        let mut state = self.state(stream)?;
        Arc::make_mut(&mut state).evolve(&event);
        if let Event::Order(order::Event::Placed(placed)) = &event {
            self.counters.insert(placed.series.clone(), placed.counter);
        }
        self.changed.insert(stream, Arc::clone(&state));
        self.changes.push(Change { stream, version: state.version(), event, state });
        Ok(())
    }

    /// Lets the order alone decide.
    pub(super) fn order_decides(
        &mut self,
        id: OrderId,
        command: order::Command,
    ) -> Result<(), Undecided> {
        for event in self.order(id)?.decide(command)? {
            self.emit(StreamKey::Order(id), Event::Order(event))?;
        }
        Ok(())
    }

    /// Lets the wallet alone decide.
    pub(super) fn wallet_decides(
        &mut self,
        id: WalletId,
        command: wallet::Command,
    ) -> Result<(), Undecided> {
        for event in self.wallet(id)?.decide(command)? {
            self.emit(StreamKey::Wallet(id), Event::Wallet(event))?;
        }
        Ok(())
    }

    /// Lets the payment alone decide.
    pub(super) fn payment_decides(
        &mut self,
        id: PaymentId,
        command: payment::Command,
    ) -> Result<(), Undecided> {
        for event in self.payment(id)?.decide(command)? {
            self.emit(StreamKey::Payment(id), Event::Payment(event))?;
        }
        Ok(())
    }

    /// Refuses money that another customer paid, unless another person has agreed.
    pub(super) fn money_of(
        &self,
        payment: &payment::Facts,
        customer: &CustomerId,
    ) -> Result<(), Undecided> {
        if !self.second_person {
            payment.must_be_of(customer)?;
        }
        Ok(())
    }

    /// A delivery that was just taken back counts among what a person moved, like any correction.
    pub(super) fn delivery_corrected(&mut self, id: OrderId) -> Result<(), Undecided> {
        let Some(Event::Order(order::Event::Corrected(corrected))) =
            self.changes.last().map(|change| &change.event)
        else {
            return Ok(());
        };
        let Some(amount) = corrected.earned.and_then(|earned| earned.due.as_amount()) else {
            return Ok(());
        };
        let customer = self.order(id)?.placed()?.customer.clone();
        match self.four_eyes(&customer, amount.money())? {
            Some(moved_alone_on) => {
                let order = id;
                let event = wallet::Event::DeliveryCorrected { amount, order, moved_alone_on };
                self.count(&customer, amount.currency(), event)
            }
            None => Ok(()),
        }
    }

    /// The wallet of an order is its customer's.
    pub(super) fn wallet_of(&self, order: OrderId) -> Result<WalletId, Undecided> {
        let order = self.order(order)?;
        let facts = order.placed()?;
        Ok(WalletId::of(&facts.customer, facts.currency))
    }

    /// The deadline of an order whose time starts now.
    pub(super) fn deadline(&self, order: OrderId) -> Result<DateTime<Utc>, Undecided> {
        let order = self.order(order)?;
        let period = self.settings()?.payment_period(order.placed()?.channel);
        Ok(self.now.checked_add_signed(period).ok_or(Rejection::SettingOutOfRange)?)
    }

    /// Until when goods may be returned that are all delivered now.
    pub(super) fn return_until(&self) -> Result<DateTime<Utc>, Undecided> {
        let window = self.settings()?.return_window();
        Ok(self.now.checked_add_signed(window).ok_or(Rejection::SettingOutOfRange)?)
    }

    pub(super) fn keeps(&self, currency: Currency) -> Result<(), Undecided> {
        if self.settings()?.currencies.contains(&currency) {
            Ok(())
        } else {
            Err(Rejection::CurrencyNotKept(currency.code().to_owned()).into())
        }
    }

    pub(super) fn open_wallet(
        &mut self,
        customer: &CustomerId,
        currency: Currency,
    ) -> Result<(), Undecided> {
        self.keeps(currency)?;
        let open = wallet::Command::Open { customer: customer.clone(), currency };
        self.wallet_decides(WalletId::of(customer, currency), open)
    }

    /// The customer's wallet, which is opened if it is not open yet, with room for this much.
    ///
    /// The money is here already, so that the book need not keep its currency any more.
    pub(super) fn wallet_to_credit(
        &mut self,
        customer: &CustomerId,
        amount: Amount,
    ) -> Result<WalletId, Undecided> {
        let currency = amount.currency();
        let wallet = WalletId::of(customer, currency);
        let open = wallet::Command::Open { customer: customer.clone(), currency };
        self.wallet_decides(wallet, open)?;
        self.wallet(wallet)?.open()?.must_have_room(amount)?;
        Ok(wallet)
    }

    /// Puts money into a customer's wallet, as a rule says that leaves nobody a choice.
    pub(super) fn credit(
        &mut self,
        customer: &CustomerId,
        amount: Amount,
        source: wallet::Source,
    ) -> Result<(), Undecided> {
        let wallet = self.wallet_to_credit(customer, amount)?;
        let moved_alone_on = None;
        self.emit_wallet(wallet, wallet::Event::Credited { amount, source, moved_alone_on })
    }

    /// Puts money into a customer's wallet because a person says so: above the threshold, two.
    pub(super) fn credit_by_person(
        &mut self,
        customer: &CustomerId,
        amount: Amount,
        source: wallet::Source,
    ) -> Result<(), Undecided> {
        let moved_alone_on = self.four_eyes(customer, amount.money())?;
        let wallet = self.wallet_to_credit(customer, amount)?;
        self.emit_wallet(wallet, wallet::Event::Credited { amount, source, moved_alone_on })
    }
}

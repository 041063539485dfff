//! What a trading book stands at: the states that its next commands are decided on, and what waits
//! for one. What nobody will touch again is forgotten, so that a long trade fits into memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::decide::{Change, Missing, States};
use domain::id::{
    Code, CustomerId, OrderId, PaymentId, StatementLineId, SuspenseId, Text, WalletId,
};
use domain::money::Money;
use domain::order::status::Phase;
use domain::order::{self, Facts};
use domain::payment::{self, Held, Target};
use domain::{Event, State, StreamKey, wallet};

use super::dice::Dice;
use super::form::CURRENCY;
use super::pool::Pool;

#[derive(Debug)]
pub(super) struct Shop {
    states: BTreeMap<StreamKey, Arc<State>>,
    counters: BTreeMap<Code, u32>,
    pub(super) now: DateTime<Utc>,
    pub(super) orders: Pool<OrderId>,
    /// Payments that no bank, gateway or cash desk has confirmed.
    pub(super) unconfirmed: Pool<PaymentId>,
    pub(super) unallocated: Pool<PaymentId>,
    pub(super) items: Pool<SuspenseId>,
    pub(super) lines: Pool<StatementLineId>,
    /// What was paid out on a line that was recorded already, and the fee.
    pub(super) settlements: Vec<(StatementLineId, Vec<PaymentId>, Money)>,
    /// The sum of the chances of the customers up to each.
    chances: Vec<u64>,
}

impl Shop {
    pub(super) fn new(now: DateTime<Utc>, customers: u64) -> Self {
        // Few buy much, many buy little.
        let chances = (1..=customers).scan(0_u64, |sum, rank| {
            *sum += 1_000_000 / rank;
            Some(*sum)
        });
        Self {
            states: BTreeMap::new(),
            counters: BTreeMap::new(),
            now,
            orders: Pool::default(),
            unconfirmed: Pool::default(),
            unallocated: Pool::default(),
            items: Pool::default(),
            lines: Pool::default(),
            settlements: Vec::new(),
            chances: chances.collect(),
        }
    }

    /// Takes in what a decision did.
    pub(super) fn accept(&mut self, changes: &[Change]) {
        for change in changes {
            self.count(&change.event);
            self.states.insert(change.stream, Arc::clone(&change.state));
        }
        for change in changes {
            self.notice(change.stream);
        }
    }

    /// Takes in one event of a book that was traded on before.
    pub(super) fn evolve(&mut self, stream: StreamKey, event: &Event) {
        self.count(event);
        let state = self.states.entry(stream).or_insert_with(|| Arc::new(State::initial(stream)));
        Arc::make_mut(state).evolve(event);
    }

    /// Finds out what waits, once every event is taken in.
    pub(super) fn look_around(&mut self) {
        let streams: Vec<StreamKey> = self.states.keys().copied().collect();
        for stream in streams {
            self.notice(stream);
        }
    }

    pub(super) fn customer(&self, dice: &mut Dice) -> CustomerId {
        let all = self.chances.last().copied().expect("there are customers");
        let drawn = dice.below(all);
        let rank = self.chances.partition_point(|chance| *chance <= drawn);
        Text::new(format!("c-{rank}")).expect("it is a short, visible text")
    }

    pub(super) fn order(&self, id: OrderId) -> Option<&Facts> {
        match self.states.get(&StreamKey::Order(id)).map(Arc::as_ref) {
            Some(State::Order(order)) => order.facts(),
            _ => None,
        }
    }

    pub(super) fn wallet(&self, id: WalletId) -> Option<&wallet::Facts> {
        match self.states.get(&StreamKey::Wallet(id)).map(Arc::as_ref) {
            Some(State::Wallet(wallet)) => wallet.facts(),
            _ => None,
        }
    }

    pub(super) fn wallet_of(&self, customer: &CustomerId) -> Option<&wallet::Facts> {
        self.wallet(WalletId::of(customer, CURRENCY))
    }

    pub(super) fn payment(&self, id: PaymentId) -> Option<&payment::Facts> {
        match self.states.get(&StreamKey::Payment(id)).map(Arc::as_ref) {
            Some(State::Payment(payment)) => payment.facts(),
            _ => None,
        }
    }

    pub(super) fn suspense(&self, id: SuspenseId) -> Option<&domain::suspense::Facts> {
        match self.states.get(&StreamKey::Suspense(id)).map(Arc::as_ref) {
            Some(State::Suspense(item)) => item.facts(),
            _ => None,
        }
    }

    /// Whether every order that it went to is still known here, so that it can be taken back.
    pub(super) fn is_reversible(&self, payment: &payment::Facts) -> bool {
        payment.allocations.iter().all(|allocated| match allocated.to {
            Target::Order(order) => self.order(order).is_some(),
            Target::Wallet(_) | Target::Debt(_) => true,
        })
    }

    /// Nothing more is done with it.
    pub(super) fn forget_order(&mut self, id: OrderId) {
        self.orders.keep(id, false);
        self.states.remove(&StreamKey::Order(id));
    }

    fn count(&mut self, event: &Event) {
        let counter = match event {
            Event::Order(order::Event::Placed(placed)) => {
                Some((placed.series.clone(), placed.counter))
            }
            Event::Order(order::Event::Imported(imported)) => imported.series.clone(),
            Event::Order(_)
            | Event::Wallet(_)
            | Event::Payment(_)
            | Event::Suspense(_)
            | Event::StatementLine(_)
            | Event::ReceiptFile(_)
            | Event::Settings(_) => None,
        };
        if let Some((series, counter)) = counter {
            let last = self.counters.entry(series).or_default();
            *last = counter.max(*last);
        }
    }

    /// Keeps in mind what waits for somebody, and forgets what is over.
    fn notice(&mut self, stream: StreamKey) {
        let Some(state) = self.states.get(&stream).map(Arc::clone) else { return };
        match (stream, state.as_ref()) {
            (StreamKey::Order(id), State::Order(order)) => {
                let Some(facts) = order.facts() else { return };
                // Of those that are over, some few have an aftermath.
                if is_over(facts) && id.uuid().as_bytes()[15] % 8 != 0 {
                    self.forget_order(id);
                } else {
                    self.orders.keep(id, true);
                }
            }
            (StreamKey::Payment(id), State::Payment(payment)) => {
                let Some(facts) = payment.facts() else { return };
                let unconfirmed = facts.matched.is_none()
                    && facts.held.as_ref().is_some_and(|held| !matches!(held, Held::Bank(_)));
                let unallocated = facts.left.is_positive() && facts.held.is_some();
                self.unconfirmed.keep(id, unconfirmed);
                self.unallocated.keep(id, unallocated);
                if !unconfirmed && !unallocated {
                    self.states.remove(&stream);
                }
            }
            (StreamKey::Suspense(id), State::Suspense(item)) => {
                let open = item.facts().is_some_and(|facts| !facts.settled);
                self.items.keep(id, open);
            }
            (StreamKey::StatementLine(id), State::StatementLine(line)) => {
                let open = line.facts().is_some_and(|facts| facts.matched.is_none());
                self.lines.keep(id, open);
                if !open {
                    self.states.remove(&stream);
                }
            }
            _ => {}
        }
    }
}

impl States for Shop {
    fn state(&self, stream: StreamKey) -> Result<Arc<State>, Missing> {
        Ok(match self.states.get(&stream) {
            Some(state) => Arc::clone(state),
            None => Arc::new(State::initial(stream)),
        })
    }

    fn last_counter(&self, series: &Code) -> Result<u32, Missing> {
        Ok(self.counters.get(series).copied().unwrap_or_default())
    }
}

fn is_over(facts: &Facts) -> bool {
    let phase = facts.phase();
    let is_returned = phase == Phase::Returned && facts.every(order::Line::refundable).is_empty();
    is_returned || matches!(phase, Phase::Completed | Phase::Cancelled | Phase::Expired)
}

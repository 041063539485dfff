//! States kept in memory: the rules can be tried without a database.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::decide::{Change, Missing, States};
use crate::event::{Event, State, StreamKey};
use crate::id::Code;
use crate::order;

/// Every stream's state and every series' last counter. A stream that is not known is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    states: BTreeMap<StreamKey, Arc<State>>,
    counters: BTreeMap<Code, u32>,
}

impl Memory {
    /// Keeps what a decision did.
    pub fn apply(&mut self, changes: &[Change]) {
        for change in changes {
            self.count(&change.event);
            self.states.insert(change.stream, Arc::clone(&change.state));
        }
    }

    /// Applies one event of a history. Panics when the history is impossible.
    pub fn evolve(&mut self, stream: StreamKey, event: &Event) {
        self.count(event);
        let state = self.states.entry(stream).or_insert_with(|| Arc::new(State::initial(stream)));
        Arc::make_mut(state).evolve(event);
    }

    /// Every stream that holds events, with its state.
    pub fn streams(&self) -> impl Iterator<Item = (StreamKey, &State)> {
        self.states.iter().map(|(stream, state)| (*stream, state.as_ref()))
    }

    /// A new number follows the last one of its series, allotted here or taken over.
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
}

impl States for Memory {
    fn state(&self, stream: StreamKey) -> Result<Arc<State>, Missing> {
        match self.states.get(&stream) {
            Some(state) => Ok(Arc::clone(state)),
            None => Ok(Arc::new(State::initial(stream))),
        }
    }

    fn last_counter(&self, series: &Code) -> Result<u32, Missing> {
        Ok(self.counters.get(series).copied().unwrap_or_default())
    }
}

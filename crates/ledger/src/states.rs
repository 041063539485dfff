//! The states that decisions rest on: a bounded cache that is exact at the head, and the working
//! set of one batch on top of it.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use domain::decide::{Change, Missing, States};
use domain::event::Event;
use domain::id::Code;
use domain::order;
use domain::{State, StreamKey};
use eventstore::Version;
use lru::LruCache;

use crate::load;
use crate::quarantine::{Held, Mark};

/// States as of the head. A stream that is not here has to be loaded.
#[derive(Debug)]
pub(crate) struct Cache {
    states: LruCache<StreamKey, Arc<State>>,
    counters: BTreeMap<Code, u32>,
}

impl Cache {
    /// Keeps the states of at most so many streams.
    pub(crate) fn new(streams_max: NonZeroUsize) -> Self {
        Self { states: LruCache::new(streams_max), counters: BTreeMap::new() }
    }

    /// Takes over what a batch has loaded and committed.
    pub(crate) fn commit(&mut self, working: Working) {
        for (stream, state) in working.states {
            self.states.put(stream, state);
        }
        // Nearly every decision reads them, none puts them back.
        self.states.promote(&StreamKey::Settings);
        self.counters.extend(working.counters);
    }

    /// Takes in an event that another node committed. A stream that is not here stays away; one
    /// that was loaded after the event is left alone. One that the event does not follow is let go of,
    /// and whoever needs it finds out why; then the answer is false.
    #[must_use]
    pub(crate) fn catch_up(&mut self, stream: StreamKey, version: Version, event: &Event) -> bool {
        count(&mut self.counters, event);
        let followed = match self.states.peek_mut(&stream) {
            Some(state) if i64::try_from(state.version()).is_ok_and(|at| at < version.get()) => {
                load::follow(Arc::make_mut(state), version, event).is_ok()
            }
            Some(_) | None => true,
        };
        if !followed {
            self.states.pop(&stream);
        }
        followed
    }

    /// Another node committed an event that cannot be read. What it counted is not known either.
    pub(crate) fn let_go(&mut self, stream: Option<StreamKey>) {
        if let Some(stream) = stream {
            self.states.pop(&stream);
        }
        self.counters.clear();
    }

    /// Forgets everything: what follows is loaded anew.
    pub(crate) fn clear(&mut self) {
        self.states.clear();
        self.counters.clear();
    }
}

/// Keeps the last counter of each series that is known; an unknown one stays unknown.
fn count(counters: &mut BTreeMap<Code, u32>, event: &Event) {
    let (series, counter) = match event {
        Event::Order(order::Event::Placed(placed)) => (&placed.series, placed.counter),
        Event::Order(order::Event::Imported(imported)) => match &imported.series {
            Some((series, counter)) => (series, *counter),
            None => return,
        },
        Event::Order(_)
        | Event::Wallet(_)
        | Event::Payment(_)
        | Event::Suspense(_)
        | Event::StatementLine(_)
        | Event::ReceiptFile(_)
        | Event::Settings(_) => return,
    };
    if let Some(last) = counters.get_mut(series) {
        *last = counter.max(*last);
    }
}

/// What one batch works on: what it loaded, and what its own commands have changed so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Working {
    states: BTreeMap<StreamKey, Arc<State>>,
    counters: BTreeMap<Code, u32>,
    /// Streams over which nothing is decided.
    held: Arc<Held>,
    /// What the batch before this one leaves behind, where it was not committed yet when this one
    /// was decided.
    before: Before,
}

/// What a batch leaves behind.
#[derive(Debug, Clone, Default)]
struct Before {
    states: BTreeMap<StreamKey, Arc<State>>,
    counters: BTreeMap<Code, u32>,
}

impl Working {
    pub(crate) fn beside(held: Arc<Held>) -> Self {
        Self { held, ..Self::default() }
    }

    /// On top of one that is still to be committed.
    pub(crate) fn after(other: &Self) -> Self {
        let Self { states, counters, held, .. } = other;
        let before = Before { states: states.clone(), counters: counters.clone() };
        Self { held: Arc::clone(held), before, ..Self::default() }
    }

    fn last_counter(&self, cache: &Cache, series: &Code) -> Option<u32> {
        let known = self.counters.get(series).or_else(|| self.before.counters.get(series));
        known.or_else(|| cache.counters.get(series)).copied()
    }

    /// What else turned out to be unreadable.
    pub(crate) fn hold(&mut self, stream: StreamKey, mark: Mark) {
        Arc::make_mut(&mut self.held).insert(stream, mark);
    }

    /// The first of these over which nothing is decided.
    pub(crate) fn first_held(&self, missing: &BTreeSet<Missing>) -> Option<(StreamKey, Mark)> {
        missing.iter().find_map(|missing| match missing {
            Missing::Stream(stream) => self.held.get(stream).map(|mark| (*stream, *mark)),
            Missing::Series(_) => None,
        })
    }

    pub(crate) fn loaded(&mut self, stream: StreamKey, state: Arc<State>) {
        self.states.insert(stream, state);
    }

    pub(crate) fn loaded_counter(&mut self, series: Code, counter: u32) {
        self.counters.insert(series, counter);
    }

    /// Keeps what a command of this batch has changed, for the ones after it.
    pub(crate) fn accept(&mut self, cache: &Cache, change: &Change) {
        self.states.insert(change.stream, Arc::clone(&change.state));
        if let Event::Order(order::Event::Placed(placed)) = &change.event {
            self.counters.insert(placed.series.clone(), placed.counter);
        } else if let Event::Order(order::Event::Imported(imported)) = &change.event
            && let Some((series, counter)) = &imported.series
            && let Some(last) = self.last_counter(cache, series)
        {
            self.counters.insert(series.clone(), last.max(*counter));
        }
    }

    /// Looks through the working set into the cache.
    pub(crate) fn over<'a>(&'a self, cache: &'a Cache, fresh: &'a [StreamKey]) -> View<'a> {
        View { working: self, cache, fresh }
    }
}

/// The states as one command of a batch sees them.
#[derive(Debug)]
pub(crate) struct View<'a> {
    working: &'a Working,
    cache: &'a Cache,
    fresh: &'a [StreamKey],
}

impl States for View<'_> {
    fn state(&self, stream: StreamKey) -> Result<Arc<State>, Missing> {
        if self.working.held.contains_key(&stream) {
            return Err(Missing::Stream(stream));
        }
        let Working { states, before, .. } = self.working;
        let known = states.get(&stream).or_else(|| before.states.get(&stream));
        let known = known.or_else(|| self.cache.states.peek(&stream));
        match known {
            Some(state) => Ok(Arc::clone(state)),
            None if self.fresh.contains(&stream) => Ok(Arc::new(State::initial(stream))),
            None => Err(Missing::Stream(stream)),
        }
    }

    fn last_counter(&self, series: &Code) -> Result<u32, Missing> {
        let known = self.working.last_counter(self.cache, series);
        known.ok_or_else(|| Missing::Series(series.clone()))
    }
}

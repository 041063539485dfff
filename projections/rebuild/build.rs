//! How far a rebuild has come: what is kept of it at every step, and what it is taken up from.

use std::collections::BTreeMap;

use eventstore::{Generation, Position, StreamId};
use serde::{Deserialize, Serialize};

use crate::views::Chosen;
use crate::whole::Quarantined;

/// A rebuild under way. It is changed only by steps that were committed, so whoever keeps it within
/// each step can take it up from what was kept last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Build {
    pub targets: Vec<Target>,
    /// Where the book stood when it began: the streams are read up to here.
    pub begun_at: Position,
    /// The new generations hold every event up to here, once the streams are through.
    pub until: Position,
    pub place: Place,
    /// How many events of streams were folded so far.
    pub events: u64,
    /// The streams that could not be folded: their rows are those that readers see.
    pub quarantined: Vec<Quarantined>,
    /// Those of them whose rows are still to be carried over.
    pub uncarried: Vec<StreamId>,
    /// The events whose journal lines would not be what they are.
    pub changed: Vec<JournalChange>,
    /// How many rows were written, by projection.
    pub rows: BTreeMap<String, u64>,
}

/// A projection that is rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub name: String,
    /// The generation that is being filled.
    pub generation: Generation,
    /// Of the fold that fills it.
    pub fold_version: i32,
}

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Place {
    /// The streams of one type, in order of their ids.
    Streams {
        aggregate_type: String,
        /// The last one that was written whole.
        after: Option<String>,
        /// How much of the next one is written: of a long one, a part at a time.
        within: Option<Within>,
    },
    /// What was appended since it began, in order of position.
    Tail,
    /// Readers see it.
    Switched,
}

/// A stream of which a part is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Within {
    pub aggregate_id: String,
    /// The rows of its events up to here.
    pub until: Position,
}

/// An event whose journal lines would change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JournalChange {
    pub position: Position,
    /// None where lines stand without an event.
    pub stream: Option<StreamId>,
}

impl Build {
    pub fn generation(&self, name: &str) -> Option<Generation> {
        self.targets.iter().find(|target| target.name == name).map(|target| target.generation)
    }

    /// The generations that are being filled, as a sweep keeps them.
    pub fn generations(&self) -> Vec<(&str, Generation)> {
        self.targets.iter().map(|target| (target.name.as_str(), target.generation)).collect()
    }

    /// The projections that are folded: nobody would see the rows of the others.
    pub(crate) fn chosen(&self) -> Chosen {
        Chosen::of(|name| self.generation(name).is_some())
    }

    pub fn names(&self) -> Vec<&str> {
        self.targets.iter().map(|target| target.name.as_str()).collect()
    }
}

//! The name of a stream within its book.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One stream: what kind of thing, and which one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    /// What kind of thing.
    pub aggregate_type: Cow<'static, str>,
    /// Which one.
    pub aggregate_id: String,
}

impl StreamId {
    /// Names a stream.
    pub fn new(
        aggregate_type: impl Into<Cow<'static, str>>,
        aggregate_id: impl Into<String>,
    ) -> Self {
        Self { aggregate_type: aggregate_type.into(), aggregate_id: aggregate_id.into() }
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.aggregate_type, self.aggregate_id)
    }
}

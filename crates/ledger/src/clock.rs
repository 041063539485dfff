//! The clock, injected: a service runs on the system's, a test on its own.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// Tells the time. Cloning is cheap.
#[derive(Clone)]
pub struct Clock {
    tell: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
    is_of_machine: bool,
}

impl Clock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
    pub fn system() -> Self {
        Self::of_machine(Utc::now)
    }

    /// A clock that is to tell the time of everyone else, and may be off.
    pub fn of_machine(tell: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell), is_of_machine: true }
    }

    /// Whether it is to tell the time of everyone else.
    pub fn is_of_machine(&self) -> bool {
        self.is_of_machine
    }

    /// A clock that tells whatever this says.
    pub fn from_fn(tell: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self { tell: Arc::new(tell), is_of_machine: false }
    }

    pub fn now(&self) -> DateTime<Utc> {
        (self.tell)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Clock")
    }
}

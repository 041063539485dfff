//! How many refusals each principal had this minute: every one of them is a stored row.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Beyond this many principals in one window, all begin anew.
const PRINCIPALS_MAX: usize = 10_000;

#[derive(Debug, Clone, Default)]
pub(crate) struct Refusals(Arc<Mutex<BTreeMap<String, Counted>>>);

#[derive(Debug, Clone, Copy)]
struct Counted {
    since: DateTime<Utc>,
    count: u32,
}

impl Refusals {
    pub(crate) fn count(&self, principal: &str, now: DateTime<Utc>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > PRINCIPALS_MAX {
            all.clear();
        }
        let counted = all.entry(principal.to_owned()).or_insert(Counted { since: now, count: 0 });
        if counted.since + WINDOW <= now {
            *counted = Counted { since: now, count: 0 };
        }
        counted.count = counted.count.saturating_add(1);
    }

    pub(crate) fn are_too_many(&self, principal: &str, max: u32, now: DateTime<Utc>) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(principal)
            .is_some_and(|counted| counted.since + WINDOW > now && counted.count >= max)
    }
}

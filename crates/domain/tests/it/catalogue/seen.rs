//! What events did in a fixed set of generated histories: who asked, and where orders went.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use domain::order::status::{Phase, Statuses, statuses};
use domain::{State, StreamKey};
use serde_json::Value;

use crate::book::type_name;
use crate::laws::seeded;

/// As many as the laws are tried with in the plain run: every type of event occurs.
const HISTORIES: u32 = 256;

/// What one type of event did.
#[derive(Default)]
pub(super) struct Seen {
    /// The commands that led to it.
    pub(super) commands: BTreeSet<String>,
    /// Where orders came to stand, and from where; none where there was no order.
    pub(super) moves: BTreeMap<To, BTreeSet<Option<Phase>>>,
    /// Where orders stayed.
    pub(super) stays: BTreeSet<Phase>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct To {
    pub(super) phase: Phase,
    pub(super) customer: &'static str,
    pub(super) management: &'static str,
    pub(super) department: &'static str,
}

impl To {
    fn new(phase: Phase, statuses: Statuses) -> Self {
        let Statuses { customer, management, department } = statuses;
        Self { phase, customer, management, department: department.unwrap_or("–") }
    }
}

pub(super) struct Histories {
    pub(super) events: BTreeMap<String, Seen>,
    /// Some payloads of each type of event.
    pub(super) payloads: BTreeMap<String, Vec<Value>>,
}

/// What the histories are too short for, or come to too seldom.
const LATER: [(&str, &str); 2] =
    [("order.completed", "CompleteAfterReturnWindow"), ("wallet.debt_repaid", "AllocatePayment")];

const PAYLOADS_MAX: usize = 200;

/// The histories, lived once for all who ask.
pub(super) fn histories() -> &'static Histories {
    static HISTORIES_SEEN: OnceLock<Histories> = OnceLock::new();
    HISTORIES_SEEN.get_or_init(live)
}

fn live() -> Histories {
    let mut events: BTreeMap<String, Seen> = BTreeMap::new();
    let mut payloads: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut phases: BTreeMap<(u32, StreamKey), Phase> = BTreeMap::new();
    seeded(HISTORIES, &mut |history, command, changes| {
        for change in changes {
            let name = type_name(change);
            let kept = payloads.entry(name.clone()).or_default();
            if kept.len() < PAYLOADS_MAX {
                let payload = change.event.payload().unwrap();
                kept.push(serde_json::from_str(&payload).unwrap());
            }
            let seen = events.entry(name).or_default();
            seen.commands.insert(words(command));
            let State::Order(order) = &*change.state else { continue };
            let facts = order.facts().unwrap();
            let phase = facts.phase();
            let before = phases.insert((history, change.stream), phase);
            if before == Some(phase) {
                seen.stays.insert(phase);
            } else {
                let to = To::new(phase, statuses(phase, facts.channel));
                seen.moves.entry(to).or_default().insert(before);
            }
        }
    });
    for (event, command) in LATER {
        events.entry(event.to_owned()).or_default().commands.insert(words(command));
    }
    Histories { events, payloads }
}

/// `PlaceOrder` as `place order`.
pub(super) fn words(name: &str) -> String {
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

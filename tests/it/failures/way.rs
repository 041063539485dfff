//! A way in which the old order system failed, and what proves that it is closed here.

use futures::future::LocalBoxFuture;

use super::attempt::Attempt;

/// One class of failure.
pub(super) struct Way {
    pub(super) id: &'static str,
    /// What went wrong then.
    pub(super) says: &'static str,
    pub(super) impossible: Option<Impossible>,
    pub(super) found: Vec<Found>,
    /// Why it cannot happen here at all: we do not do such a thing.
    pub(super) not_ours: Option<&'static str>,
}

/// What refuses it, and how that is tried.
pub(super) struct Impossible {
    pub(super) by: &'static str,
    pub(super) place: Place,
    /// What is tried, in this order, and what comes of it.
    pub(super) tries: &'static [Try],
    pub(super) attempt: Attempted,
}

pub(super) type Attempted = for<'a, 'w> fn(&'a Attempt<'w>) -> LocalBoxFuture<'a, ()>;

/// Where something is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// A book in which the clock stands still.
    Shop,
    /// One whose clock is moved on.
    Clock,
    /// One that took over what was planted in the old records.
    TakenOver,
    /// One that is left alone for three days.
    Left,
}

/// What is tried, in words, and what comes of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Try(pub(super) &'static str, pub(super) Outcome);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is refused with this status and code, and nothing happens.
    Refused(u16, &'static str),
    /// It is refused, and that it was tried is kept.
    Counted(u16, &'static str),
    /// The request is refused for this part of its body, and nothing happens.
    Unknown(&'static str),
    /// It is accepted, since it is so already, and nothing happens.
    Nothing,
    /// Postgres refuses it with these words.
    Guarded(&'static str),
    /// The words of the try say it all.
    So,
}

/// What names it where it is planted.
pub(super) enum Found {
    Import(OldRecord),
    Verification(Force),
    Watch(Watch),
}

/// What is done to the records of an old shop before they are taken over. `{n}` is the number of
/// an order of it that is in no other's way.
pub(super) struct OldRecord {
    /// What the import calls it.
    pub(super) classes: &'static [&'static str],
    pub(super) at: At,
    pub(super) plant: &'static str,
}

/// Where the import's report names it.
#[derive(Debug, Clone, Copy)]
pub(super) enum At {
    /// With the order.
    Order,
    /// With the wallet of the order's customer.
    Wallet,
    /// Among the rows that belong to nothing, with this text.
    Loose(&'static str),
    /// Among the columns that are not there.
    Absent(&'static str),
    /// Among the odd values.
    Odd(&'static str),
}

/// What is done to the tables by force, with every guard off.
pub(super) struct Force {
    /// What the verification calls it.
    pub(super) check: &'static str,
    pub(super) tables: &'static [&'static str],
    /// Returns what the finding says, as JSON: `position` is one of its positions.
    pub(super) plant: &'static str,
}

/// What is left lying, or done behind the service's back, while it runs.
pub(super) struct Watch {
    pub(super) place: Place,
    pub(super) sees: Sees,
    /// Answers with a text that stands in what is seen.
    pub(super) leave: Leaves,
}

pub(super) type Leaves = for<'a, 'w> fn(&'a Attempt<'w>) -> LocalBoxFuture<'a, String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sees {
    /// An alert of this monitor.
    Alert(&'static str),
    /// The same, of one that ends all work in the book.
    LastAlert(&'static str),
    /// A row of this view is written anew.
    Repair(&'static str),
}

impl Way {
    pub(super) const fn new(id: &'static str, says: &'static str) -> Self {
        Self { id, says, impossible: None, found: Vec::new(), not_ours: None }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where there may be none")]
pub(super) fn tried(
    by: &'static str,
    tries: &'static [Try],
    attempt: Attempted,
) -> Option<Impossible> {
    Some(Impossible { by, place: Place::Shop, tries, attempt })
}

#[expect(clippy::unnecessary_wraps, reason = "it stands where there may be none")]
pub(super) fn tried_at(
    place: Place,
    by: &'static str,
    tries: &'static [Try],
    attempt: Attempted,
) -> Option<Impossible> {
    Some(Impossible { by, place, tries, attempt })
}

pub(super) fn of_order(classes: &'static [&'static str], plant: &'static str) -> Found {
    import(classes, At::Order, plant)
}

pub(super) fn of_wallet(classes: &'static [&'static str], plant: &'static str) -> Found {
    import(classes, At::Wallet, plant)
}

pub(super) fn import(classes: &'static [&'static str], at: At, plant: &'static str) -> Found {
    Found::Import(OldRecord { classes, at, plant })
}

pub(super) fn verification(
    check: &'static str,
    tables: &'static [&'static str],
    plant: &'static str,
) -> Found {
    Found::Verification(Force { check, tables, plant })
}

pub(super) fn alert(monitor: &'static str, leave: Leaves) -> Found {
    Found::Watch(Watch { place: Place::Left, sees: Sees::Alert(monitor), leave })
}

pub(super) fn watch(place: Place, sees: Sees, leave: Leaves) -> Found {
    Found::Watch(Watch { place, sees, leave })
}

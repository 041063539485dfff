//! The views as they were at any position: folded from the events, and never read from a view. So
//! what is shown here proves, or disproves, what a view holds.
//!
//! Streams are folded one after the other and rows are handed out as soon as no later event can
//! change them, so that memory holds one stream at a time, however long the book and however far
//! back the position lies. Everything reads short statements over what never changes: nobody waits.

use std::ops::ControlFlow;

mod changes;
mod fold;
mod in_order;
mod order;
mod row;
mod summary;
mod totals;
mod view;
mod wallet;

pub use changes::{ChangePlace, changes};
pub use fold::{NAMES, view_named};
pub use order::{Story, order, story_changes};
pub use row::{Change, ColumnChange, Columns, PastRow};
pub use summary::{Summary, Summing};
pub use totals::{AccountTotal, MoneyChanges, MoneyTotal, Totals};
pub use view::{Place, view};
pub use wallet::{VIEWS as WALLET_VIEWS, wallet, wallet_changes};

use crate::whole::Quarantined;

/// What comes out of a replay, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    Row(PastRow),
    Change(Change),
    /// A stream whose events cannot be followed: it has the final rows up to there, and no others.
    Quarantined(Quarantined),
    /// So many events more were read.
    Read(u64),
}

/// Takes what comes. Whoever breaks off at a row or a change gets that one first when going on.
pub type Taker<'a> = &'a mut (dyn FnMut(Item) -> ControlFlow<()> + Send);

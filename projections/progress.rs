//! How far a long piece of work has come.

use eventstore::Position;
use serde::Serialize;

/// One step of a rebuild or a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "phase", rename_all = "snake_case")]
pub enum Progress {
    /// The chain is checked up to here.
    Checked { position: Position, end: Position },
    /// The events are folded up to here.
    Folded { position: Position, end: Position },
    /// So many rows of the new generation are written.
    Written { projection: &'static str, rows: u64 },
    /// The view is compared with the fold.
    Compared { projection: &'static str, rows: u64 },
    /// So many old rows are deleted.
    Deleted { projection: &'static str, rows: u64 },
    /// So much of one part of a verification is done; `total` is what it came to when that was looked
    /// at last.
    Verified { what: &'static str, done: u64, total: u64 },
}

/// Is told of every step.
pub type Told<'a> = &'a mut (dyn FnMut(Progress) + Send);

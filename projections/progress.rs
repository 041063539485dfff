//! How far a long piece of work has come.

use eventstore::Position;

/// One step of a rebuild or a verification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
}

/// Is told of every step.
pub type Told<'a> = &'a mut (dyn FnMut(Progress) + Send);

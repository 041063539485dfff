//! Rebuild while serving: the rows of projections made anew from the events beside those that readers
//! see, and switched to in one commit.
//!
//! The new generation is filled stream by stream, each folded whole, so that memory holds one of
//! them and not the book; then what was appended meanwhile, in order of position, as the append does
//! it. Writers wait for the last few events and one commit, readers for nothing. Every step is one
//! transaction with its own checkpoint: whoever is killed leaves steps done or not, and the next one
//! takes it up there.

use eventstore::{BookId, Generation, Position, Revision};
use sqlx::{PgConnection, PgPool};

use crate::keeper::Unkept;
use crate::views::projections;

mod begin;
mod build;
mod carry;
mod compare;
mod differences;
mod error;
mod fill;
mod journal;
mod load;
mod room;
mod states;
mod step;
mod sweep;
mod switch;
mod tail;
mod view;

pub use begin::begin;
pub use build::{Build, JournalChange, Place, Target, Within};
pub use differences::{
    ColumnDifference, Differences, MoneyDifference, RowChange, RowDifference, ViewDifferences,
    differences,
};
pub use error::RebuildError;
pub use fill::fill;
pub use room::{Room, room};
pub use sweep::{Swept, sweep};
pub use switch::{Allowed, Patience, Switched, TRIES_AT_ONCE, switch, switch_patiently};

/// A rebuild that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The events up to here were folded.
    pub position: Position,
    /// The head's revision after the switch.
    pub revision: Revision,
    pub projections: Vec<RebuiltProjection>,
    /// How many rows of earlier generations were deleted.
    pub deleted: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuiltProjection {
    pub name: &'static str,
    pub generation: Generation,
    pub rows: u64,
}

/// Rebuilds the projections of these names, without any all of them, from begin to end: nothing is
/// kept of it on the way, and whatever differs is accepted.
pub async fn rebuild_now(
    pool: &PgPool,
    book: BookId,
    names: &[&str],
) -> Result<Rebuilt, RebuildError> {
    let mut conn = pool.acquire().await.map_err(RebuildError::database(book))?;
    let mut build = begin(&mut conn, book, names).await?;
    let switched = fill_and_switch(&mut conn, book, &mut build).await;
    // Whether it was switched or not, what nobody reads goes.
    let deleted = sweep(&mut conn, book, &build.names(), &[], &mut Unkept).await;
    let switched = switched?;
    let rebuilt = |name: &'static str| {
        let generation = build.generation(name)?;
        let rows = build.rows.get(name).copied().unwrap_or_default();
        Some(RebuiltProjection { name, generation, rows })
    };
    Ok(Rebuilt {
        position: switched.position,
        revision: switched.revision,
        projections: view::names().filter_map(rebuilt).collect(),
        deleted: deleted?,
    })
}

async fn fill_and_switch(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
) -> Result<Switched, RebuildError> {
    Box::pin(fill(conn, book, build, &mut Unkept)).await?;
    Box::pin(switch(conn, book, build, Allowed::Everything, &mut Unkept)).await
}

/// What was begun by another build cannot be gone on with: its rows would be folded in two ways.
fn require_our_folds(build: &Build) -> Result<(), RebuildError> {
    let ours = projections();
    for target in &build.targets {
        let version = ours.iter().find(|state| state.name == target.name);
        let Some(version) = version.map(|state| state.fold_version) else {
            return Err(RebuildError::UnknownProjection(target.name.clone()));
        };
        if version != target.fold_version {
            return Err(RebuildError::OtherFold {
                name: target.name.clone(),
                begun: target.fold_version,
                ours: version,
            });
        }
    }
    Ok(())
}

//! How each view of a book stands: which generation is live, by which fold, and how large it is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventstore::{Cursor, Generation, HeadError, ProjectionState, read_head};
use projections::projections;
use sqlx::{FromRow, PgConnection};
use uuid::Uuid;

use crate::ledger::Ledger;

/// One view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewState {
    pub name: String,
    /// What readers see; none while it is filled for the first time.
    pub live: Option<Live>,
    /// The fold of this build; none if it has no such view.
    pub own_fold_version: Option<i32>,
    /// About how many rows the book has in it; none where nothing was counted yet.
    pub rows: Option<i64>,
    /// About how much of the disk they take, indexes included.
    pub bytes: i64,
    /// The rebuild that is at it, or waits for a decision.
    pub job: Option<Uuid>,
    /// The last rebuild that readers were switched to, as long as its job is kept.
    pub last_rebuild: Option<LastRebuild>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRebuild {
    pub job: Uuid,
    pub ended_at: DateTime<Utc>,
    pub asked_by: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Live {
    pub generation: Generation,
    pub fold_version: i32,
}

#[derive(Debug, thiserror::Error)]
pub enum ViewStateError {
    #[error("could not read the head")]
    Head(#[from] HeadError),
    #[error("could not read the sizes of the views")]
    Database(#[from] sqlx::Error),
}

#[derive(FromRow)]
struct Size {
    name: String,
    rows: Option<i64>,
    bytes: i64,
}

#[derive(FromRow)]
struct Rebuilds {
    name: String,
    current: Option<Uuid>,
    last: Option<Uuid>,
    ended_at: Option<DateTime<Utc>>,
    asked_by: Option<String>,
}

/// Every view of the book or of this build, by name.
pub async fn read(
    conn: &mut PgConnection,
    ledger: &Ledger,
) -> Result<(Cursor, Vec<ViewState>), ViewStateError> {
    let book = ledger.book();
    let head = read_head(conn, book).await?;
    let mut views = join(&head.projections, &projections());
    let names: Vec<String> = views.keys().cloned().collect();
    let sizes: Vec<Size> = sqlx::query_as(include_str!("view_states/sql/read_sizes.sql"))
        .bind(book)
        .bind(&names)
        .fetch_all(&mut *conn)
        .await?;
    for Size { name, rows, bytes } in sizes {
        if let Some(view) = views.get_mut(&name) {
            (view.rows, view.bytes) = (rows, bytes);
        }
    }
    let rebuilds: Vec<Rebuilds> = sqlx::query_as(include_str!("view_states/sql/read_rebuilds.sql"))
        .bind(book)
        .bind(&names)
        .fetch_all(conn)
        .await?;
    for Rebuilds { name, current, last, ended_at, asked_by } in rebuilds {
        if let Some(view) = views.get_mut(&name) {
            view.job = current;
            view.last_rebuild = last
                .zip(ended_at)
                .zip(asked_by)
                .map(|((job, ended_at), asked_by)| LastRebuild { job, ended_at, asked_by });
        }
    }
    Ok((head.cursor(), views.into_values().collect()))
}

fn join(live: &[ProjectionState], own: &[ProjectionState]) -> BTreeMap<String, ViewState> {
    let mut views = BTreeMap::new();
    for name in live.iter().chain(own).map(|state| &state.name) {
        let of = |states: &[ProjectionState]| states.iter().find(|one| one.name == *name).cloned();
        let live = of(live)
            .map(|state| Live { generation: state.generation, fold_version: state.fold_version });
        let own_fold_version = of(own).map(|state| state.fold_version);
        let view = ViewState {
            name: name.clone(),
            live,
            own_fold_version,
            rows: None,
            bytes: 0,
            job: None,
            last_rebuild: None,
        };
        views.insert(name.clone(), view);
    }
    views
}

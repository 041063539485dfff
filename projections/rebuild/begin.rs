//! The beginning: which generations are filled, and from which streams.

use eventstore::{BookId, Generation, read_head};
use sqlx::{AssertSqlSafe, PgConnection};

use super::build::{Build, Place, Target};
use super::error::RebuildError;
use super::view::{self, View};
use crate::views::projections;

/// Begins a rebuild of the projections of these names, without any of all of them. The generations
/// to be filled are above every one that there are rows of. Nothing is written yet.
pub async fn begin(
    conn: &mut PgConnection,
    book: BookId,
    names: &[&str],
) -> Result<Build, RebuildError> {
    let chosen = view::choose(names)?;
    let head = read_head(conn, book).await?;
    if !head.is_understood() {
        return Err(RebuildError::Format(book));
    }
    let ours = projections();
    let mut targets = Vec::new();
    for view in &chosen {
        let Some(state) = ours.iter().find(|state| state.name == view.name) else { continue };
        let live = head.generation(view.name).unwrap_or(Generation::ZERO);
        let highest = highest(conn, book, view).await.map_err(RebuildError::database(book))?;
        targets.push(Target {
            name: view.name.to_owned(),
            generation: live.max(highest).next(),
            fold_version: state.fold_version,
        });
    }
    let place = match super::fill::stream_types(&chosen).first() {
        Some(first) => {
            let aggregate_type = (*first).to_owned();
            Place::Streams { aggregate_type, after: None, within: None }
        }
        None => Place::Tail,
    };
    Ok(Build {
        targets,
        begun_at: head.position,
        until: head.position,
        place,
        events: 0,
        quarantined: Vec::new(),
        uncarried: Vec::new(),
        changed: Vec::new(),
        rows: std::collections::BTreeMap::new(),
    })
}

async fn highest(
    conn: &mut PgConnection,
    book: BookId,
    view: &View,
) -> Result<Generation, sqlx::Error> {
    let sql = format!(
        "select coalesce(max(generation), 0) from daftar.{} where book_id = $1",
        view.name,
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).bind(book).fetch_one(conn).await
}

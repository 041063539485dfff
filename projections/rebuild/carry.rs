//! The rows of streams that cannot be folded: what readers see is carried over as it is.

use domain::StreamKey;
use eventstore::{BookId, Position, StreamId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::build::Build;
use super::error::RebuildError;
use super::tail::Aside;
use super::view::View;
use crate::projection::Maker;
use crate::whole::Quarantined;

/// With more, it is the build that is wrong and not the streams.
const QUARANTINED_MAX: usize = 1_000;

impl Build {
    pub(super) fn is_quarantined(&self, stream: &StreamId) -> bool {
        self.quarantined.iter().any(|one| one.stream == *stream)
    }

    /// Sets a stream aside whose events cannot be folded.
    pub(super) fn quarantine(&mut self, found: Quarantined) -> Result<(), RebuildError> {
        if self.is_quarantined(&found.stream) {
            return Ok(());
        }
        if self.quarantined.len() == QUARANTINED_MAX {
            return Err(RebuildError::TooManyQuarantined(QUARANTINED_MAX));
        }
        // Its journal stays as it is, whatever its first events fold to.
        self.changed.retain(|change| change.stream.as_ref() != Some(&found.stream));
        self.uncarried.push(found.stream.clone());
        self.quarantined.push(found);
        Ok(())
    }

    /// A stream that was set aside has other rows now than those that were carried over.
    pub(super) fn touch_quarantined(&mut self, stream: &StreamId) {
        if !self.uncarried.contains(stream) {
            self.uncarried.push(stream.clone());
        }
    }
}

/// Sets the streams aside whose types this build does not know: views that name the stream of a row
/// may have some of theirs.
pub(super) async fn quarantine_unknown(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
) -> Result<(), RebuildError> {
    let unknown: Vec<(String, String, Position)> =
        sqlx::query_as(include_str!("../sql/rebuild/find_unknown_streams.sql"))
            .bind(book)
            .bind(StreamKey::AGGREGATE_TYPES.as_slice())
            .bind(build.until)
            .bind(i64::try_from(QUARANTINED_MAX + 1).unwrap_or(i64::MAX))
            .fetch_all(conn)
            .await
            .map_err(RebuildError::database(book))?;
    for (aggregate_type, aggregate_id, position) in unknown {
        let why = format!("the event stands in a stream of no known type: {aggregate_type}");
        let stream = StreamId::new(aggregate_type, aggregate_id);
        build.quarantine(Quarantined { stream, position, why })?;
    }
    Ok(())
}

/// Carries over what is still to be, wherever it stands: rows that streams of several kinds make are
/// looked for in all of them.
pub(super) async fn carry_over(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    views: &[View],
) -> Result<(), RebuildError> {
    let named = named(build);
    for view in views {
        let (column, types, ids) = match view.maker {
            Maker::Of { aggregate_type, column } => (column, None, ids_of(&named, aggregate_type)),
            Maker::Named => {
                let (types, ids): (Vec<String>, Vec<Uuid>) = named.iter().cloned().unzip();
                ("stream_id", Some(types), ids)
            }
        };
        carry_over_view(conn, book, build, view, (column, types, ids)).await?;
    }
    Ok(())
}

/// Carries over what these events changed, while writers wait: every row is found by its key.
pub(super) async fn carry_over_aside(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    views: &[View],
    aside: &Aside,
) -> Result<(), RebuildError> {
    let named = named(build);
    for view in views {
        if let Maker::Of { aggregate_type, column } = view.maker {
            let ids = ids_of(&named, aggregate_type);
            carry_over_view(conn, book, build, view, (column, None, ids)).await?;
            continue;
        }
        let Some(generation) = build.generation(view.name) else { continue };
        let (orders, positions): (Option<Vec<Uuid>>, Vec<Position>) =
            if view.key.first() == Some(&"order_id") {
                let told = aside.told.iter().filter_map(|(at, order)| Some(((*order)?, *at)));
                let (orders, positions) = told.unzip();
                (Some(orders), positions)
            } else {
                (None, aside.told.iter().map(|(at, _)| *at).collect())
            };
        if positions.is_empty() {
            continue;
        }
        let rows: i64 = sqlx::query_scalar(include_str!("../sql/rebuild/call_carry_over_at.sql"))
            .bind(book)
            .bind(view.name)
            .bind(generation)
            .bind(positions)
            .bind(orders)
            .fetch_one(&mut *conn)
            .await
            .map_err(RebuildError::database(book))?;
        *build.rows.entry(view.name.to_owned()).or_default() += u64::try_from(rows).unwrap_or(0);
    }
    Ok(())
}

/// The streams that are still to be carried over, by their types and ids.
fn named(build: &mut Build) -> Vec<(String, Uuid)> {
    let streams = std::mem::take(&mut build.uncarried);
    // A stream whose id is no uuid has no rows.
    let named = streams.iter().filter_map(|stream| {
        let id: Uuid = stream.aggregate_id.parse().ok()?;
        Some((stream.aggregate_type.to_string(), id))
    });
    named.collect()
}

fn ids_of(named: &[(String, Uuid)], aggregate_type: &str) -> Vec<Uuid> {
    let is_theirs = |(of, _): &&(String, Uuid)| of == aggregate_type;
    named.iter().filter(is_theirs).map(|(_, id)| *id).collect()
}

async fn carry_over_view(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    view: &View,
    (column, types, ids): (&str, Option<Vec<String>>, Vec<Uuid>),
) -> Result<(), RebuildError> {
    let Some(generation) = build.generation(view.name) else { return Ok(()) };
    if ids.is_empty() {
        return Ok(());
    }
    let rows: i64 = sqlx::query_scalar(include_str!("../sql/rebuild/call_carry_over.sql"))
        .bind(book)
        .bind(view.name)
        .bind(generation)
        .bind(column)
        .bind(types)
        .bind(ids)
        .fetch_one(conn)
        .await
        .map_err(RebuildError::database(book))?;
    *build.rows.entry(view.name.to_owned()).or_default() += u64::try_from(rows).unwrap_or(0);
    Ok(())
}

//! The rows of streams that cannot be folded: what readers see is carried over as it is.

use domain::StreamKey;
use eventstore::{BookId, Position, StreamId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::build::Build;
use super::error::RebuildError;
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

/// Carries over what is still to be.
pub(super) async fn carry_over(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    views: &[View],
) -> Result<(), RebuildError> {
    let streams = std::mem::take(&mut build.uncarried);
    // A stream whose id is no uuid has no rows.
    let named = streams.iter().filter_map(|stream| {
        let id: Uuid = stream.aggregate_id.parse().ok()?;
        Some((stream.aggregate_type.to_string(), id))
    });
    let named: Vec<(String, Uuid)> = named.collect();
    for view in views {
        let Some(generation) = build.generation(view.name) else { continue };
        let (column, types, ids): (&str, Option<Vec<String>>, Vec<Uuid>) = match view.maker {
            Maker::Of { aggregate_type, column } => {
                let is_theirs = |(of, _): &&(String, Uuid)| of == aggregate_type;
                (column, None, named.iter().filter(is_theirs).map(|(_, id)| *id).collect())
            }
            Maker::Named => {
                let (types, ids) = named.iter().cloned().unzip();
                ("stream_id", Some(types), ids)
            }
        };
        if ids.is_empty() {
            continue;
        }
        let rows: i64 = sqlx::query_scalar(include_str!("../sql/rebuild/call_carry_over.sql"))
            .bind(book)
            .bind(view.name)
            .bind(generation)
            .bind(column)
            .bind(types)
            .bind(ids)
            .fetch_one(&mut *conn)
            .await
            .map_err(RebuildError::database(book))?;
        *build.rows.entry(view.name.to_owned()).or_default() += u64::try_from(rows).unwrap_or(0);
    }
    Ok(())
}

//! The journal beside what the events fold to: its lines are final, so a rebuild may change none.

use std::collections::{BTreeMap, BTreeSet};

use eventstore::{BookId, Generation, HeadError, Position, StreamId, read_head};
use sqlx::PgConnection;

use super::build::{Build, JournalChange};
use super::error::RebuildError;
use crate::journal_lines::{JournalLine, JournalLines};
use crate::projection::{Projection as _, Rows};

/// How many changed events a refusal names.
const NAMED_MAX: usize = 100;

/// How many positions one statement looks for lines without an event at.
const STRETCH: i64 = 50_000;

/// The journal that readers see, if it is among what is rebuilt.
pub(super) async fn live(
    conn: &mut PgConnection,
    book: BookId,
    build: &Build,
) -> Result<Option<Generation>, HeadError> {
    if build.generation(JournalLines::NAME).is_none() {
        return Ok(None);
    }
    Ok(read_head(conn, book).await?.generation(JournalLines::NAME))
}

/// Notes the events among these whose lines are not what they fold to, missing ones and such as
/// should not be there too.
pub(super) async fn compare<'a>(
    conn: &mut PgConnection,
    book: BookId,
    live: Generation,
    build: &mut Build,
    folded: &Rows<JournalLines>,
    events: impl Iterator<Item = (Position, &'a StreamId)> + Send,
) -> Result<(), sqlx::Error> {
    let streams: BTreeMap<Position, &StreamId> =
        events.filter(|(_, stream)| !build.is_quarantined(stream)).collect();
    let positions: Vec<Position> = streams.keys().copied().collect();
    let lines: Vec<JournalLine> =
        sqlx::query_as(include_str!("../sql/rebuild/read_journal_lines.sql"))
            .bind(book)
            .bind(live)
            .bind(positions)
            .fetch_all(conn)
            .await?;
    let mut stored = Rows::<JournalLines>::default();
    for line in lines {
        stored.put(line);
    }
    let differs = |line: &&JournalLine, others: &Rows<JournalLines>| {
        streams.contains_key(&line.position) && others.get(&JournalLines::key(line)) != Some(*line)
    };
    let missing = folded.iter().filter(|line| differs(line, &stored));
    let extra = stored.iter().filter(|line| differs(line, folded));
    let changed: BTreeSet<Position> = missing.chain(extra).map(|line| line.position).collect();
    for position in changed {
        note(build, position, streams.get(&position).copied());
    }
    Ok(())
}

/// Notes the lines that stand where no event does.
pub(super) async fn find_lines_without_event(
    conn: &mut PgConnection,
    book: BookId,
    live: Generation,
    build: &mut Build,
) -> Result<(), sqlx::Error> {
    // What is appended meanwhile has its events; below the first and far above the last there are
    // none, and one statement looks at all of that.
    let last = build.until.get().saturating_add(1_000_000_000);
    let mut stretches = vec![(i64::MIN, 0), (last, i64::MAX)];
    let mut after = 0;
    while after < build.until.get() {
        stretches.push((after, after + STRETCH));
        after += STRETCH;
    }
    stretches.push((after, last));
    for (after, until) in stretches {
        let positions: Vec<Position> =
            sqlx::query_scalar(include_str!("../sql/rebuild/find_lines_without_event.sql"))
                .bind(book)
                .bind(live)
                .bind(after)
                .bind(until)
                .bind(i64::try_from(NAMED_MAX).unwrap_or(i64::MAX))
                .fetch_all(&mut *conn)
                .await?;
        for position in positions {
            note(build, position, None);
        }
    }
    Ok(())
}

fn note(build: &mut Build, position: Position, stream: Option<&StreamId>) {
    let change = JournalChange { position, stream: stream.cloned() };
    if build.changed.len() < NAMED_MAX && !build.changed.contains(&change) {
        build.changed.push(change);
    }
}

/// Refuses what would change the journal.
pub(super) fn require_unchanged(build: &Build) -> Result<(), RebuildError> {
    if build.changed.is_empty() {
        return Ok(());
    }
    let positions: BTreeSet<Position> =
        build.changed.iter().map(|change| change.position).collect();
    Err(RebuildError::JournalWouldChange { positions: positions.into_iter().collect() })
}

/// As soon as a refusal could name no more.
pub(super) fn require_few_changes(build: &Build) -> Result<(), RebuildError> {
    if build.changed.len() < NAMED_MAX { Ok(()) } else { require_unchanged(build) }
}

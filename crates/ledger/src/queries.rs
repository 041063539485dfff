//! Reads of the log and of states, each with the position that it reflects.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::settings::Settings;
use domain::{Event, State, StreamKey};
use eventstore::verify::{ChainCheck, Finding, VerifyError};
use eventstore::{Cursor, Head, HeadError, Position, RecordedEvent, Version};
use projections::ReplayError;
use projections::journal_lines::{self, JournalLine};
use sqlx::PgConnection;

use crate::as_of::SNAPSHOT;
use crate::history::{self, HistoryError, Point};
use crate::ledger::Ledger;
use crate::load::{self, LoadError, Loaded};

/// How many events the check of the chain's end covers.
const CHAIN_CHECK_EVENTS: i64 = 5_000;

#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    #[error("could not reach the database")]
    Database(#[from] sqlx::Error),
    #[error("could not read the head")]
    Head(#[from] HeadError),
    #[error("could not load a stream")]
    Load(#[from] LoadError),
    #[error("could not fold a stream's events")]
    Replay(#[from] ReplayError),
    #[error("could not check the chain")]
    Verify(#[from] VerifyError),
}

/// The state of a stream and the book's head, both from one snapshot. Of a stream that cannot be read
/// to its end, it is as it was before the event that cannot; the stream is quarantined from then on.
pub async fn state(ledger: &Ledger, stream: StreamKey) -> Result<(Cursor, Arc<State>), QueryError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let head = eventstore::read_head(&mut tx, ledger.book()).await?;
    let mut states = readable(&mut tx, ledger, &[stream]).await?;
    tx.commit().await?;
    Ok((head.cursor(), states.remove(&stream).expect("it was asked for")))
}

/// The states of streams as far as they can be read.
async fn readable(
    conn: &mut PgConnection,
    ledger: &Ledger,
    streams: &[StreamKey],
) -> Result<BTreeMap<StreamKey, Arc<State>>, sqlx::Error> {
    let Loaded { states, unreadable } =
        load::each(conn, ledger.book(), ledger.upcasters(), streams).await?;
    for (stream, found) in unreadable {
        ledger.quarantine().found(stream, found);
    }
    Ok(states)
}

/// The state of a stream with the book's settings and position, all from one snapshot, as [`state`]
/// reads them.
pub async fn with_settings(
    ledger: &Ledger,
    stream: StreamKey,
) -> Result<(Cursor, Arc<State>, Settings), QueryError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let head = eventstore::read_head(&mut tx, ledger.book()).await?;
    let both = [stream, StreamKey::Settings];
    let mut states = readable(&mut tx, ledger, &both).await?;
    tx.commit().await?;
    let state = states.remove(&stream).expect("it was asked for");
    let settings = match states.remove(&StreamKey::Settings).as_deref() {
        Some(State::Settings(settings)) => settings.clone(),
        other => unreachable!("{other:?} was loaded as the settings"),
    };
    Ok((head.cursor(), state, settings))
}

/// The book's settings in force.
pub async fn settings(ledger: &Ledger) -> Result<Settings, QueryError> {
    let (_, state) = state(ledger, StreamKey::Settings).await?;
    let State::Settings(settings) = &*state else {
        unreachable!("{state:?} was loaded as the settings")
    };
    Ok(settings.clone())
}

/// The events of one stream, in order.
pub async fn stream_events(
    ledger: &Ledger,
    stream: StreamKey,
) -> Result<(Cursor, Vec<RecordedEvent>), QueryError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let head = eventstore::read_head(&mut tx, ledger.book()).await?;
    let id = load::stream_id(stream);
    let events = eventstore::read::stream(&mut tx, ledger.book(), &id, Version::ZERO).await?;
    tx.commit().await?;
    Ok((head.cursor(), events))
}

/// At most `limit` events of one stream after a version, in order.
pub async fn stream_page(
    ledger: &Ledger,
    stream: StreamKey,
    after: Version,
    limit: u32,
) -> Result<(Cursor, Vec<RecordedEvent>), QueryError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let head = eventstore::read_head(&mut tx, ledger.book()).await?;
    let id = load::stream_id(stream);
    let events = eventstore::read::stream_page(&mut tx, ledger.book(), &id, after, limit).await?;
    tx.commit().await?;
    Ok((head.cursor(), events))
}

/// What happened in one stream, in order, as far as it can be read: see [`state`].
pub async fn history(ledger: &Ledger, stream: StreamKey) -> Result<Vec<Event>, QueryError> {
    let (_, recorded) = stream_events(ledger, stream).await?;
    let parsed = recorded.iter().map(|recorded| load::parse(ledger.upcasters(), recorded));
    Ok(parsed.map_while(Result::ok).collect())
}

/// At most `limit` events of the book after a position, in order.
pub async fn events_after(
    ledger: &Ledger,
    after: Position,
    limit: u32,
) -> Result<(Cursor, Vec<RecordedEvent>), QueryError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let head = eventstore::read_head(&mut tx, ledger.book()).await?;
    let events = eventstore::read::after(&mut tx, ledger.book(), after, limit).await?;
    tx.commit().await?;
    Ok((head.cursor(), events))
}

/// The event at a point with the journal lines that it posted; none before the first.
pub async fn event(
    ledger: &Ledger,
    point: &Point,
) -> Result<(Cursor, Option<RecordedEvent>, Vec<JournalLine>), HistoryError> {
    let book = ledger.book();
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let position = history::resolve(&mut tx, book, point).await?;
    let event = eventstore::read::event_at(&mut tx, book, position).await?;
    let before = Position::new(position.get().saturating_sub(1));
    let lines = journal_lines::page(&mut tx, book, before, position).await?;
    tx.commit().await?;
    Ok((lines.cursor, event, lines.value))
}

/// The end of the chain, checked anew.
#[derive(Debug)]
pub struct ChainEnd {
    pub head: Head,
    /// The check began after this position, whose stored hash it believed.
    pub checked_after: Position,
    pub checked_up_to: Position,
    pub findings: Vec<Finding>,
}

/// Checks the last events of the chain.
pub async fn chain_end(ledger: &Ledger) -> Result<ChainEnd, QueryError> {
    let mut conn = ledger.pool().acquire().await?;
    let head = eventstore::read_head(&mut conn, ledger.book()).await?;
    let after = head.position.get().saturating_sub(CHAIN_CHECK_EVENTS).max(0);
    let checked_after = Position::new(after);
    let mut check = ChainCheck::start(&mut conn, ledger.book(), checked_after).await?;
    let mut findings = Vec::new();
    while let Some(found) = check.next_page(&mut conn).await? {
        findings.extend(found);
    }
    Ok(ChainEnd { head, checked_after, checked_up_to: check.position(), findings })
}

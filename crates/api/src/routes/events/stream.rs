//! `GET /api/events/stream`: the log as it grows, as server-sent events.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event as Message, Sse};
use axum::response::{AppendHeaders, IntoResponse};
use eventstore::{Cursor, Position, RecordedEvent};
use futures::{Stream, StreamExt as _};
use ledger::event_types::Chosen;
use ledger::history::{HistoryError, Point};
use serde::Deserialize;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tracing::{error, info};

use super::WHAT;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::problem::Problem;
use crate::reader::{After, Reader, Reading, Repeating, Types};
use crate::scope::FOLLOW_EVENTS;
use crate::wire::event::Event;
use crate::wire::reply::ProblemReply;

/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);
/// After so many events that a reader did not ask for it is told how far it has come.
const PASSED_MAX: u32 = 1_000;
/// For proxies that would keep events back until there are many.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Events after this position or cursor; from the first one on without it.
    #[param(value_type = Option<String>)]
    after: Option<After>,
    /// Only these types, with commas between them: `order.placed`, or `placed` for every kind of
    /// stream that has it.
    #[serde(rename = "type")]
    #[param(value_type = Option<String>)]
    types: Option<Types>,
}

/// The log as it grows.
///
/// Server-sent events, without an end: `id` is the event's cursor, `event` its type, `data` the
/// same JSON as in `GET /api/events`. A reader that was cut off goes on with the last `id` as
/// `Last-Event-ID`, on any node, and misses nothing and gets nothing twice. A message of an `id`
/// alone says how far the log was looked through without an event of the wanted types; a comment
/// comes when nothing happens. The stream ends when the node stops, when the reader leaves what is
/// ready for it for too long, when its key is no longer valid (within a second), and when the
/// database lost what was read: then connecting again is answered with `cursor-diverged`.
#[utoipa::path(
    get,
    path = "/api/events/stream",
    tag = "events",
    operation_id = "stream_events",
    params(
        Parameters,
        ("Last-Event-ID" = Option<String>, Header, description = "The last id that was seen; it goes before `after`"),
    ),
    responses(
        (status = 200, description = "Events, for as long as they are read", body = String, content_type = "text/event-stream"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ FOLLOW_EVENTS }>,
    reader: Reader,
    Search(Repeating(query)): Search<Repeating<Parameters>>,
) -> Result<impl IntoResponse, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let after = reader.after(query.after)?;
    let reading = reader.begin(&app, FOLLOW_EVENTS)?;
    let feed = app.ledger.feed();
    let (events, seen) = match feed.subscribe(&after).await {
        Ok(events) => (events.boxed(), Position::ZERO),
        // What lies between has not happened yet, and was seen all the same.
        Err(HistoryError::NotReached) => {
            let end = app.ledger.head().await.map_err(Problem::unreadable)?;
            let end = Point::from(Cursor::new(end.position, end.hash));
            (feed.subscribe(&end).await?.boxed(), after.position())
        }
        Err(error) => return Err(error.into()),
    };
    let mut beats = tokio::time::interval(app.limits.heartbeat);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats.reset();
    let session = Session {
        events,
        seen,
        types: query.types.map(|types| types.0),
        reading,
        beats,
        passed: None,
        patience: app.limits.reader_patience,
        given_at: None,
    };
    let begin = futures::stream::iter([Ok(Message::default().retry(RETRY).comment("daftar"))]);
    let messages = futures::stream::unfold(session, |mut session| async move {
        let message = session.next().await?;
        session.given_at = Some(Instant::now());
        Some((Ok::<_, Infallible>(message), session))
    });
    Ok((AppendHeaders([UNBUFFERED]), Sse::new(begin.chain(messages))))
}

/// One reader's stream.
struct Session {
    events: Pin<Box<dyn Stream<Item = Result<Arc<RecordedEvent>, HistoryError>> + Send>>,
    /// Whatever is at or before this was seen elsewhere.
    seen: Position,
    types: Option<Chosen>,
    reading: Reading,
    beats: Interval,
    /// The last event that was passed over since the reader was last told where it is, and how many
    /// were.
    passed: Option<(Cursor, u32)>,
    patience: Duration,
    /// When the reader was last given something.
    given_at: Option<Instant>,
}

impl Session {
    async fn next(&mut self) -> Option<Message> {
        // It asks for more as soon as it has room: so long ago, it has not been reading.
        if self.given_at.is_some_and(|at| at.elapsed() > self.patience) {
            self.reading.cut();
            info!("a reader of the events was too slow and is cut off");
            return None;
        }
        loop {
            tokio::select! {
                biased;
                is_on = self.reading.is_due() => {
                    if !is_on || !self.reading.is_held().await {
                        return None;
                    }
                }
                event = self.events.next() => match event? {
                    Ok(event) => match self.take(&event) {
                        Ok(None) => {}
                        Ok(Some(message)) => {
                            self.beats.reset();
                            return Some(message);
                        }
                        Err(error) => {
                            error!(%error, position = %event.position, "an event cannot be shown");
                            return None;
                        }
                    },
                    Err(error) => {
                        info!(%error, "a reader of the events has to begin anew");
                        return None;
                    }
                },
                _ = self.beats.tick() => {
                    return Some(match self.passed.take() {
                        Some((cursor, _)) => Message::default().id(cursor.to_string()),
                        None => Message::default().comment("nothing new"),
                    });
                }
            }
        }
    }

    /// The message to send for an event, if there is one.
    fn take(&mut self, event: &RecordedEvent) -> Result<Option<Message>, serde_json::Error> {
        if event.position <= self.seen {
            return Ok(None);
        }
        let cursor = Cursor::new(event.position, event.hash);
        let message = Message::default().id(cursor.to_string());
        if self.types.as_ref().is_none_or(|types| types.has(event)) {
            self.passed = None;
            let shown = serde_json::to_string(&Event::try_from(event.clone())?)?;
            return Ok(Some(message.event(&event.event_type).data(shown)));
        }
        let passed = self.passed.map_or(0, |(_, passed)| passed).saturating_add(1);
        self.passed = Some((cursor, passed)).filter(|_| passed < PASSED_MAX);
        Ok(self.passed.is_none().then_some(message))
    }
}

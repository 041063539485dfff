//! `GET /api/admin/alerts/stream`: what happens to alerts, as server-sent events.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event as Message, Sse};
use axum::response::{AppendHeaders, IntoResponse};
use futures::StreamExt as _;
use ledger::alerts::{self, Change};
use serde::Deserialize;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tracing::info;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::problem::Problem;
use crate::reader::{Reader, Reading};
use crate::routes::admin::alerts::WHAT;
use crate::scope::READ_ALERTS;
use crate::wire::alert::AlertChange;
use crate::wire::reply::ProblemReply;

/// How often it is looked for something new.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// How many changes are read at a time.
const PAGE: u32 = 100;
/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);
/// For proxies that would keep it back until there is much.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Changes after the one with this number; from the first one on without it.
    #[param(minimum = 0)]
    after: Option<u64>,
}

/// What happens to alerts, as it happens.
///
/// Server-sent events, without an end: `id` is the number of the change, `event` what happened
/// (`opened`, `acknowledged`, `resolved` or `reopened`), `data` the same JSON as in
/// `GET /api/admin/alerts/changes`. A reader that was cut off goes on with the last `id` as
/// `Last-Event-ID`, on any node, and misses nothing and gets nothing twice. A comment comes when nothing
/// happens. The stream ends when the node stops, when the reader leaves what is ready for it for too
/// long, and when its key is no longer valid.
#[utoipa::path(
    get,
    path = "/api/admin/alerts/stream",
    tag = "admin",
    operation_id = "stream_alert_changes",
    params(
        Parameters,
        ("Last-Event-ID" = Option<String>, Header, description = "The last id that was seen; it goes before `after`"),
    ),
    responses(
        (status = 200, description = "Changes, for as long as they are read", body = String, content_type = "text/event-stream"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ALERTS }>,
    reader: Reader,
    Search(query): Search<Parameters>,
) -> Result<impl IntoResponse, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let seen = match reader.last_seen() {
        None => query.after.unwrap_or(0),
        Some(last_seen) => last_seen.parse().map_err(|error| {
            Problem::new("invalid-header").fault("Last-Event-ID", "invalid-value").detail(error)
        })?,
    };
    let mut beats = tokio::time::interval(app.limits.heartbeat);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats.reset();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let reading = reader.begin(&app, READ_ALERTS)?;
    let session = Session {
        patience: app.limits.reader_patience,
        app,
        seen: i64::try_from(seen).unwrap_or(i64::MAX),
        ready: VecDeque::new(),
        reading,
        looks,
        beats,
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
    app: App,
    /// The number of the last change that was read for it.
    seen: i64,
    ready: VecDeque<Change>,
    reading: Reading,
    looks: Interval,
    beats: Interval,
    patience: Duration,
    /// When the reader was last given something.
    given_at: Option<Instant>,
}

impl Session {
    async fn next(&mut self) -> Option<Message> {
        // It asks for more as soon as it has room: so long ago, it has not been reading.
        if self.given_at.is_some_and(|at| at.elapsed() > self.patience) {
            self.reading.cut();
            info!("a reader of the alerts was too slow and is cut off");
            return None;
        }
        if !self.reading.goes_on().await {
            return None;
        }
        loop {
            if let Some(change) = self.ready.pop_front() {
                self.beats.reset();
                let message = Message::default().id(change.number.to_string());
                let message = message.event(change.what.as_str());
                let shown = serde_json::to_string(&AlertChange::from(change)).ok()?;
                return Some(message.data(shown));
            }
            tokio::select! {
                biased;
                is_on = self.reading.is_due() => {
                    if !is_on || !self.reading.is_held().await {
                        return None;
                    }
                }
                _ = self.looks.tick() => {
                    // Whoever is cut off connects again.
                    self.look().await.ok()?;
                }
                _ = self.beats.tick() => {
                    return Some(Message::default().comment("nothing new"));
                }
            }
        }
    }

    async fn look(&mut self) -> Result<(), Problem> {
        let ledger = &self.app.ledger;
        let mut conn = ledger.pool().acquire().await.map_err(Problem::unreadable)?;
        let new = alerts::changes(&mut conn, ledger.book(), self.seen, PAGE).await;
        let new = new.map_err(Problem::unreadable)?;
        if let Some(last) = new.last() {
            self.seen = last.number;
        }
        self.ready.extend(new);
        Ok(())
    }
}

//! `GET /api/admin/jobs/{job}/progress`: a job as it changes, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::{Event as Message, Sse};
use axum::response::{AppendHeaders, IntoResponse, Response};
use futures::StreamExt as _;
use ledger::jobs;
use sha2::{Digest as _, Sha256};
use tokio::time::{Interval, MissedTickBehavior};
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::reader::{Reader, Reading};
use crate::routes::admin::jobs::{WHAT, id, problem};
use crate::scope::READ_JOBS;
use crate::wire::Nothing;
use crate::wire::job::JobReply;
use crate::wire::reply::ProblemReply;

/// How often it is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(400);
/// How long a client waits before it connects again.
const RETRY: Duration = Duration::from_secs(1);
/// How much of the digest of what was told names it.
const NAME_BYTES: usize = 8;
/// For proxies that would keep it back until there is much.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// A job as it changes, until it has ended.
///
/// Server-sent events: each is the same JSON as in `GET /api/admin/jobs/{job}` as it is then, under
/// `progress`, and under `end` once the job has ended: that is the last. A client that was cut off
/// connects again, with the last `id` as `Last-Event-ID`, on any node, and is told how the job is now,
/// if that is another; one that has seen the end is answered with 204, and comes no more. A comment
/// comes when nothing happens.
#[utoipa::path(
    get,
    path = "/api/admin/jobs/{job}/progress",
    tag = "admin",
    operation_id = "follow_job",
    params(
        ("job" = String, Path, description = "The job's id"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last id that was seen"),
    ),
    responses(
        (status = 200, description = "The job, at each change", body = String, content_type = "text/event-stream"),
        (status = 204, description = "Its end was seen"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_JOBS }>,
    path: Segments<1>,
    reader: Reader,
    Search(Nothing {}): Search<Nothing>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let id = id(&path.one())?;
    let seen = reader.last_seen().map(str::to_owned);
    let told = Told::look(&app, id).await?;
    if told.is_over && seen.as_ref() == Some(&told.name) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let mut beats = tokio::time::interval(app.limits.heartbeat);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats.reset();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let reading = reader.begin(&app, READ_JOBS)?;
    let session = Session { app, id, seen, is_over: false, reading, looks, beats };
    let begin = futures::stream::iter([Ok(Message::default().retry(RETRY).comment("daftar"))]);
    let messages = futures::stream::unfold(session, |mut session| async move {
        let message = session.next().await?;
        Some((Ok::<_, Infallible>(message), session))
    });
    Ok((AppendHeaders([UNBUFFERED]), Sse::new(begin.chain(messages))).into_response())
}

/// What is told of a job at a time.
struct Told {
    /// Follows from the text: the same on every node.
    name: String,
    text: String,
    is_over: bool,
}

impl Told {
    async fn look(app: &App, id: Uuid) -> Result<Self, Problem> {
        let job = jobs::find(&app.ledger, id).await.map_err(problem)?;
        let is_over = job.is_over();
        let text = serde_json::to_string(&JobReply::from(job)).map_err(Problem::unreadable)?;
        let digest = Sha256::digest(&text);
        let name = hex::encode(digest.get(..NAME_BYTES).unwrap_or_default());
        Ok(Self { name, text, is_over })
    }
}

/// One reader's stream.
struct Session {
    app: App,
    id: Uuid,
    /// The name of what was told last.
    seen: Option<String>,
    is_over: bool,
    reading: Reading,
    looks: Interval,
    beats: Interval,
}

impl Session {
    async fn next(&mut self) -> Option<Message> {
        if self.is_over {
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
                _ = self.looks.tick() => {
                    // Whoever is cut off connects again.
                    let told = Told::look(&self.app, self.id).await.ok()?;
                    if self.seen.as_ref() != Some(&told.name) {
                        self.beats.reset();
                        self.is_over = told.is_over;
                        self.seen = Some(told.name.clone());
                        let event = if told.is_over { "end" } else { "progress" };
                        return Some(Message::default().id(told.name).event(event).data(told.text));
                    }
                }
                _ = self.beats.tick() => {
                    return Some(Message::default().comment("nothing new"));
                }
            }
        }
    }
}

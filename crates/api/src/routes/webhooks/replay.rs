//! `POST /api/webhooks/{webhook}/replay`: tells a webhook again of a range of the log.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::TimeDelta;
use eventstore::Position;
use ledger::as_of::{Moment, When};
use ledger::database::Connection;
use ledger::history::{self, HistoryError};
use ledger::webhooks;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::{Attempt, KeyOnly};
use crate::caller::Caller;
use crate::extract::{Json, Segments};
use crate::operation;
use crate::problem::Problem;
use crate::routes::webhooks::{self as shared, id, problem};
use crate::scope::MANAGE_WEBHOOKS;
use crate::wire::reply::ProblemReply;
use crate::wire::webhook::Replay;

const ROUTE: &str = "POST /api/webhooks/{webhook}/replay";

/// A place in the log: a position, as a number or a text, a cursor, or a time (RFC 3339) at which
/// events were recorded.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
#[schema(as = PlaceInLog)]
pub(crate) enum Place {
    Position(i64),
    Text(String),
}

/// A range of the log, both ends included.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReplayWebhook)]
pub(crate) struct Body {
    from: Place,
    /// The book's end, if left out.
    to: Option<Place>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayReply)]
pub(crate) struct Reply {
    replay: Replay,
}

/// Tells a webhook again of the events of a range, whether they were delivered or not: the same
/// messages as before, as far as they are of its types.
#[utoipa::path(
    post,
    path = "/api/webhooks/{webhook}/replay",
    tag = "webhooks",
    operation_id = "replay_webhook",
    params(("webhook" = String, Path, description = "The webhook's id")),
    request_body = Body,
    responses(
        (status = 202, description = "The replay, which is under way", body = Reply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ MANAGE_WEBHOOKS }>,
    path: Segments<1>,
    attempt: Attempt<false, KeyOnly>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see_every_customer("webhooks")?;
    let id = id(&path.one())?;
    let (book, now, replay) = (app.ledger.book(), app.ledger.clock().now(), app.sources.id());
    let (from, to) = (moment(&body.from, "/from")?, body.to.as_ref());
    let to = to.map(|place| moment(place, "/to")).transpose()?;
    let by = caller.credential.principal.as_str();
    let work = async |conn: &mut Connection| {
        let from = match from {
            // From the first event that was recorded then or later.
            Moment::Time(_) => last_at(&app, conn, from, true, "/from").await?.next(),
            Moment::Point(_) => last_at(&app, conn, from, false, "/from").await?,
        };
        let until = match to {
            Some(to) => last_at(&app, conn, to, false, "/to").await?,
            None => eventstore::read_head(conn, book).await.map_err(Problem::unreadable)?.position,
        };
        let range = (from.max(Position::ZERO.next()), until);
        webhooks::replay(conn, book, id, replay, range, Some(by), now).await.map_err(problem)?;
        let made = webhooks::replays(conn, book, id).await.map_err(problem)?;
        let made = made.into_iter().find(|made| made.replay_id == replay);
        let made = made.ok_or_else(|| Problem::new("webhook-not-found"))?;
        let accepted = (StatusCode::ACCEPTED, Json(Reply { replay: Replay::from(made) }));
        Ok(operation::about(format!("webhook/{id}"), accepted))
    };
    operation::run(&app, &caller, &attempt, ROUTE, &(id, &body), work).await
}

fn moment(place: &Place, pointer: &str) -> Result<Moment, Problem> {
    let text = match place {
        Place::Position(position) => position.to_string(),
        Place::Text(text) => text.clone(),
    };
    text.parse().map_err(|_| Problem::new("invalid-body").fault(pointer, "invalid-value"))
}

/// The position of a moment: of a time, the last event that was recorded by then, or before it.
async fn last_at(
    app: &App,
    conn: &mut Connection,
    moment: Moment,
    is_before: bool,
    pointer: &str,
) -> Result<Position, Problem> {
    let book = app.ledger.book();
    let found = match moment {
        Moment::Point(point) => history::resolve(conn, book, &point).await,
        Moment::Time(When::Day(_)) => {
            return Err(Problem::new("invalid-body").fault(pointer, "invalid-value"));
        }
        Moment::Time(When::Instant(time)) => {
            let time = if is_before { time - TimeDelta::microseconds(1) } else { time };
            let found = eventstore::read::position_at(conn, book, time).await;
            found.map_err(HistoryError::Database)
        }
    };
    found.map_err(|error| shared::history(error, pointer))
}

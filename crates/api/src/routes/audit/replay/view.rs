//! `GET /api/audit/replay/views/{name}`: a view as it was, row by row, folded from the events.

use std::ops::ControlFlow;

use axum::extract::State;
use ledger::as_of::Moment;
use ledger::history::Point;
use ledger::reports;
use projections::past::{self, Item};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{EVENTS_MAX, at};
use crate::app::App;
use crate::as_of::moment;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::REPLAY;
use crate::view::View;
use crate::wire::replay::{Broken, Place, Row};
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// Shows it as it was: at a position, a cursor, a time by RFC 3339, or the end of a day (by the
    /// book's time zone) of recording. Within a command it is the command's end.
    as_of: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of a view as it was.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayedView)]
pub(crate) struct Body {
    at: Place,
    rows: Vec<Row>,
    /// Streams of this page that cannot be followed.
    quarantined: Vec<Broken>,
    next: Option<String>,
}

/// A view as it was, row by row: folded from the events, and never read from a view.
///
/// The journal and the timeline come in order of position, the other views in the order of the
/// streams that make their rows. A page may hold fewer rows than asked for, or none: the last one is
/// that without a `next`. All pages show the book that the first one showed.
#[utoipa::path(
    get,
    path = "/api/audit/replay/views/{name}",
    tag = "audit",
    operation_id = "replay_view",
    params(("name" = String, Path, description = "Of the view"), Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REPLAY }>,
    path: Segments<1>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("view as a whole")?;
    let name = past::view_named(&path.one()).ok_or_else(unknown)?;
    let Parameters { as_of, cursor, limit } = query;
    let path = format!("/api/audit/replay/views/{name}");
    let filters = [("as_of", as_of.clone())];
    let mut page: Page<reports::Place<past::Place>> =
        Page::asked(&path, &filters, cursor.as_deref(), limit)?;
    let after = page.after();
    let asked: Option<Moment> = moment("as_of", as_of.as_deref())?;
    let pinned = after.as_ref().map(|place| Moment::Point(Point::from(place.at)));
    let at = at(&app, pinned.or(asked)).await?;
    let from = after.map(|place| place.row);
    if !from.as_ref().is_none_or(is_of_a_stream) {
        return Err(Problem::new("invalid-query").fault("cursor", "invalid-value"));
    }

    let size = usize::try_from(page.size()).unwrap_or(usize::MAX);
    let (mut rows, mut quarantined) = (Vec::new(), Vec::new());
    let mut take = |item| {
        match item {
            Item::Row(_) if rows.len() == size => return ControlFlow::Break(()),
            Item::Row(row) => rows.push(Row::from(row)),
            Item::Quarantined(one) => quarantined.push(Broken::from(one)),
            Item::Change(_) | Item::Read(_) => {}
        }
        ControlFlow::Continue(())
    };
    let left = {
        let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
        let (book, until, most) = (app.ledger.book(), at.position, Some(EVENTS_MAX));
        let left = past::view(&mut conn, book, name, until, from, most, &mut take).await;
        left.map_err(Problem::unreadable)?
    };
    let next = left.map(|row| page.next(reports::Place { at: at.cursor(), row }));
    let next = next.unwrap_or_default();
    let body = Body { at: Place::from(&at), rows, quarantined, next: next.cursor };
    Ok(View::new(at.cursor(), body).with_next(next.link))
}

fn unknown() -> Problem {
    Problem::new("view-not-found").member("views", past::NAMES)
}

/// Cursors are ours, but anybody can write one.
fn is_of_a_stream(place: &past::Place) -> bool {
    match place {
        past::Place::In { stream, .. } | past::Place::After { stream } => {
            stream.parse::<Uuid>().is_ok()
        }
        past::Place::At { .. } => true,
    }
}

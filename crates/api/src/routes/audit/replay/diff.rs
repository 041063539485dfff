//! `GET /api/audit/replay/diff`: what changed between two moments, in rows and in money.

use std::ops::ControlFlow;

use axum::extract::State;
use eventstore::Cursor;
use ledger::as_of::Moment;
use ledger::history::Point;
use ledger::replay::{self, BetweenError};
use projections::past::{self, ChangePlace, Item, MoneyChanges};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::EVENTS_MAX;
use crate::app::App;
use crate::as_of::moment;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::Page;
use crate::problem::Problem;
use crate::scope::REPLAY;
use crate::view::View;
use crate::wire::replay::{Account, Broken, Changed, MoneyChanged, Place};
use crate::wire::reply::ProblemReply;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Parameters {
    /// What came after this: a position, a cursor, a time by RFC 3339, or the end of a day (by the
    /// book's time zone) of recording. From the beginning, if left out.
    from: Option<String>,
    /// Up to this, of the same kinds. The end, if left out.
    to: Option<String>,
    /// Only changes of this view.
    view: Option<String>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of what changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReplayDiff)]
pub(crate) struct Body {
    from: Place,
    to: Place,
    changes: Vec<Changed>,
    /// What this page's changes come to in money, by view, column and currency. Pages add up.
    money: Vec<MoneyChanged>,
    /// What this page's changes posted, by account. Pages add up.
    accounts: Vec<Account>,
    /// Streams of this page that cannot be followed. Of these only what was added for good is shown.
    quarantined: Vec<Broken>,
    next: Option<String>,
}

/// The same two books on every page, and where it begins.
#[derive(Debug, Serialize, Deserialize)]
struct Pinned {
    from: Cursor,
    to: Cursor,
    place: ChangePlace,
}

impl From<BetweenError> for Problem {
    fn from(error: BetweenError) -> Self {
        match error {
            BetweenError::Backwards { .. } => {
                Self::new("invalid-query").fault("from", "out-of-range").detail(error)
            }
            BetweenError::AsOf(error) => error.into(),
        }
    }
}

/// What changed between two moments, in rows and in money: folded from the events, and never read
/// from a view.
///
/// Each stream comes where it was first touched: first the rows that it added for good, then those
/// that it changed. A page may hold fewer changes than asked for, or none: the last one is that
/// without a `next`. All pages compare the two books that the first one compared.
#[utoipa::path(
    get,
    path = "/api/audit/replay/diff",
    tag = "audit",
    operation_id = "replay_diff",
    params(Parameters),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REPLAY }>,
    Search(query): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("changes of the book")?;
    let Parameters { from, to, view, cursor, limit } = query;
    let name = match view.as_deref() {
        Some(view) => Some(past::view_named(view).ok_or_else(|| {
            let problem = Problem::new("invalid-query").fault("view", "unknown-value");
            problem.member("views", past::NAMES)
        })?),
        None => None,
    };
    let filters = [("from", from.clone()), ("to", to.clone()), ("view", view)];
    let mut page: Page<Pinned> =
        Page::asked("/api/audit/replay/diff", &filters, cursor.as_deref(), limit)?;
    let after = page.after();
    let asked = (moment("from", from.as_deref())?, moment("to", to.as_deref())?);
    let (from, to): (Option<Moment>, Option<Moment>) = match &after {
        Some(Pinned { from, to, .. }) => {
            let at = |cursor: Cursor| Some(Moment::Point(Point::from(cursor)));
            (at(*from), at(*to))
        }
        None => asked,
    };
    let from = from.unwrap_or(Moment::Point(Point::ZERO));
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let (from, to) = replay::between(&mut conn, &app.ledger, from, to).await?;

    let size = usize::try_from(page.size()).unwrap_or(usize::MAX);
    let (mut changes, mut quarantined) = (Vec::new(), Vec::new());
    let mut money = MoneyChanges::default();
    let mut take = |item| {
        match item {
            Item::Change(_) if changes.len() == size => return ControlFlow::Break(()),
            Item::Change(change) => {
                money.add(&change);
                changes.push(Changed::from(&change));
            }
            Item::Quarantined(one) => quarantined.push(Broken::from(one)),
            Item::Row(_) | Item::Read(_) => {}
        }
        ControlFlow::Continue(())
    };
    let (book, between) = (app.ledger.book(), (from.position, to.position));
    let place = after.map(|pinned| pinned.place);
    let most = Some(EVENTS_MAX);
    let left = past::changes(&mut conn, book, between, name, place, most, &mut take).await;
    drop(conn);
    let next = left
        .map_err(Problem::unreadable)?
        .map(|place| page.next(Pinned { from: from.cursor(), to: to.cursor(), place }));
    let next = next.unwrap_or_default();
    let body = Body {
        from: Place::from(&from),
        to: Place::from(&to),
        changes,
        money: money.money().map(MoneyChanged::from).collect(),
        accounts: money.accounts().into_iter().map(Account::from).collect(),
        quarantined,
        next: next.cursor,
    };
    Ok(View::new(to.cursor(), body).with_next(next.link))
}

//! `GET /api/events/{position}`: one event, with the journal lines that it posted.

use axum::extract::State;
use ledger::history::{HistoryError, Point};
use ledger::queries;
use projections::journal_lines::JournalLine;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::as_of::account_name;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::scope::READ_AUDIT;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::event::Event;
use crate::wire::money::Stored;
use crate::wire::reply::ProblemReply;

/// An event, and what it did to the accounts.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = EventView)]
pub(crate) struct Body {
    event: Event,
    /// Its journal entry: debits and credits are equal. Empty where it moved no money.
    journal: Vec<Line>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = JournalLine)]
#[expect(clippy::struct_field_names, reason = "a line's number is called its line everywhere")]
struct Line {
    line: i32,
    account: String,
    name: Option<&'static str>,
    /// In the account's sub-ledger.
    item: Option<String>,
    /// debit or credit
    side: String,
    amount: Stored,
    /// The version of the posting rules.
    rules: String,
}

impl From<JournalLine> for Line {
    fn from(row: JournalLine) -> Self {
        Self {
            line: row.line,
            name: account_name(&row.account),
            account: row.account,
            item: Some(row.item).filter(|item| !item.is_empty()),
            side: row.side,
            amount: Stored::new(row.amount, &row.currency),
            rules: row.rules,
        }
    }
}

/// One event: who did it, why, by which command, and the journal lines that it posted.
#[utoipa::path(
    get,
    path = "/api/events/{position}",
    tag = "events",
    operation_id = "get_event",
    params(("position" = String, Path, description = "A position, or a cursor")),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_AUDIT }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("events of the book")?;
    let not_found = || Problem::new("not-found");
    let point: Point = path.one().parse().map_err(|_| not_found())?;
    let (at, recorded, journal) =
        queries::event(&app.ledger, &point).await.map_err(|error| match error {
            HistoryError::NotReached => not_found(),
            other @ (HistoryError::Diverged | HistoryError::Database(_)) => other.into(),
        })?;
    let event = Event::try_from(recorded.ok_or_else(not_found)?).map_err(Problem::unreadable)?;
    Ok(View::new(at, Body { event, journal: journal.into_iter().map(Line::from).collect() }))
}

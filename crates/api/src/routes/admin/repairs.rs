//! `GET /api/admin/repairs`: rows of views that were written anew, the latest first.

use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::page::{Page, Paging};
use crate::problem::Problem;
use crate::scope::READ_JOBS;
use crate::view::View;
use crate::wire::reply::ProblemReply;

const PATH: &str = "/api/admin/repairs";
/// What a key that is limited to some customers sees none of.
const WHAT: &str = "repairs";

/// A page of repairs, the latest first.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Repairs)]
pub(crate) struct Body {
    repairs: Vec<Repair>,
    next: Option<String>,
}

/// A row of a view that was not what the events make it, and was written anew.
#[derive(Debug, Serialize, ToSchema)]
struct Repair {
    id: Uuid,
    view: String,
    /// The columns of its key.
    #[schema(value_type = Object)]
    key: Value,
    /// All columns of what stood there; null where there was no row.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// All columns of what stands there since; null where there is no row.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// Every event up to here was folded.
    position: i64,
    at: DateTime<Utc>,
    /// `scrubber`, or a person.
    by: String,
}

impl From<ledger::scrubber::Repair> for Repair {
    fn from(repair: ledger::scrubber::Repair) -> Self {
        let ledger::scrubber::Repair { id, view, key, before, after, position, at, by, .. } =
            repair;
        Self { id, view, key, before, after, position: position.get(), at, by }
    }
}

/// The rows of views that were not what the events make them and were written anew, the latest first.
/// A repair is no event, and moves no money: money is what the events and the journal say.
#[utoipa::path(
    get,
    path = "/api/admin/repairs",
    tag = "admin",
    operation_id = "list_repairs",
    params(Paging),
    responses(
        (status = 200, description = "The repairs", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_JOBS }>,
    Search(query): Search<Paging>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer(WHAT)?;
    let mut page: Page<Uuid> = Page::asked(PATH, &[], query.cursor.as_deref(), query.limit)?;
    let ledger = &app.ledger;
    let head = ledger.head().await.map_err(Problem::unreadable)?;
    let found = ledger::scrubber::repairs(ledger, page.after(), page.rows()).await;
    let mut found = found.map_err(Problem::unreadable)?;
    let next = page.cut(&mut found, |last| last.id);
    let repairs = found.into_iter().map(Repair::from).collect();
    Ok(View::new(head.cursor(), Body { repairs, next: next.cursor }).with_next(next.link))
}

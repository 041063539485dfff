//! `GET /api/suspense-items/{item}`: what made it up, and what explained it.

use axum::extract::State;
use domain::{Event, StreamKey};
use ledger::queries;
use serde::Serialize;
use utoipa::ToSchema;

use super::{find, item};
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::scope::READ_SUSPENSE;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;
use crate::wire::suspense::{Entry, Suspense};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SuspenseItemReply)]
pub(crate) struct Body {
    item: Suspense,
    /// Everything that changed its balance, in order.
    entries: Vec<Entry>,
}

/// A suspense item, what made it up, and what explained it.
#[utoipa::path(
    get,
    path = "/api/suspense-items/{item}",
    tag = "suspense",
    operation_id = "get_suspense_item",
    params(("item" = Uuid, Path)),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = 304, description = "It is at a version that If-None-Match names"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_SUSPENSE }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    caller.must_see_every_customer("suspense items")?;
    let found = find(&app, item(&path.one())?).await?;
    let history = queries::history(&app.ledger, StreamKey::Suspense(found.id))
        .await
        .map_err(Problem::unreadable)?;
    let facts = found.facts();
    let entries = history
        .iter()
        // What happened since the item was read is not shown.
        .take(usize::try_from(facts.version).unwrap_or(usize::MAX))
        .filter_map(
            |event| if let Event::Suspense(event) = event { Entry::of(event) } else { None },
        )
        .collect();
    let item = Suspense::of(found.id, facts).marked(app.ledger.quarantine());
    // It is marked and not, at the same version.
    let version = (!item.is_marked()).then_some(facts.version);
    Ok(View::new(found.at, Body { item, entries }).at_any_version(version))
}

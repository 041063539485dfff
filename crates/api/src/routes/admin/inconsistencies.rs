//! `GET /api/admin/inconsistencies`: every order in trouble, with its classes and the evidence.

use std::collections::BTreeMap;

use axum::extract::State;
use ledger::inconsistencies::{self, Inconsistency};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::problem::Problem;
use crate::scope::READ_INCONSISTENCIES;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;

/// The orders in trouble.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Inconsistencies)]
pub(crate) struct Body {
    #[schema(value_type = Vec<Object>)]
    orders: Vec<Inconsistency>,
    /// How many orders are of each class.
    classes: BTreeMap<String, usize>,
}

/// Lists every order in trouble, all on one page: it is what people work off, and their number is
/// that of the orders that are not as they should be, not that of the book's orders.
#[utoipa::path(
    get,
    path = "/api/admin/inconsistencies",
    tag = "admin",
    operation_id = "list_inconsistencies",
    responses(
        (status = 200, description = "The orders", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_INCONSISTENCIES }>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    let mut orders = inconsistencies::list(&app.ledger).await.map_err(Problem::unreadable)?;
    orders.retain(|order| caller.credential.may_see(&order.customer));
    let counted = inconsistencies::count(&orders);
    let classes = counted.into_iter().map(|(class, count)| (class.to_owned(), count)).collect();
    Ok(View::new(head.cursor(), Body { orders, classes }))
}

//! `GET /api/payments/{payment}`: a payment, where its money is, and where it went.

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::found;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::scope::READ_PAYMENTS;
use crate::view::View;
use crate::wire::Nothing;
use crate::wire::payment::Payment;
use crate::wire::reply::ProblemReply;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PaymentView)]
pub(crate) struct Body {
    payment: Payment,
}

/// A payment, where its money is, and where it went.
#[utoipa::path(
    get,
    path = "/api/payments/{payment}",
    tag = "payments",
    operation_id = "get_payment",
    params(("payment" = Uuid, Path)),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = 304, description = "It is at a version that If-None-Match names"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_PAYMENTS }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<View<Body>, Problem> {
    let found = found::payment(&app, &caller, &path.one()).await?;
    let facts = found.facts();
    let payment = Payment::of(found.id, facts).marked(app.ledger.quarantine());
    // It is marked and not, at the same version.
    let version = (!payment.is_marked()).then_some(facts.version);
    Ok(View::new(found.at, Body { payment }).at_any_version(version))
}

//! `POST /api/orders/{order}/edit`: other lines and charges, before packing.

use axum::extract::State;
use axum::response::Response;
use domain::decide::{Command, EditOrder};
use domain::order::totals::Percent;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::place::Line;
use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::EDIT_ORDERS;
use crate::wire::money::Money;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/edit";

/// What is wanted instead, whole: lines that are left out are wanted no more.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EditOrder)]
pub(crate) struct Body {
    lines: Vec<Line>,
    discount: Option<Money>,
    delivery: Option<Money>,
    /// Per hundred, as a string.
    #[schema(value_type = Option<String>)]
    surcharge_rate: Option<Percent>,
    #[schema(value_type = Option<String>)]
    tax_rate: Option<Percent>,
    /// What the shop computed; it must agree.
    total: Money,
}

/// Replaces the lines and charges. A dry run shows what would be due, owed and given back.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/edit",
    tag = "orders",
    operation_id = "edit_order",
    params(
        ("order" = String, Path, description = "Id or number"),
        ("If-Match" = String, Header, description = "The version that was seen"),
    ),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ EDIT_ORDERS }>,
    path: Segments<1>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    attempt.must_name_version()?;
    let zero = domain::money::Money::zero(body.total.0.currency());
    let edit = EditOrder {
        order: found.id,
        lines: body.lines.iter().map(Line::ordered).collect(),
        discount: body.discount.map_or(zero, |discount| discount.0),
        delivery: body.delivery.map_or(zero, |delivery| delivery.0),
        surcharge_rate: body.surcharge_rate.unwrap_or(Percent::ZERO),
        tax_rate: body.tax_rate.unwrap_or(Percent::ZERO),
        total: body.total.0,
    };
    let command = Command::EditOrder(Box::new(edit));
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}

//! `POST /api/orders/{order}/receipts`: the customer shows a receipt.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::{Code, ReceiptId};
use domain::order::Receipt;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Json, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::UPLOAD_RECEIPTS;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/receipts";

/// A receipt.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UploadReceipt)]
pub(crate) struct Body {
    /// The receipt's id; made up if left out.
    receipt: Option<Uuid>,
    claimed: Option<crate::wire::money::Amount>,
    /// SHA-256 of the file, in hex.
    #[schema(value_type = Option<String>, max_length = 128)]
    file: Option<Code>,
}

/// Records a receipt that the customer shows; what is claimed moves nothing.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/receipts",
    tag = "orders",
    operation_id = "receipts_order",
    params(("order" = String, Path, description = "Id or number")),
    request_body = Body,
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ UPLOAD_RECEIPTS }>,
    path: Segments<1>,
    attempt: Attempt<false>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let receipt = ReceiptId::new(body.receipt.unwrap_or_else(|| name.derive(&app, "receipt")));
    let command = Command::UploadReceipt {
        order: found.id,
        receipt: Receipt {
            receipt,
            claimed: body.claimed.map(|claimed| claimed.0),
            file: body.file.clone(),
            stored: None,
        },
    };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &body, command);
    execute(&app, &caller, &attempt, name, asked).await
}

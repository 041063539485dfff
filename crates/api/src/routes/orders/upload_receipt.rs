//! `POST /api/orders/{order}/receipts`: the customer shows a receipt.

use axum::extract::State;
use axum::response::Response;
use domain::decide::Command;
use domain::id::{Code, ReceiptId};
use domain::order::Receipt;
use serde::Serialize;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute, must_not_be_refused_too_often};
use crate::extract::Segments;
use crate::find;
use crate::problem::Problem;
use crate::scope::UPLOAD_RECEIPTS;
use crate::upload::{Claim, Upload};
use crate::wire::money::Amount;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders/{order}/receipts";

/// What is asked, as far as a retry has to repeat it.
#[derive(Serialize)]
struct Told<'a> {
    claimed: Option<Amount>,
    file: &'a Code,
}

/// Records a receipt that the customer shows, with its file as the whole body; what is claimed
/// moves nothing.
#[utoipa::path(
    post,
    path = "/api/orders/{order}/receipts",
    tag = "orders",
    operation_id = "receipts_order",
    params(
        ("order" = String, Path, description = "Id or number"),
        ("claimed" = Option<String>, Query, description = "What the customer says was paid: a decimal"),
        ("currency" = Option<String>, Query, description = "Of the claimed amount; only with it"),
    ),
    request_body(
        description = "The file, at most 5 MB",
        content(
            (Vec<u8> = "application/pdf"),
            (Vec<u8> = "image/jpeg"),
            (Vec<u8> = "image/png"),
        ),
    ),
    responses(
        (status = 200, description = "The order after it", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ UPLOAD_RECEIPTS }>,
    path: Segments<1>,
    attempt: Attempt<true, Claim>,
    upload: Upload,
) -> Result<Response, Problem> {
    let claimed = attempt.parameters.amount()?;
    must_not_be_refused_too_often(&app, &caller)?;
    let found = find::order(&app, &caller, &path.one()).await?;
    let name = attempt.name(&app, &caller.credential);
    let stored = if attempt.dry_run {
        None
    } else {
        Some(upload.store(&app, name, &found.facts().customer, found.stream()).await?)
    };
    let command = Command::UploadReceipt {
        order: found.id,
        receipt: Receipt {
            receipt: ReceiptId::new(name.derive(&app, "receipt")),
            claimed: claimed.map(|claimed| claimed.0),
            file: Some(upload.hash().clone()),
            stored,
            repeats: None,
        },
    };
    let told = Told { claimed, file: upload.hash() };
    let asked = Asked::about(ROUTE, found.stream(), found.state, &told, command);
    execute(&app, &caller, &attempt, name, asked).await
}

//! `GET /api/orders/{order}/receipts/{receipt}/file`: the file that the customer showed.

use axum::extract::State;
use axum::response::Response;
use domain::Event;
use domain::id::{PersonalDataId, ReceiptId};
use domain::order;
use ledger::queries;
use serde::Deserialize;

use super::decide_receipt::receipt;
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find::{self, FoundOrder};
use crate::problem::Problem;
use crate::scope::READ_RECEIPT_FILES;
use crate::upload;
use crate::wire::reply::ProblemReply;

/// None are taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {}

/// The file that the customer showed.
#[utoipa::path(
    get,
    path = "/api/orders/{order}/receipts/{receipt}/file",
    tag = "orders",
    operation_id = "get_receipt_file",
    params(
        ("order" = String, Path, description = "Id or number"),
        ("receipt" = Uuid, Path),
    ),
    responses(
        (
            status = 200,
            description = "The file",
            content(
                (Vec<u8> = "application/pdf"),
                (Vec<u8> = "image/jpeg"),
                (Vec<u8> = "image/png"),
            ),
        ),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_RECEIPT_FILES }>,
    path: Segments<2>,
    Search(_none): Search<Parameters>,
) -> Result<Response, Problem> {
    let (order, text) = path.two();
    let found = find::order(&app, &caller, &order).await?;
    let file = kept_as(&app, &found, receipt(&text)?).await?;
    upload::give_back(&app, file).await
}

/// The file that the receipt's own event names. Those of the old shop name none.
async fn kept_as(
    app: &App,
    found: &FoundOrder,
    receipt: ReceiptId,
) -> Result<PersonalDataId, Problem> {
    if !found.facts().receipts.iter().any(|state| state.receipt == receipt) {
        return Err(Problem::new("receipt-not-found"));
    }
    let history =
        queries::history(&app.ledger, found.stream()).await.map_err(Problem::unreadable)?;
    let stored = history.into_iter().find_map(|event| {
        let Event::Order(order::Event::ReceiptUploaded(uploaded)) = event else { return None };
        uploaded.stored.filter(|_| uploaded.receipt == receipt)
    });
    stored.map(|stored| stored.id).ok_or_else(|| Problem::new("file-not-found"))
}

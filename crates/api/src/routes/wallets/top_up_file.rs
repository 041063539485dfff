//! `GET /api/wallet-top-ups/{request}/file`: the receipt that the customer showed.

use axum::extract::State;
use axum::response::Response;
use domain::id::PersonalDataId;

use super::{Kind, request};
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::problem::Problem;
use crate::scope::READ_RECEIPT_FILES;
use crate::upload;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;

/// The receipt that the customer showed for a top-up.
#[utoipa::path(
    get,
    path = "/api/wallet-top-ups/{request}/file",
    tag = "wallets",
    operation_id = "get_top_up_file",
    params(("request" = Uuid, Path)),
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
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<Response, Problem> {
    let found = request(&app, &caller, &path.one(), Kind::TopUp).await?;
    let file = found.row.file_id.ok_or_else(|| Problem::new("file-not-found"))?;
    upload::give_back(&app, PersonalDataId::new(file)).await
}

//! `GET /api/wallet-withdrawals/{request}`: how it stands, and where the money goes.

use axum::extract::State;
use domain::id::PersonalDataId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{Kind, request};
use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Json, Search, Segments};
use crate::personal;
use crate::problem::Problem;
use crate::scope::READ_DESTINATIONS;
use crate::wire::Nothing;
use crate::wire::reply::ProblemReply;
use crate::wire::wallet::{Destination, WalletRequestRow};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Withdrawal)]
pub(crate) struct Body {
    withdrawal: WalletRequestRow,
    /// None once the customer was forgotten.
    destination: Option<Destination>,
}

/// A withdrawal, and where the money goes.
#[utoipa::path(
    get,
    path = "/api/wallet-withdrawals/{request}",
    tag = "wallets",
    operation_id = "get_withdrawal",
    params(("request" = Uuid, Path)),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_DESTINATIONS }>,
    path: Segments<1>,
    Search(Nothing {}): Search<Nothing>,
) -> Result<Json<Body>, Problem> {
    let found = request(&app, &caller, &path.one(), Kind::Withdrawal).await?;
    let destination = destination(&app, found.row.destination_id).await?;
    Ok(Json(Body { withdrawal: found.row.into(), destination }))
}

async fn destination(app: &App, stored: Option<Uuid>) -> Result<Option<Destination>, Problem> {
    let Some(stored) = stored else { return Ok(None) };
    match personal::read(app, PersonalDataId::new(stored)).await {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(Problem::unreadable),
        Err(problem) if problem.code() == "forgotten" => Ok(None),
        Err(problem) => Err(problem),
    }
}

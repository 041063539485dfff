//! `GET /api/book/settings`: the book's settings in force.

use axum::extract::State as Extracted;
use domain::{State, StreamKey};
use ledger::queries;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::Search;
use crate::problem::Problem;
use crate::scope::READ_SETTINGS;
use crate::view::View;
use crate::wire;
use crate::wire::reply::ProblemReply;
use crate::wire::settings::{Described, Settings};

/// None are taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {}

/// The settings, and what each of them means.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettingsView)]
pub(crate) struct Body {
    #[schema(value_type = Settings)]
    settings: Value,
    described: Vec<Described>,
}

/// The book's settings in force.
#[utoipa::path(
    get,
    path = "/api/book/settings",
    tag = "book",
    operation_id = "get_settings",
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = 304, description = "It is at a version that If-None-Match names"),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    Extracted(app): Extracted<App>,
    caller: Caller<{ READ_SETTINGS }>,
    Search(_none): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    tracing::trace!(principal = %caller.credential.principal, "reads the settings");
    let stream = StreamKey::Settings;
    let (at, state) = queries::state(&app.ledger, stream).await.map_err(Problem::unreadable)?;
    let State::Settings(held) = &*state else { unreachable!("{state:?} is not of {stream}") };
    let body = Body { settings: wire::state(stream, &state), described: Described::all(held) };
    Ok(View::new(at, body).at_version(state.version()))
}

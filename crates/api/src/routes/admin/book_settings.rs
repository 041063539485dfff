//! `POST /api/admin/book-settings`: policy is changed, with a reason.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use ledger::queries;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::Json;
use crate::problem::Problem;
use crate::scope::CHANGE_SETTINGS;
use crate::wire::reply::{ProblemReply, SettingsReply};
use crate::wire::settings::ChangeSettings;

const ROUTE: &str = "POST /api/admin/book-settings";

/// Changes settings: all of them or none.
#[utoipa::path(
    post,
    path = "/api/admin/book-settings",
    tag = "admin",
    operation_id = "change_settings",
    request_body = ChangeSettings,
    responses(
        (status = 200, description = "The settings after it", body = SettingsReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ CHANGE_SETTINGS }>,
    attempt: Attempt<false>,
    Json(body): Json<ChangeSettings>,
) -> Result<Response, Problem> {
    let name = attempt.name(&app, &caller.credential);
    let stream = StreamKey::Settings;
    let (_, before) = queries::state(&app.ledger, stream).await.map_err(Problem::unreadable)?;
    let settings = body.settings.iter().cloned();
    let mut commands =
        settings.map(|setting| Command::ChangeSetting { setting, reason: body.reason.clone() });
    let nothing = || Problem::new("invalid-body").fault("", "nothing-to-change");
    let first = commands.next().ok_or_else(nothing)?;
    let mut asked =
        Asked::about(ROUTE, stream, before, &body, first).with_reason(body.reason.clone());
    asked.commands.extend(commands);
    asked.ticket.clone_from(&body.ticket);
    execute(&app, &caller, &attempt, name, asked).await
}

//! `POST /api/admin/book-settings`: policy is changed, with a reason.

use axum::extract::State;
use axum::response::Response;
use chrono_tz::Tz;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{Reason, Text};
use domain::money::{Currency, parse_decimal};
use domain::settings::Setting;
use ledger::queries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::Json;
use crate::problem::Problem;
use crate::scope::CHANGE_SETTINGS;
use crate::wire::money::Amount;
use crate::wire::reply::{ProblemReply, SettingsReply};

const ROUTE: &str = "POST /api/admin/book-settings";

/// The settings to change; the others stay.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ChangeSettings)]
pub(crate) struct Body {
    bank_transfer_hours: Option<u32>,
    payment_minutes: Option<u32>,
    review_extension_hours: Option<u32>,
    review_extension_total_hours: Option<u32>,
    four_eyes_threshold: Option<Amount>,
    /// A name of the IANA database.
    #[schema(value_type = Option<String>)]
    time_zone: Option<Tz>,
    #[schema(value_type = Option<String>, max_length = 8)]
    number_prefix: Option<Text<8>>,
    #[schema(value_type = Option<Vec<String>>)]
    currencies: Option<Vec<Currency>>,
    /// What totals are rounded to; "0" for none.
    settlement_unit: Option<String>,
    #[schema(value_type = String, max_length = 500)]
    reason: Reason,
}

impl Body {
    fn settings(&self) -> Result<Vec<Setting>, Problem> {
        let invalid = |_| Problem::new("invalid-body").fault("/settlement_unit", "invalid-value");
        let unit = self.settlement_unit.as_deref().map(parse_decimal).transpose();
        let settings = [
            self.bank_transfer_hours.map(Setting::BankTransferHours),
            self.payment_minutes.map(Setting::PaymentMinutes),
            self.review_extension_hours.map(Setting::ReviewExtensionHours),
            self.review_extension_total_hours.map(Setting::ReviewExtensionTotalHours),
            self.four_eyes_threshold.map(|threshold| Setting::FourEyesThreshold(threshold.0)),
            self.time_zone.map(Setting::TimeZone),
            self.number_prefix.clone().map(Setting::NumberPrefix),
            self.currencies.clone().map(Setting::Currencies),
            unit.map_err(invalid)?.map(Setting::SettlementUnit),
        ];
        let settings: Vec<Setting> = settings.into_iter().flatten().collect();
        if settings.is_empty() {
            return Err(Problem::new("invalid-body").fault("", "nothing-to-change"));
        }
        Ok(settings)
    }
}

/// Changes settings: all of them or none.
#[utoipa::path(
    post,
    path = "/api/admin/book-settings",
    tag = "admin",
    operation_id = "change_settings",
    request_body = Body,
    responses(
        (status = 200, description = "The settings after it", body = SettingsReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ CHANGE_SETTINGS }>,
    attempt: Attempt<false>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let settings = body.settings()?;
    let name = attempt.name(&app, &caller.credential);
    let stream = StreamKey::Settings;
    let (_, before) = queries::state(&app.ledger, stream).await.map_err(Problem::unreadable)?;
    let mut commands = settings
        .into_iter()
        .map(|setting| Command::ChangeSetting { setting, reason: body.reason.clone() });
    let first = commands.next().ok_or_else(|| Problem::new("invalid-body"))?;
    let mut asked =
        Asked::about(ROUTE, stream, before, &body, first).with_reason(body.reason.clone());
    asked.commands.extend(commands);
    execute(&app, &caller, &attempt, name, asked).await
}

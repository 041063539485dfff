//! `GET /api/orders/{order}/allowed-commands`: what the caller may do now, and why nothing else.

use axum::extract::State;
use domain::actor::Role;
use domain::decide::Prospect;
use domain::order::{Department, Step};
use ledger::allowed;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::caller::Caller;
use crate::extract::{Search, Segments};
use crate::find;
use crate::problem::Problem;
use crate::scope::{self, READ_ORDERS, Scope};
use crate::view::View;
use crate::wire::reply::ProblemReply;

/// None are taken.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Parameters {}

/// Every command of an order, as it would go for the caller alone.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllowedCommands)]
pub(crate) struct Body {
    commands: Vec<Foreseen>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AllowedCommand)]
struct Foreseen {
    command: &'static str,
    allowed: bool,
    /// It is so already, and asking again would do nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    changes_nothing: Option<bool>,
    /// The problem that would refuse it: its code, detail and members.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    guard: Option<Map<String, Value>>,
}

/// For each command: that it is allowed, or the guard that refuses it. It hangs on more than the
/// order (the wallet, the settings, the time, the caller's role), so it has no `ETag`.
#[utoipa::path(
    get,
    path = "/api/orders/{order}/allowed-commands",
    tag = "orders",
    operation_id = "get_allowed_commands",
    params(("order" = String, Path, description = "Id or number")),
    responses(
        (status = 200, description = "What was asked for", body = Body),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ READ_ORDERS }>,
    path: Segments<1>,
    Search(_none): Search<Parameters>,
) -> Result<View<Body>, Problem> {
    let found = find::order(&app, &caller, &path.one()).await?;
    let role = caller.credential.role;
    let foreseen = allowed::of_order(&app.ledger, found.id, department(role)).await;
    let foreseen = foreseen.map_err(Problem::unreadable)?;
    let foreseen = foreseen.ok_or_else(|| Problem::new("order-not-found"))?;
    let commands = foreseen.steps.iter().filter_map(|(step, prospect)| {
        let needed = needed(*step)?;
        let may = scope::of(role) & needed != 0;
        Some(if may { show(*step, prospect) } else { forbidden(*step, role) })
    });
    let body = Body { commands: commands.collect() };
    Ok(View::new(foreseen.at, body))
}

fn show(step: Step, prospect: &Prospect) -> Foreseen {
    let (allowed, changes_nothing, guard) = match prospect {
        Prospect::Allowed => (true, None, None),
        Prospect::AlreadySo => (true, Some(true), None),
        Prospect::Refused(rejection) => (false, None, Some(Problem::from(rejection).guard())),
    };
    Foreseen { command: step.as_str(), allowed, changes_nothing, guard }
}

fn forbidden(step: Step, role: Role) -> Foreseen {
    let guard = Some(Problem::new("forbidden").member("role", role).guard());
    Foreseen { command: step.as_str(), allowed: false, changes_nothing: None, guard }
}

/// Whose holds the caller sets and lifts; none who may do so for any.
fn department(role: Role) -> Option<Department> {
    match role {
        Role::Finance => Some(Department::Finance),
        Role::Warehouse => Some(Department::Warehouse),
        Role::Logistics => Some(Department::Logistics),
        Role::Client | Role::Gateway | Role::Auditor | Role::Admin => None,
    }
}

/// What the command's route asks of a caller; none if it has no route, for daftar does it itself or
/// a repair by plan does.
fn needed(step: Step) -> Option<Scope> {
    match step {
        Step::Pay => Some(scope::PAY_FROM_WALLET),
        Step::UploadReceipt => Some(scope::UPLOAD_RECEIPTS),
        Step::ApproveReceipt | Step::RejectReceipt => Some(scope::DECIDE_RECEIPTS),
        Step::Release => Some(scope::RELEASE_ORDERS),
        Step::StartProcessing | Step::Pack | Step::RejectStock => Some(scope::WORK_IN_WAREHOUSE),
        Step::Dispatch
        | Step::Deliver
        | Step::FailDelivery
        | Step::RetryDelivery
        | Step::ReturnToOrigin
        | Step::ReceiveBack => Some(scope::WORK_IN_LOGISTICS),
        Step::IssueDeliveryCode => Some(scope::ISSUE_DELIVERY_CODES),
        Step::ReturnGoods => Some(scope::TAKE_BACK_GOODS),
        Step::Refund => Some(scope::REFUND_ORDERS),
        Step::Complete => Some(scope::COMPLETE_ORDERS),
        Step::LeaveOnAccount => Some(scope::LEAVE_ON_ACCOUNT),
        Step::Edit => Some(scope::EDIT_ORDERS),
        Step::CancelLines | Step::Cancel => Some(scope::CANCEL_ORDERS),
        Step::Reopen => Some(scope::REOPEN_ORDERS),
        Step::PutOnHold | Step::LiftHold => Some(scope::HOLD_ORDERS),
        Step::Expire | Step::Remind | Step::LinkLegacyDebit | Step::ResolveImport => None,
    }
}

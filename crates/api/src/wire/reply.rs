//! The shapes of replies, for the API's description.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::money::Money;
use crate::wire::order::Order;
use crate::wire::payment::Payment;
use crate::wire::settings::Settings;
use crate::wire::statement_line::StatementLine;
use crate::wire::suspense::Suspense;
use crate::wire::wallet::Wallet;

/// An event that a command caused.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Caused {
    stream: String,
    id: Uuid,
    version: u64,
    #[serde(rename = "type")]
    event_type: String,
    /// None in a dry run.
    position: Option<i64>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OrderReply {
    order: Option<Order>,
    /// What it gave back of the money that it held, where it did.
    given_back: Option<Money>,
    events: Vec<Caused>,
    position: i64,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WalletReply {
    wallet: Option<Wallet>,
    /// The id of the request that was made, if one was.
    request: Option<Uuid>,
    events: Vec<Caused>,
    position: i64,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PaymentReply {
    payment: Option<Payment>,
    events: Vec<Caused>,
    position: i64,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SuspenseReply {
    suspense: Option<Suspense>,
    events: Vec<Caused>,
    position: i64,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatementLineReply {
    statement_line: Option<StatementLine>,
    events: Vec<Caused>,
    position: i64,
    dry_run: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SettingsReply {
    settings: Settings,
    events: Vec<Caused>,
    position: i64,
    dry_run: Option<bool>,
}

/// RFC 9457. Further members depend on the code.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProblemReply {
    #[serde(rename = "type")]
    problem_type: String,
    code: String,
    title: String,
    status: u16,
    detail: Option<String>,
    instance: String,
    trace_id: String,
    errors: Option<Vec<FaultReply>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FaultReply {
    /// A JSON pointer into the body, or the name of a parameter or header.
    pointer: String,
    code: String,
}

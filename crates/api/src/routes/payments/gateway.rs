//! `POST /api/gateway-payments`: a gateway tells of a payment for an order.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{Code, OrderId, PaymentId};
use ledger::queries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::Json;
use crate::problem::Problem;
use crate::scope::REPORT_GATEWAY_PAYMENTS;
use crate::wire::money::Amount;
use crate::wire::reply::{PaymentReply, ProblemReply};

const ROUTE: &str = "POST /api/gateway-payments";

/// What the gateway says.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GatewayPayment)]
pub(crate) struct Body {
    #[schema(value_type = String, max_length = 128)]
    gateway: Code,
    /// The gateway's own id of the payment.
    #[schema(value_type = String, max_length = 128)]
    gateway_id: Code,
    amount: Amount,
    order: Uuid,
}

/// Records a gateway's payment. Told twice, it is one payment.
#[utoipa::path(
    post,
    path = "/api/gateway-payments",
    tag = "payments",
    operation_id = "record_gateway_payment",
    request_body = Body,
    responses(
        (status = 201, description = "The payment", body = PaymentReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ REPORT_GATEWAY_PAYMENTS }>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    let payment = PaymentId::gateway(body.gateway.as_str(), body.gateway_id.as_str());
    let stream = StreamKey::Payment(payment);
    let (_, before) = queries::state(&app.ledger, stream).await.map_err(Problem::unreadable)?;
    let name = attempt.name(&app, &caller.credential);
    let command = Command::RecordGatewayPayment {
        gateway: body.gateway.clone(),
        gateway_id: body.gateway_id.clone(),
        amount: body.amount.0,
        order: OrderId::new(body.order),
    };
    let mut asked = Asked::creating(ROUTE, stream, &body, command);
    asked.before = Some(before);
    execute(&app, &caller, &attempt, name, asked).await
}

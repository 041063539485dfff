//! `POST /api/payments`: money came in and waits to be allocated.

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::Command;
use domain::id::{CustomerId, PaymentId};
use domain::payment::Kind;
use ledger::queries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::attempt::Attempt;
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::Json;
use crate::problem::Problem;
use crate::scope::RECORD_PAYMENTS;
use crate::wire::money::Amount;
use crate::wire::payment::PaymentKind;
use crate::wire::reply::{PaymentReply, ProblemReply};

const ROUTE: &str = "POST /api/payments";

/// What came in.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = RecordPayment)]
pub(crate) struct Body {
    amount: Amount,
    kind: PaymentKind,
    #[schema(value_type = Option<String>, max_length = 64)]
    customer: Option<CustomerId>,
}

/// Records a payment. A transfer that is told of twice is one payment.
#[utoipa::path(
    post,
    path = "/api/payments",
    tag = "payments",
    operation_id = "record_payment",
    request_body = Body,
    responses(
        (status = 201, description = "The payment", body = PaymentReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ RECORD_PAYMENTS }>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    match &body.customer {
        Some(customer) => caller.must_see(customer.as_str())?,
        None => caller.must_see_every_customer("payments of nobody")?,
    }
    let name = attempt.name(&app, &caller.credential);
    let kind = Kind::from(body.kind.clone());
    let known = kind.payment_id();
    let payment = known.unwrap_or_else(|| PaymentId::new(name.derive(&app, "payment")));
    let stream = StreamKey::Payment(payment);
    let (amount, customer) = (body.amount.0, body.customer.clone());
    let command = Command::RecordPayment { payment, kind, amount, customer };
    let mut asked = Asked::creating(ROUTE, stream, &body, command);
    if known.is_none() {
        asked.fresh.push(stream);
    } else {
        let (_, before) = queries::state(&app.ledger, stream).await.map_err(Problem::unreadable)?;
        asked.before = Some(before);
    }
    execute(&app, &caller, &attempt, name, asked).await
}

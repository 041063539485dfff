//! `POST /api/gateways/{book}/{gateway}/callback`: a gateway tells of money that came in.
//!
//! The money is there, so no rule refuses it: what has no order, or not one of its currency, or one
//! that is quarantined, is recorded and waits until somebody allocates it.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use domain::decide::Command;
use domain::id::{Code, CustomerId, PaymentId};
use domain::payment::Facts;
use domain::{State as Held, StreamKey};
use ledger::gateways::{self, GatewayName};
use ledger::principals::{Credential, PrincipalKind};
use ledger::quarantine::QUARANTINED;
use ledger::queries;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::attempt::{Attempt, CommandName};
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::{Raw, Search, Segments};
use crate::find::{self, FoundOrder};
use crate::limits::Place;
use crate::problem::Problem;
use crate::signature::Signature;
use crate::trace::Trace;
use crate::wire::Nothing;
use crate::wire::money::Amount;
use crate::wire::reply::{PaymentReply, ProblemReply};

const ROUTE: &str = "POST /api/gateways/{book}/{gateway}/callback";

/// What the gateway says.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GatewayCallback)]
pub(crate) struct Body {
    /// The gateway's own id of the payment: told twice, it is one payment.
    #[schema(value_type = String, max_length = 128)]
    id: Code,
    amount: Amount,
    /// The order that it was made for, by id or number.
    #[schema(value_type = Option<String>, max_length = 128)]
    order: Option<Code>,
    /// Who paid, for whoever allocates it where there is no order.
    #[schema(value_type = Option<String>, max_length = 64)]
    customer: Option<CustomerId>,
}

/// What makes two callbacks the same one.
#[derive(Serialize)]
struct Told<'a> {
    gateway: &'a str,
    id: &'a Code,
    amount: Amount,
}

/// Records money that came in through a gateway, and pays the order as far as it owes.
#[utoipa::path(
    post,
    path = "/api/gateways/{book}/{gateway}/callback",
    tag = "payments",
    operation_id = "gateway_callback",
    params(
        ("book" = String, Path),
        ("gateway" = String, Path),
        ("Daftar-Signature" = String, Header, description = "t=<unix seconds>,v1=<hex of HMAC-SHA256 of t, a dot and the raw body>", example = "t=1768469400,v1=5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"),
    ),
    request_body = Body,
    security(("signature" = [])),
    responses(
        (status = 201, description = "The payment", body = PaymentReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    path: Segments<2>,
    Search(Nothing {}): Search<Nothing>,
    Extension(trace): Extension<Trace>,
    Extension(place): Extension<Place>,
    headers: HeaderMap,
    raw: Raw,
) -> Result<Response, Problem> {
    let (book, gateway) = path.two();
    let gateway = prove(&app, &book, &gateway, &headers, raw.bytes()).await?;
    app.let_principal(&format!("gateway/{}", gateway.as_str()), Some(&place))?;
    let body: Body = raw.read()?;
    let caller = caller(&gateway);
    tracing::Span::current().record("principal", gateway.as_str());

    let payment = PaymentId::gateway(gateway.as_str(), body.id.as_str());
    let stream = StreamKey::Payment(payment);
    let order = find_order(&app, &caller, body.order.as_ref()).await?;
    let (_, before) = queries::state(&app.ledger, stream).await.map_err(Problem::unreadable)?;
    if let Some(known) = recorded(&before) {
        known.must_be(body.amount.0).map_err(|rejection| Problem::from(&rejection))?;
        if let Some(order) = &order {
            known.must_be_for(order.id).map_err(|rejection| Problem::from(&rejection))?;
        }
    }
    let told = Told { gateway: gateway.as_str(), id: &body.id, amount: body.amount };
    let attempt = Attempt::<true>::signed(trace);
    let record = async |order: Option<&FoundOrder>| {
        let command = command(&gateway, &body, order);
        let mut asked = Asked::creating(ROUTE, stream, &told, command);
        asked.before = Some(Arc::clone(&before));
        let name = command_name(&app, &gateway, &body.id, order);
        execute(&app, &caller, &attempt, name, asked).await
    };
    let recorded = match record(order.as_ref()).await {
        // Nothing is decided over the order, or over its customer's wallet: the money waits.
        Err(problem) if order.is_some() && problem.code() == QUARANTINED => record(None).await,
        recorded => recorded,
    };
    recorded.map_err(|problem| {
        // It is being told of twice at once, with two amounts.
        let is_other = problem.code() == "idempotency-key-reused";
        if is_other { Problem::new("payment-differs") } else { problem }
    })
}

/// Whose callback it is. Whatever is wrong with it, the answer is the same: nothing is said of which
/// gateways there are.
async fn prove(
    app: &App,
    book: &str,
    gateway: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<GatewayName, Problem> {
    let wrong = || Problem::new("bad-signature");
    let gateway = GatewayName::parse(gateway).ok_or_else(wrong)?;
    let signature = Signature::of(headers).ok_or_else(wrong)?;
    let head = app.ledger.head().await.map_err(Problem::unreadable)?;
    if head.name != book {
        return Err(wrong());
    }
    let now = app.ledger.clock().now();
    let mut conn = app.ledger.pool().acquire().await.map_err(Problem::unreadable)?;
    let vault = &app.secrets.vault;
    let secrets = gateways::live_secrets(&mut conn, vault, app.ledger.book(), &gateway, now)
        .await
        .map_err(Problem::unreadable)?;
    if signature.is_by(&secrets, body, now) { Ok(gateway) } else { Err(wrong()) }
}

/// The gateway as whoever acts: a service of its own, which no route takes scopes from.
fn caller(gateway: &GatewayName) -> Caller<0> {
    let credential = Credential {
        key_id: String::new(),
        principal: gateway.text().clone(),
        kind: PrincipalKind::Service,
        role: domain::actor::Role::Gateway,
        department: None,
        owner: None,
        customers: None,
    };
    Caller { credential, on_behalf_of: None }
}

/// The order that the money is for; none if it cannot be told which one that is.
async fn find_order(
    app: &App,
    caller: &Caller<0>,
    named: Option<&Code>,
) -> Result<Option<FoundOrder>, Problem> {
    let Some(named) = named else { return Ok(None) };
    match find::order(app, caller, named.as_str()).await {
        Ok(found) => Ok(Some(found)),
        Err(problem) => match problem.code() {
            "order-not-found" | "order-number-ambiguous" | QUARANTINED => Ok(None),
            _ => Err(problem),
        },
    }
}

fn recorded(state: &Held) -> Option<&Facts> {
    let Held::Payment(payment) = state else { unreachable!("{state:?} was found as a payment") };
    payment.facts()
}

fn command(gateway: &GatewayName, body: &Body, order: Option<&FoundOrder>) -> Command {
    Command::GatewayCallback {
        gateway: Code::new(gateway.as_str()).expect("a gateway's name is short and visible"),
        gateway_id: body.id.clone(),
        amount: body.amount.0,
        order: order.map(|order| order.id),
        customer: body.customer.clone(),
    }
}

/// One command for each of the gateway's ids and the order that it is found to be for, however often
/// it calls: that an order is named later is news.
fn command_name(
    app: &App,
    gateway: &GatewayName,
    id: &Code,
    order: Option<&FoundOrder>,
) -> CommandName {
    let mut name = format!("gateway\u{1f}{gateway}\u{1f}{id}");
    if let Some(order) = order {
        name.push('\u{1f}');
        name.push_str(&order.id.to_string());
    }
    let id = Uuid::new_v5(&app.ledger.book_uuid(), name.as_bytes());
    CommandName { id, is_unrepeatable: false }
}

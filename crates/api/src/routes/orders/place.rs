//! `POST /api/orders`: places an order, and takes the wallet's part of it in the same transaction.

use std::fmt;

use axum::extract::State;
use axum::response::Response;
use domain::StreamKey;
use domain::decide::{Command, OrderedLine, PlaceOrder};
use domain::id::{CustomerId, OrderId, PersonalDataId, Text};
use domain::order::PersonalRef;
use domain::order::status::{Channel, Method};
use domain::order::totals::{Percent, Quantity};
use ledger::personal::NewPersonal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::attempt::{Attempt, CommandName};
use crate::caller::Caller;
use crate::command::{Asked, execute};
use crate::extract::Json;
use crate::personal;
use crate::problem::Problem;
use crate::scope::PLACE_ORDERS;
use crate::wire::money::Money;
use crate::wire::reply::{OrderReply, ProblemReply};

const ROUTE: &str = "POST /api/orders";

/// What a shop's server asks for when a customer checks out.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlaceOrder)]
pub(crate) struct Body {
    /// The order's id, if the shop brings its own.
    id: Option<Uuid>,
    #[schema(value_type = String, max_length = 64)]
    customer: CustomerId,
    /// `wallet_full`, `wallet_partial`, `bank_transfer_grace` or `online_payment`
    #[schema(value_type = String)]
    method: Method,
    /// How the remainder of a partly wallet-paid order comes: `bank_transfer` or gateway.
    #[schema(value_type = Option<String>)]
    remainder: Option<Channel>,
    wallet_part: Option<Money>,
    lines: Vec<Line>,
    discount: Option<Money>,
    delivery: Option<Money>,
    /// Per hundred, as a string.
    #[schema(value_type = Option<String>)]
    surcharge_rate: Option<Percent>,
    #[schema(value_type = Option<String>)]
    tax_rate: Option<Percent>,
    /// What the shop computed; it must agree.
    total: Money,
    /// Kept apart from the order, encrypted.
    recipient: Option<Recipient>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PlacedLine)]
pub(super) struct Line {
    #[schema(value_type = String, max_length = 64)]
    sku: Text<64>,
    /// A decimal of at most three digits, as a string.
    #[schema(value_type = String)]
    quantity: Quantity,
    unit_price: Money,
}

impl Line {
    pub(super) fn ordered(&self) -> OrderedLine {
        OrderedLine {
            sku: self.sku.clone(),
            quantity: self.quantity,
            unit_price: self.unit_price.0,
        }
    }
}

/// Who gets the goods, and where.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Recipient {
    #[schema(value_type = String, max_length = 200)]
    name: Text<200>,
    #[schema(value_type = Option<String>, max_length = 40)]
    phone: Option<Text<40>>,
    #[schema(value_type = Option<String>, max_length = 500)]
    address: Option<Text<500>>,
    #[schema(value_type = Option<String>, max_length = 500)]
    note: Option<Text<500>>,
}

impl fmt::Debug for Recipient {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Recipient")
    }
}

/// Places an order.
#[utoipa::path(
    post,
    path = "/api/orders",
    tag = "orders",
    operation_id = "place_order",
    request_body = Body,
    responses(
        (status = 201, description = "The order", body = OrderReply),
        (status = "default", description = "Refused", body = ProblemReply, content_type = "application/problem+json"),
    ),
)]
pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller<{ PLACE_ORDERS }>,
    attempt: Attempt<true>,
    Json(body): Json<Body>,
) -> Result<Response, Problem> {
    caller.must_see(body.customer.as_str())?;
    let name = attempt.name(&app, &caller.credential);
    let order = OrderId::new(body.id.unwrap_or_else(|| name.derive(&app, "order")));
    let recipient = match &body.recipient {
        Some(recipient) if !attempt.dry_run => {
            Some(store(&app, name, order, &body.customer, recipient).await?)
        }
        Some(_) | None => None,
    };
    let stream = StreamKey::Order(order);
    let command = Command::PlaceOrder(Box::new(command(&body, order, recipient)));
    let mut asked = Asked::creating(ROUTE, stream, &body, command);
    if body.id.is_none() {
        asked.fresh.push(stream);
    }
    execute(&app, &caller, &attempt, name, asked).await
}

fn command(body: &Body, order: OrderId, recipient: Option<PersonalRef>) -> PlaceOrder {
    let zero = domain::money::Money::zero(body.total.0.currency());
    PlaceOrder {
        order,
        customer: body.customer.clone(),
        method: body.method,
        remainder: body.remainder,
        wallet_part: body.wallet_part.map(|part| part.0),
        lines: body.lines.iter().map(Line::ordered).collect(),
        discount: body.discount.map_or(zero, |discount| discount.0),
        delivery: body.delivery.map_or(zero, |delivery| delivery.0),
        surcharge_rate: body.surcharge_rate.unwrap_or(Percent::ZERO),
        tax_rate: body.tax_rate.unwrap_or(Percent::ZERO),
        total: body.total.0,
        recipient,
    }
}

/// Commits the recipient's data before the event that will name it.
async fn store(
    app: &App,
    name: CommandName,
    order: OrderId,
    customer: &CustomerId,
    recipient: &Recipient,
) -> Result<PersonalRef, Problem> {
    let text = serde_json::to_string(recipient).map_err(Problem::unreadable)?;
    let new = NewPersonal {
        id: PersonalDataId::new(name.derive(app, "recipient")),
        customer,
        stream: StreamKey::Order(order),
        kind: "recipient",
        content: text.as_bytes(),
    };
    personal::store(app, &new).await
}

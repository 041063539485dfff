//! What the routes of webhooks share.

use std::str::FromStr as _;

use domain::id::Text;
use ledger::database::Connection;
use ledger::history::HistoryError;
use ledger::webhooks::{self, Allow, Target, Types, Wanted, WebhookError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::App;
use crate::problem::Problem;
use crate::wire::webhook::{Delivery, DeliveryReply, Webhook};

pub(super) mod create;
pub(super) mod delete;
pub(super) mod deliveries;
pub(super) mod delivery;
pub(super) mod disable;
pub(super) mod enable;
pub(super) mod get;
pub(super) mod list;
pub(super) mod replay;
pub(super) mod retry;
pub(super) mod rotate_secret;
pub(super) mod test;
pub(super) mod update;

/// How many types one webhook may name.
const TYPES_MAX: usize = 200;

/// What a webhook is told, and where.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WantedWebhook)]
pub(super) struct Body {
    /// Where its messages are posted to: https, and no private address.
    #[schema(max_length = 2048, pattern = "^https?://", example = "https://shop.example/daftar")]
    url: String,
    /// The types that it is told of. Of events: `order.placed`, or `placed` for that type of every kind
    /// of stream. Of alerts: `alert.opened`, `alert.acknowledged`, `alert.resolved`, `alert.reopened`. If
    /// left out, all events, and no alerts.
    #[schema(min_items = 1, max_items = 200)]
    types: Option<Vec<String>>,
    #[schema(value_type = Option<String>, max_length = 500)]
    description: Option<Text<500>>,
}

/// What is wanted, understood; refused are addresses that nothing is sent to.
fn wanted(body: &Body, allow: Allow) -> Result<Wanted, Problem> {
    let Body { url, types, description } = body;
    let target = Target::parse(url, allow).map_err(|error| {
        Problem::new("webhook-address-refused").detail(error).fault("/url", "invalid-value")
    })?;
    let types = types.as_deref().map(chosen).transpose()?;
    let description = description.as_ref().map(ToString::to_string);
    Ok(Wanted { target, types, description })
}

fn chosen(types: &[String]) -> Result<Types, Problem> {
    if types.is_empty() || types.len() > TYPES_MAX {
        return Err(Problem::new("invalid-body").fault("/types", "out-of-range"));
    }
    let mut all = Types::default();
    for (index, name) in types.iter().enumerate() {
        let unknown =
            || Problem::new("invalid-body").fault(format!("/types/{index}"), "unknown-value");
        // A list is one already.
        if name.contains(',') {
            return Err(unknown());
        }
        all.join(Types::from_str(name).map_err(|_| unknown())?);
    }
    Ok(all)
}

fn problem(error: WebhookError) -> Problem {
    match error {
        WebhookError::Unknown => Problem::new("webhook-not-found"),
        WebhookError::UnknownDelivery => Problem::new("webhook-delivery-not-found"),
        WebhookError::Disabled => Problem::new("webhook-disabled"),
        WebhookError::Sealed(_) | WebhookError::Database(_) | WebhookError::Head(_) => {
            Problem::unreadable(error)
        }
    }
}

fn history(error: HistoryError, pointer: &str) -> Problem {
    match error {
        HistoryError::Diverged => Problem::new("cursor-diverged").fault(pointer, "invalid-value"),
        HistoryError::NotReached => Problem::new("invalid-body").fault(pointer, "out-of-range"),
        HistoryError::Database(_) => Problem::unreadable(error),
    }
}

fn id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::new("webhook-not-found"))
}

fn delivery_id(text: &str) -> Result<Uuid, Problem> {
    text.parse().map_err(|_| Problem::new("webhook-delivery-not-found"))
}

/// A webhook as it is now.
async fn shown(app: &App, conn: &mut Connection, id: Uuid) -> Result<Webhook, Problem> {
    let now = app.ledger.clock().now();
    let webhook = webhooks::get(conn, app.ledger.book(), id, now).await.map_err(problem)?;
    Ok(webhook.into())
}

/// A delivery as it is now.
async fn shown_delivery(
    app: &App,
    conn: &mut Connection,
    webhook: Uuid,
    id: Uuid,
) -> Result<DeliveryReply, Problem> {
    let found = webhooks::delivery(conn, app.ledger.book(), webhook, id).await.map_err(problem)?;
    Ok(DeliveryReply { delivery: Delivery::from(found) })
}

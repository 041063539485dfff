//! Webhooks and their deliveries as replies show them, and messages as receivers get them.

use chrono::{DateTime, Utc};
use eventstore::{Cursor, RecordedEvent};
use ledger::webhooks::{self, Told};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::alert::AlertChange;
use crate::wire::event::Event;

/// An address that is told of events, or of what happens to alerts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Webhook {
    id: Uuid,
    url: String,
    /// The types that it is told of; all events, if null.
    types: Option<Vec<String>>,
    description: Option<String>,
    /// enabled or disabled
    state: &'static str,
    disabled: Option<Disabled>,
    /// Up to where the log is made into deliveries.
    cursor: String,
    /// The number of the last change of alerts that it was told of, or passed over.
    alert_number: i64,
    /// Since when every attempt failed.
    failing_since: Option<DateTime<Utc>>,
    /// How many secrets sign a message now: two during a rotation.
    secrets: i64,
    /// Until when the secret before the newest signs too.
    rotates_until: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    created_by: Option<String>,
}

/// Why a webhook is told nothing.
#[derive(Debug, Serialize, ToSchema)]
struct Disabled {
    at: DateTime<Utc>,
    by: Option<String>,
    /// `by_hand`, `gone` (its receiver answered 410), failing (every attempt failed for five days) or
    /// diverged (the book lost events that it was told of)
    reason: Option<String>,
}

impl From<webhooks::Webhook> for Webhook {
    fn from(webhook: webhooks::Webhook) -> Self {
        Self {
            id: webhook.webhook_id,
            cursor: webhook.cursor().to_string(),
            state: if webhook.is_enabled() { "enabled" } else { "disabled" },
            disabled: webhook.disabled_at.map(|at| Disabled {
                at,
                by: webhook.disabled_by,
                reason: webhook.disabled_reason,
            }),
            url: webhook.url,
            types: webhook.event_types,
            alert_number: webhook.alert_number,
            description: webhook.description,
            failing_since: webhook.failing_since,
            secrets: webhook.secrets,
            rotates_until: webhook.rotates_until,
            created_at: webhook.created_at,
            created_by: webhook.created_by,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebhookReply {
    pub(crate) webhook: Webhook,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct SecretReply {
    pub(crate) webhook: Webhook,
    /// What signs its messages: `whsec_` and base64. It is not shown again.
    pub(crate) secret: String,
}

/// A message to a webhook.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Delivery {
    /// What its `webhook-id` says, at every attempt.
    id: Uuid,
    #[serde(rename = "type")]
    event_type: String,
    /// The event's; null for a test, and for what is of an alert.
    event_position: Option<i64>,
    /// The number of the change of an alert that it is of, if it is of one.
    alert_change: Option<i64>,
    /// pending, delivered or failed
    state: String,
    made_at: DateTime<Utc>,
    /// All attempts, those before a replay included.
    attempts: i32,
    next_attempt_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
    /// What the last attempt was answered with.
    last_status: Option<i32>,
    last_error: Option<String>,
}

impl From<webhooks::Delivery> for Delivery {
    fn from(delivery: webhooks::Delivery) -> Self {
        Self {
            id: delivery.delivery_id,
            event_type: delivery.event_type,
            event_position: Some(delivery.position.get()).filter(|position| *position > 0),
            alert_change: Some(delivery.alert_number).filter(|number| *number > 0),
            state: delivery.state,
            made_at: delivery.made_at,
            attempts: delivery.attempts,
            next_attempt_at: delivery.next_attempt_at,
            finished_at: delivery.finished_at,
            last_status: delivery.last_status,
            last_error: delivery.last_error,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeliveryReply {
    pub(crate) delivery: Delivery,
}

/// What came of one attempt.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeliveryAttempt)]
#[expect(clippy::struct_field_names, reason = "the number of the attempt is called that")]
pub(crate) struct Attempt {
    attempt: i32,
    attempted_at: DateTime<Utc>,
    duration_ms: i64,
    /// Null if there was no answer.
    status: Option<i32>,
    error: Option<String>,
    /// How the answer began.
    excerpt: Option<String>,
}

impl From<webhooks::Attempt> for Attempt {
    fn from(attempt: webhooks::Attempt) -> Self {
        Self {
            attempt: attempt.attempt,
            attempted_at: attempt.attempted_at,
            duration_ms: attempt.duration_ms,
            status: attempt.status,
            error: attempt.error,
            excerpt: attempt.excerpt,
        }
    }
}

/// A range of the log that a webhook is told of again.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = WebhookReplay)]
pub(crate) struct Replay {
    id: Uuid,
    /// The first position, and …
    from: i64,
    /// … the last.
    to: i64,
    /// The last position that is made into a delivery.
    done: i64,
    made_at: DateTime<Utc>,
    made_by: Option<String>,
    finished_at: Option<DateTime<Utc>>,
}

impl From<webhooks::Replay> for Replay {
    fn from(replay: webhooks::Replay) -> Self {
        Self {
            id: replay.replay_id,
            from: replay.from_position.get(),
            to: replay.until_position.get(),
            done: replay.done_position.get(),
            made_at: replay.made_at,
            made_by: replay.made_by,
            finished_at: replay.finished_at,
        }
    }
}

/// The body of a message: Standard Webhooks' form, around what a reader of the events, or of the
/// alerts, gets.
#[derive(Serialize)]
struct Message<T> {
    #[serde(rename = "type")]
    of_type: String,
    timestamp: DateTime<Utc>,
    data: T,
}

#[derive(Serialize)]
struct Data {
    #[serde(flatten)]
    event: Event,
    cursor: String,
}

/// The message of an event, or of what happened to an alert.
pub fn webhook_message(told: Told<'_>) -> Result<String, serde_json::Error> {
    match told {
        Told::Event(event) => event_message(event),
        Told::Alert(change) => serde_json::to_string(&Message {
            of_type: webhooks::alert_type(change),
            timestamp: change.at,
            data: AlertChange::from(change.clone()),
        }),
    }
}

fn event_message(event: &RecordedEvent) -> Result<String, serde_json::Error> {
    let message = Message {
        of_type: webhooks::type_name(event),
        timestamp: event.recorded_at,
        data: Data {
            cursor: Cursor::new(event.position, event.hash).to_string(),
            event: Event::try_from(event.clone())?,
        },
    };
    serde_json::to_string(&message)
}

//! Events as replies show them.

use chrono::{DateTime, Utc};
use eventstore::RecordedEvent;
use projections::timeline::Step;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::money::Stored;

/// An event of the log, payload and metadata exactly as they were hashed.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "named as everywhere in the log")]
pub(crate) struct Event {
    position: i64,
    stream: String,
    id: String,
    version: i64,
    event_id: Uuid,
    #[serde(rename = "type")]
    event_type: String,
    event_version: String,
    /// An object, or the name alone of an event that says nothing more.
    #[schema(value_type = serde_json::Value)]
    payload: Box<RawValue>,
    #[schema(value_type = Object)]
    metadata: Box<RawValue>,
    recorded_at: DateTime<Utc>,
    effective_at: DateTime<Utc>,
    command_id: Uuid,
    hash: String,
}

impl TryFrom<RecordedEvent> for Event {
    type Error = serde_json::Error;

    fn try_from(recorded: RecordedEvent) -> Result<Self, serde_json::Error> {
        Ok(Self {
            position: recorded.position.get(),
            stream: recorded.stream.aggregate_type.to_string(),
            id: recorded.stream.aggregate_id.clone(),
            version: recorded.version.get(),
            event_id: recorded.event_id,
            event_type: recorded.event_type,
            event_version: recorded.event_version,
            payload: RawValue::from_string(recorded.payload)?,
            metadata: RawValue::from_string(recorded.metadata)?,
            recorded_at: recorded.recorded_at,
            effective_at: recorded.effective_at,
            command_id: recorded.command_id,
            hash: recorded.hash.to_string(),
        })
    }
}

/// A step in an order's story.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineStep {
    position: i64,
    stream: String,
    id: Uuid,
    /// What a correction names.
    sequence: i64,
    #[serde(rename = "type")]
    event_type: String,
    actor_kind: Option<String>,
    /// None to a client, unless it is the client.
    actor: Option<String>,
    role: Option<String>,
    department: Option<String>,
    reason: Option<String>,
    ticket: Option<String>,
    /// The other persons who agreed to it; none to a client.
    approved_by: Option<String>,
    phase: Option<String>,
    amount: Option<Stored>,
    recorded_at: DateTime<Utc>,
    effective_at: DateTime<Utc>,
}

impl From<Step> for TimelineStep {
    fn from(step: Step) -> Self {
        let Step { entry: row, approved_by, department } = step;
        let amount = row.amount.zip(row.currency);
        Self {
            position: row.position.get(),
            stream: row.stream_type,
            id: row.stream_id,
            sequence: row.sequence,
            event_type: row.event_type,
            actor_kind: row.actor_kind,
            actor: row.actor_id,
            role: row.actor_role,
            department,
            reason: row.reason,
            ticket: row.ticket,
            approved_by,
            phase: row.phase,
            amount: amount.map(|(amount, currency)| Stored::new(amount, &currency)),
            recorded_at: row.recorded_at,
            effective_at: row.effective_at,
        }
    }
}

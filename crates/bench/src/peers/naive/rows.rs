//! The events that are written by hand, and where their positions and numbers come from.

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use cqrs_es::DomainEvent;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use sqlx::PgConnection;
use uuid::Uuid;

use super::super::wish;

const METADATA: &str =
    r#"{"actor_id":"storefront","actor_kind":"service","posting_rule":"1","role":"admin"}"#;

/// An event as it is written.
pub(super) struct NewEvent {
    aggregate_type: &'static str,
    aggregate_id: String,
    sequence: i64,
    event_type: String,
    payload: String,
}

impl NewEvent {
    pub(super) fn of<E: DomainEvent + Serialize>(
        aggregate_type: &'static str,
        id: Uuid,
        sequence: i64,
        event: &E,
    ) -> Result<Self> {
        Ok(Self {
            aggregate_type,
            aggregate_id: id.to_string(),
            sequence,
            event_type: event.event_type(),
            payload: serde_json::to_string(event)?,
        })
    }
}

/// The events of one command.
pub(super) struct Events {
    command: Uuid,
    now: DateTime<Utc>,
    all: Vec<NewEvent>,
}

impl Events {
    pub(super) fn new(command: Uuid, now: DateTime<Utc>) -> Self {
        Self { command, now, all: Vec::new() }
    }

    pub(super) fn with(mut self, event: NewEvent) -> Self {
        self.all.push(event);
        self
    }

    pub(super) fn last_type(&self) -> &str {
        self.all.last().map_or("", |event| &event.event_type)
    }
}

/// Where positions and order numbers come from.
pub(super) enum Chain {
    /// Sequences: with holes wherever a transaction was rolled back, and in no order of commits.
    Sequences,
    /// The one head, locked: gapless, and chained.
    Head { position: i64, counter: i64, hash: Vec<u8> },
}

impl Chain {
    pub(super) async fn begin(conn: &mut PgConnection, is_chained: bool) -> Result<Self> {
        if !is_chained {
            return Ok(Self::Sequences);
        }
        let (position, counter, hash) =
            sqlx::query_as(include_str!("lock_head.sql")).fetch_one(conn).await?;
        Ok(Self::Head { position, counter, hash })
    }

    pub(super) async fn next_counter(&mut self, conn: &mut PgConnection) -> Result<u32> {
        let counter: i64 = match self {
            Self::Sequences => {
                sqlx::query_scalar(include_str!("next_counter.sql")).fetch_one(conn).await?
            }
            Self::Head { counter, .. } => {
                *counter += 1;
                *counter
            }
        };
        Ok(u32::try_from(counter)?)
    }

    /// Writes the events; the position of the last.
    pub(super) async fn append(
        &mut self,
        conn: &mut PgConnection,
        Events { command, now, all: events }: &Events,
    ) -> Result<i64> {
        let hashes = match self {
            Self::Sequences => vec![vec![0; 32]; events.len()],
            Self::Head { hash, .. } => events
                .iter()
                .map(|event| {
                    *hash = link(hash, event);
                    hash.clone()
                })
                .collect(),
        };
        let positions: Option<Vec<i64>> = match self {
            Self::Sequences => None,
            Self::Head { position, .. } => {
                let first = *position + 1;
                *position += i64::try_from(events.len())?;
                Some((first..=*position).collect())
            }
        };
        let strings = |of: fn(&NewEvent) -> &str| -> Vec<&str> { events.iter().map(of).collect() };
        let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
        let ids: Vec<Uuid> = events.iter().map(|_| wish::id()).collect();
        let last: Option<i64> = sqlx::query_scalar(include_str!("insert_events.sql"))
            .bind(positions)
            .bind(strings(|event| event.aggregate_type))
            .bind(strings(|event| &event.aggregate_id))
            .bind(sequences)
            .bind(ids)
            .bind(strings(|event| &event.event_type))
            .bind(strings(|event| &event.payload))
            .bind(METADATA)
            .bind(now)
            .bind(command)
            .bind(hashes)
            .fetch_one(&mut *conn)
            .await?;
        if let Self::Head { position, counter, hash } = self {
            sqlx::query(include_str!("move_head.sql"))
                .bind(*position)
                .bind(*counter)
                .bind(hash.as_slice())
                .execute(conn)
                .await?;
        }
        last.context("events were written")
    }
}

/// The chain's next hash: over the one before and everything that is stored.
fn link(before: &[u8], event: &NewEvent) -> Vec<u8> {
    let mut hash = Sha256::new();
    hash.update(before);
    hash.update(event.aggregate_type);
    hash.update(&event.aggregate_id);
    hash.update(event.sequence.to_be_bytes());
    hash.update(&event.event_type);
    hash.update(Sha256::digest(&event.payload));
    hash.update(Sha256::digest(METADATA));
    hash.finalize().to_vec()
}

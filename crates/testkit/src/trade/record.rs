//! Puts commands into a batch just as the ledger's writer does: decided one upon the other, with
//! their view rows, replies and snapshots.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::decide::{Change, Circumstances, Command, Undecided, decide};
use domain::event::Event;
use domain::posting::RULE_VERSION;
use domain::{Rejection, payment};
use eventstore::batch::Prepared;
use eventstore::{Batch, Head, NewCommand, NewEvent, Snapshot, StreamId, Version};
use projections::{Fact, Metadata, Views};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::dice::Dice;
use super::shop::Shop;

/// As the ledger writes them.
const SNAPSHOT_FORMAT: i32 = 1;

/// A batch being made.
pub(super) struct Recorder {
    batch: Batch,
    views: Views,
    snapshots: BTreeMap<StreamId, Snapshot>,
    snapshots_every: u64,
    pub(super) tally: Tally,
}

/// A batch that is ready to be appended.
pub(super) struct Recorded {
    pub(super) prepared: Prepared,
    pub(super) views: Views,
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) tally: Tally,
}

/// What was done, counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) commands: u64,
    pub(super) refused: u64,
    pub(super) events: u64,
    pub(super) orders: u64,
    pub(super) wallets: u64,
}

impl Recorder {
    pub(super) fn new(head: &Head, now: DateTime<Utc>, snapshots_every: u64) -> Self {
        Self {
            batch: Batch::new(head, now),
            views: Views::default(),
            snapshots: BTreeMap::new(),
            snapshots_every,
            tally: Tally::default(),
        }
    }

    pub(super) fn finish(self) -> Recorded {
        Recorded {
            prepared: self.batch.finish(),
            views: self.views,
            snapshots: self.snapshots.into_values().collect(),
            tally: self.tally,
        }
    }

    /// Decides a command and records what comes of it, a refusal too.
    pub(super) fn record(&mut self, shop: &mut Shop, dice: &mut Dice, command: Command) {
        let now = self.batch.recorded_at();
        let command_id = dice.id(now);
        let asked = serde_json::to_vec(&command).expect("a command is JSON");
        let second_person = dice.chance(85);
        let circumstances = Circumstances { now, second_person };
        self.tally.commands += 1;
        let (status, reply, resource, version) = match decide(shop, circumstances, command) {
            Ok(changes) => {
                let metadata = metadata(second_person, dice);
                for (index, change) in changes.iter().enumerate() {
                    self.push(command_id, index, change, metadata.clone());
                }
                shop.accept(&changes);
                self.accepted(&changes)
            }
            Err(Undecided::Refused(rejection)) => {
                self.tally.refused += 1;
                (409, refused(&rejection), None, None)
            }
            Err(Undecided::Missing(what)) => panic!("{what:?} is always at hand"),
        };
        self.batch.record(NewCommand {
            command_id,
            fingerprint: Sha256::digest(asked).to_vec(),
            status,
            resource,
            version,
            position: Some(self.batch.head().position),
            reply: Some(reply),
        });
    }

    fn push(&mut self, command_id: Uuid, index: usize, change: &Change, metadata: String) {
        let now = self.batch.recorded_at();
        let stream =
            StreamId::new(change.stream.aggregate_type(), change.stream.aggregate_id().to_string());
        let version = stored(change.version);
        let recorded = self.batch.push(NewEvent {
            stream: stream.clone(),
            version,
            event_id: Uuid::new_v5(&command_id, &index.to_be_bytes()),
            event_type: change.event.event_type().to_owned(),
            event_version: change.event.event_version().to_owned(),
            payload: change.event.payload().expect("an event is JSON"),
            metadata,
            effective_at: took_effect(&change.event).map_or(now, |at| at.min(now)),
            command_id,
        });
        let (stream_key, event, state) = (change.stream, &change.event, &*change.state);
        let fact = Fact { recorded, stream: stream_key, event, state };
        self.views.fold(&fact).expect("an event that was just decided can be folded");
        self.tally.events += 1;
        if change.version == 1 {
            self.tally.orders += u64::from(matches!(change.event, Event::Order(_)));
            self.tally.wallets += u64::from(matches!(change.event, Event::Wallet(_)));
        }
        if change.version.is_multiple_of(self.snapshots_every) {
            let state = serde_json::to_string(state).expect("a state is JSON");
            let format = SNAPSHOT_FORMAT;
            self.snapshots.insert(stream.clone(), Snapshot { stream, version, format, state });
        }
    }

    fn accepted(&self, changes: &[Change]) -> (i16, String, Option<String>, Option<Version>) {
        let events: Vec<_> = changes
            .iter()
            .map(|change| {
                json!({
                    "stream": change.stream.aggregate_type(),
                    "id": change.stream.aggregate_id(),
                    "version": change.version,
                    "type": change.event.event_type(),
                })
            })
            .collect();
        let Some(first) = changes.first() else {
            let reply = json!({ "position": self.batch.head().position.get(), "events": [] });
            return (200, reply.to_string(), None, None);
        };
        let stream = first.stream;
        let last = changes.iter().rev().find(|change| change.stream == stream);
        let version = last.map(|change| stored(change.version));
        let status = if first.version == 1 { 201 } else { 200 };
        let resource = format!("{}/{}", stream.aggregate_type(), stream.aggregate_id());
        let position = self.batch.head().position.get();
        let reply = json!({ "resource": resource, "position": position, "events": events });
        (status, reply.to_string(), Some(resource), version)
    }
}

fn refused(rejection: &Rejection) -> String {
    json!({ "title": rejection.to_string(), "code": rejection.code(), "status": 409 }).to_string()
}

fn stored(version: u64) -> Version {
    Version(i64::try_from(version).expect("a stream holds fewer than 2^63 events"))
}

fn metadata(second_person: bool, dice: &mut Dice) -> String {
    let (kind, actor, role) = dice.one_of(&[
        ("person", "zaynab", "finance"),
        ("person", "ali", "warehouse"),
        ("service", "shop", "client"),
    ]);
    let metadata = Metadata {
        actor_kind: Some(kind.to_owned()),
        actor_id: Some(actor.to_owned()),
        role: Some(role.to_owned()),
        approved_by: second_person.then(|| "hasan".to_owned()),
        posting_rule: Some(RULE_VERSION.to_owned()),
        ..Metadata::default()
    };
    serde_json::to_string(&metadata).expect("texts are JSON")
}

/// A transfer came in on the day that the bank says.
fn took_effect(event: &Event) -> Option<DateTime<Utc>> {
    let Event::Payment(payment::Event::Recorded {
        kind: payment::Kind::BankTransfer { date, .. },
        ..
    }) = event
    else {
        return None;
    };
    date.and_hms_opt(12, 0, 0).map(|noon| noon.and_utc())
}

//! Decisions: that each is what the append wrote, and agrees with the events that it made.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use eventstore::command::{StoredCommand, stored_after};
use eventstore::{BookId, Head, Position, RecordedEvent, Revision, Version};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use super::finding::{Check, Finding, Findings};

/// The events of one decision: they stand one after the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Made {
    command_id: Uuid,
    first: Position,
    last: Position,
    /// The last version in each stream, as `type/id`.
    versions: BTreeMap<String, Version>,
    last_version: Version,
    recorded_at: DateTime<Utc>,
    /// What was refused was noted, and nothing else: a wrong delivery code.
    is_refusal: bool,
}

impl Made {
    fn by(event: &RecordedEvent) -> Self {
        let mut made = Self {
            command_id: event.command_id,
            first: event.position,
            last: event.position,
            versions: BTreeMap::new(),
            last_version: event.version,
            recorded_at: event.recorded_at,
            is_refusal: false,
        };
        made.add(event);
        made
    }

    fn add(&mut self, event: &RecordedEvent) {
        self.last = event.position;
        self.last_version = event.version;
        self.versions.insert(event.stream.to_string(), event.version);
        self.is_refusal |= event.event_type == "delivery_code_refused";
    }
}

/// Adds events in order; answers the decisions that are complete with that.
pub(super) fn group(open: &mut Option<Made>, events: &[RecordedEvent]) -> Vec<Made> {
    let mut complete = Vec::new();
    for event in events {
        match open {
            Some(made) if made.command_id == event.command_id => made.add(event),
            Some(_) | None => complete.extend(open.replace(Made::by(event))),
        }
    }
    complete
}

#[derive(sqlx::FromRow)]
struct Record {
    command_id: Uuid,
    status: i16,
    resource: Option<String>,
    version: Option<Version>,
    position: Option<Position>,
    recorded_at: DateTime<Utc>,
}

/// Compares what decisions made with their records.
pub(super) async fn check_made(
    conn: &mut PgConnection,
    book: BookId,
    all: &[Made],
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    let ids: Vec<Uuid> = all.iter().map(|made| made.command_id).collect();
    let records: Vec<Record> = sqlx::query_as(include_str!("../sql/verify/find_commands.sql"))
        .bind(book)
        .bind(ids)
        .fetch_all(conn)
        .await?;
    let records: BTreeMap<Uuid, Record> =
        records.into_iter().map(|record| (record.command_id, record)).collect();
    for made in all {
        match records.get(&made.command_id) {
            Some(record) => compare(made, record, findings),
            None => findings.add(named(made, Check::Command).expected("a record of the decision")),
        }
    }
    Ok(())
}

fn compare(made: &Made, record: &Record, findings: &mut Findings) {
    if record.status >= 300 && !made.is_refusal {
        let finding = named(made, Check::Command).in_column("status");
        findings.add(finding.expected("no events").found(record.status.to_string()));
    }
    if record.position != Some(made.last) {
        let found = record.position.map_or_else(|| "none".to_owned(), |at| at.to_string());
        let finding = named(made, Check::CommandPosition).in_column("position");
        findings.add(finding.expected(made.last.to_string()).found(found));
    }
    if record.recorded_at != made.recorded_at {
        let finding = named(made, Check::Command).in_column("recorded_at");
        let (expected, found) = (made.recorded_at.to_rfc3339(), record.recorded_at.to_rfc3339());
        findings.add(finding.expected(expected).found(found));
    }
    if let (Some(resource), Some(version)) = (&record.resource, record.version)
        && let Some(last) = made.versions.get(resource)
        // What was taken over names its first stream, with the version of its last.
        && version != *last
        && version != made.last_version
    {
        let finding = named(made, Check::Command).in_column("version");
        findings.add(finding.expected(last.to_string()).found(version.to_string()));
    }
}

fn named(made: &Made, check: Check) -> Finding {
    let mut positions = vec![made.first, made.last];
    positions.dedup();
    Finding { positions, ..Finding::new(check, format!("command {}", made.command_id)) }
}

/// Up to where decisions were read.
pub(super) type Place = (Revision, Uuid);

/// Looks at the next decisions, so many at most; answers the last of them.
pub(super) async fn page(
    conn: &mut PgConnection,
    head: &Head,
    after: Place,
    size: u16,
    findings: &mut Findings,
) -> Result<Option<Place>, sqlx::Error> {
    let book = head.book;
    let page = stored_after(conn, book, after, size.into()).await?;
    for command in &page {
        let finding = |check| {
            let positions = command.position.into_iter().collect();
            Finding { positions, ..Finding::new(check, format!("command {}", command.command_id)) }
        };
        if !command.is_as_recorded(book) {
            let stored = command.digest.as_deref().map_or_else(|| "none".to_owned(), hex);
            let finding = finding(Check::Command).in_column("digest");
            findings.add(finding.expected(hex(&command.compute_digest(book))).found(stored));
        }
        // Where a book was still empty, a refusal stands at position 0, before any event.
        if let Some(position) = command.position
            && (position > head.position || position < Position::ZERO)
        {
            let finding = finding(Check::CommandPosition).in_column("position");
            findings.add(finding.expected("an event").found(position.to_string()));
        }
    }
    check_versions(conn, head, &page, findings).await?;
    Ok(page.last().map(|last| (last.revision, last.command_id)))
}

/// An accepted decision names a version that its stream had by then, also one that made no event.
async fn check_versions(
    conn: &mut PgConnection,
    head: &Head,
    page: &[StoredCommand],
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    let mut named = Named::default();
    for command in page {
        if let Some(resource) = &command.resource
            && let Some((aggregate_type, id)) = resource.split_once('/')
            && let Some(version) = command.version.filter(|version| *version > Version::ZERO)
            // One that is beyond the end is named for that.
            && let Some(position) = command.position.filter(|at| *at <= head.position)
            && command.status < 300
        {
            named.commands.push(command.command_id);
            named.types.push(aggregate_type);
            named.ids.push(id);
            named.versions.push(version);
            named.positions.push(position);
        }
    }
    let impossible: Vec<Uuid> =
        sqlx::query_scalar(include_str!("../sql/verify/find_impossible_versions.sql"))
            .bind(head.book)
            .bind(named.commands)
            .bind(named.types)
            .bind(named.ids)
            .bind(named.versions)
            .bind(named.positions)
            .fetch_all(conn)
            .await?;
    for command in page.iter().filter(|command| impossible.contains(&command.command_id)) {
        let resource = command.resource.as_deref().unwrap_or_default();
        let version = command.version.map_or_else(String::new, |version| version.to_string());
        let positions = command.position.into_iter().collect();
        let finding = Finding {
            positions,
            ..Finding::new(Check::Command, format!("command {}", command.command_id))
        };
        let finding = finding.in_column("version").found(version);
        findings.add(finding.expected(format!("a version of {resource} by then")));
    }
    Ok(())
}

/// What decisions say that they made.
#[derive(Default)]
struct Named<'a> {
    commands: Vec<Uuid>,
    types: Vec<&'a str>,
    ids: Vec<&'a str>,
    versions: Vec<Version>,
    positions: Vec<Position>,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

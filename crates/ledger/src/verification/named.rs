//! Personal data as events name it: the row is there, under the digest that the event holds.

use std::collections::BTreeMap;

use eventstore::{BookId, Position, RecordedEvent};
use projections::{Check, Finding};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// Compares what these events name with the rows.
pub(super) async fn check(
    conn: &mut PgConnection,
    book: BookId,
    events: &[RecordedEvent],
) -> Result<Vec<Finding>, sqlx::Error> {
    let mut named = Vec::new();
    for event in events.iter().filter(|event| event.payload.contains("\"digest\"")) {
        // What is no JSON cannot be read by anyone, and is named with its stream.
        if let Ok(payload) = serde_json::from_str(&event.payload) {
            collect(&payload, event.position, &mut named);
        }
    }
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = named.iter().map(|(id, ..)| *id).collect();
    let rows: BTreeMap<Uuid, String> =
        sqlx::query_as(include_str!("sql/read_personal_digests.sql"))
            .bind(book)
            .bind(ids)
            .fetch_all(conn)
            .await?
            .into_iter()
            .collect();
    let mut findings = Vec::new();
    for (id, digest, position) in named {
        let finding = Finding::new(Check::PersonalData, id.to_string()).at(position);
        match rows.get(&id) {
            Some(stored) if *stored == digest => {}
            Some(stored) => {
                findings.push(finding.in_column("digest").expected(digest).found(stored.as_str()));
            }
            None => findings.push(finding.expected("a row").found("none")),
        }
    }
    Ok(findings)
}

/// Whatever has an id and a digest, and nothing else, names personal data, in an event of any type.
fn collect(value: &Value, position: Position, named: &mut Vec<(Uuid, String, Position)>) {
    match value {
        Value::Object(members) => {
            if members.len() == 2
                && let (Some(Value::String(id)), Some(Value::String(digest))) =
                    (members.get("id"), members.get("digest"))
                && let Ok(id) = id.parse()
            {
                named.push((id, digest.clone(), position));
                return;
            }
            members.values().for_each(|member| collect(member, position, named));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, position, named)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

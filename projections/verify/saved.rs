//! Saved states: each is what its stream's events make it, and none stands for nothing.

use std::collections::BTreeMap;
use std::ops::Bound;

use domain::StreamKey;
use eventstore::{BookId, Position, RecordedEvent, Version};
use serde_json::{Value, json};
use sqlx::{PgConnection, Postgres, QueryBuilder};

use super::finding::{Check, Finding, Findings};
use crate::fact::Fact;
use crate::saved::SNAPSHOT_FORMAT;

/// The saved states of the streams of a piece.
#[derive(Debug)]
pub(super) struct Saved {
    aggregate_type: &'static str,
    states: BTreeMap<String, SavedState>,
}

#[derive(Debug, sqlx::FromRow)]
struct SavedState {
    aggregate_id: String,
    sequence: Version,
    format: i32,
    state: String,
}

/// Names the states of streams of a type that nobody knows: nobody uses them, and nobody made them.
pub(super) async fn strangers(
    conn: &mut PgConnection,
    book: BookId,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    let strangers: Vec<(String, String, Version)> =
        sqlx::query_as(include_str!("../sql/verify/find_strange_snapshots.sql"))
            .bind(book)
            .bind(&StreamKey::AGGREGATE_TYPES[..])
            .fetch_all(conn)
            .await?;
    for (aggregate_type, aggregate_id, sequence) in strangers {
        let key = format!("{aggregate_type}/{aggregate_id}@{sequence}");
        let finding = Finding::new(Check::Snapshot, key);
        findings.add(finding.expected("none").found("a type of streams that nobody knows"));
    }
    Ok(())
}

/// Which streams' states are looked at, by the ids of the streams.
#[derive(Debug)]
pub(super) enum Of<'a> {
    Between(Bound<&'a str>, Bound<&'a str>),
    These(Vec<&'a str>),
}

impl Saved {
    pub(super) async fn load(
        conn: &mut PgConnection,
        book: BookId,
        aggregate_type: &'static str,
        of: Of<'_>,
    ) -> Result<Self, sqlx::Error> {
        let mut query = QueryBuilder::<Postgres>::new(
            "select aggregate_id, sequence, format, state::text as state
               from daftar.snapshots where book_id = ",
        );
        query.push_bind(book).push(" and aggregate_type = ").push_bind(aggregate_type);
        match of {
            Of::Between(from, to) => {
                match from {
                    Bound::Included(from) => query.push(" and aggregate_id >= ").push_bind(from),
                    Bound::Excluded(from) => query.push(" and aggregate_id > ").push_bind(from),
                    Bound::Unbounded => &mut query,
                };
                match to {
                    Bound::Included(to) => query.push(" and aggregate_id <= ").push_bind(to),
                    Bound::Excluded(to) => query.push(" and aggregate_id < ").push_bind(to),
                    Bound::Unbounded => &mut query,
                };
            }
            Of::These(ids) => {
                query.push(" and aggregate_id = any (").push_bind(ids).push(")");
            }
        }
        let states: Vec<SavedState> = query.build_query_as().fetch_all(conn).await?;
        let states = states.into_iter().map(|state| (state.aggregate_id.clone(), state));
        Ok(Self { aggregate_type, states: states.collect() })
    }

    /// Compares the state after an event, if it was saved there.
    pub(super) fn see(&self, fact: &Fact<'_>, findings: &mut Findings) {
        let Some(saved) = self.states.get(&fact.recorded.stream.aggregate_id) else { return };
        // Whoever does not know the form does not use the state.
        if saved.format != SNAPSHOT_FORMAT || saved.sequence != fact.recorded.version {
            return;
        }
        // As the writer writes it, to the letter.
        let Ok(text) = serde_json::to_string(fact.state) else { return };
        if text == saved.state {
            return;
        }
        let Ok(expected) = serde_json::to_value(fact.state) else { return };
        let found = serde_json::from_str::<Value>(&saved.state);
        let difference = match &found {
            Ok(found) => difference("", &expected, found)
                .or_else(|| Some(("state".to_owned(), json!(text), json!(saved.state)))),
            Err(_) => Some(("state".to_owned(), json!("a state"), json!(saved.state))),
        };
        if let Some((place, expected, found)) = difference {
            let finding = self.named(saved).in_column(&place);
            findings.add(finding.expected(expected).found(found).at(fact.position()));
        }
    }

    /// Names the states for which there is no event. `events` are the last ones of the streams that
    /// ended.
    pub(super) fn leftover(
        &self,
        ended: &BTreeMap<&str, (Version, Position)>,
        is_quarantined: impl Fn(&str) -> bool,
        findings: &mut Findings,
    ) {
        for (id, saved) in &self.states {
            if saved.format != SNAPSHOT_FORMAT || is_quarantined(id) {
                continue;
            }
            match ended.get(id.as_str()) {
                None => findings.add(self.named(saved).expected("none").found("no such stream")),
                Some((last, position)) if saved.sequence > *last => {
                    let finding = self.named(saved).in_column("sequence");
                    let expected = format!("{last} at most");
                    findings.add(
                        finding.expected(expected).found(saved.sequence.to_string()).at(*position),
                    );
                }
                Some(_) => {}
            }
        }
    }

    fn named(&self, saved: &SavedState) -> Finding {
        let SavedState { aggregate_id, sequence, .. } = saved;
        Finding::new(Check::Snapshot, format!("{}/{aggregate_id}@{sequence}", self.aggregate_type))
    }
}

/// The last event of each stream that these events are of.
pub(super) fn ends(events: &[RecordedEvent]) -> BTreeMap<&str, (Version, Position)> {
    let last = |event: &RecordedEvent| (event.version, event.position);
    events.iter().map(|event| (event.stream.aggregate_id.as_str(), last(event))).collect()
}

/// The first place in which two states differ, with what stands there.
fn difference(place: &str, expected: &Value, found: &Value) -> Option<(String, Value, Value)> {
    if expected == found {
        return None;
    }
    let below = |name: &str| match place {
        "" => name.to_owned(),
        _ => format!("{place}.{name}"),
    };
    match (expected, found) {
        (Value::Object(left), Value::Object(right)) => {
            let names: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
            names.into_iter().find_map(|name| {
                let (left, right) = (left.get(name), right.get(name));
                let (left, right) = (left.unwrap_or(&Value::Null), right.unwrap_or(&Value::Null));
                difference(&below(name), left, right)
            })
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            let mut pairs = left.iter().zip(right).enumerate();
            pairs.find_map(|(index, (left, right))| {
                difference(&below(&index.to_string()), left, right)
            })
        }
        _ => Some((place.to_owned(), expected.clone(), found.clone())),
    }
}

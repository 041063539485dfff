//! The journal and the timeline: views whose rows are made by streams of several types, so that they
//! are found by the events' positions.

use std::collections::{BTreeMap, BTreeSet};

use eventstore::{Head, Position, RecordedEvent};
use futures::TryStreamExt as _;
use sqlx::{FromRow as _, PgConnection};
use uuid::Uuid;

use super::finding::Findings;
use super::rows::{Part, extra, live, missing, of_stored, select};
use crate::journal_lines::JournalLines;
use crate::projection::{Projection as _, Rows};
use crate::replay::{decode, upcasters};
use crate::timeline::{Timeline, TimelineEntry, order_of};
use crate::views::Views;

/// How many rows of the timeline one statement reads, and how many are held until their events are
/// looked up.
const PENDING_MAX: usize = 2_000;

/// Compares the rows that these events made.
pub(super) async fn compare(
    conn: &mut PgConnection,
    head: &Head,
    part: &Part,
    events: &[RecordedEvent],
    views: &mut Views,
    findings: &mut Findings,
) -> Result<u64, sqlx::Error> {
    let positions: Vec<Position> = events
        .iter()
        .filter(|event| !part.is_quarantined(&event.stream.aggregate_id))
        .map(|event| event.position)
        .collect();
    let lines = std::mem::take(&mut views.journal_lines);
    let entries = std::mem::take(&mut views.timeline);
    let mut rows = journal(conn, head, positions, lines, findings).await?;
    rows += match part.aggregate_type {
        "order" => timeline_of_orders(conn, head, part, entries, findings).await?,
        _ => timeline_of_others(conn, head, entries, findings).await?,
    };
    Ok(rows)
}

async fn journal(
    conn: &mut PgConnection,
    head: &Head,
    positions: Vec<Position>,
    folded: Rows<JournalLines>,
    findings: &mut Findings,
) -> Result<u64, sqlx::Error> {
    let Some(generation) = live::<JournalLines>(head) else { return Ok(0) };
    let mut query = select::<JournalLines>(head, generation, None);
    query.push(" and position = any (").push_bind(positions).push(")");
    let mut expected: BTreeMap<_, _> = folded.into_settled().collect();
    let mut count = 0;
    let mut stored = query.build().fetch(conn);
    while let Some(row) = stored.try_next().await? {
        count += 1;
        let row = crate::journal_lines::JournalLine::from_row(&row)?;
        of_stored::<JournalLines>(&row, &mut expected, findings);
    }
    missing::<JournalLines>(&expected, findings);
    Ok(count)
}

/// Everything that stands in these orders' stories. What another stream tells of an order is compared
/// with that stream; here, that its event is there and tells of this order.
async fn timeline_of_orders(
    conn: &mut PgConnection,
    head: &Head,
    part: &Part,
    folded: Rows<Timeline>,
    findings: &mut Findings,
) -> Result<u64, sqlx::Error> {
    let Some(generation) = live::<Timeline>(head) else { return Ok(0) };
    let mut expected: BTreeMap<_, _> = folded.into_settled().collect();
    let mut count = 0;
    let mut after: Option<(Uuid, Position)> = None;
    loop {
        let mut query = select::<Timeline>(head, generation, None);
        part.restrict(&mut query, "order_id", true);
        if let Some((order, position)) = after {
            query.push(" and (order_id, position) > (").push_bind(order);
            query.push(", ").push_bind(position).push(")");
        }
        query.push(format!(" order by order_id, position limit {PENDING_MAX}"));
        let rows: Vec<TimelineEntry> = query.build_query_as().fetch_all(&mut *conn).await?;
        after = rows.last().map(Timeline::key);
        let is_last = rows.len() < PENDING_MAX;
        let mut told_by_others = Vec::new();
        for row in rows {
            if expected.contains_key(&Timeline::key(&row)) {
                count += 1;
                of_stored::<Timeline>(&row, &mut expected, findings);
            } else {
                told_by_others.push(row);
            }
        }
        strangers(conn, head, part, told_by_others, findings).await?;
        if is_last {
            break;
        }
    }
    missing::<Timeline>(&expected, findings);
    Ok(count)
}

/// Of these rows, those whose events are not there or tell of something else.
async fn strangers(
    conn: &mut PgConnection,
    head: &Head,
    part: &Part,
    rows: Vec<TimelineEntry>,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let positions: BTreeSet<Position> = rows.iter().map(|row| row.position).collect();
    let events: Vec<RecordedEvent> = sqlx::query_as(include_str!("../sql/verify/read_events.sql"))
        .bind(head.book)
        .bind(positions.into_iter().collect::<Vec<_>>())
        .fetch_all(conn)
        .await?;
    let upcasters = upcasters();
    for row in rows {
        let found = events.binary_search_by_key(&row.position, |event| event.position);
        let Ok(index) = found else {
            findings.add(extra::<Timeline>(&row));
            continue;
        };
        let event = &events[index];
        let is_own = event.stream.aggregate_type == "order";
        if is_own && part.is_quarantined(&event.stream.aggregate_id) {
            continue;
        }
        // One that cannot be read is named with its stream, and tells of who knows what.
        let Ok((stream, told)) = decode(event, &upcasters) else { continue };
        let is_told = order_of(stream, &told).is_some_and(|order| order.uuid() == row.order_id);
        if !is_told || is_own {
            findings.add(extra::<Timeline>(&row));
        }
    }
    Ok(())
}

/// What streams of another type tell of orders.
async fn timeline_of_others(
    conn: &mut PgConnection,
    head: &Head,
    folded: Rows<Timeline>,
    findings: &mut Findings,
) -> Result<u64, sqlx::Error> {
    let Some(generation) = live::<Timeline>(head) else { return Ok(0) };
    if folded.is_empty() {
        return Ok(0);
    }
    let mut expected: BTreeMap<_, _> = folded.into_settled().collect();
    let (orders, positions): (Vec<Uuid>, Vec<Position>) = expected.keys().copied().unzip();
    let mut query = select::<Timeline>(head, generation, None);
    query.push(" and (order_id, position) in (select * from unnest(").push_bind(orders);
    query.push(", ").push_bind(positions).push("))");
    let mut count = 0;
    let mut stored = query.build().fetch(conn);
    while let Some(row) = stored.try_next().await? {
        count += 1;
        let row = TimelineEntry::from_row(&row)?;
        of_stored::<Timeline>(&row, &mut expected, findings);
    }
    missing::<Timeline>(&expected, findings);
    Ok(count)
}

impl Part {
    pub(super) fn is_quarantined(&self, id: &str) -> bool {
        id.parse().is_ok_and(|id: Uuid| self.quarantined.contains(&id))
    }
}

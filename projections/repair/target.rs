//! Which stream is to be folded for a row that was found wrong.

use std::collections::{BTreeMap, BTreeSet};

use eventstore::{BookId, Position, RecordedEvent, StreamId};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::journal_lines::JournalLines;
use crate::projection::{Maker, Projection};
use crate::timeline::Timeline;
use crate::verify::{Check, Finding};
use crate::views::each_projection;

/// A stream whose rows are to be made what its events make them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    pub stream: StreamId,
    /// In which views; in all of them if none is named.
    pub views: BTreeSet<String>,
    /// What else stands in orders' stories and may be this stream's: an order, and the position.
    pub entries: BTreeSet<(Uuid, Position)>,
}

impl Target {
    /// All rows of a stream.
    pub fn whole(stream: StreamId) -> Self {
        Self { stream, views: BTreeSet::new(), entries: BTreeSet::new() }
    }

    pub(super) fn has(&self, view: &str) -> bool {
        self.views.is_empty() || self.views.contains(view)
    }
}

/// How a view's rows name who makes them.
struct View {
    name: &'static str,
    maker: Maker,
}

macro_rules! define_views {
    ($($field:ident: $projection:ty,)+) => {
        const VIEWS: &[View] = &[
            $(View { name: <$projection>::NAME, maker: <$projection>::MAKER }),+
        ];
    };
}

each_projection!(define_views);

/// The streams whose rows these findings are about, each with the findings. What is about no row of a
/// view, or about a line of the journal, is not among them.
pub async fn targets<'a>(
    conn: &mut PgConnection,
    book: BookId,
    findings: impl IntoIterator<Item = &'a Finding>,
) -> Result<Vec<(Target, Vec<&'a Finding>)>, sqlx::Error> {
    let rows: Vec<(&'static View, &Finding)> =
        findings.into_iter().filter_map(|finding| Some((view_of(finding)?, finding))).collect();
    let positions: BTreeSet<Position> =
        rows.iter().filter_map(|(view, finding)| told_by(view, finding)).collect();
    let events: Vec<RecordedEvent> = sqlx::query_as(include_str!("../sql/verify/read_events.sql"))
        .bind(book)
        .bind(positions.into_iter().collect::<Vec<_>>())
        .fetch_all(conn)
        .await?;
    let events: BTreeMap<Position, StreamId> =
        events.into_iter().map(|event| (event.position, event.stream)).collect();
    let mut targets: BTreeMap<StreamId, (Target, Vec<&Finding>)> = BTreeMap::new();
    for (view, finding) in rows {
        let told_by = told_by(view, finding).and_then(|position| events.get(&position));
        let Some(stream) = stream_of(view, finding, told_by) else { continue };
        let (target, found) =
            targets.entry(stream.clone()).or_insert_with(|| (Target::whole(stream), Vec::new()));
        target.views.insert(view.name.to_owned());
        target.entries.extend(entry(view, finding));
        found.push(finding);
    }
    Ok(targets.into_values().collect())
}

/// The view whose row a finding is about, if it is one that can be written anew.
fn view_of(finding: &Finding) -> Option<&'static View> {
    let is_row = matches!(finding.check, Check::MissingRow | Check::ExtraRow | Check::Column);
    let name = finding.projection.as_deref().filter(|_| is_row)?;
    VIEWS.iter().find(|view| view.name == name && view.name != JournalLines::NAME)
}

/// The position of the event that tells whose row it is, where the row itself does not.
fn told_by(view: &View, finding: &Finding) -> Option<Position> {
    match view.maker {
        Maker::Named => entry(view, finding).map(|(_, position)| position),
        Maker::Of { column, .. } if finding.key.get(column).is_some() => None,
        Maker::Of { .. } => finding.positions.first().copied(),
    }
}

fn stream_of(view: &View, finding: &Finding, told_by: Option<&StreamId>) -> Option<StreamId> {
    let Maker::Of { aggregate_type, column } = view.maker else {
        // Of what stands behind the end of the log there is no event.
        let order = || Some(StreamId::new("order", entry(view, finding)?.0.to_string()));
        return told_by.cloned().or_else(order);
    };
    let id_in = |row: Option<&Value>| {
        let id = row?.get(column)?.as_str()?;
        Some(StreamId::new(aggregate_type, id))
    };
    let of_event = || told_by.filter(|stream| stream.aggregate_type == aggregate_type).cloned();
    // Of a column there is only the value that it has.
    let whole = finding.expected.as_ref().or(finding.found.as_ref());
    let whole = whole.filter(|_| finding.column.is_none());
    id_in(Some(&finding.key)).or_else(|| id_in(whole)).or_else(of_event)
}

/// The key of an entry in an order's story.
fn entry(view: &View, finding: &Finding) -> Option<(Uuid, Position)> {
    if view.name != Timeline::NAME {
        return None;
    }
    let order = finding.key.get("order_id")?.as_str()?.parse().ok()?;
    Some((order, Position(finding.key.get("position")?.as_i64()?)))
}

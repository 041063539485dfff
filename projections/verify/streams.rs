//! Streams, one after the other: their rows and their saved states against what they fold to.

use std::collections::BTreeSet;

use eventstore::{Head, Piece, Position, RecordedEvent, Version};
use sqlx::PgConnection;
use uuid::Uuid;

use super::finding::Findings;
use super::named;
use super::rows::{Part, Scope};
use super::saved::{Saved, ends};
use crate::replay::upcasters;
use crate::whole::Whole;

/// Folds the streams of one type, piece by piece.
#[derive(Debug)]
pub(super) struct Folding {
    aggregate_type: &'static str,
    whole: Whole,
    /// The stream that goes on in the next piece.
    open: Option<Open>,
    /// What was found since the last stream ended: it is settled once the next one has.
    pub(super) found: Findings,
    pub(super) rows: u64,
    pub(super) events: u64,
}

#[derive(Debug)]
struct Open {
    id: String,
    last: (Version, Position),
    is_quarantined: bool,
}

impl Folding {
    pub(super) fn new(aggregate_type: &'static str, findings: &Findings) -> Self {
        Self {
            aggregate_type,
            whole: Whole::new(upcasters()),
            open: None,
            found: findings.empty(),
            rows: 0,
            events: 0,
        }
    }

    /// The stream that goes on.
    pub(super) fn open(&self) -> Option<&str> {
        self.open.as_ref().map(|open| open.id.as_str())
    }

    /// Whether the stream that went on has ended although this piece does not say so.
    pub(super) fn is_over(&self, piece: Option<&Piece>) -> bool {
        let (Some(open), Some(piece)) = (self.open(), piece) else { return false };
        let is_another = |event: &RecordedEvent| event.stream.aggregate_id != open;
        !piece.ends && piece.events.first().is_some_and(is_another)
    }

    /// Looks at a piece; in the same moment `saved` was read, and are the rows.
    pub(super) async fn look(
        &mut self,
        conn: &mut PgConnection,
        head: &Head,
        piece: &Piece,
        scope: Scope,
        saved: &Saved,
    ) -> Result<(), sqlx::Error> {
        let found = &mut self.found;
        let mut folded = self.whole.fold_seeing(piece, &mut |fact| saved.see(fact, found));
        let open = self.open.take();
        let still = open.as_ref().filter(|open| open.is_quarantined).map(|open| open.id.as_str());
        let now = folded.quarantined.iter().map(|one| one.stream.aggregate_id.as_str());
        let quarantined: BTreeSet<&str> = now.chain(still).collect();
        let last = piece.events.last();
        let part = Part {
            aggregate_type: self.aggregate_type,
            scope,
            begun: open.as_ref().and_then(|open| Some((open.id.parse().ok()?, open.last.1))),
            until: last.filter(|_| !piece.ends).map(|last| last.position),
            quarantined: quarantined.iter().filter_map(|id| id.parse::<Uuid>().ok()).collect(),
        };
        self.rows += folded.views.compare(conn, head, &part, &mut self.found).await?;
        self.rows +=
            named::compare(conn, head, &part, &piece.events, &mut folded.views, &mut self.found)
                .await?;
        if piece.ends {
            let mut ended = ends(&piece.events);
            if let Some(open) = &open {
                ended.entry(open.id.as_str()).or_insert(open.last);
            }
            saved.leftover(&ended, |id| quarantined.contains(id), &mut self.found);
        } else {
            self.open = last.map(|last| Open {
                id: last.stream.aggregate_id.clone(),
                last: (last.version, last.position),
                is_quarantined: quarantined.contains(last.stream.aggregate_id.as_str()),
            });
        }
        for quarantined in folded.quarantined {
            self.found.quarantine(quarantined);
        }
        self.events += u64::try_from(piece.events.len()).unwrap_or_default();
        Ok(())
    }

    /// What was found and counted since this was asked last.
    pub(super) fn settle(&mut self) -> (Findings, u64, u64) {
        let empty = self.found.empty();
        let found = std::mem::replace(&mut self.found, empty);
        (found, std::mem::take(&mut self.rows), std::mem::take(&mut self.events))
    }
}

/// Which rows belong to the streams of a piece: those of every id after the last piece's, so that
/// rows of no stream are seen.
pub(super) fn between(
    after: Option<Uuid>,
    piece: Option<&Piece>,
    open: Option<&str>,
) -> (Scope, Option<Uuid>) {
    // After the last stream everything else belongs to nobody.
    let Some(piece) = piece else { return (Scope::Between { after, until: None }, after) };
    let ids = piece.events.iter().rev().map(|event| event.stream.aggregate_id.as_str());
    let until = ids.chain(open).find_map(|id| id.parse::<Uuid>().ok());
    match until {
        Some(until) if piece.ends => (Scope::Between { after, until: Some(until) }, Some(until)),
        Some(until) => (Scope::These(vec![until]), after),
        // Nobody's streams alone, which have no rows.
        None => (Scope::These(Vec::new()), after),
    }
}

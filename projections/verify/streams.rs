//! Streams, one after the other: their rows and their saved states against what they fold to.

use std::collections::BTreeSet;
use std::ops::Bound;

use eventstore::{Head, Piece, Position, RecordedEvent, Version};
use sqlx::PgConnection;
use uuid::Uuid;

use super::finding::Findings;
use super::named;
use super::rows::{Part, Scope};
use super::saved::{Of, Saved, ends};
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
    pub(super) fn is_over(&self, piece: &Piece) -> bool {
        let Some(open) = self.open() else { return false };
        let is_another = |event: &RecordedEvent| event.stream.aggregate_id != open;
        !piece.ends && piece.events.first().is_some_and(is_another)
    }

    /// Looks at a piece and what belongs to it, all in the moment in which it was read.
    pub(super) async fn look(
        &mut self,
        conn: &mut PgConnection,
        head: &Head,
        piece: &Piece,
        (scope, of): (Scope, Of<'_>),
    ) -> Result<(), sqlx::Error> {
        let saved = Saved::load(&mut *conn, head.book, self.aggregate_type, of).await?;
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

/// From where on nothing was looked at yet, as ids are written and as rows name them.
#[derive(Debug, Clone)]
pub(super) struct Low {
    id: Bound<String>,
    key: Bound<Uuid>,
}

impl Low {
    pub(super) fn after(id: Option<String>, key: Option<Uuid>) -> Self {
        Self {
            id: id.map_or(Bound::Unbounded, Bound::Excluded),
            key: key.map_or(Bound::Unbounded, Bound::Excluded),
        }
    }

    /// Everything that is left.
    pub(super) fn rest(&self) -> (Scope, Of<'_>) {
        (Scope::Between(self.key, Bound::Unbounded), Of::Between(self.from(), Bound::Unbounded))
    }

    /// Up to the last of these ids, which stand in their order. One that is no row's leaves the rows
    /// to the next.
    pub(super) fn up_to<'a>(&'a self, ids: &[&'a str]) -> (Scope, Of<'a>) {
        let last = ids.last().map_or(Bound::Unbounded, |last| Bound::Included(*last));
        let key = ids.iter().rev().find_map(|id| id.parse::<Uuid>().ok());
        let scope = match key {
            Some(key) => Scope::Between(self.key, Bound::Included(key)),
            None => Scope::These(Vec::new()),
        };
        (scope, Of::Between(self.from(), last))
    }

    /// What lies before a stream, which is not looked at.
    pub(super) fn before<'a>(&'a self, id: &'a str) -> (Scope, Of<'a>) {
        let scope = match id.parse() {
            Ok(key) => Scope::Between(self.key, Bound::Excluded(key)),
            Err(_) => Scope::These(Vec::new()),
        };
        (scope, Of::Between(self.from(), Bound::Excluded(id)))
    }

    /// What lies before this stream was looked at.
    pub(super) fn move_to(&mut self, id: &str) {
        self.id = Bound::Included(id.to_owned());
        if let Ok(key) = id.parse() {
            self.key = Bound::Included(key);
        }
    }

    /// The last of these was looked at; answers the last that rows can name.
    pub(super) fn move_past(&mut self, ids: &[&str]) -> Option<Uuid> {
        if let Some(last) = ids.last() {
            self.id = Bound::Excluded((*last).to_owned());
        }
        let key = ids.iter().rev().find_map(|id| id.parse::<Uuid>().ok());
        if let Some(key) = key {
            self.key = Bound::Excluded(key);
        }
        key
    }

    fn from(&self) -> Bound<&str> {
        self.id.as_ref().map(String::as_str)
    }
}

/// One stream alone.
pub(super) fn alone(id: &str) -> (Scope, Of<'_>) {
    (Scope::These(id.parse().into_iter().collect()), Of::These(vec![id]))
}

//! The filling of the new generations: each stream whole, then what was appended meanwhile.

use std::collections::BTreeSet;

use domain::StreamKey;
use eventstore::{BookId, Generation, Piece, Position, Streams};
use sqlx::PgConnection;

use super::build::{Build, Place, Within};
use super::error::RebuildError;
use super::load::Load;
use super::states::States;
use super::step::{Write, step};
use super::view::{self, View};
use super::{carry, journal, require_our_folds, tail};
use crate::keeper::Keeper;
use crate::projection::Maker;
use crate::replay::upcasters;
use crate::whole::{Folded, Whole};

/// Fills the new generations until few events are left, or as few as the writers let it. Called
/// again, on what was kept last, it goes on from there. A build that would change the journal is
/// refused, with the events at fault.
pub async fn fill<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    keeper: &mut K,
) -> Result<(), RebuildError> {
    fill_with(conn, book, build, &mut States::new(build.chosen()), tail::FEW, keeper).await
}

pub(super) async fn fill_with<K: Keeper>(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    states: &mut States,
    few: i64,
    keeper: &mut K,
) -> Result<(), RebuildError> {
    require_our_folds(build)?;
    if build.place == Place::Switched {
        return Ok(());
    }
    let views = view::choose(&build.names())?;
    let journal = journal::live(conn, book, build).await?;
    while let Place::Streams { aggregate_type, after, within } = build.place.clone() {
        let mut streams = Streams::new(book, aggregate_type.clone(), after, Some(build.begun_at));
        let mut whole = Whole::of(upcasters(), build.chosen());
        let mut reader = Reader { book, journal, aggregate_type, within };
        let mut folded = read_and_fold(conn, book, &mut streams, &mut whole).await?;
        while let Some((piece, rows)) = folded {
            let next = streams.next(conn).await.map_err(RebuildError::database(book))?;
            // While the database writes one piece, the next is folded.
            let (taken, ahead) =
                tokio::join!(reader.take(conn, build, piece, rows, keeper), fold(&mut whole, next));
            taken?;
            folded = ahead;
        }
        reader.finish(conn, build, &views, keeper).await?;
    }
    tail::catch_up(conn, book, build, &views, states, journal, few, keeper).await?;
    journal::require_unchanged(build)?;
    if !build.uncarried.is_empty() {
        let next = build.clone();
        step(conn, book, build, next, Write::Uncarried(&views), keeper).await?;
    }
    Ok(())
}

/// The types of the streams that make rows of these views, in the order in which they are read.
pub(super) fn stream_types(views: &[View]) -> Vec<&'static str> {
    let makes = |aggregate_type: &&str| {
        views.iter().any(|view| match view.maker {
            Maker::Of { aggregate_type: of, .. } => of == *aggregate_type,
            Maker::Named => true,
        })
    };
    StreamKey::AGGREGATE_TYPES.into_iter().filter(makes).collect()
}

/// A piece with what it folded to.
type FoldedPiece = (Piece, Folded);

async fn read_and_fold(
    conn: &mut PgConnection,
    book: BookId,
    streams: &mut Streams,
    whole: &mut Whole,
) -> Result<Option<FoldedPiece>, RebuildError> {
    let piece = streams.next(conn).await.map_err(RebuildError::database(book))?;
    Ok(fold(whole, piece).await)
}

async fn fold(whole: &mut Whole, piece: Option<Piece>) -> Option<FoldedPiece> {
    let piece = piece?;
    let folded = whole.fold_beside(&piece).await;
    Some((piece, folded))
}

/// Takes the streams of one type.
struct Reader {
    book: BookId,
    /// The journal that readers see, if it is rebuilt.
    journal: Option<Generation>,
    aggregate_type: String,
    within: Option<Within>,
}

impl Reader {
    async fn take<K: Keeper>(
        &mut self,
        conn: &mut PgConnection,
        build: &mut Build,
        piece: Piece,
        Folded { views, quarantined }: Folded,
        keeper: &mut K,
    ) -> Result<(), RebuildError> {
        let written = self.written(&piece);
        if !piece.ends && written.len() == piece.events.len() {
            // What was taken up within: it had to be folded again, and no more.
            return Ok(());
        }
        let mut next = build.clone();
        for found in quarantined {
            next.quarantine(found)?;
        }
        if let Some(live) = self.journal {
            let events = piece.events.iter().map(|event| (event.position, &event.stream));
            journal::compare(conn, self.book, live, &mut next, &views.journal_lines, events)
                .await
                .map_err(RebuildError::database(self.book))?;
            journal::require_few_changes(&next)?;
        }
        let new = piece.events.len() - written.len();
        next.events += u64::try_from(new).unwrap_or_default();
        next.place = self.place_after(&piece, build);
        let write = Write::Rows(Box::new(views), Load::Whole { written });
        step(conn, self.book, build, next, write, keeper).await
    }

    /// The events of this piece whose final rows were written before.
    fn written(&self, piece: &Piece) -> BTreeSet<Position> {
        let Some(within) = &self.within else { return BTreeSet::new() };
        let events = piece.events.iter();
        let written = events.filter(|event| {
            event.stream.aggregate_id == within.aggregate_id && event.position <= within.until
        });
        written.map(|event| event.position).collect()
    }

    fn place_after(&mut self, piece: &Piece, build: &Build) -> Place {
        let aggregate_type = self.aggregate_type.clone();
        let last = piece.events.last();
        if piece.ends {
            let before = self.within.take().map(|within| within.aggregate_id);
            let after = last.map(|last| last.stream.aggregate_id.clone()).or(before);
            return Place::Streams { aggregate_type, after, within: None };
        }
        if let Some(last) = last {
            // What was taken up stands behind what was written before it was left.
            let until = match &self.within {
                Some(within) if within.aggregate_id == last.stream.aggregate_id => {
                    within.until.max(last.position)
                }
                Some(_) | None => last.position,
            };
            self.within = Some(Within { aggregate_id: last.stream.aggregate_id.clone(), until });
        }
        let after = match &build.place {
            Place::Streams { after, .. } => after.clone(),
            Place::Tail | Place::Switched => None,
        };
        Place::Streams { aggregate_type, after, within: self.within.clone() }
    }

    /// Goes on to the next type, or to the tail.
    async fn finish<K: Keeper>(
        self,
        conn: &mut PgConnection,
        build: &mut Build,
        views: &[View],
        keeper: &mut K,
    ) -> Result<(), RebuildError> {
        let mut next = build.clone();
        let types = stream_types(views);
        let following = types.iter().skip_while(|one| **one != self.aggregate_type).nth(1);
        next.place = match following {
            Some(following) => {
                let aggregate_type = (*following).to_owned();
                Place::Streams { aggregate_type, after: None, within: None }
            }
            None => Place::Tail,
        };
        if next.place == Place::Tail && views.iter().any(|view| view.maker == Maker::Named) {
            carry::quarantine_unknown(conn, self.book, &mut next).await?;
        }
        if let (Place::Tail, Some(live)) = (&next.place, self.journal) {
            journal::find_lines_without_event(conn, self.book, live, &mut next)
                .await
                .map_err(RebuildError::database(self.book))?;
        }
        step(conn, self.book, build, next, Write::Nothing, keeper).await
    }
}

impl Build {
    /// How far the folding has come, as a position: while streams are read, how many events it was.
    pub(super) fn folded(&self) -> Position {
        match self.place {
            Place::Streams { .. } => Position(i64::try_from(self.events).unwrap_or(i64::MAX)),
            Place::Tail | Place::Switched => self.until,
        }
    }
}

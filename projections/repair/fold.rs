//! One stream, folded as far as it goes. Each event is held against the hash that chains it first: a
//! row is not made what a forged event says.

use std::collections::BTreeMap;

use eventstore::{
    BookId, ChainHash, Piece, Position, RecordedEvent, StreamId, Version, chain, read,
};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::replay::upcasters;
use crate::views::Views;
use crate::whole::{Quarantined, Whole};

/// How many events are read at a time.
const PAGE: u32 = 2_000;

/// A stream on its way through the fold.
#[derive(Debug)]
pub(super) struct Folding {
    whole: Whole,
    version: Version,
    views: Views,
    pub(super) quarantined: Option<Quarantined>,
    /// What cannot be relied on.
    pub(super) doubt: Option<String>,
}

impl Folding {
    /// Folds what there is by now, page by page: nothing is held meanwhile.
    pub(super) async fn ahead(
        conn: &mut PgConnection,
        book: BookId,
        stream: &StreamId,
    ) -> Result<Self, sqlx::Error> {
        let uuid = read_uuid(conn, book).await?;
        let mut folding = Self {
            whole: Whole::new(upcasters()),
            version: Version::ZERO,
            views: Views::default(),
            quarantined: None,
            doubt: None,
        };
        while folding.follow(conn, book, uuid, stream).await? {}
        Ok(folding)
    }

    /// Folds what came since, and ends: the rows that the stream makes.
    pub(super) async fn finish(
        &mut self,
        conn: &mut PgConnection,
        book: BookId,
        uuid: Uuid,
        stream: &StreamId,
    ) -> Result<Views, sqlx::Error> {
        while self.follow(conn, book, uuid, stream).await? {}
        self.take(&Piece { events: Vec::new(), ends: true });
        Ok(std::mem::take(&mut self.views))
    }

    /// Folds the next page; whether there was one.
    async fn follow(
        &mut self,
        conn: &mut PgConnection,
        book: BookId,
        uuid: Uuid,
        stream: &StreamId,
    ) -> Result<bool, sqlx::Error> {
        if self.doubt.is_some() || self.quarantined.is_some() {
            return Ok(false);
        }
        let events = read::stream_page(&mut *conn, book, stream, self.version, PAGE).await?;
        let Some(last) = events.last() else { return Ok(false) };
        self.version = last.version;
        self.doubt = unchained(conn, book, uuid, &events).await?;
        let is_full = events.len() == usize::try_from(PAGE).unwrap_or(usize::MAX);
        self.take(&Piece { events, ends: false });
        Ok(is_full)
    }

    fn take(&mut self, piece: &Piece) {
        let folded = self.whole.fold(piece);
        self.views.absorb(folded.views);
        if self.quarantined.is_none() {
            self.quarantined = folded.quarantined.into_iter().next();
        }
    }
}

async fn read_uuid(conn: &mut PgConnection, book: BookId) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar("select uuid from daftar.books where book_id = $1")
        .bind(book)
        .fetch_one(conn)
        .await
}

/// Which of these events is not what was chained there, if one is not.
async fn unchained(
    conn: &mut PgConnection,
    book: BookId,
    uuid: Uuid,
    events: &[RecordedEvent],
) -> Result<Option<String>, sqlx::Error> {
    let before = |event: &RecordedEvent| Position(event.position.get().saturating_sub(1));
    let hashes: Vec<(Position, ChainHash)> =
        sqlx::query_as(include_str!("../sql/repair/read_hashes.sql"))
            .bind(book)
            .bind(events.iter().map(before).collect::<Vec<_>>())
            .fetch_all(conn)
            .await?;
    let mut hashes: BTreeMap<Position, ChainHash> = hashes.into_iter().collect();
    hashes.insert(Position::ZERO, chain::genesis(uuid));
    for event in events {
        let position = event.position;
        let Some(previous) = hashes.get(&before(event)) else {
            return Ok(Some(format!("the event before position {position} is gone")));
        };
        if chain::link(*previous, uuid, event) != event.hash {
            return Ok(Some(format!("the event at position {position} is not what was chained")));
        }
    }
    Ok(None)
}

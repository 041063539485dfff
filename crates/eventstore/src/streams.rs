//! All streams of one type, each whole, in the order of their ids: what a fold of the whole book
//! reads, since memory then holds one stream and not all.

use std::borrow::Cow;

use sqlx::PgConnection;

use crate::event::RecordedEvent;
use crate::number::{BookId, Position, Version};

/// How many events are read at a time.
pub const PIECE: usize = 2_000;

/// Whole streams, or a part of a long one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// By the stream's id, then by version.
    pub events: Vec<RecordedEvent>,
    /// Whether the last stream ends here. A longer one goes on in the next piece.
    pub ends: bool,
}

/// A reader of the streams of one type. Each piece is one statement: whoever has to see pieces of
/// one moment reads them in one snapshot.
#[derive(Debug)]
pub struct Streams {
    book: BookId,
    aggregate_type: Cow<'static, str>,
    /// What was read last.
    after: (String, Version),
    until: Position,
    piece: usize,
    /// The last piece stopped within a stream.
    is_within: bool,
    is_done: bool,
}

impl Streams {
    /// The streams whose ids come after this one, if one is given, with their events up to a
    /// position, if one is given.
    pub fn new(
        book: BookId,
        aggregate_type: impl Into<Cow<'static, str>>,
        after: Option<String>,
        until: Option<Position>,
    ) -> Self {
        // No id is empty, so the first comes after that.
        let after = after.map_or((String::new(), Version::ZERO), |id| (id, Version(i64::MAX)));
        Self {
            book,
            aggregate_type: aggregate_type.into(),
            after,
            until: until.unwrap_or(Position(i64::MAX)),
            piece: PIECE,
            is_within: false,
            is_done: false,
        }
    }

    /// The same in pieces of another size.
    #[must_use]
    pub fn in_pieces_of(self, piece: usize) -> Self {
        Self { piece: piece.max(1), ..self }
    }

    /// The next piece; none once all streams were read.
    pub async fn next(&mut self, conn: &mut PgConnection) -> Result<Option<Piece>, sqlx::Error> {
        if self.is_done {
            return Ok(None);
        }
        let (id, version) = &self.after;
        let mut events: Vec<RecordedEvent> =
            sqlx::query_as(include_str!("sql/read_streams_in_order.sql"))
                .bind(self.book)
                .bind(&*self.aggregate_type)
                .bind(id)
                .bind(version)
                .bind(self.until)
                .bind(i64::try_from(self.piece).unwrap_or(i64::MAX))
                .fetch_all(conn)
                .await?;
        let is_full = events.len() == self.piece;
        let ends = !is_full || drop_last_stream(&mut events);
        let was_within = std::mem::replace(&mut self.is_within, !ends);
        self.is_done = !is_full;
        match events.last() {
            Some(last) if ends => {
                self.after = (last.stream.aggregate_id.clone(), Version(i64::MAX));
            }
            Some(last) => self.after = (last.stream.aggregate_id.clone(), last.version),
            None if !was_within => return Ok(None),
            None => {}
        }
        Ok(Some(Piece { events, ends }))
    }
}

/// Leaves out the last stream, which may go on, unless it is the only one; whether it did.
fn drop_last_stream(events: &mut Vec<RecordedEvent>) -> bool {
    let Some(last) = events.last() else { return false };
    let is_same = |event: &RecordedEvent| event.stream == last.stream;
    let Some(before) = events.iter().rposition(|event| !is_same(event)) else { return false };
    events.truncate(before + 1);
    true
}

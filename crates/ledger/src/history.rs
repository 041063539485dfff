//! Points of a book's history, as readers hand them in: a position, or a cursor that also names the
//! history that it stands in.

use std::fmt;
use std::str::FromStr;

use eventstore::{BookId, ChainHash, Cursor, Position, RecordedEvent};
use sqlx::PgConnection;

/// A position that somebody has seen or waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    position: Position,
    /// What the chain hash there begins with, if it is known.
    prefix: Option<[u8; 4]>,
}

/// The text is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a point is a position, or a cursor: a position, a point and eight hexadecimal digits")]
pub struct NotAPoint;

#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    #[error("the book has another history at this position, or ends before it")]
    Diverged,
    #[error("the book has not reached this position")]
    NotReached,
    #[error("could not reach the database")]
    Database(#[from] sqlx::Error),
}

impl Point {
    /// Before the first event.
    pub const ZERO: Self = Self { position: Position::ZERO, prefix: None };

    pub fn position(self) -> Position {
        self.position
    }

    /// Whether it names its history.
    pub fn is_cursor(self) -> bool {
        self.prefix.is_some()
    }
}

impl From<Position> for Point {
    fn from(position: Position) -> Self {
        Self { position, prefix: None }
    }
}

impl From<Cursor> for Point {
    fn from(cursor: Cursor) -> Self {
        Self { position: cursor.position, prefix: Some(cursor.hash_prefix) }
    }
}

impl FromStr for Point {
    type Err = NotAPoint;

    fn from_str(text: &str) -> Result<Self, NotAPoint> {
        if text.contains('.') {
            return text.parse().map(Cursor::into).map_err(|_| NotAPoint);
        }
        if text.is_empty() || !text.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NotAPoint);
        }
        let position = Position::new(text.parse().map_err(|_| NotAPoint)?);
        Ok(Self { position, prefix: None })
    }
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.prefix {
            Some(hash_prefix) => Cursor { position: self.position, hash_prefix }.fmt(f),
            None => self.position.fmt(f),
        }
    }
}

/// The position of a point, once it is known to lie in this book's history.
pub async fn resolve(
    conn: &mut PgConnection,
    book: BookId,
    point: &Point,
) -> Result<Position, HistoryError> {
    resolve_with_hash(conn, book, point).await.map(|(position, _)| position)
}

/// As [`resolve`], with the chain hash there.
pub async fn resolve_with_hash(
    conn: &mut PgConnection,
    book: BookId,
    point: &Point,
) -> Result<(Position, ChainHash), HistoryError> {
    match (eventstore::read::hash_at(conn, book, point.position).await?, point.prefix) {
        (None, None) => Err(HistoryError::NotReached),
        (None, Some(_)) => Err(HistoryError::Diverged),
        (Some(hash), Some(prefix)) if hash.prefix() != prefix => Err(HistoryError::Diverged),
        (Some(hash), _) => Ok((point.position, hash)),
    }
}

/// At most `limit` events after a place in the history. One statement reads the event there as
/// well, so that nothing is ever joined to a history that it does not continue.
pub async fn read_on(
    conn: &mut PgConnection,
    book: BookId,
    (position, hash): (Position, ChainHash),
    limit: u32,
) -> Result<Vec<RecordedEvent>, HistoryError> {
    if position == Position::ZERO {
        return Ok(eventstore::read::after(conn, book, position, limit).await?);
    }
    let before = Position::new(position.get() - 1);
    let with_last = limit.saturating_add(1);
    let mut events = eventstore::read::after(conn, book, before, with_last).await?.into_iter();
    match events.next() {
        Some(last) if last.position == position && last.hash == hash => Ok(events.collect()),
        Some(_) | None => Err(HistoryError::Diverged),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_number_or_a_cursor_and_nothing_else() {
        for text in ["0", "17", "9223372036854775807", "17.0a1b2c3d"] {
            assert_eq!(text.parse::<Point>().unwrap().to_string(), text);
        }
        for text in ["", "-1", "+1", "1.", ".0a1b2c3d", "17.0a1b2c3", "9223372036854775808", "x"] {
            assert_eq!(text.parse::<Point>(), Err(NotAPoint), "{text:?}");
        }
    }
}

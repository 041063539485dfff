//! A cursor: the last position a reader has seen, and which history it stands in.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::chain::{ChainHash, decode_hex};
use crate::number::Position;

/// A position with the first bytes of the chain hash there, written `<position>.<hex8>`. After a
/// restore that lost events the same position holds another hash, and the reader is told so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    /// The last position seen.
    pub position: Position,
    /// The first bytes of the chain hash at that position.
    pub hash_prefix: [u8; 4],
}

impl Cursor {
    /// The cursor of a reader that has seen everything up to `position`.
    pub const fn new(position: Position, hash: ChainHash) -> Self {
        Self { position, hash_prefix: hash.prefix() }
    }

    /// Whether `hash`, read at the cursor's position, belongs to the cursor's history.
    pub fn agrees_with(&self, hash: ChainHash) -> bool {
        self.hash_prefix == hash.prefix()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:08x}", self.position, u32::from_be_bytes(self.hash_prefix))
    }
}

/// The text is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cursor is a position, a point and eight hexadecimal digits")]
pub struct NotACursor;

impl FromStr for Cursor {
    type Err = NotACursor;

    fn from_str(text: &str) -> Result<Self, NotACursor> {
        let (position, prefix) = text.split_once('.').ok_or(NotACursor)?;
        if position.is_empty() || !position.bytes().all(|digit| digit.is_ascii_digit()) {
            return Err(NotACursor);
        }
        let position = Position(position.parse().map_err(|_| NotACursor)?);
        let mut hash_prefix = [0; 4];
        decode_hex(prefix, &mut hash_prefix).ok_or(NotACursor)?;
        Ok(Self { position, hash_prefix })
    }
}

impl TryFrom<String> for Cursor {
    type Error = NotACursor;

    fn try_from(text: String) -> Result<Self, NotACursor> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

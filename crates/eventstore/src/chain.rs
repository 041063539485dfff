//! The hash chain, format 1: each event's hash covers the one before it.
//!
//! `docs/chain.md` describes the bytes for whoever checks a chain without this code.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgTypeInfo, PgValueRef};
use sqlx::{Decode, Postgres, Type};
use uuid::Uuid;

use crate::event::RecordedEvent;

/// The format that this code writes and checks.
pub const FORMAT: u8 = 1;

/// The chain up to a position.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ChainHash([u8; 32]);

impl ChainHash {
    /// Names 32 bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// All 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first four bytes: enough to tell two histories apart by accident, not against an
    /// adversary.
    pub const fn prefix(&self) -> [u8; 4] {
        [self.0[0], self.0[1], self.0[2], self.0[3]]
    }
}

/// The hash before a book's first event.
pub fn genesis(book: Uuid) -> ChainHash {
    let mut hasher = Sha256::new();
    hasher.update([FORMAT]);
    hasher.update(book.as_bytes());
    ChainHash(hasher.finalize().into())
}

/// The hash of `event`, given the hash of the event before it. Its own `hash` is not looked at.
pub fn link(previous: ChainHash, book: Uuid, event: &RecordedEvent) -> ChainHash {
    let mut hasher = Sha256::new();
    hasher.update([FORMAT]);
    hasher.update(book.as_bytes());
    hasher.update(previous.0);
    hasher.update(event.position.get().to_be_bytes());
    text(&mut hasher, &event.stream.aggregate_type);
    text(&mut hasher, &event.stream.aggregate_id);
    hasher.update(event.version.get().to_be_bytes());
    hasher.update(event.event_id.as_bytes());
    text(&mut hasher, &event.event_type);
    text(&mut hasher, &event.event_version);
    time(&mut hasher, event.recorded_at);
    time(&mut hasher, event.effective_at);
    hasher.update(event.command_id.as_bytes());
    hasher.update(Sha256::digest(event.payload.as_bytes()));
    hasher.update(Sha256::digest(event.metadata.as_bytes()));
    ChainHash(hasher.finalize().into())
}

/// With its length in front, so that no two framings run together to the same bytes.
fn text(hasher: &mut Sha256, text: &str) {
    let length = u32::try_from(text.len()).expect("an event is at most 256 KiB");
    hasher.update(length.to_be_bytes());
    hasher.update(text.as_bytes());
}

/// In microseconds: that is what the database keeps.
fn time(hasher: &mut Sha256, time: DateTime<Utc>) {
    hasher.update(time.timestamp_micros().to_be_bytes());
}

impl fmt::Display for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text or bytes do not name a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a chain hash is 32 bytes, written as 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for ChainHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let mut bytes = [0; 32];
        decode_hex(text, &mut bytes).ok_or(NotAHash)?;
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for ChainHash {
    type Error = NotAHash;

    fn try_from(text: String) -> Result<Self, NotAHash> {
        text.parse()
    }
}

impl From<ChainHash> for String {
    fn from(hash: ChainHash) -> Self {
        hash.to_string()
    }
}

/// Fills `bytes` from exactly as many pairs of hexadecimal digits.
pub(crate) fn decode_hex(text: &str, bytes: &mut [u8]) -> Option<()> {
    if text.len() != bytes.len() * 2 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(())
}

impl Type<Postgres> for ChainHash {
    fn type_info() -> PgTypeInfo {
        <[u8] as Type<Postgres>>::type_info()
    }
}

impl<'r> Decode<'r, Postgres> for ChainHash {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        let bytes = <&[u8] as Decode<'r, Postgres>>::decode(value)?;
        Ok(Self(bytes.try_into().map_err(|_| NotAHash)?))
    }
}

//! Verification: what the log says of itself, event by event, in short pieces.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::chain::{self, ChainHash};
use crate::event::RecordedEvent;
use crate::head::{Head, HeadError, read_head};
use crate::number::{BookId, Position, Version};
use crate::read;
use crate::stream_id::StreamId;

/// How many events are checked at a time.
pub const PAGE_SIZE: u32 = 5_000;

/// Something in the log that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// The event is not what was hashed.
    HashMismatch {
        /// Where.
        position: Position,
        /// The hash that stands there.
        stored: ChainHash,
        /// The hash that belongs there.
        computed: ChainHash,
    },
    /// Positions are missing, from `first` to `last`.
    Hole {
        /// The first that is missing.
        first: Position,
        /// The last that is missing.
        last: Position,
    },
    /// An event does not follow the one before it in its stream.
    SequenceGap {
        /// Where.
        position: Position,
        /// In which stream.
        stream: StreamId,
        /// The version that has no predecessor before it.
        version: Version,
    },
    /// The event's time lies before that of the event below it.
    TimeTurnedBack {
        /// Where.
        position: Position,
    },
    /// The head does not name the last event and its hash.
    HeadDiffers {
        /// Where the head stands.
        head: Position,
        /// The last event's position.
        last: Position,
    },
    /// There are not as many events as the last position says.
    CountDiffers {
        /// How many there are.
        count: i64,
        /// The last position.
        last: Position,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HashMismatch { position, stored, computed } => write!(
                f,
                "the event at position {position} is not what was hashed: {stored} is stored, \
                 {computed} belongs there"
            ),
            Self::Hole { first, last } if first == last => {
                write!(f, "position {first} is missing")
            }
            Self::Hole { first, last } => write!(f, "positions {first} to {last} are missing"),
            Self::SequenceGap { position, stream, version } => write!(
                f,
                "the event at position {position} is number {version} of {stream}, but the one \
                 before it is not there"
            ),
            Self::TimeTurnedBack { position } => {
                write!(f, "the event at position {position} is older than the one before it")
            }
            Self::HeadDiffers { head, last } => write!(
                f,
                "the head stands at position {head} and does not name the last event, at {last}"
            ),
            Self::CountDiffers { count, last } => {
                write!(f, "there are {count} events, but the last position is {last}")
            }
        }
    }
}

/// A verification could not go on.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The head could not be read.
    #[error(transparent)]
    Head(#[from] HeadError),
    /// There is no event to start after.
    #[error("there is no position {0} to verify from")]
    NoSuchPosition(Position),
    /// The database said no, or nothing.
    #[error("could not read the log")]
    Database(#[from] sqlx::Error),
}

/// How far the log was followed, event by event: whoever keeps it can go on from there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Follower {
    book: BookId,
    uuid: Uuid,
    last: Position,
    hash: ChainHash,
    recorded_at: Option<DateTime<Utc>>,
}

/// A verification on its way: a page at a time, up to where the head stood at its beginning.
#[derive(Debug, Clone)]
pub struct ChainCheck {
    head: Head,
    follower: Follower,
    is_done: bool,
}

/// Checks the whole chain of a book after `from`: all that was found, and up to where.
pub async fn chain(
    conn: &mut PgConnection,
    book: BookId,
    from: Position,
) -> Result<(Position, Vec<Finding>), VerifyError> {
    let mut check = ChainCheck::start(conn, book, from).await?;
    let mut all = Vec::new();
    while let Some(findings) = check.next_page(conn).await? {
        all.extend(findings);
    }
    Ok((check.position(), all))
}

impl Follower {
    /// Begins after `from`, whose stored hash and time are believed. `uuid` is the book's.
    pub async fn start(
        conn: &mut PgConnection,
        book: BookId,
        uuid: Uuid,
        from: Position,
    ) -> Result<Self, VerifyError> {
        let (hash, recorded_at) = if from == Position::ZERO {
            (chain::genesis(uuid), None)
        } else {
            let event = read::event_at(conn, book, from).await?;
            let event = event.ok_or(VerifyError::NoSuchPosition(from))?;
            (event.hash, Some(event.recorded_at))
        };
        Ok(Self { book, uuid, last: from, hash, recorded_at })
    }

    /// Everything up to here is checked.
    pub const fn position(&self) -> Position {
        self.last
    }

    /// The stored hash of the last event.
    pub const fn hash(&self) -> ChainHash {
        self.hash
    }

    /// When the last event was recorded; none before the first.
    pub const fn recorded_at(&self) -> Option<DateTime<Utc>> {
        self.recorded_at
    }

    /// Checks the events that come next, in order of position.
    pub async fn follow(
        &mut self,
        conn: &mut PgConnection,
        page: &[RecordedEvent],
    ) -> Result<Vec<Finding>, sqlx::Error> {
        let mut findings = Vec::new();
        let mut versions = BTreeMap::<&StreamId, Version>::new();
        let mut unproven = Vec::new();
        for event in page {
            if event.position != self.last.next() {
                let last = Position(event.position.get() - 1);
                findings.push(Finding::Hole { first: self.last.next(), last });
            }
            let computed = chain::link(self.hash, self.uuid, event);
            if computed != event.hash {
                let (position, stored) = (event.position, event.hash);
                findings.push(Finding::HashMismatch { position, stored, computed });
            }
            if self.recorded_at.is_some_and(|before| event.recorded_at < before) {
                findings.push(Finding::TimeTurnedBack { position: event.position });
            }
            match versions.insert(&event.stream, event.version) {
                Some(before) if before.next() == event.version => {}
                None if event.version.get() == 1 => {}
                None => unproven.push((event.position, event.stream.clone(), event.version)),
                Some(_) => findings.push(Finding::SequenceGap {
                    position: event.position,
                    stream: event.stream.clone(),
                    version: event.version,
                }),
            }
            self.last = event.position;
            // The stored hash, so that one changed event is one finding.
            self.hash = event.hash;
            self.recorded_at = Some(event.recorded_at);
        }
        findings.extend(self.gaps(conn, unproven).await?);
        Ok(findings)
    }

    /// Looks up the predecessors that did not stand on the same page: memory stays that of a page.
    async fn gaps(
        &self,
        conn: &mut PgConnection,
        unproven: Vec<(Position, StreamId, Version)>,
    ) -> Result<Vec<Finding>, sqlx::Error> {
        let mut positions = Vec::new();
        let mut types = Vec::new();
        let mut ids = Vec::new();
        let mut versions = Vec::new();
        for (position, stream, version) in &unproven {
            positions.push(*position);
            types.push(&*stream.aggregate_type);
            ids.push(stream.aggregate_id.as_str());
            versions.push(*version);
        }
        let gaps: Vec<Position> = sqlx::query_scalar(include_str!("sql/find_gaps.sql"))
            .bind(self.book)
            .bind(positions)
            .bind(types)
            .bind(ids)
            .bind(versions)
            .fetch_all(conn)
            .await?;
        Ok(unproven
            .into_iter()
            .filter(|(position, ..)| gaps.contains(position))
            .map(|(position, stream, version)| Finding::SequenceGap { position, stream, version })
            .collect())
    }
}

impl ChainCheck {
    /// Begins after `from`, whose stored hash is believed.
    pub async fn start(
        conn: &mut PgConnection,
        book: BookId,
        from: Position,
    ) -> Result<Self, VerifyError> {
        let head = read_head(conn, book).await?;
        let follower = Follower::start(conn, book, head.uuid, from).await?;
        Ok(Self { head, follower, is_done: false })
    }

    /// Everything up to here is checked.
    pub const fn position(&self) -> Position {
        self.follower.position()
    }

    /// Where the verification will end.
    pub const fn end(&self) -> Position {
        self.head.position
    }

    /// Checks the next page; after the last one, the head; then nothing is left.
    pub async fn next_page(
        &mut self,
        conn: &mut PgConnection,
    ) -> Result<Option<Vec<Finding>>, VerifyError> {
        if self.is_done {
            return Ok(None);
        }
        let mut page = read::after(conn, self.head.book, self.position(), PAGE_SIZE).await?;
        page.retain(|event| event.position <= self.head.position);
        if page.is_empty() {
            self.is_done = true;
            return completeness(conn, self.head.book, self.head.uuid).await.map(Some);
        }
        Ok(Some(self.follower.follow(conn, &page).await?))
    }
}

/// `count(*) = max(position) = head.position`, and the head's hash is the last event's: all in one
/// statement's snapshot, so that writers do not disturb it.
async fn completeness(
    conn: &mut PgConnection,
    book: BookId,
    uuid: Uuid,
) -> Result<Vec<Finding>, VerifyError> {
    let (count, last, hash, head, head_hash): (
        i64,
        Position,
        Option<ChainHash>,
        Position,
        ChainHash,
    ) = sqlx::query_as(include_str!("sql/read_completeness.sql"))
        .bind(book)
        .fetch_one(conn)
        .await?;
    let mut findings = Vec::new();
    let hash = hash.unwrap_or_else(|| chain::genesis(uuid));
    if head != last || head_hash != hash {
        findings.push(Finding::HeadDiffers { head, last });
    }
    if count != last.get() {
        findings.push(Finding::CountDiffers { count, last });
    }
    Ok(findings)
}

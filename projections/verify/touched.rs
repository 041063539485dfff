//! The streams that went on since a position: each is folded whole, and only those.

use eventstore::{BookId, Piece, Position, RecordedEvent, StreamId, Version, read, read_head};
use sqlx::PgConnection;
use uuid::Uuid;

use super::VerifyError;
use super::finding::Findings;
use super::moment;
use super::rows::Scope;
use super::saved::Of;
use super::streams::{Folding, alone};

/// Looks at streams of one type.
pub(super) struct Touched {
    book: BookId,
    aggregate_type: &'static str,
    /// How many events make a piece.
    size: u16,
    folding: Folding,
}

impl Touched {
    pub(super) fn new(
        book: BookId,
        aggregate_type: &'static str,
        size: u16,
        findings: &Findings,
    ) -> Self {
        Self { book, aggregate_type, size, folding: Folding::new(aggregate_type, findings) }
    }

    /// What was found in these streams, and how many rows and events were looked at.
    pub(super) async fn look(
        &mut self,
        conn: &mut PgConnection,
        ids: &[String],
    ) -> Result<(Findings, u64, u64), VerifyError> {
        let mut ids = ids.iter();
        loop {
            // As many short ones as make a piece.
            let mut tx = moment::open(conn).await?;
            let head = read_head(&mut tx, self.book).await?;
            let mut piece = Piece { events: Vec::new(), ends: true };
            let mut taken = Vec::new();
            let mut long = None;
            while piece.events.len() < self.size.into()
                && long.is_none()
                && let Some(id) = ids.next()
            {
                let events = self.page(&mut tx, id, Version::ZERO).await?;
                if events.len() == usize::from(self.size) {
                    long = Some(id);
                } else {
                    taken.push(id.as_str());
                    piece.events.extend(events);
                }
            }
            let is_last = taken.is_empty() && long.is_none();
            let scope =
                Scope::These(taken.iter().filter_map(|id| id.parse::<Uuid>().ok()).collect());
            self.folding.look(&mut tx, &head, &piece, (scope, Of::These(taken))).await?;
            tx.rollback().await?;
            if is_last {
                return Ok(self.folding.settle());
            }
            if let Some(id) = long {
                self.follow(conn, id).await?;
            }
        }
    }

    /// Looks at a long stream, piece by piece.
    async fn follow(&mut self, conn: &mut PgConnection, id: &str) -> Result<(), VerifyError> {
        let mut version = Version::ZERO;
        loop {
            let mut tx = moment::open(conn).await?;
            let head = read_head(&mut tx, self.book).await?;
            let events = self.page(&mut tx, id, version).await?;
            let ends = events.len() < self.size.into();
            version = events.last().map_or(version, |last| last.version);
            let piece = Piece { events, ends };
            self.folding.look(&mut tx, &head, &piece, alone(id)).await?;
            tx.rollback().await?;
            if ends {
                return Ok(());
            }
        }
    }

    async fn page(
        &self,
        conn: &mut PgConnection,
        id: &str,
        after: Version,
    ) -> Result<Vec<RecordedEvent>, sqlx::Error> {
        let stream = StreamId::new(self.aggregate_type, id);
        read::stream_page(conn, self.book, &stream, after, self.size.into()).await
    }
}

/// The streams that went on first after one position and up to another.
pub(super) async fn find(
    conn: &mut PgConnection,
    book: BookId,
    since: Position,
    (after, until): (Position, Position),
) -> Result<Vec<StreamId>, sqlx::Error> {
    let touches = read::first_touches(conn, book, since, after, until).await?;
    Ok(touches.into_iter().map(|(_, stream)| stream).collect())
}

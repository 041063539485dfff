//! The streams that went on since a position: each is folded whole, and only those.

use eventstore::{BookId, Piece, Position, StreamId, Version, read, read_head, streams::PIECE};
use sqlx::PgConnection;
use uuid::Uuid;

use super::VerifyError;
use super::finding::Findings;
use super::moment;
use super::rows::Scope;
use super::saved::{Of, Saved};
use super::streams::Folding;

/// Looks at these streams, which are of one type.
pub(super) async fn look(
    conn: &mut PgConnection,
    book: BookId,
    aggregate_type: &'static str,
    ids: &[String],
    findings: &Findings,
) -> Result<(Findings, u64, u64), VerifyError> {
    let mut folding = Folding::new(aggregate_type, findings);
    let mut ids = ids.iter();
    let mut long = None;
    loop {
        if let Some(id) = long.take() {
            follow(conn, book, &mut folding, aggregate_type, id).await?;
        }
        // As many short ones as make a piece.
        let mut tx = moment::open(conn).await?;
        let head = read_head(&mut tx, book).await?;
        let mut piece = Piece { events: Vec::new(), ends: true };
        let mut taken = Vec::new();
        while piece.events.len() < PIECE
            && long.is_none()
            && let Some(id) = ids.next()
        {
            let stream = StreamId::new(aggregate_type, id.as_str());
            let events = page(&mut tx, book, &stream, Version::ZERO).await?;
            if events.len() == PIECE {
                long = Some(id);
            } else {
                taken.push(id.as_str());
                piece.events.extend(events);
            }
        }
        if taken.is_empty() && long.is_none() {
            tx.rollback().await?;
            return Ok(folding.settle());
        }
        let scope = Scope::These(taken.iter().filter_map(|id| id.parse::<Uuid>().ok()).collect());
        let saved = Saved::load(&mut tx, book, aggregate_type, Of::These(taken)).await?;
        folding.look(&mut tx, &head, &piece, scope, &saved).await?;
        tx.rollback().await?;
    }
}

/// Looks at a long stream, piece by piece.
async fn follow(
    conn: &mut PgConnection,
    book: BookId,
    folding: &mut Folding,
    aggregate_type: &'static str,
    id: &str,
) -> Result<(), VerifyError> {
    let stream = StreamId::new(aggregate_type, id);
    let scope = || Scope::These(id.parse().into_iter().collect());
    let mut version = Version::ZERO;
    loop {
        let mut tx = moment::open(conn).await?;
        let head = read_head(&mut tx, book).await?;
        let events = page(&mut tx, book, &stream, version).await?;
        let ends = events.len() < PIECE;
        version = events.last().map_or(version, |last| last.version);
        let saved = Saved::load(&mut tx, book, aggregate_type, Of::These(vec![id])).await?;
        folding.look(&mut tx, &head, &Piece { events, ends }, scope(), &saved).await?;
        tx.rollback().await?;
        if ends {
            return Ok(());
        }
    }
}

async fn page(
    conn: &mut PgConnection,
    book: BookId,
    stream: &StreamId,
    after: Version,
) -> Result<Vec<eventstore::RecordedEvent>, sqlx::Error> {
    read::stream_page(conn, book, stream, after, u32::try_from(PIECE).unwrap_or(u32::MAX)).await
}

/// How many positions are looked through at a time for streams that went on.
pub(super) const PAGE: i64 = 2_000;

/// The streams of a type among those that went on first after one position and up to another.
pub(super) async fn find(
    conn: &mut PgConnection,
    book: BookId,
    since: Position,
    (after, until): (Position, Position),
) -> Result<Vec<StreamId>, sqlx::Error> {
    let touches = read::first_touches(conn, book, since, after, until).await?;
    Ok(touches.into_iter().map(|(_, stream)| stream).collect())
}

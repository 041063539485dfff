//! One stream alone: whether it can be folded, and whether its rows are what it folds to.

use eventstore::{BookId, StreamId};
use sqlx::PgConnection;

use super::VerifyError;
use super::finding::{Finding, Findings};
use super::touched::Touched;
use crate::whole::Quarantined;

const PIECE: u16 = 2_000;

/// What was found of one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamReport {
    /// Its first event that this build cannot fold; then its rows were compared with nothing.
    pub quarantined: Option<Quarantined>,
    pub findings: Vec<Finding>,
}

/// Folds a stream from its first event, and compares its rows and saved states. None for a stream of
/// no type that this build knows: it has no rows.
pub async fn verify_stream(
    conn: &mut PgConnection,
    book: BookId,
    stream: &StreamId,
) -> Result<Option<StreamReport>, VerifyError> {
    let known = domain::StreamKey::AGGREGATE_TYPES;
    let Some(of_type) = known.into_iter().find(|known| *known == stream.aggregate_type) else {
        return Ok(None);
    };
    let mut touched = Touched::new(book, of_type, PIECE, &Findings::default());
    let ids = [stream.aggregate_id.clone()];
    let (found, _, _) = touched.look(conn, &ids).await?;
    Ok(Some(StreamReport {
        quarantined: found.quarantined().first().cloned(),
        findings: found.listed().to_vec(),
    }))
}

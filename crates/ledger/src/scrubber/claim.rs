//! Who goes round a book: the claim, which every page proves and renews.

use eventstore::BookId;
use projections::Verification;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use tracing::warn;
use uuid::Uuid;

/// How long a claim holds without being renewed.
const LEASE_SECONDS: i32 = 30;

/// Which book, and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) book: BookId,
    id: Uuid,
}

/// How far a lap has come, as it is read.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Kept {
    pub(super) verification: Verification,
    /// How much was found beside what was written down.
    pub(super) unlisted: u64,
}

/// The same as it is written.
#[derive(Debug, Serialize)]
pub(super) struct Keeping<'a, C> {
    pub(super) verification: &'a C,
    pub(super) unlisted: u64,
}

/// A lap that is to be gone on with.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) claim: Claim,
    pub(super) lap: i64,
    pub(super) kept: Kept,
}

/// Takes a book, if nobody holds it.
pub(super) async fn take(
    conn: &mut PgConnection,
    book: BookId,
    node: &str,
) -> Result<Option<Taken>, sqlx::Error> {
    let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
    let taken: Option<(i64, Option<String>)> = sqlx::query_as(include_str!("sql/take_claim.sql"))
        .bind(book)
        .bind(id)
        .bind(LEASE_SECONDS)
        .bind(node)
        .fetch_optional(conn)
        .await?;
    Ok(taken.map(|(lap, checkpoint)| {
        let kept = checkpoint.map(|text| serde_json::from_str(&text)).transpose();
        let kept = kept.unwrap_or_else(|error| {
            // Another build kept it otherwise: the lap begins anew.
            warn!(%error, "how far the scrubber has come cannot be read");
            None
        });
        Taken { claim: Claim { book, id }, lap, kept: kept.unwrap_or_default() }
    }))
}

impl Claim {
    /// Keeps how far the lap has come; whether the claim still holds.
    pub(super) async fn keep(
        self,
        conn: &mut PgConnection,
        checkpoint: String,
        progress: String,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<bool, sqlx::Error> {
        let kept = sqlx::query(include_str!("sql/keep_page.sql"))
            .bind(self.book)
            .bind(self.id)
            .bind(LEASE_SECONDS)
            .bind(checkpoint)
            .bind(progress)
            .bind(now)
            .execute(conn)
            .await?;
        Ok(kept.rows_affected() > 0)
    }

    /// Whether it still holds; it then does for as long again.
    pub(super) async fn renew(self, conn: &mut PgConnection) -> Result<bool, sqlx::Error> {
        let renewed = sqlx::query(include_str!("sql/renew_claim.sql"))
            .bind(self.book)
            .bind(self.id)
            .bind(LEASE_SECONDS)
            .execute(conn)
            .await?;
        Ok(renewed.rows_affected() > 0)
    }

    /// Another may go at once.
    pub(super) async fn release(self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("sql/release_claim.sql"))
            .bind(self.book)
            .bind(self.id)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// The lap is over: what it found, of which so much is not written down. Nothing if the claim is
    /// lost.
    pub(super) async fn end_lap(
        self,
        conn: &mut PgConnection,
        now: chrono::DateTime<chrono::Utc>,
        unlisted: u64,
    ) -> Result<Option<(i64, i64)>, sqlx::Error> {
        sqlx::query_as(include_str!("sql/end_lap.sql"))
            .bind(self.book)
            .bind(self.id)
            .bind(now)
            .bind(i64::try_from(unlisted).unwrap_or(i64::MAX))
            .fetch_optional(conn)
            .await
    }
}

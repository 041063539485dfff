//! Which secret a book was begun with: every node must hold that one.

use chrono::{DateTime, Utc};
use eventstore::BookId;
use sqlx::PgConnection;
use subtle::ConstantTimeEq as _;

/// What a secret is known by: 32 bytes that it alone makes, and that say nothing of it.
pub type Check = [u8; 32];

#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "this is not the secret that book {0} was begun with: with it, genuine retries would be \
         refused and personal data could not be read. Give every node the same file in \
         DAFTAR_SECRET_FILE. If the right one is lost for good, the owner of the database can give \
         up what it kept: delete from daftar.secret_checks where book_id = {0}"
    )]
    Another(BookId),
    #[error("could not compare the secret")]
    Database(#[from] sqlx::Error),
}

/// Claims the book for the secret the first time; later refuses any other.
pub async fn claim(
    conn: &mut PgConnection,
    book: BookId,
    check: &Check,
    now: DateTime<Utc>,
) -> Result<(), SecretError> {
    // Two first nodes at once: the key of the table decides, and the loser compares.
    sqlx::query(include_str!("sql/claim_secret.sql"))
        .bind(book)
        .bind(check.as_slice())
        .bind(now)
        .execute(&mut *conn)
        .await?;
    compare(conn, book, check).await
}

/// Refuses any secret but the one that the book was claimed for; a book that nobody claimed takes
/// any.
pub async fn compare(
    conn: &mut PgConnection,
    book: BookId,
    check: &Check,
) -> Result<(), SecretError> {
    let kept: Option<Vec<u8>> = sqlx::query_scalar(include_str!("sql/read_secret_check.sql"))
        .bind(book)
        .fetch_optional(conn)
        .await?;
    match kept {
        Some(kept) if !bool::from(kept.ct_eq(check)) => Err(SecretError::Another(book)),
        Some(_) | None => Ok(()),
    }
}

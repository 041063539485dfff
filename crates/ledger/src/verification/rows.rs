//! Personal data row by row: it opens with its customer's key, and its digest is that of its content.

use eventstore::BookId;
use futures::TryStreamExt as _;
use projections::{Check, Finding};
use sqlx::{FromRow as _, PgConnection};
use uuid::Uuid;

use crate::personal::{Encrypted, Vault, Wrong};

/// How many rows are opened in one moment. One is held in memory at a time: it may be a file.
const PAGE_SIZE: usize = 200;

/// Looks at the next rows; the last of them, if there may be more.
pub(super) async fn check(
    conn: &mut PgConnection,
    book: BookId,
    vault: &Vault,
    after: Uuid,
) -> Result<(Vec<Finding>, Option<Uuid>), sqlx::Error> {
    let mut rows = sqlx::query(include_str!("sql/page_personal_data.sql"))
        .bind(book)
        .bind(after)
        .bind(i64::try_from(PAGE_SIZE).unwrap_or(i64::MAX))
        .fetch(conn);
    let mut findings = Vec::new();
    let mut seen = 0;
    let mut last = after;
    while let Some(row) = rows.try_next().await? {
        let row = Encrypted::from_row(&row)?;
        seen += 1;
        last = row.id;
        let finding = || Finding::new(Check::PersonalData, row.id.to_string());
        match row.check(vault, book) {
            Ok(()) => {}
            Err(Wrong::Key) => {
                let finding = finding().in_column("customer_keys.wrapped");
                findings.push(finding.found("a key that the secret does not open"));
            }
            Err(Wrong::Content) => {
                let finding = finding().in_column("ciphertext");
                findings.push(finding.found("a content that its key does not open"));
            }
            Err(Wrong::Digest { expected }) => {
                let finding = finding().in_column("digest");
                findings.push(finding.expected(expected).found(row.digest.as_str()));
            }
        }
    }
    Ok((findings, (seen == PAGE_SIZE).then_some(last)))
}

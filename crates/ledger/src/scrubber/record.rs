//! Findings as they are written down: one is known again by what it is about.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventstore::BookId;
use projections::{Check, Finding, text_of};
use sqlx::PgConnection;
use uuid::Uuid;

/// How much is kept of a line for people, and of what it is about.
const SAYS_CHARS_MAX: usize = 2_000;
const SUBJECT_CHARS_MAX: usize = 500;

/// The name of a finding: the same for the same thing, in every lap.
pub(super) fn id(book: Uuid, finding: &Finding) -> Uuid {
    let mut name = format!(
        "scrub\u{1f}{}\u{1f}{}\u{1f}{}\u{1f}{}",
        finding.check.as_str(),
        finding.projection.as_deref().unwrap_or_default(),
        finding.key,
        finding.column.as_deref().unwrap_or_default(),
    );
    // Of the log everything is about the same key: what is said of it tells one from another.
    if finding.check == Check::Chain
        && let Some(found) = &finding.found
    {
        name.push('\u{1f}');
        name.push_str(&text_of(found));
    }
    Uuid::new_v5(&book, name.as_bytes())
}

/// What it is about: a row by its key, with the column.
fn subject(finding: &Finding) -> String {
    let key = text_of(&finding.key);
    let column = finding.column.iter().map(|column| format!(" {column}"));
    short(&[key].into_iter().chain(column).collect::<String>(), SUBJECT_CHARS_MAX)
}

/// What the table takes of a text: no NUL, and no more than is of use.
fn short(text: &str, most: usize) -> String {
    text.chars().filter(|letter| *letter != '\0').take(most).collect()
}

/// Writes down what was found in a lap. What was known already stays as it was found first.
pub(super) async fn write(
    conn: &mut PgConnection,
    (book, uuid): (BookId, Uuid),
    findings: &[Finding],
    lap: i64,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    let findings: BTreeMap<Uuid, &Finding> =
        findings.iter().map(|finding| (id(uuid, finding), finding)).collect();
    if findings.is_empty() {
        return Ok(());
    }
    let mut checks = Vec::new();
    let mut subjects = Vec::new();
    let mut views = Vec::new();
    let mut says = Vec::new();
    let mut evidence = Vec::new();
    for finding in findings.values() {
        checks.push(finding.check.as_str());
        subjects.push(subject(finding));
        views.push(finding.projection.clone());
        says.push(short(&finding.to_string(), SAYS_CHARS_MAX));
        evidence.push(
            serde_json::to_string(finding).map_err(|error| sqlx::Error::Encode(error.into()))?,
        );
    }
    sqlx::query(include_str!("sql/write_findings.sql"))
        .bind(book)
        .bind(findings.into_keys().collect::<Vec<_>>())
        .bind(checks)
        .bind(subjects)
        .bind(views)
        .bind(says)
        .bind(evidence)
        .bind(now)
        .bind(lap)
        .execute(conn)
        .await?;
    Ok(())
}

//! What a monitor finds, against what it had found: opened, kept, resolved, opened again.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use eventstore::BookId;
use sqlx::{Acquire as _, FromRow, PgConnection};
use uuid::Uuid;

use super::{Case, Severity, What};

/// How many alerts were changed, and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synced {
    pub opened: u32,
    pub reopened: u32,
    pub resolved: u32,
    /// What stays, whatever it says now.
    pub kept: u32,
}

impl Synced {
    /// How many are open now.
    pub fn cases(&self) -> u32 {
        self.opened.saturating_add(self.reopened).saturating_add(self.kept)
    }
}

#[derive(FromRow)]
struct Known {
    alert_id: Uuid,
    subject: String,
    severity: String,
    owner: String,
    says: String,
    evidence: String,
    is_open: bool,
}

/// Makes a monitor's alerts what these cases say, in one transaction. Of two cases with one subject
/// the worse counts.
pub async fn sync(
    conn: &mut PgConnection,
    book: BookId,
    monitor: &str,
    cases: Vec<Case>,
    now: DateTime<Utc>,
) -> Result<Synced, sqlx::Error> {
    let mut by_subject = BTreeMap::<String, Case>::new();
    for case in cases {
        let is_worse = by_subject.get(&case.subject).is_none_or(|one| one.severity < case.severity);
        if is_worse {
            by_subject.insert(case.subject.clone(), case);
        }
    }
    // Most looks find nothing where nothing was found: they write nothing, and wait for nobody.
    if by_subject.is_empty() && !has_open(conn, book, monitor).await? {
        return Ok(Synced::default());
    }
    let mut tx = conn.begin().await?;
    let mut log = Log { book, number: lock(&mut tx, book).await?, now };
    let subjects: Vec<&str> = by_subject.keys().map(String::as_str).collect();
    let known: Vec<Known> = sqlx::query_as(include_str!("sql/read_known.sql"))
        .bind(book)
        .bind(monitor)
        .bind(subjects)
        .fetch_all(&mut *tx)
        .await?;
    let mut synced = Synced::default();
    for known in known {
        match by_subject.remove(&known.subject) {
            None => {
                log.note(&mut tx, known.alert_id, What::Resolved, known.tells()).await?;
                log.resolve(&mut tx, known.alert_id).await?;
                synced.resolved += 1;
            }
            Some(case) if known.is_open => {
                synced.kept += 1;
                if known.says_otherwise(&case) {
                    log.renew(&mut tx, known.alert_id, &case).await?;
                }
            }
            Some(case) => {
                log.note(&mut tx, known.alert_id, What::Reopened, tells(&case)).await?;
                log.reopen(&mut tx, known.alert_id, &case).await?;
                synced.reopened += 1;
            }
        }
    }
    for case in by_subject.into_values() {
        // Its name for ever: whoever else finds the same subject first gives it the same.
        let id = Uuid::new_v5(&NAMES, format!("{book}/{monitor}/{}", case.subject).as_bytes());
        log.insert(&mut tx, id, monitor, &case).await?;
        log.write(&mut tx, id, What::Opened, tells(&case)).await?;
        synced.opened += 1;
    }
    log.close(&mut tx).await?;
    tx.commit().await?;
    Ok(synced)
}

async fn has_open(
    conn: &mut PgConnection,
    book: BookId,
    monitor: &str,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/has_open.sql"))
        .bind(book)
        .bind(monitor)
        .fetch_one(conn)
        .await
}

/// The root of alerts' ids.
const NAMES: Uuid = Uuid::from_u128(0xda5f_7a2a_0000_5000_8000_616c_6572_7473);

/// What a change tells of its alert.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tells<'a> {
    pub(super) severity: &'a str,
    pub(super) owner: &'a str,
    pub(super) says: &'a str,
    pub(super) by: Option<&'a str>,
    pub(super) note: Option<&'a str>,
}

fn tells(case: &Case) -> Tells<'_> {
    Tells {
        severity: case.severity.as_str(),
        owner: &case.owner,
        says: &case.says,
        by: None,
        note: None,
    }
}

impl Known {
    fn tells(&self) -> Tells<'_> {
        Tells {
            severity: &self.severity,
            owner: &self.owner,
            says: &self.says,
            by: None,
            note: None,
        }
    }

    fn says_otherwise(&self, case: &Case) -> bool {
        let evidence = case.evidence.to_string();
        Severity::parse(&self.severity) != Some(case.severity)
            || self.owner != case.owner
            || self.says != case.says
            // As text: it is stored so, and read back so.
            || self.evidence.as_str() != evidence
    }
}

/// Waits for whoever else changes alerts of the book; the last number that is given.
pub(super) async fn lock(conn: &mut PgConnection, book: BookId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(include_str!("sql/lock_head.sql")).bind(book).fetch_one(conn).await
}

/// What is written while the head of the alerts is held.
pub(super) struct Log {
    pub(super) book: BookId,
    pub(super) number: i64,
    pub(super) now: DateTime<Utc>,
}

impl Log {
    /// Notes a change under the next number.
    pub(super) async fn note(
        &mut self,
        conn: &mut PgConnection,
        alert: Uuid,
        what: What,
        tells: Tells<'_>,
    ) -> Result<(), sqlx::Error> {
        self.number += 1;
        self.write(conn, alert, what, tells).await
    }

    async fn write(
        &self,
        conn: &mut PgConnection,
        alert: Uuid,
        what: What,
        tells: Tells<'_>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("sql/insert_change.sql"))
            .bind(self.book)
            .bind(self.number)
            .bind(alert)
            .bind(what.as_str())
            .bind(tells.severity)
            .bind(tells.owner)
            .bind(tells.says)
            .bind(self.now)
            .bind(tells.by)
            .bind(tells.note)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Under the next number; the change that says so is still to be written.
    async fn insert(
        &mut self,
        conn: &mut PgConnection,
        alert: Uuid,
        monitor: &str,
        case: &Case,
    ) -> Result<(), sqlx::Error> {
        self.number += 1;
        sqlx::query(include_str!("sql/insert_alert.sql"))
            .bind(self.book)
            .bind(alert)
            .bind(monitor)
            .bind(&case.subject)
            .bind(case.severity.as_str())
            .bind(&case.owner)
            .bind(&case.says)
            .bind(case.evidence.to_string())
            .bind(self.now)
            .bind(self.number)
            .execute(conn)
            .await?;
        Ok(())
    }

    async fn reopen(
        &self,
        conn: &mut PgConnection,
        alert: Uuid,
        case: &Case,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("sql/reopen_alert.sql"))
            .bind(self.book)
            .bind(alert)
            .bind(case.severity.as_str())
            .bind(&case.owner)
            .bind(&case.says)
            .bind(case.evidence.to_string())
            .bind(self.now)
            .bind(self.number)
            .execute(conn)
            .await?;
        Ok(())
    }

    async fn renew(
        &self,
        conn: &mut PgConnection,
        alert: Uuid,
        case: &Case,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("sql/renew_alert.sql"))
            .bind(self.book)
            .bind(alert)
            .bind(case.severity.as_str())
            .bind(&case.owner)
            .bind(&case.says)
            .bind(case.evidence.to_string())
            .execute(conn)
            .await?;
        Ok(())
    }

    async fn resolve(&self, conn: &mut PgConnection, alert: Uuid) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("sql/resolve_alert.sql"))
            .bind(self.book)
            .bind(alert)
            .bind(self.now)
            .bind(self.number)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// The next change goes on from here.
    pub(super) async fn close(&self, conn: &mut PgConnection) -> Result<(), sqlx::Error> {
        sqlx::query(include_str!("sql/move_head.sql"))
            .bind(self.book)
            .bind(self.number)
            .execute(conn)
            .await?;
        Ok(())
    }
}

//! Alerts: what somebody should look at, from when it is found until it is gone.
//!
//! A monitor says what is in trouble at this moment, and [`sync`] makes of it what was opened, stays,
//! is resolved or comes back. Each change has a number, without holes and in the order in which they
//! were committed, so that a reader who has seen one has seen all before it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use domain::actor::Role;
use eventstore::BookId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{Acquire as _, PgConnection};
use uuid::Uuid;

mod row;
mod sync;

pub use sync::{Synced, sync};

/// How long a list may be.
pub const LIST_MAX: u32 = 500;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    /// To be seen to during the day.
    Warning,
    /// To be seen to now.
    Critical,
}

impl Severity {
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == text)
    }
}

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Opened,
    /// Still there, and somebody sees to it.
    Acknowledged,
    Resolved,
}

impl State {
    pub const ALL: [Self; 3] = [Self::Opened, Self::Acknowledged, Self::Resolved];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// Something that a monitor finds in trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What it is about, by which it is known again: `order/<id>`, `view/customer_orders`, `book`.
    pub subject: String,
    pub severity: Severity,
    /// The department that sees to it.
    pub owner: String,
    /// One line for people.
    pub says: String,
    /// What it was found by.
    pub evidence: Value,
}

/// One alert, as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    pub id: Uuid,
    pub monitor: String,
    pub subject: String,
    pub severity: Severity,
    pub owner: String,
    pub says: String,
    pub evidence: Value,
    /// How often it was opened.
    pub times_opened: i32,
    /// The last time.
    pub opened_at: DateTime<Utc>,
    pub acknowledged_at: Option<DateTime<Utc>>,
    pub acknowledged_by: Option<String>,
    pub resolved_at: Option<DateTime<Utc>>,
    /// The number of its last change.
    pub number: i64,
}

impl Alert {
    pub fn state(&self) -> State {
        match (self.resolved_at, self.acknowledged_at) {
            (Some(_), _) => State::Resolved,
            (None, Some(_)) => State::Acknowledged,
            (None, None) => State::Opened,
        }
    }
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Opened,
    Acknowledged,
    Resolved,
    /// It had been resolved, and is back.
    Reopened,
}

impl What {
    pub const ALL: [Self; 4] = [Self::Opened, Self::Acknowledged, Self::Resolved, Self::Reopened];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Reopened => "reopened",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.as_str() == text)
    }
}

/// A step in an alert's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// From 1, without holes.
    pub number: i64,
    pub alert: Uuid,
    pub what: What,
    /// What it said then.
    pub says: String,
    pub at: DateTime<Utc>,
    /// Who acknowledged it.
    pub by: Option<String>,
    /// What they say of it.
    pub note: Option<String>,
    pub monitor: String,
    pub subject: String,
    pub severity: Severity,
    pub owner: String,
}

/// Which alerts are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub state: Option<State>,
    pub severity: Option<Severity>,
    pub owner: Option<String>,
    pub monitor: Option<String>,
}

#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    #[error("there is no alert {0}")]
    Unknown(Uuid),
    #[error("alert {0} is resolved: there is nothing to see to")]
    Over(Uuid),
    #[error("could not reach the database")]
    Database(#[from] sqlx::Error),
}

/// The alert of an id.
pub async fn find(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
) -> Result<Option<Alert>, sqlx::Error> {
    sqlx::query_as(include_str!("alerts/sql/read_alert.sql"))
        .bind(book)
        .bind(id)
        .fetch_optional(conn)
        .await
}

/// Alerts, the one that changed last first, below the number that the last page ended with.
pub async fn list(
    conn: &mut PgConnection,
    book: BookId,
    filter: &Filter,
    below: Option<i64>,
    size: u32,
) -> Result<Vec<Alert>, sqlx::Error> {
    sqlx::query_as(include_str!("alerts/sql/list_alerts.sql"))
        .bind(book)
        .bind(filter.state.map(State::as_str))
        .bind(filter.severity.map(Severity::as_str))
        .bind(filter.owner.as_deref())
        .bind(filter.monitor.as_deref())
        .bind(below)
        .bind(i64::from(size.min(LIST_MAX)))
        .fetch_all(conn)
        .await
}

/// What happened to alerts after a number, in order.
pub async fn changes(
    conn: &mut PgConnection,
    book: BookId,
    after: i64,
    size: u32,
) -> Result<Vec<Change>, sqlx::Error> {
    sqlx::query_as(include_str!("alerts/sql/read_changes.sql"))
        .bind(book)
        .bind(after)
        .bind(i64::from(size.min(LIST_MAX)))
        .fetch_all(conn)
        .await
}

/// What happened to one alert, the last first.
pub async fn history(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
    size: u32,
) -> Result<Vec<Change>, sqlx::Error> {
    sqlx::query_as(include_str!("alerts/sql/read_history.sql"))
        .bind(book)
        .bind(id)
        .bind(i64::from(size.min(LIST_MAX)))
        .fetch_all(conn)
        .await
}

/// The number of the last change; 0 before there is one.
pub async fn last_number(conn: &mut PgConnection, book: BookId) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(include_str!("alerts/sql/read_head.sql")).bind(book).fetch_one(conn).await
}

/// Whether a role sees to what belongs to a department. What is daftar's own is seen to by admins,
/// who may stand in for everybody.
pub fn sees_to(role: Role, owner: &str) -> bool {
    match role {
        Role::Admin => true,
        Role::Finance | Role::Warehouse | Role::Logistics => role.as_str() == owner,
        Role::Client | Role::Gateway | Role::Auditor => false,
    }
}

/// How many alerts are open, by monitor and severity.
pub async fn count_open(
    conn: &mut PgConnection,
    book: BookId,
) -> Result<BTreeMap<(String, Severity), u64>, sqlx::Error> {
    let counts: Vec<(String, String, i64)> =
        sqlx::query_as(include_str!("alerts/sql/count_open.sql"))
            .bind(book)
            .fetch_all(conn)
            .await?;
    let known = |(monitor, severity, count): (String, String, i64)| {
        Some(((monitor, Severity::parse(&severity)?), u64::try_from(count).ok()?))
    };
    Ok(counts.into_iter().filter_map(known).collect())
}

/// Somebody sees to it, and may say something of it. Said twice, the first one stands.
pub async fn acknowledge(
    conn: &mut PgConnection,
    book: BookId,
    id: Uuid,
    (by, note): (&str, Option<&str>),
    now: DateTime<Utc>,
) -> Result<Alert, AlertError> {
    let mut tx = conn.begin().await?;
    let number = sync::lock(&mut tx, book).await?;
    let known = find(&mut tx, book, id).await?.ok_or(AlertError::Unknown(id));
    let settled = match known {
        Ok(alert) if alert.state() == State::Opened => Ok(alert),
        Ok(alert) if alert.state() == State::Resolved => Err(Err(AlertError::Over(id))),
        other => Err(other),
    };
    let alert = match settled {
        Ok(alert) => alert,
        Err(settled) => {
            // At once: dropped, it would hold the alerts until the connection is used again.
            tx.rollback().await?;
            return settled;
        }
    };
    let mut log = sync::Log { book, number, now };
    let tells = sync::Tells {
        severity: alert.severity.as_str(),
        owner: &alert.owner,
        says: &alert.says,
        by: Some(by),
        note,
    };
    log.note(&mut tx, id, What::Acknowledged, tells).await?;
    sqlx::query(include_str!("alerts/sql/acknowledge_alert.sql"))
        .bind(book)
        .bind(id)
        .bind(now)
        .bind(by)
        .bind(log.number)
        .execute(&mut *tx)
        .await?;
    log.close(&mut tx).await?;
    let alert = find(&mut tx, book, id).await?.ok_or(AlertError::Unknown(id))?;
    tx.commit().await?;
    Ok(alert)
}

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

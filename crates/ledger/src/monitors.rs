//! Monitors: what is looked for all the time, whose it is, and what they do about it.
//!
//! A monitor says what is in trouble at this moment; [`alerts::sync`] makes of it what is opened, stays
//! or is resolved. None of them changes anything else: where money is in question, a person decides.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::settings::Settings;
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;

use crate::alerts::{self, Case, Severity, Synced};
use crate::ledger::Ledger;
use crate::queries::{self, QueryError};

mod chain_broken;
mod claimed_far_from_due;
mod clock_behind;
mod deadline_not_fired;
mod disk_low;
mod dispatched_not_delivered;
mod job_failed;
mod large_credit;
mod late;
mod law_broken;
mod many_rejections;
mod monitor_failing;
mod overview;
mod paid_not_released;
mod processing_too_long;
mod receipt_waiting;
mod same_file_twice;
mod scrubbed;
mod scrubber_behind;
mod stream_quarantined;
mod suspense_ageing;
mod transfer_used_up;
mod unallocated_ageing;
mod view_differs;
mod waiting;
mod wal_high;
mod watch;
mod webhook_failing;
mod wording;

pub use overview::{Watched, overview};
pub use watch::{Look, looks, run};

/// How many cases of one monitor are told at most, the oldest first.
pub const CASES_MAX: i64 = 1_000;

/// The department that sees to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    Finance,
    Warehouse,
    Logistics,
    /// Those who run daftar.
    Operations,
}

impl Owner {
    pub const ALL: [Self; 4] = [Self::Finance, Self::Warehouse, Self::Logistics, Self::Operations];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Finance => "finance",
            Self::Warehouse => "warehouse",
            Self::Logistics => "logistics",
            Self::Operations => "operations",
        }
    }

    /// Nobody for a department that is none of ours: an order's customer.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|owner| owner.as_str() == text)
    }
}

/// One thing that is watched.
#[derive(Debug, Clone, Copy)]
pub struct Monitor {
    pub name: &'static str,
    /// How bad a case of it is, unless the case says otherwise.
    pub severity: Severity,
    pub owner: Owner,
    pub every: Duration,
    /// What is in trouble, in one line.
    pub watches: &'static str,
    /// What its owner does about a case.
    pub to_do: &'static str,
    /// The book's settings that it goes by.
    pub thresholds: &'static [&'static str],
    /// It reads rows of views, and so looks only where this build knows what they mean.
    pub reads_views: bool,
    pub(crate) look: LookAt,
}

pub(crate) type LookAt =
    for<'a, 's> fn(&'a mut Scene<'s>) -> BoxFuture<'a, Result<Vec<Sighting>, LookError>>;

/// What a monitor looks at.
pub(crate) struct Scene<'s> {
    pub(crate) ledger: &'s Ledger,
    /// In a transaction that sees one moment.
    pub(crate) conn: &'s mut PgConnection,
    pub(crate) settings: &'s Settings,
    pub(crate) now: DateTime<Utc>,
}

/// Something that a monitor sees in trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sighting {
    /// By which it is known again: `order/<id>`, `view/customer_orders`, `book`.
    pub(crate) subject: String,
    /// One line for people.
    pub(crate) says: String,
    pub(crate) evidence: Value,
    /// How bad it is, if not as bad as any.
    pub(crate) severity: Option<Severity>,
    /// Whose it is, if not the monitor's owner's.
    pub(crate) owner: Option<Owner>,
}

impl Sighting {
    pub(crate) fn new(subject: String, says: String, evidence: Value) -> Self {
        Self { subject, says, evidence, severity: None, owner: None }
    }
}

/// A monitor could not look: nothing is known of how its cases stand, and they stay as they were.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    #[error("could not read what is watched")]
    Database(#[from] sqlx::Error),
    #[error("could not read the book's settings")]
    Query(#[from] QueryError),
    #[error("{0}")]
    Other(String),
}

/// Every monitor, in the order in which they are listed.
pub fn all() -> &'static [Monitor] {
    ALL
}

/// The monitor of a name.
pub fn find(name: &str) -> Option<&'static Monitor> {
    all().iter().find(|monitor| monitor.name == name)
}

const ALL: &[Monitor] = &[
    view_differs::MONITOR,
    law_broken::MONITOR,
    paid_not_released::MONITOR,
    receipt_waiting::MONITOR,
    processing_too_long::MONITOR,
    dispatched_not_delivered::MONITOR,
    deadline_not_fired::MONITOR,
    unallocated_ageing::MONITOR,
    suspense_ageing::MONITOR,
    claimed_far_from_due::MONITOR,
    transfer_used_up::MONITOR,
    same_file_twice::MONITOR,
    large_credit::MONITOR,
    many_rejections::MONITOR,
    webhook_failing::MONITOR,
    scrubber_behind::MONITOR,
    disk_low::MONITOR,
    wal_high::MONITOR,
    clock_behind::MONITOR,
    chain_broken::MONITOR,
    stream_quarantined::MONITOR,
    job_failed::MONITOR,
    monitor_failing::MONITOR,
];

impl Monitor {
    fn case(&self, sighting: Sighting) -> Case {
        let Sighting { subject, says, evidence, severity, owner } = sighting;
        Case {
            subject,
            severity: severity.unwrap_or(self.severity),
            owner: owner.unwrap_or(self.owner).as_str().to_owned(),
            says,
            evidence,
        }
    }
}

/// Looks once, and opens and resolves its alerts by what it sees.
pub async fn look_once(ledger: &Ledger, monitor: &Monitor) -> Result<Synced, LookError> {
    let settings = queries::settings(ledger).await?;
    let now = ledger.clock().now();
    let mut tx = ledger.pool().begin_with(crate::as_of::SNAPSHOT).await?;
    let mut scene = Scene { ledger, conn: &mut tx, settings: &settings, now };
    let seen = (monitor.look)(&mut scene).await;
    tx.rollback().await?;
    let cases = seen?.into_iter().map(|sighting| monitor.case(sighting)).collect();
    let mut conn = ledger.pool().acquire().await?;
    Ok(alerts::sync(&mut conn, ledger.book(), monitor.name, cases, now).await?)
}

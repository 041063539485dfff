//! Alerts, what happens to them, and monitors, as replies show them.

use chrono::{DateTime, Utc};
use ledger::{alerts, monitors};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::wire::settings::Described;

/// Something that somebody should look at, from when it is found until it is gone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Alert {
    id: Uuid,
    /// Which monitor found it.
    monitor: String,
    /// What it is about, by which it is known again: `order/<id>`, `view/customer_orders`, `book`.
    subject: String,
    /// opened, acknowledged (somebody sees to it) or resolved (it is gone)
    #[schema(value_type = AlertState)]
    state: &'static str,
    #[schema(value_type = AlertSeverity)]
    severity: &'static str,
    /// The department that sees to it.
    #[schema(value_type = AlertOwner)]
    owner: String,
    /// One line for people.
    says: String,
    /// What its owner does about it.
    what_to_do: &'static str,
    /// What it was found by, as the monitor saw it last.
    evidence: Value,
    /// How often it was opened: once, and again each time that it came back.
    times_opened: i32,
    /// The last time.
    opened_at: DateTime<Utc>,
    acknowledged_at: Option<DateTime<Utc>>,
    /// Who sees to it, or saw to it.
    acknowledged_by: Option<String>,
    resolved_at: Option<DateTime<Utc>>,
    /// The number of its last change.
    number: i64,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlertState {
    Opened,
    Acknowledged,
    Resolved,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlertSeverity {
    Info,
    Warning,
    Critical,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AlertOwner {
    Finance,
    Warehouse,
    Logistics,
    Operations,
}

/// What happened to an alert.
#[derive(Debug, Clone, Copy, ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "for the description")]
pub(crate) enum AlertStep {
    Opened,
    Acknowledged,
    Resolved,
    Reopened,
}

/// A step in an alert's life.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertChange {
    /// From 1, without holes, in the order in which they happened.
    number: i64,
    alert: Uuid,
    /// opened, acknowledged, resolved, or reopened (it had been resolved, and is back)
    #[schema(value_type = AlertStep)]
    change: &'static str,
    at: DateTime<Utc>,
    /// Who acknowledged it.
    by: Option<String>,
    /// What they say of it.
    note: Option<String>,
    monitor: String,
    subject: String,
    #[schema(value_type = AlertSeverity)]
    severity: &'static str,
    #[schema(value_type = AlertOwner)]
    owner: String,
    /// What it said then.
    says: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertReply {
    pub(crate) alert: Alert,
}

/// Something that is watched all the time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Monitor {
    name: &'static str,
    #[schema(value_type = AlertOwner)]
    owner: &'static str,
    /// How bad a case of it is, unless the case says otherwise.
    #[schema(value_type = AlertSeverity)]
    severity: &'static str,
    /// What is in trouble.
    watches: &'static str,
    /// What its owner does about a case.
    what_to_do: &'static str,
    /// How often it looks.
    every_seconds: u64,
    /// The settings of the book that it goes by.
    settings: Vec<Described>,
    /// How many of its alerts are open.
    open: u64,
    /// Null before it looked for the first time.
    last_look: Option<MonitorLook>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MonitorLook {
    at: DateTime<Utc>,
    /// How many cases it saw.
    cases: i32,
    /// Why it could not look; then nothing is known of how things stand, and its alerts stay as they
    /// are.
    failure: Option<String>,
}

impl From<AlertState> for alerts::State {
    fn from(state: AlertState) -> Self {
        match state {
            AlertState::Opened => Self::Opened,
            AlertState::Acknowledged => Self::Acknowledged,
            AlertState::Resolved => Self::Resolved,
        }
    }
}

impl From<AlertSeverity> for alerts::Severity {
    fn from(severity: AlertSeverity) -> Self {
        match severity {
            AlertSeverity::Info => Self::Info,
            AlertSeverity::Warning => Self::Warning,
            AlertSeverity::Critical => Self::Critical,
        }
    }
}

impl From<AlertOwner> for monitors::Owner {
    fn from(owner: AlertOwner) -> Self {
        match owner {
            AlertOwner::Finance => Self::Finance,
            AlertOwner::Warehouse => Self::Warehouse,
            AlertOwner::Logistics => Self::Logistics,
            AlertOwner::Operations => Self::Operations,
        }
    }
}

impl From<alerts::Alert> for Alert {
    fn from(alert: alerts::Alert) -> Self {
        let monitor = monitors::find(&alert.monitor);
        Self {
            id: alert.id,
            state: alert.state().as_str(),
            monitor: alert.monitor,
            subject: alert.subject,
            severity: alert.severity.as_str(),
            owner: alert.owner,
            says: alert.says,
            what_to_do: monitor.map_or("", |monitor| monitor.to_do),
            evidence: alert.evidence,
            times_opened: alert.times_opened,
            opened_at: alert.opened_at,
            acknowledged_at: alert.acknowledged_at,
            acknowledged_by: alert.acknowledged_by,
            resolved_at: alert.resolved_at,
            number: alert.number,
        }
    }
}

impl From<alerts::Alert> for AlertReply {
    fn from(alert: alerts::Alert) -> Self {
        Self { alert: alert.into() }
    }
}

impl From<alerts::Change> for AlertChange {
    fn from(change: alerts::Change) -> Self {
        let alerts::Change { number, alert, what, says, at, by, note, .. } = change;
        Self {
            number,
            alert,
            change: what.as_str(),
            at,
            by,
            note,
            monitor: change.monitor,
            subject: change.subject,
            severity: change.severity.as_str(),
            owner: change.owner,
            says,
        }
    }
}

impl From<monitors::Watched> for Monitor {
    fn from(watched: monitors::Watched) -> Self {
        let monitors::Watched { monitor, settings, last_look, open } = watched;
        Self {
            name: monitor.name,
            owner: monitor.owner.as_str(),
            severity: monitor.severity.as_str(),
            watches: monitor.watches,
            what_to_do: monitor.to_do,
            every_seconds: monitor.every.as_secs(),
            settings: settings.into_iter().map(Described::from).collect(),
            open,
            last_look: last_look.map(|look| MonitorLook {
                at: look.looked_at,
                cases: look.cases,
                failure: look.failure,
            }),
        }
    }
}

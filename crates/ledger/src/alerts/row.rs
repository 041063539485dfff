//! Alerts and their changes as they are stored.

use sqlx::postgres::PgRow;
use sqlx::{FromRow, Row as _};

use super::{Alert, Change, Severity, What};

fn parsed<T>(text: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, sqlx::Error> {
    parse(text).ok_or_else(|| sqlx::Error::Decode(format!("{text:?} is not known").into()))
}

impl FromRow<'_, PgRow> for Alert {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let evidence: String = row.try_get("evidence")?;
        Ok(Self {
            id: row.try_get("alert_id")?,
            monitor: row.try_get("monitor")?,
            subject: row.try_get("subject")?,
            severity: parsed(row.try_get("severity")?, Severity::parse)?,
            owner: row.try_get("owner")?,
            says: row.try_get("says")?,
            evidence: serde_json::from_str(&evidence)
                .map_err(|cause| sqlx::Error::Decode(cause.into()))?,
            times_opened: row.try_get("times_opened")?,
            opened_at: row.try_get("opened_at")?,
            acknowledged_at: row.try_get("acknowledged_at")?,
            acknowledged_by: row.try_get("acknowledged_by")?,
            resolved_at: row.try_get("resolved_at")?,
            number: row.try_get("number")?,
        })
    }
}

impl FromRow<'_, PgRow> for Change {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            number: row.try_get("number")?,
            alert: row.try_get("alert_id")?,
            what: parsed(row.try_get("change")?, What::parse)?,
            says: row.try_get("says")?,
            at: row.try_get("at")?,
            by: row.try_get("by")?,
            note: row.try_get("note")?,
            monitor: row.try_get("monitor")?,
            subject: row.try_get("subject")?,
            severity: parsed(row.try_get("severity")?, Severity::parse)?,
            owner: row.try_get("owner")?,
        })
    }
}

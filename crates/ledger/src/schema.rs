//! The whole schema, in order: the log, the read models, and the tables beside the log.

use eventstore::migrate::{MigrateError, Migration};
use sqlx::PgConnection;

macro_rules! migration {
    ($version:literal, $name:literal, $file:literal) => {
        Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../../migrations/", $file, ".sql")),
        }
    };
}

/// The tables beside the log: 50 to 99.
const BESIDE: &[Migration] = &[
    migration!(50, "principals", "0050_principals"),
    migration!(51, "api_keys", "0051_api_keys"),
    migration!(52, "gateways", "0052_gateways"),
    migration!(53, "gateway_secrets", "0053_gateway_secrets"),
    migration!(60, "customer_keys", "0060_customer_keys"),
    migration!(61, "personal_data", "0061_personal_data"),
    migration!(62, "fix_plans", "0062_fix_plans"),
    migration!(63, "fix_approvals", "0063_fix_approvals"),
    migration!(64, "imports", "0064_imports"),
    migration!(65, "fix_claims", "0065_fix_claims"),
    migration!(66, "renew_personal_data", "0066_renew_personal_data"),
    migration!(69, "secret_checks", "0069_secret_checks"),
    migration!(70, "approvals", "0070_approvals"),
    migration!(71, "webhooks", "0071_webhooks"),
    migration!(72, "webhook_secrets", "0072_webhook_secrets"),
    migration!(73, "webhook_deliveries", "0073_webhook_deliveries"),
    migration!(74, "webhook_attempts", "0074_webhook_attempts"),
    migration!(75, "webhook_replays", "0075_webhook_replays"),
    migration!(76, "made_with", "0076_made_with"),
    migration!(80, "operations", "0080_operations"),
    migration!(85, "events_refused", "0085_events_refused"),
    migration!(90, "jobs", "0090_jobs"),
    migration!(91, "job_subjects", "0091_job_subjects"),
    migration!(92, "quarantined_streams", "0092_quarantined_streams"),
    migration!(93, "scrubs", "0093_scrubs"),
    migration!(94, "scrub_findings", "0094_scrub_findings"),
    migration!(96, "alerts", "0096_alerts"),
    migration!(97, "alert_changes", "0097_alert_changes"),
    migration!(98, "watches", "0098_watches"),
    migration!(99, "webhook_alerts", "0099_webhook_alerts"),
];

/// Every migration that is not the log's own.
pub fn migrations() -> Vec<Migration> {
    let mut migrations = BESIDE.to_vec();
    migrations.extend(projections::migrations());
    migrations
}

/// Brings a database up to date; says which migrations it applied. Run it as the owner.
pub async fn migrate(conn: &mut PgConnection) -> Result<Vec<Migration>, MigrateError> {
    eventstore::migrate::migrate(conn, &migrations()).await
}

/// The migrations that the database lacks. Needs no more than to read.
pub async fn pending(conn: &mut PgConnection) -> Result<Vec<Migration>, MigrateError> {
    eventstore::migrate::pending(conn, &migrations()).await
}

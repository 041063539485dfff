//! What the service may do to each table: add to the record, and take nothing from it.

use sqlx::PgConnection;

use crate::book::Book;

/// Every right of `daftar_app` beyond reading, a table or a column each.
const RIGHTS: &[(&str, &str)] = &[
    ("alert_changes", "insert"),
    ("alert_heads", "insert"),
    ("alert_heads.number", "update"),
    ("alerts", "insert"),
    ("alerts.acknowledged_at", "update"),
    ("alerts.acknowledged_by", "update"),
    ("alerts.evidence", "update"),
    ("alerts.number", "update"),
    ("alerts.opened_at", "update"),
    ("alerts.owner", "update"),
    ("alerts.resolved_at", "update"),
    ("alerts.says", "update"),
    ("alerts.severity", "update"),
    ("alerts.times_opened", "update"),
    ("api_keys", "insert"),
    ("api_keys.expires_at", "update"),
    ("api_keys.last_used_at", "update"),
    ("api_keys.replaced_by", "update"),
    ("api_keys.revoked_at", "update"),
    ("approvals", "insert"),
    ("approvals.attempt", "update"),
    ("approvals.decided_at", "update"),
    ("approvals.decided_by", "update"),
    ("approvals.decision_reason", "update"),
    ("approvals.outcome", "update"),
    ("customer_keys", "delete"),
    ("customer_keys", "insert"),
    ("fix_approvals", "insert"),
    ("fix_claims", "insert"),
    ("fix_claims.claimed_at", "update"),
    ("fix_plans", "insert"),
    ("fix_plans.applied_at", "update"),
    ("fix_plans.applied_by", "update"),
    ("gateway_secrets", "insert"),
    ("gateway_secrets.ends_at", "update"),
    ("gateways", "insert"),
    ("gateways.disabled_at", "update"),
    ("imports", "insert"),
    ("imports.finished_at", "update"),
    ("job_subjects", "delete"),
    ("job_subjects", "insert"),
    ("jobs", "delete"),
    ("jobs", "insert"),
    ("jobs.attempts", "update"),
    ("jobs.begun_at", "update"),
    ("jobs.cancel_asked", "update"),
    ("jobs.cancel_asked_by", "update"),
    ("jobs.checkpoint", "update"),
    ("jobs.claim", "update"),
    ("jobs.claimed_until", "update"),
    ("jobs.decision", "update"),
    ("jobs.ended_at", "update"),
    ("jobs.failure", "update"),
    ("jobs.progress", "update"),
    ("jobs.ready_until", "update"),
    ("jobs.result", "update"),
    ("jobs.state", "update"),
    ("jobs.summary", "update"),
    ("looks", "insert"),
    ("looks.cases", "update"),
    ("looks.failure", "update"),
    ("looks.looked_at", "update"),
    ("operations", "insert"),
    ("operations.nonce", "update"),
    ("operations.position", "update"),
    ("operations.reply", "update"),
    ("operations.resource", "update"),
    ("operations.status", "update"),
    ("operations.version", "update"),
    ("personal_data", "delete"),
    ("personal_data", "insert"),
    ("personal_data.created_at", "update"),
    ("personal_data.is_named", "update"),
    ("principals", "insert"),
    ("principals.disabled_at", "update"),
    ("quarantined_streams", "delete"),
    ("quarantined_streams", "insert"),
    ("resumed_streams", "insert"),
    ("scrub_findings", "delete"),
    ("scrub_findings", "insert"),
    ("scrub_findings.evidence", "update"),
    ("scrub_findings.found_at", "update"),
    ("scrub_findings.gone_at", "update"),
    ("scrub_findings.lap", "update"),
    ("scrub_findings.repaired_at", "update"),
    ("scrub_findings.says", "update"),
    ("scrubs", "insert"),
    ("scrubs.checkpoint", "update"),
    ("scrubs.claim", "update"),
    ("scrubs.claimed_until", "update"),
    ("scrubs.lap", "update"),
    ("scrubs.lap_began", "update"),
    ("scrubs.last_lap_ended", "update"),
    ("scrubs.last_lap_findings", "update"),
    ("scrubs.last_lap_seconds", "update"),
    ("scrubs.node", "update"),
    ("scrubs.progress", "update"),
    ("secret_checks", "insert"),
    ("watches", "insert"),
    ("watches.claim", "update"),
    ("watches.claimed_until", "update"),
    ("webhook_attempts", "insert"),
    ("webhook_deliveries", "delete"),
    ("webhook_deliveries", "insert"),
    ("webhook_deliveries.attempts", "update"),
    ("webhook_deliveries.claim_id", "update"),
    ("webhook_deliveries.claimed_until", "update"),
    ("webhook_deliveries.finished_at", "update"),
    ("webhook_deliveries.last_error", "update"),
    ("webhook_deliveries.last_status", "update"),
    ("webhook_deliveries.made_at", "update"),
    ("webhook_deliveries.next_attempt_at", "update"),
    ("webhook_deliveries.state", "update"),
    ("webhook_deliveries.tries", "update"),
    ("webhook_replays", "insert"),
    ("webhook_replays.done_position", "update"),
    ("webhook_replays.finished_at", "update"),
    ("webhook_secrets", "delete"),
    ("webhook_secrets", "insert"),
    ("webhook_secrets.ends_at", "update"),
    ("webhooks", "delete"),
    ("webhooks", "insert"),
    ("webhooks.alert_number", "update"),
    ("webhooks.cursor_hash", "update"),
    ("webhooks.cursor_position", "update"),
    ("webhooks.deleted_at", "update"),
    ("webhooks.description", "update"),
    ("webhooks.disabled_at", "update"),
    ("webhooks.disabled_by", "update"),
    ("webhooks.disabled_reason", "update"),
    ("webhooks.event_types", "update"),
    ("webhooks.failing_since", "update"),
    ("webhooks.url", "update"),
];

async fn rights(conn: &mut PgConnection) -> Vec<(String, String)> {
    sqlx::query_as(include_str!("sql/rights_to_write.sql"))
        .fetch_all(conn)
        .await
        .expect("the catalog can be read")
}

#[tokio::test]
async fn the_service_adds_to_the_record_and_takes_nothing_from_it() {
    let book = Book::empty().await;
    let rights = rights(&mut book.app().await).await;
    let rights: Vec<(&str, &str)> =
        rights.iter().map(|(what, right)| (what.as_str(), right.as_str())).collect();
    assert_eq!(rights, RIGHTS);
}

#[tokio::test]
async fn the_record_of_four_eyes_outlives_whoever_has_the_service() {
    let book = Book::empty().await;
    let mut app = book.app().await;
    for statement in [
        "delete from daftar.fix_approvals",
        "update daftar.fix_approvals set person = 'somebody else'",
        "truncate daftar.fix_approvals",
        "delete from daftar.fix_plans",
        "update daftar.fix_plans set planned_by = 'somebody else'",
        "update daftar.fix_plans set plan = '{}'",
        "delete from daftar.approvals",
        "update daftar.approvals set proposer_person = 'somebody else'",
        "update daftar.approvals set commands = '[]'",
        "delete from daftar.gateways",
        "delete from daftar.gateway_secrets",
        "update daftar.gateway_secrets set wrapped = '\\x00'",
        "delete from daftar.principals",
        "update daftar.principals set role = 'admin'",
        "update daftar.api_keys set revoked_at = null, customers = null",
        "delete from daftar.secret_checks",
        "delete from daftar.webhook_attempts",
        "update daftar.webhook_attempts set status = 200",
        "update daftar.webhook_secrets set wrapped = '\\x00'",
    ] {
        let refused = sqlx::query(statement).execute(&mut app).await;
        let error = refused.expect_err(statement).to_string();
        assert!(error.contains("permission denied"), "{statement}: {error}");
    }
}

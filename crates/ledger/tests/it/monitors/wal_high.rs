//! The write-ahead log, with the rights of a service and with more.

use domain::settings::Setting;
use ledger::alerts::Severity;
use sqlx::Executor as _;

use super::watched::Watched;

const MONITOR: &str = "wal-high";
/// More than any test needs.
const PLENTY: Setting = Setting::WalMib(1_000_000);

#[tokio::test]
async fn a_log_that_has_to_be_kept_is_told_of_with_what_keeps_it() {
    let watched = Watched::open().await;
    watched.change(PLENTY).await;
    assert_eq!(watched.look(MONITOR).await, []);

    // It goes with its session, whatever becomes of this test.
    let mut standby = watched.book.superuser().await;
    let slot = format!("far_{}", std::process::id());
    sqlx::query("select pg_create_physical_replication_slot($1, true, true)")
        .bind(&slot)
        .execute(&mut standby)
        .await
        .unwrap();
    let write = "select pg_logical_emit_message(false, 'daftar', repeat('x', 3000000))";
    standby.execute(write).await.unwrap();
    watched.change(Setting::WalMib(1)).await;
    let alert = watched.one(MONITOR).await;
    assert_eq!((alert.severity, alert.owner.as_str()), (Severity::Warning, "operations"));
    assert_eq!(alert.subject, "wal");
    assert!(alert.says.contains("MiB, and 1 are allowed: "), "{}", alert.says);
    let slots = alert.evidence["slots"].as_array().unwrap();
    let ours = slots.iter().find(|one| one["slot"] == slot.as_str()).unwrap();
    assert!(ours["held_mib"].as_i64().unwrap() >= 2, "{ours}");
    assert_eq!(alert.evidence["is_measured"], false, "the service may not look into the directory");

    watched.change(PLENTY).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn its_whole_size_is_known_where_the_service_may_see_it() {
    let watched = Watched::open().await;
    watched.sql("grant execute on function pg_ls_waldir() to daftar_app").await;
    watched.change(Setting::WalMib(0)).await;
    let alert = watched.one(MONITOR).await;
    assert_eq!(alert.evidence["is_measured"], true);
    // One segment at least.
    assert!(alert.evidence["size_mib"].as_i64().unwrap() >= 16, "{}", alert.evidence);
    watched.change(PLENTY).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

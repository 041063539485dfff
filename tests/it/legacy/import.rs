//! `daftar import legacy`: once, twice, not in earnest, and killed in the middle.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{Books, SAMPLES, large_shop};

const ORDERS: u64 = 5;
const POLL: Duration = Duration::from_millis(2);
const BEGINS_WITHIN: Duration = Duration::from_mins(1);
/// How many events show that an import is in the middle.
const MIDDLE: i64 = 500;

fn count(report: &Value, what: &str, became: &str) -> u64 {
    report[what][became].as_u64().unwrap_or_else(|| panic!("no {what}.{became}: {report:#}"))
}

#[tokio::test]
async fn every_data_set_comes_over_once_however_often_it_is_imported() {
    for sample in SAMPLES {
        let books = Books::of(&format!("import-{sample}"), sample).await;
        let empty = books.extent().await;

        let tried = books.import(&["--dry-run"]);
        assert_eq!(count(&tried, "orders", "imported"), ORDERS, "{tried:#}");
        assert_eq!(books.extent().await, empty, "a dry run changes nothing");

        let report = books.import(&[]);
        assert_eq!(count(&report, "orders", "imported"), ORDERS, "{report:#}");
        assert_eq!(count(&report, "wallets", "imported"), 1, "{report:#}");
        let full = books.extent().await;
        let stored = if sample == "repaired" { "15145637.99" } else { "15296775.16" };
        assert_eq!(books.balance().await, stored, "{sample}: the stored balance wins");
        books.daftar.assert_verified();

        let again = books.import(&[]);
        assert_eq!(count(&again, "orders", "imported"), 0, "{again:#}");
        assert_eq!(count(&again, "orders", "there_already"), ORDERS, "{again:#}");
        assert_eq!(books.extent().await, full, "a second import changes nothing");
    }
}

#[tokio::test]
async fn an_import_killed_in_the_middle_and_run_again_loses_nothing() {
    let books = Books::of("import-kill", "missing").await;
    large_shop::add(&mut books.old().await).await;
    let all = ORDERS + large_shop::ORDERS;

    let mut import = books
        .daftar
        .daftar(&["import", "legacy", "--from", &books.old_url(), "--json"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    let mut ledger = books.ledger().await;
    let begun = Instant::now();
    let mut events = 0;
    while events < MIDDLE {
        assert!(begun.elapsed() < BEGINS_WITHIN, "the import does not begin");
        tokio::time::sleep(POLL).await;
        // Wallets and what they do not explain come first.
        let orders = "select count(*) from daftar.events where aggregate_type = 'order'";
        events =
            sqlx::query_scalar(orders).fetch_one(&mut ledger).await.expect("the log can be read");
    }
    import.kill().expect("it is ours");
    let ended = import.wait().expect("it is ours");
    assert!(!ended.success(), "it had ended before it was killed: make the shop larger");
    books.daftar.assert_verified();

    let rest = books.import(&[]);
    let (there, came) =
        (count(&rest, "orders", "there_already"), count(&rest, "orders", "imported"));
    println!("{there} orders had come over before the kill, {came} came after it");
    assert!(there > 0 && came > 0, "the kill was not in the middle: {there} before, {came} after");
    assert_eq!(there + came, all, "{rest:#}");
    books.daftar.assert_verified();

    let full = books.extent().await;
    let again = books.import(&[]);
    assert_eq!(count(&again, "orders", "there_already"), all, "{again:#}");
    assert_eq!(books.extent().await, full);
    let imported: i64 = sqlx::query_scalar(
        "select count(distinct aggregate_id) from daftar.events
         where aggregate_type = 'order' and event_type = 'imported'",
    )
    .fetch_one(&mut ledger)
    .await
    .expect("the log can be read");
    assert_eq!(u64::try_from(imported), Ok(all));
}

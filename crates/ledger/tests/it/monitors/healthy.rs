//! A healthy week of trade: every monitor stays silent at every hour of it. The same trade with one
//! department that does not come to work does not.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use ledger::monitors;

use super::simulated::{Shop, Staff};
use crate::book::is_full;

/// What is seen at the end of a day: the first is a Saturday.
async fn seen_after(days: i64, staff: Staff) -> BTreeSet<&'static str> {
    let mut shop = Shop::open(staff).await;
    let end = shop.now() + TimeDelta::days(days);
    while shop.now() < end {
        shop.next_hour().await;
    }
    let mut seen = BTreeSet::new();
    for monitor in monitors::all() {
        if shop.sees(monitor).await > 0 {
            seen.insert(monitor.name);
        }
    }
    seen
}

#[tokio::test]
async fn all_stay_silent_while_everybody_does_their_work() {
    let (is_full, mut shop) = (is_full(), Shop::open(Staff::EVERYBODY).await);
    let opened = shop.now();
    let ends = opened + TimeDelta::days(if is_full { 16 } else { 9 });
    // From a Wednesday over the days of rest to the next Sunday; or at every hour of all.
    let watched_from = opened + TimeDelta::days(if is_full { 0 } else { 4 });
    while shop.now() < ends {
        shop.hour().await;
        if shop.now() < watched_from || !(is_full || shop.is_busy()) {
            continue;
        }
        for monitor in monitors::all() {
            if shop.sees(monitor).await > 0 {
                let alerts = shop.watched.look_with(monitor).await;
                panic!("at {}: {alerts:#?}", shop.now());
            }
        }
    }
    // It was a trade in which everything happened, and nothing was left lying about.
    let book = &shop.watched.book;
    for what in [
        "receipt_approved",
        "receipt_rejected",
        "released",
        "stock_rejected",
        "packed",
        "dispatched",
        "delivery_failed",
        "delivered",
        "completed",
        "expired",
        "reminded",
        "top_up_approved",
        "allocated",
    ] {
        let sql = sqlx::AssertSqlSafe(format!(
            "select count(*) from daftar.events where event_type = '{what}'"
        ));
        let count: i64 =
            sqlx::query_scalar(sql).fetch_one(&mut book.superuser().await).await.unwrap();
        assert!(count > 0, "{what}");
    }
    assert_eq!(book.count("select count(*) from daftar.alerts").await, 0);
    book.assert_sound().await;
}

#[tokio::test]
async fn finance_is_missed_by_the_orders_that_wait_for_it_and_nobody_else_is() {
    let seen = seen_after(3, Staff { finance: false, ..Staff::EVERYBODY }).await;
    assert_eq!(seen, BTreeSet::from(["paid-not-released", "receipt-waiting"]));
}

#[tokio::test]
async fn the_warehouse_is_missed_by_what_is_released() {
    let seen = seen_after(4, Staff { warehouse: false, ..Staff::EVERYBODY }).await;
    assert_eq!(seen, BTreeSet::from(["processing-too-long"]));
}

#[tokio::test]
async fn loaders_are_missed_by_what_is_packed() {
    let seen = seen_after(4, Staff { loaders: false, ..Staff::EVERYBODY }).await;
    assert_eq!(seen, BTreeSet::from(["processing-too-long"]));
}

#[tokio::test]
async fn couriers_are_missed_after_a_week_by_what_is_on_its_way() {
    let seen = seen_after(9, Staff { couriers: false, ..Staff::EVERYBODY }).await;
    assert_eq!(seen, BTreeSet::from(["dispatched-not-delivered"]));
}

#[tokio::test]
async fn daftar_itself_is_missed_by_what_falls_due() {
    let seen = seen_after(5, Staff { daftar: false, ..Staff::EVERYBODY }).await;
    // Nobody goes round the book either.
    assert_eq!(seen, BTreeSet::from(["deadline-not-fired", "scrubber-behind"]));
}

//! Clocks that are off: behind the log, or other than the database's.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::TimeDelta;
use domain::settings::Setting;
use ledger::alerts::Severity;
use ledger::{Clock, Ledger};
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use super::watched::Watched;
use crate::book::{BOOK, top_up, until};

const MONITOR: &str = "clock-behind";

#[tokio::test]
async fn a_clock_behind_the_last_event_is_told_of_and_every_node_shows_its_own() {
    let watched = Watched::open().await;
    watched.at("11-20 12:01");
    watched.send(top_up("anna", 1, 1_000)).await;
    assert_eq!(watched.look(MONITOR).await, []);
    let seconds = |seconds: i64| watched.book.hands.store(60 + seconds, Ordering::SeqCst);
    seconds(-5);
    assert_eq!(watched.look(MONITOR).await, [], "so much is allowed");
    seconds(-6);
    let alert = watched.one(MONITOR).await;
    assert_eq!((alert.severity, alert.owner.as_str()), (Severity::Warning, "operations"));
    assert_eq!(alert.subject, "clock/log");
    assert_eq!(alert.says, "a node's clock is 6 seconds behind the last event");
    until(async || shown(&watched.node) == "6.0").await;

    // What it records all the same is not before what was recorded.
    watched.change(Setting::ClockBehindSeconds(6)).await;
    assert_eq!(watched.look(MONITOR).await, []);
    watched.book.assert_sound().await;
    watched.change(Setting::ClockBehindSeconds(5)).await;
    assert_eq!(watched.look(MONITOR).await.len(), 1);
    seconds(0);
    assert_eq!(watched.look(MONITOR).await, []);
    until(async || shown(&watched.node) == "0.0").await;
}

/// What the node shows of its own clock.
fn shown(node: &Ledger) -> String {
    let mut registry = Registry::default();
    node.metrics().register(&mut registry);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    let mut lines = text.lines();
    let line = lines.find_map(|line| line.strip_prefix("daftar_clock_behind_seconds "));
    line.unwrap().to_owned()
}

#[tokio::test]
async fn a_machine_whose_clock_is_not_the_databases_is_told_of_and_a_clock_of_its_own_is_not() {
    let mut watched = Watched::open().await;
    // A year behind, and meant to be.
    assert_eq!(watched.look(MONITOR).await, []);

    let off = Arc::new(AtomicI64::new(0));
    let told = Arc::clone(&off);
    let clock = Clock::of_machine(move || {
        Clock::system().now() + TimeDelta::seconds(told.load(Ordering::SeqCst))
    });
    watched.node = Ledger::open(watched.book.options(), BOOK, clock).await.unwrap();
    assert_eq!(watched.look(MONITOR).await, []);
    for (seconds, says) in [(600, "ahead of"), (-600, "behind")] {
        off.store(seconds, Ordering::SeqCst);
        let alert = watched.one(MONITOR).await;
        assert_eq!(alert.subject, "clock/database");
        assert!(alert.says.ends_with(&format!("{says} the database's")), "{}", alert.says);
        assert!(alert.says.contains("599 ") || alert.says.contains("600 "), "{}", alert.says);
        off.store(0, Ordering::SeqCst);
        assert_eq!(watched.look(MONITOR).await, []);
    }
}

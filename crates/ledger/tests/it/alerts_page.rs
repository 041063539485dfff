//! The runbook's table of monitors is what the code says of them.
//!
//! `UPDATE_DOCS=1 cargo test -p ledger alerts_page` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use ledger::monitors::{self, Monitor};

const BEGIN: &str = "<!-- monitors: begin. Written from the code by `UPDATE_DOCS=1 cargo test -p \
                     ledger alerts_page`. Do not edit. -->\n";
const END: &str = "<!-- monitors: end -->\n";

/// `90 s`, `5 min`.
fn every(monitor: &Monitor) -> String {
    let seconds = monitor.every.as_secs();
    if seconds.is_multiple_of(60) {
        format!("{} min", seconds / 60)
    } else {
        format!("{seconds} s")
    }
}

#[test]
fn the_runbook_tells_of_every_monitor_what_the_code_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/OPERATING.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page says where the table begins");
    let (_, after) = rest.split_once(END).expect("the page says where the table ends");
    let mut table = "| monitor | how bad | whose | watches | what to do | settings | every |\n\
                     |---|---|---|---|---|---|---|\n"
        .to_owned();
    for monitor in monitors::all() {
        let settings: Vec<String> =
            monitor.thresholds.iter().map(|name| format!("`{name}`")).collect();
        writeln!(
            table,
            "| `{}` | {} | {} | {} | {} | {} | {} |",
            monitor.name,
            monitor.severity,
            monitor.owner.as_str(),
            monitor.watches,
            monitor.to_do,
            settings.join(", "),
            every(monitor),
        )
        .unwrap();
    }
    let written = format!("{before}{BEGIN}\n{table}\n{END}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, written).unwrap();
    } else {
        assert!(page == written, "stale: UPDATE_DOCS=1 cargo test -p ledger alerts_page");
    }
}

#[test]
fn every_monitor_is_told_apart_and_goes_by_settings_that_there_are() {
    let mut names: Vec<&str> = monitors::all().iter().map(|monitor| monitor.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count, "{names:?}");
    for monitor in monitors::all() {
        assert!(!monitor.watches.is_empty() && !monitor.to_do.is_empty(), "{}", monitor.name);
        assert!(!monitor.watches.contains('|') && !monitor.to_do.contains('|'), "{}", monitor.name);
        // The rules of Prometheus call an hour without a look nobody's watch.
        assert!(monitor.every.as_secs() <= 1_800, "{}", monitor.name);
        for name in monitor.thresholds {
            assert!(ledger::book_settings::names().contains(name), "{}: {name}", monitor.name);
        }
    }
}

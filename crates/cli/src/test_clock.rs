//! The clock of a service under test: it shows what a file says. A release has none.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use ledger::Clock;

/// Names the file; it holds one RFC 3339 time and is read anew each time that the clock is asked.
const VARIABLE: &str = "DAFTAR_TEST_CLOCK";

/// The clock that the environment asks for, if it does.
pub(crate) fn asked_for() -> Option<Clock> {
    let file = PathBuf::from(std::env::var_os(VARIABLE)?);
    tracing::warn!(file = %file.display(), "this is a test: the time is what the file says");
    Some(Clock::from_fn(move || read(&file)))
}

fn read(file: &PathBuf) -> DateTime<Utc> {
    let text = std::fs::read_to_string(file).expect("whoever sets a test's clock keeps the file");
    text.trim().parse().expect("the file holds an RFC 3339 time")
}

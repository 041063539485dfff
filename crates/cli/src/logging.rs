//! What the process says on stderr while it works.

use std::io::IsTerminal as _;

use tracing::Level;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt, registry};

/// Our crates. Of what the others do, only warnings are shown, whatever is asked for: what they say
/// at a finer level holds requests, queries and whatever is in them.
const OURS: [&str; 8] =
    ["api", "daftar", "domain", "eventstore", "ledger", "legacy", "localpg", "projections"];

/// Starts logging, at this level or as `RUST_LOG` says.
pub(crate) fn start(level: &'static str) {
    let asked = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let is_shown = filter_fn(|what| *what.level() <= Level::WARN || is_ours(what.target()));
    let lines =
        fmt::layer().with_writer(std::io::stderr).with_ansi(std::io::stderr().is_terminal());
    // Both filters are for everything, not for one layer: a filter of one layer forgets what it
    // said when somebody merely asks whether a line would be shown, as sqlx does.
    registry().with(asked).with(is_shown).with(lines).init();
}

fn is_ours(target: &str) -> bool {
    let name = target.split("::").next().unwrap_or_default();
    OURS.contains(&name)
}

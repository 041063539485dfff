//! How the service scrubs its book, from flags or the environment.

use std::num::NonZeroU32;

use ledger::scrubber::{Options, Share};
use rustix::system::uname;

/// The pace of the scrubber.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct ScrubArgs {
    /// How much of a core the scrubber keeps busy, in per cent: it rests as long after each page as
    /// that takes. What the database does for it counts as well.
    #[arg(
        long,
        env = "DAFTAR_SCRUB_SHARE",
        default_value_t = 5,
        value_name = "PERCENT",
        value_parser = clap::value_parser!(u8).range(1..=100)
    )]
    scrub_share: u8,

    /// How many events and rows of views it looks at in a second at most; as many as its share allows,
    /// if not said.
    #[arg(long, env = "DAFTAR_SCRUB_ROWS", value_name = "COUNT")]
    scrub_rows: Option<NonZeroU32>,

    /// Leave it to other nodes to scrub: rows of views that are damaged are found and repaired only
    /// where a node does.
    #[arg(long, env = "DAFTAR_NO_SCRUBBER")]
    no_scrubber: bool,
}

impl ScrubArgs {
    /// None for a node that leaves it to others.
    pub(crate) fn options(&self) -> Option<Options> {
        let share = Share::new(self.scrub_share).unwrap_or_default();
        let host = uname().nodename().to_string_lossy().into_owned();
        (!self.no_scrubber).then(|| Options {
            share,
            rows_per_second: self.scrub_rows,
            node: format!("{host}/{}", std::process::id()),
            ..Options::default()
        })
    }
}

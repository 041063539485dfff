//! What a command prints: for people on a terminal, or one JSON object for programs.

use std::io::{self, Write as _};
use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

/// Where output goes: text for people, or nothing but the JSON object at the end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) json: bool,
}

impl Output {
    /// A line for people; silent when a program reads.
    pub(crate) fn say(self, line: impl AsRef<str>) {
        if !self.json {
            print(line.as_ref());
        }
    }

    /// A line about what went wrong, on stderr: there for people whatever a program reads.
    pub(crate) fn complain(line: impl AsRef<str>) {
        writeln!(io::stderr().lock(), "daftar: {}", line.as_ref()).ok();
    }

    pub(crate) fn table(self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        if self.json {
            return;
        }
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_header(header);
        for row in rows {
            table.add_row(row);
        }
        print(&table.to_string());
    }

    /// The command's data, for programs.
    pub(crate) fn data(self, value: &impl Serialize) -> anyhow::Result<()> {
        if self.json {
            print(&serde_json::to_string_pretty(value)?);
        }
        Ok(())
    }

    /// One JSON object a line, for programs that take more than fits into one; false when nobody
    /// reads on.
    pub(crate) fn line(self, value: &impl Serialize) -> anyhow::Result<bool> {
        if !self.json {
            return Ok(true);
        }
        let text = serde_json::to_string(value)?;
        Ok(writeln!(io::stdout().lock(), "{text}").is_ok())
    }

    /// Progress of something that may take longer than a second, on stderr.
    pub(crate) fn progress(self, what: &'static str, total: u64) -> ProgressBar {
        let bar = ProgressBar::new(total);
        if self.json {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        let style = ProgressStyle::with_template(
            "{msg:<24} {bar:40} {human_pos:>9}/{human_len} {per_sec} {eta}",
        );
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }
}

/// Prints a line; a reader that has gone away (`| head`) is no error.
fn print(line: &str) {
    writeln!(io::stdout().lock(), "{line}").ok();
}

//! What a command prints: for people on a terminal, or one JSON object for programs.

use std::io::{self, Write as _};
use std::time::Duration;

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};
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

    /// A table; where the terminal is too narrow for its words, each row by itself. No word is ever
    /// broken: ids are there to be copied.
    pub(crate) fn table(self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        if self.json {
            return;
        }
        let rows: Vec<Vec<String>> = rows.into_iter().collect();
        let mut table = Table::new();
        table.load_style(UTF8_FULL_CONDENSED);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        let widths = least_widths(header, &rows);
        if table.width().is_some_and(|width| usize::from(width) < whole_width(&widths)) {
            print(&one_by_one(header, &rows));
            return;
        }
        table.set_header(header);
        for row in rows {
            table.add_row(row);
        }
        for (column, width) in table.column_iter_mut().zip(&widths) {
            let width = u16::try_from(width.saturating_add(PADDING)).unwrap_or(u16::MAX);
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
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

/// A blank on either side of a cell.
const PADDING: usize = 2;

/// The longest word of each column.
fn least_widths(header: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let longest = |text: &str| {
        text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or_default()
    };
    let of_column = |index: usize| rows.iter().filter_map(move |row| row.get(index));
    header
        .iter()
        .enumerate()
        .map(|(index, name)| {
            of_column(index).map(|cell| longest(cell)).fold(longest(name), usize::max)
        })
        .collect()
}

/// With a line before each column, and after the last.
fn whole_width(widths: &[usize]) -> usize {
    widths.iter().fold(1, |sum, width| sum.saturating_add(width.saturating_add(PADDING + 1)))
}

/// A line a cell, and an empty one between rows. What is empty is left out.
fn one_by_one(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = header.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    let rows = rows.iter().map(|row| {
        let cells = header.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        let lines: Vec<String> =
            cells.map(|(name, cell)| format!("{name:<width$}  {cell}")).collect();
        lines.join("\n")
    });
    rows.collect::<Vec<_>>().join("\n\n")
}

/// So many of these: "1 row", "2 rows".
pub(crate) fn counted(count: u64, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Prints a line; a reader that has gone away (`| head`) is no error.
fn print(line: &str) {
    writeln!(io::stdout().lock(), "{line}").ok();
}

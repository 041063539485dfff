//! What is printed: tables for people, JSON for programs, progress beside both.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for the terminal")]

use std::process::ExitCode;

use anyhow::Result;
use comfy_table::{CellAlignment, Table, presets};
use rust_decimal::Decimal;
use serde::Serialize;

use crate::gates::{Bound, Gate, median};
use crate::machine::Machine;

/// What a benchmark has to say.
pub(crate) trait Report: Serialize {
    const HEADER: &'static [&'static str];
    /// How many columns name what was measured; numbers follow.
    const NAMES: usize;

    fn machine(&self) -> &Machine;
    fn rows(&self) -> Vec<Vec<String>>;
    fn gates(&self) -> &[Gate];
}

/// How far it has come.
pub(crate) fn tell(line: String) {
    eprintln!("{line}");
}

/// Prints it; 1 when a gate does not hold, and which.
pub(crate) fn print<R: Report>(report: &R, json: bool) -> Result<ExitCode> {
    if json {
        println!("{}", serde_json::to_string_pretty(report)?);
    } else {
        for line in report.machine().lines() {
            println!("{line}");
        }
        let mut table = table(R::HEADER);
        table.add_rows(report.rows());
        right(&mut table, R::NAMES);
        println!("\n{table}");
        if !report.gates().is_empty() {
            gates(report.gates());
        }
    }
    let failed = report.gates().iter().filter(|gate| !gate.holds).map(|gate| gate.name);
    let failed: Vec<&str> = failed.collect();
    if failed.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("does not hold: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// The row of what was repeated: its median, the least and the greatest.
pub(crate) fn repeated(name: &str, values: &[Decimal]) -> Vec<String> {
    let shown = |value: Option<Decimal>| {
        value.map_or_else(String::new, |value| value.round_sf(4).unwrap_or(value).to_string())
    };
    let (least, greatest) = (values.iter().min().copied(), values.iter().max().copied());
    vec![name.to_owned(), shown(median(values.to_vec())), shown(least), shown(greatest)]
}

fn gates(gates: &[Gate]) {
    let mut table = table(&["gate", "of", "ratio", "must be", ""]);
    for gate in gates {
        let bound = match gate.bound {
            Bound::AtLeast(least) => format!("at least {}", least.normalize()),
            Bound::AtMost(most) => format!("at most {}", most.normalize()),
        };
        let verdict = if gate.holds { "holds" } else { "FAILS" };
        table.add_row([gate.name, gate.of, &gate.ratio.to_string(), &bound, verdict]);
    }
    println!("\n{table}");
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_BORDERS_ONLY);
    table.set_header(header.to_vec());
    table
}

/// Numbers stand under each other.
fn right(table: &mut Table, from: usize) {
    for column in table.column_iter_mut().skip(from) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

//! The page that tells what a verification finds, written from the table.

use std::fmt::Write as _;
use std::path::Path;

use super::cell::{Cell, Kind, Outcome, names_of};
use super::random;

const BEGIN: &str = "<!-- faults: begin. Written from the tests by \
                     `UPDATE_DOCS=1 cargo test -p projections faults`. Do not edit. -->\n";
const END: &str = "<!-- faults: end -->\n";

/// Writes it anew if that is asked for, and fails if it is not what the table says.
pub(super) fn check(table: &[Cell]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/AUDITING.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page says where the table begins");
    let (_, after) = rest.split_once(END).expect("the page says where the table ends");
    let written = format!("{before}{BEGIN}\n{}\n{END}{after}", render(table));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, written).unwrap();
    } else {
        assert!(page == written, "stale: UPDATE_DOCS=1 cargo test -p projections faults");
    }
}

fn render(table: &[Cell]) -> String {
    let mut places: Vec<&str> = Vec::new();
    for cell in table {
        if !places.contains(&cell.place) {
            places.push(cell.place);
        }
    }
    let mut page = String::new();
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
    writeln!(page, "| | {} |", kinds.join(" | ")).unwrap();
    writeln!(page, "|---|{}", "---|".repeat(kinds.len())).unwrap();
    for place in &places {
        let cells = Kind::ALL.iter().map(|kind| in_short(table, place, *kind));
        writeln!(page, "| {place} | {} |", cells.collect::<Vec<_>>().join(" | ")).unwrap();
    }
    for place in places {
        writeln!(page, "\n### {}\n", title(place)).unwrap();
        for cell in table.iter().filter(|cell| cell.place == place) {
            writeln!(page, "- {}: {}: {}", cell.kind.as_str(), cell.what, at_length(cell)).unwrap();
        }
    }
    writeln!(page, "\n### What nothing finds, since nothing is wrong\n").unwrap();
    for line in random::harmless() {
        writeln!(page, "- {line}").unwrap();
    }
    page
}

fn title(place: &str) -> String {
    match place {
        "events" | "commands" | "snapshots" => format!("`{place}`"),
        "head" => "The head: `books`".to_owned(),
        "live projections" => "The head: `book_projections`".to_owned(),
        "wallet_balances" => "Balances: `wallet_balances`".to_owned(),
        "journal_lines" => "The journal: `journal_lines`".to_owned(),
        view => format!("`{view}`"),
    }
}

fn in_short(table: &[Cell], place: &str, kind: Kind) -> String {
    let mut parts: Vec<String> = Vec::new();
    for cell in table.iter().filter(|cell| cell.place == place && cell.kind == kind) {
        let part = match &cell.outcome {
            Outcome::Found { checks, .. } | Outcome::Elsewhere { checks } => code(checks),
            Outcome::NoBook { .. } => "no book".to_owned(),
            Outcome::Refused { .. } => "refused".to_owned(),
            Outcome::Harmless { .. } => "harmless".to_owned(),
            Outcome::Unseen { .. } => "unseen".to_owned(),
            Outcome::CannotBe { .. } => "cannot be".to_owned(),
        };
        if !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join("; ")
}

fn code(checks: &[projections::Check]) -> String {
    let mut checks = checks.to_vec();
    checks.sort_unstable();
    checks.dedup();
    names_of(&checks).split(", ").map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn at_length(cell: &Cell) -> String {
    match &cell.outcome {
        Outcome::Found { checks, .. } | Outcome::Elsewhere { checks } => code(checks),
        Outcome::NoBook { .. } => "the verification says that there is no such book".to_owned(),
        Outcome::Refused { by, .. } => format!("refused, even with every guard off, by `{by}`"),
        Outcome::Harmless { why, .. } => format!("harmless: {why}"),
        Outcome::Unseen { why, .. } => format!("unseen: {why}"),
        Outcome::CannotBe { why } => format!("cannot be: {why}"),
    }
}

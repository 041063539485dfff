//! The page that tells of the 49 ways, written from the tests.

use std::fmt::Write as _;
use std::path::Path;

use super::way::{At, Found, Outcome, Place, Sees, Way};

const BEGIN: &str = "<!-- ways: begin. Written from the tests by \
                     `UPDATE_DOCS=1 cargo test -p tests failures`. Do not edit. -->\n";
const END: &str = "<!-- ways: end -->\n";

/// Writes it anew if that is asked for, and fails if it is not what the ways say.
pub(super) fn check(groups: &[(&str, Vec<Way>)]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/failures.md");
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let (before, rest) = page.split_once(BEGIN).expect("the page says where the table begins");
    let (_, after) = rest.split_once(END).expect("the page says where the table ends");
    let written = format!("{before}{BEGIN}\n{}\n{END}{after}", render(groups));
    if is_updating() {
        std::fs::write(&path, written).expect("the page can be written");
    } else {
        assert!(page == written, "stale: UPDATE_DOCS=1 cargo test -p tests failures");
    }
}

fn is_updating() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

fn render(groups: &[(&str, Vec<Way>)]) -> String {
    let mut page = String::new();
    for (title, ways) in groups {
        write!(page, "## {title}\n\n").expect("a text takes all");
        page += "| | how the old system failed | impossible by | found by |\n|---|---|---|---|\n";
        for way in ways {
            let by = way.impossible.as_ref().map(|impossible| impossible.by);
            let by = match way.not_ours {
                Some(why) => format!("not ours: {why}"),
                None => by
                    .unwrap_or("nothing: people may leave things lying, and are told of it")
                    .to_owned(),
            };
            writeln!(page, "| {} | {} | {by} | {} |", way.id, way.says, found(&way.found))
                .expect("a text takes all");
        }
        page.push('\n');
    }
    page += "## What was tried\n\n";
    for way in groups.iter().flat_map(|(_, ways)| ways) {
        let Some(impossible) = &way.impossible else { continue };
        writeln!(page, "{}{}\n", way.id, place(impossible.place)).expect("a text takes all");
        for super::way::Try(what, outcome) in impossible.tries {
            writeln!(page, "- {what}{}", comes_to(*outcome)).expect("a text takes all");
        }
        page.push('\n');
    }
    page.trim_end().to_owned() + "\n"
}

fn place(place: Place) -> &'static str {
    match place {
        Place::Shop => "",
        Place::Clock => ", while the clock is moved on",
        Place::TakenOver => ", in a book that took over old records",
        Place::Left => ", in a book that is left alone",
    }
}

fn comes_to(outcome: Outcome) -> String {
    match outcome {
        Outcome::Refused(status, code) => format!(": `{status} {code}`"),
        Outcome::Counted(status, code) => {
            format!(": `{status} {code}`, which is recorded as a try")
        }
        Outcome::Unknown(pointer) => format!(": `400`, which names `{pointer}`"),
        Outcome::Nothing => ": accepted, and nothing happens".to_owned(),
        Outcome::Guarded(words) => format!(": Postgres says \"{words}\""),
        Outcome::So => String::new(),
    }
}

fn found(found: &[Found]) -> String {
    let (mut imports, mut checks) = (Vec::new(), Vec::new());
    let (mut monitors, mut repairs) = (Vec::new(), Vec::new());
    for found in found {
        match found {
            Found::Import(record) => match record.at {
                At::Order | At::Wallet | At::Loose(_) => {
                    imports.extend(record.classes.iter().map(|class| format!("`{class}`")));
                }
                At::Absent(_) => imports.push("the list of what is absent".to_owned()),
                At::Odd(_) => imports.push("the list of odd values".to_owned()),
            },
            Found::Verification(force) => {
                let tables = force.tables.iter().map(|table| format!(" of `{table}`"));
                checks.push(format!("`{}`{}", force.check, tables.collect::<String>()));
            }
            Found::Watch(watch) => match watch.sees {
                Sees::Alert(name) | Sees::LastAlert(name) => monitors.push(format!("`{name}`")),
                Sees::Repair(view) => repairs.push(format!("`{view}`")),
            },
        }
    }
    let mut parts = Vec::new();
    for (who, mut names) in [
        ("import", imports),
        ("verification", checks),
        ("monitor", monitors),
        ("scrubber, which writes the row anew", repairs),
    ] {
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(name.clone()));
        if !names.is_empty() {
            parts.push(format!("{who}: {}", names.join(", ")));
        }
    }
    if parts.is_empty() { "–".to_owned() } else { parts.join("; ") }
}

//! The catalogue of events in `docs/`: a schema of every stored form, and a page for people.
//!
//! `UPDATE_DOCS=1 cargo test -p domain catalogue` writes what is missing; without it the files are
//! compared with the code. The form that a committed schema tells of never changes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use domain::account::CHART;
use domain::posting;
use jsonschema::Validator;
use serde_json::Value;

use crate::catalogue::seen::histories;
use crate::catalogue::stored::{Stored, shape, stored};
use crate::sample::{event_types, samples};

mod page;
mod seen;
mod stored;
mod table;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn may_write() -> bool {
    std::env::var_os("UPDATE_DOCS").is_some()
}

const HOW: &str = "write it with: UPDATE_DOCS=1 cargo test -p domain catalogue";

fn path(name: &str) -> PathBuf {
    docs().join("events").join(format!("{name}.schema.json"))
}

fn read(name: &str) -> Option<Value> {
    let text = fs::read_to_string(path(name)).ok()?;
    Some(serde_json::from_str(&text).unwrap())
}

fn write(name: &str, schema: &Value) {
    fs::create_dir_all(docs().join("events")).unwrap();
    fs::write(path(name), format!("{schema:#}\n")).unwrap();
}

/// What is wrong with the file of a stored form; nothing where it was or could be put right.
fn check(stored: &Stored, may_write: bool) -> Option<String> {
    let (name, version) = (stored.name(), &stored.version);
    let file = format!("docs/events/{name}.schema.json");
    match read(&name) {
        Some(committed) if shape(&committed) != shape(&stored.schema) => Some(format!(
            "{file}: the stored form changed, and the event's version is still {version}. Stored \
             forms are for ever: take the change back, or give the new form its own version in \
             `event_version`, with an upcaster from the old one"
        )),
        Some(committed) if committed == stored.schema => None,
        Some(_) | None if may_write => {
            write(&name, &stored.schema);
            None
        }
        Some(_) => Some(format!("{file}: its words are out of date; {HOW}")),
        None => Some(format!("{file} is missing; {HOW}")),
    }
}

#[test]
fn no_stored_form_has_changed_without_a_new_version() {
    let wrong: Vec<String> =
        stored().iter().filter_map(|stored| check(stored, may_write())).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_schema_is_of_an_event_that_is_still_known() {
    let known = event_types();
    for file in fs::read_dir(docs().join("events")).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let name =
            file.strip_suffix(".schema.json").unwrap_or_else(|| panic!("{file} is no schema"));
        let (event, version) = name.rsplit_once('.').unwrap();
        assert!(known.contains(event), "{file}: what was stored once must stay readable");
        assert!(version.parse::<u32>().is_ok(), "{file} has no version");
    }
}

#[test]
fn every_event_type_has_a_schema_and_says_what_it_means() {
    let stored = stored();
    let names: BTreeSet<String> =
        stored.iter().map(|one| format!("{}.{}", one.stream, one.event_type)).collect();
    assert_eq!(names, event_types());
    for one in &stored {
        assert!(one.meaning().ends_with('.'), "{} has no sentence of its own", one.name());
        for name in one.types().keys() {
            assert!(!name.ends_with(|end: char| end.is_ascii_digit()), "two types are {name}");
        }
    }
}

fn validator(name: &str) -> Validator {
    let generated = || stored().into_iter().find(|stored| stored.name() == name).unwrap().schema;
    let schema = read(name).unwrap_or_else(generated);
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap()
}

/// The golden files, each with the name of its event's schema: `order.placed.1`.
fn golden() -> Vec<(String, String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let file = entry.file_name().into_string().unwrap();
            let event = file.split('.').take(3).collect::<Vec<_>>().join(".");
            let payload = fs::read_to_string(entry.path()).unwrap();
            (file, event, serde_json::from_str(&payload).unwrap())
        })
        .collect()
}

#[test]
fn every_golden_file_fits_the_schema_of_its_event_and_no_longer_when_a_part_is_missing() {
    for (file, event, payload) in golden() {
        let validator = validator(&event);
        if let Err(error) = validator.validate(&payload) {
            panic!("{file}: {error} at {}", error.instance_path());
        }
        let Some((name, content)) = payload.as_object().and_then(|event| event.iter().next())
        else {
            continue;
        };
        assert!(!validator.is_valid(&Value::String(name.clone())), "{file}");
        let fields = content.as_object().unwrap();
        for field in fields.keys() {
            let mut renamed = fields.clone();
            let value = renamed.remove(field).unwrap();
            renamed.insert(format!("{field}_"), value);
            let renamed = serde_json::json!({ name: renamed });
            assert!(!validator.is_valid(&renamed), "{file} with another name for {field}");
        }
    }
}

#[test]
fn every_event_of_the_generated_histories_fits_its_schema() {
    let stored = stored();
    for (event, payloads) in &histories().payloads {
        let of = |one: &&Stored| format!("{}.{}", one.stream, one.event_type) == *event;
        let validator = validator(&stored.iter().find(of).unwrap().name());
        for payload in payloads {
            if let Err(error) = validator.validate(payload) {
                panic!("{event}: {error} in {payload}");
            }
        }
    }
}

#[test]
fn the_chart_holds_the_accounts_that_events_post_to_and_no_others() {
    let mut posted = BTreeSet::new();
    for (name, (stream, event)) in samples() {
        for posting in posting::entry(stream, &event).unwrap().postings() {
            let code = posting.account.code();
            let account = CHART.iter().find(|account| account.code == code);
            let account = account.unwrap_or_else(|| panic!("{name} posts to {code}"));
            assert_eq!(account.kept_by.is_none(), posting.account.item().is_empty(), "{code}");
            posted.insert(code);
        }
    }
    assert_eq!(posted, CHART.iter().map(|account| account.code).collect());
    assert!(CHART.is_sorted_by_key(|account| account.code));
}

#[test]
fn the_page_of_events_is_what_the_code_says() {
    let page = page::page(&stored(), histories());
    let file = docs().join("EVENTS.md");
    if may_write() {
        fs::write(&file, &page).unwrap();
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    let lines = || committed.lines().zip(page.lines());
    let apart = lines().position(|(committed, page)| committed != page);
    let apart = apart.map_or(0, |line| line + 1);
    assert!(committed == page, "docs/EVENTS.md differs from the code in line {apart}; {HOW}");
}

//! What is shipped for Prometheus and Grafana names only what the service counts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ledger::monitors;
use serde_json::Value;

/// What Prometheus itself adds to whatever it reads.
const ADDED: [&str; 3] = ["job", "instance", "le"];

fn shipped(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The names under which a service's samples are stored, each with its labels, by the runbook's table:
/// another test holds that against a service.
fn counted() -> BTreeMap<String, BTreeSet<String>> {
    let page = shipped("docs/OPERATING.md");
    let mut names = BTreeMap::new();
    for row in page.lines().filter(|line| line.starts_with("| `daftar_")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (name, kind) = (cells[1].trim_matches('`'), cells[2]);
        let labels = cells[3].split(',').map(|label| label.trim().to_owned());
        let labels: BTreeSet<String> = labels.chain(ADDED.map(str::to_owned)).collect();
        let ends: &[&str] = match kind {
            "counter" => &["_total"],
            "histogram" => &["_bucket", "_sum", "_count"],
            "info" => &["_info"],
            "gauge" => &[""],
            other => panic!("{name} is a {other}"),
        };
        names.extend(ends.iter().map(|end| (format!("{name}{end}"), labels.clone())));
    }
    names
}

/// The metrics that a text names, each with the labels that it selects by.
fn named(text: &str) -> Vec<(String, Vec<(String, String)>)> {
    let mut found = Vec::new();
    for (place, _) in text.match_indices("daftar_") {
        let rest = &text[place..];
        let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
        let end = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let selected = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
        let labels = selected.map_or("", |(labels, _)| labels).split(',').filter_map(|one| {
            let (label, value) = one.split_once('=')?;
            let value = value.trim_start_matches(['~', '=']).trim_matches(['"', '\\']);
            Some((label.trim().trim_end_matches('!').to_owned(), value.to_owned()))
        });
        found.push((name.to_owned(), labels.collect()));
    }
    found
}

/// Each expression of the dashboard.
fn expressions(dashboard: &Value) -> Vec<String> {
    let panels = dashboard["panels"].as_array().unwrap().iter();
    let targets = panels.flat_map(|panel| panel["targets"].as_array().into_iter().flatten());
    let annotations = dashboard["annotations"]["list"].as_array().unwrap().iter();
    targets.chain(annotations).map(|one| one["expr"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn rules_and_dashboard_name_only_what_is_counted() {
    let counted = counted();
    let dashboard: Value = serde_json::from_str(&shipped("ops/grafana/daftar.json")).unwrap();
    let rules = shipped("ops/prometheus/daftar.rules.yml");
    let known: BTreeSet<&str> = monitors::all().iter().map(|monitor| monitor.name).collect();
    let texts = [rules.clone(), expressions(&dashboard).join("\n")];
    for (what, text) in ["the rules", "the dashboard"].into_iter().zip(texts) {
        let named = named(&text);
        assert!(named.len() > 30, "{what}: {named:?}");
        for (name, labels) in named {
            let of_it = counted.get(&name);
            let of_it =
                of_it.unwrap_or_else(|| panic!("{what} name {name}, and nothing counts it"));
            for (label, value) in labels {
                assert!(of_it.contains(&label), "{what}: {name} has no {label}");
                let monitors = value.split('|').filter(|_| label == "monitor");
                for monitor in monitors {
                    assert!(known.contains(monitor), "{what}: there is no monitor {monitor}");
                }
            }
        }
    }
    // And the other way round: whatever is counted is shown to whoever looks.
    let shown: BTreeSet<String> =
        named(&expressions(&dashboard).join("\n")).into_iter().map(|(name, _)| name).collect();
    let base = |name: &str| {
        let ends = ["_bucket", "_sum", "_count"];
        ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name).to_owned()
    };
    let shown: BTreeSet<String> = shown.iter().map(|name| base(name)).collect();
    let unshown: Vec<&String> =
        counted.keys().filter(|name| !shown.contains(&base(name))).collect();
    assert!(unshown.is_empty(), "nobody sees {unshown:?}");
}

#[test]
fn every_rule_is_shown_to_fire_and_to_be_silent_and_leads_to_a_page() {
    let rules = shipped("ops/prometheus/daftar.rules.yml");
    let tests = shipped("ops/prometheus/daftar.rules.test.yml");
    let page = shipped("docs/OPERATING.md");
    let slug = |heading: &str| {
        let kept = heading.to_lowercase();
        kept.chars()
            .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
            .map(|letter| if letter == ' ' { '-' } else { letter })
            .collect::<String>()
    };
    let headings = page.lines().filter(|line| line.starts_with('#'));
    let headings: BTreeSet<String> =
        headings.map(|line| slug(line.trim_start_matches('#').trim())).collect();
    let mut blocks = rules.split("- alert: ");
    blocks.next();
    let mut seen = BTreeSet::new();
    for block in blocks {
        let (name, _) = block.split_once('\n').unwrap();
        assert!(seen.insert(name), "{name} stands there twice");
        for part in ["severity: ", "summary: ", "what_to_do: "] {
            assert!(block.contains(part), "{name} has no {part}");
        }
        let (_, place) = block.split_once("docs/OPERATING.md#").expect("it leads to a page");
        let (place, _) = place.split_once('"').unwrap();
        assert!(headings.contains(place), "{name} leads to {place}, which is no part of the page");
        let fires = format!("labels: '{{alertname=\"{name}\"}}'");
        assert!(tests.contains(&fires), "{name} is not shown to fire");
        let silent = tests.split("  # ").any(|test| {
            test.starts_with(&format!("Not {name}: ")) && test.contains("exp_samples: []")
        });
        assert!(silent, "{name} is not shown to be silent");
    }
    assert!(seen.len() > 30, "{seen:?}");
}

#[test]
fn the_dashboards_panels_stand_beside_one_another() {
    let dashboard: Value = serde_json::from_str(&shipped("ops/grafana/daftar.json")).unwrap();
    let (mut ids, mut taken) = (BTreeSet::new(), BTreeSet::new());
    for panel in dashboard["panels"].as_array().unwrap() {
        let title = &panel["title"];
        assert!(ids.insert(panel["id"].as_i64().unwrap()), "{title} has another's id");
        let place = |name: &str| panel["gridPos"][name].as_i64().unwrap();
        assert!(place("x") + place("w") <= 24, "{title} is too wide");
        for x in place("x")..place("x") + place("w") {
            for y in place("y")..place("y") + place("h") {
                assert!(taken.insert((x, y)), "{title} stands on another");
            }
        }
        if panel["type"] != "row" {
            assert!(!panel["targets"].as_array().unwrap().is_empty(), "{title} shows nothing");
        }
    }
}

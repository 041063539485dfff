//! Dependencies point inward.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

use super::tree::root;

/// Each crate, and the crates of ours that it may use, from the inside out.
const MAY_USE: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("eventstore", &[]),
    ("localpg", &[]),
    // It reads the old shop's tables and knows nothing of ours.
    ("legacy", &[]),
    ("projections", &["domain", "eventstore"]),
    ("ledger", &["domain", "eventstore", "projections", "legacy"]),
    ("api", &["domain", "eventstore", "projections", "ledger"]),
    ("cli", &["domain", "eventstore", "projections", "ledger", "legacy", "api", "localpg"]),
    // It makes whole books, by the rules and folds that it is then used to test.
    ("testkit", &["domain", "eventstore", "projections", "localpg"]),
    // Nothing uses these two, so they may use everything.
    ("bench", &["domain", "eventstore", "projections", "ledger", "api", "localpg", "testkit"]),
    (
        "tests",
        &["domain", "eventstore", "projections", "ledger", "legacy", "api", "localpg", "testkit"],
    ),
];

/// For tests and benchmarks alone, so it is nobody's dependency but a test's.
const FOR_TESTS: &str = "testkit";
const MAY_USE_IT: [&str; 2] = ["bench", "tests"];

/// Who talks to a database. Who else wants to asks one of these.
const MAY_USE_SQLX: [&str; 8] =
    ["eventstore", "projections", "ledger", "legacy", "localpg", "testkit", "bench", "tests"];

/// The rules know no I/O and no clock, so they may not even have what would do it.
const BANNED_IN_DOMAIN: [&str; 6] = ["tokio", "sqlx", "axum", "reqwest", "rand", "tracing"];

#[derive(Debug)]
struct Edge {
    from: String,
    to: String,
    in_tests: bool,
}

fn edge(from: &str, to: &str, in_tests: bool) -> Edge {
    Edge { from: from.to_owned(), to: to.to_owned(), in_tests }
}

fn edges_of_workspace() -> Vec<Edge> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo speaks JSON");
    let mut edges = Vec::new();
    for package in metadata["packages"].as_array().expect("there are packages") {
        let from = package["name"].as_str().expect("packages have names");
        for dependency in package["dependencies"].as_array().expect("they are a list") {
            let to = dependency["name"].as_str().expect("dependencies have names");
            // A crate's tests may ask for its own features by depending on it.
            if from == to {
                continue;
            }
            edges.push(edge(from, to, dependency["kind"] == "dev"));
        }
    }
    edges
}

fn faults(edges: &[Edge]) -> Vec<String> {
    let known: BTreeSet<&str> = MAY_USE.iter().map(|(name, _)| *name).collect();
    let mut faults = Vec::new();
    for Edge { from, to, in_tests } in edges {
        let Some((_, may_use)) = MAY_USE.iter().find(|(name, _)| name == from) else {
            faults.push(format!("{from} has no place yet: say what it may use in MAY_USE"));
            continue;
        };
        let to = to.as_str();
        if known.contains(to) && !may_use.contains(&to) && !(*in_tests && to == FOR_TESTS) {
            faults.push(format!("{from} must not use {to}: dependencies point inward"));
        }
        if to == FOR_TESTS && !in_tests && !MAY_USE_IT.contains(&from.as_str()) {
            faults.push(format!("{from} uses {to} outside its tests"));
        }
        if to == "sqlx" && !MAY_USE_SQLX.contains(&from.as_str()) {
            faults.push(format!("{from} must not use sqlx: it asks a crate that does"));
        }
        if from == "domain" && !in_tests && BANNED_IN_DOMAIN.contains(&to) {
            faults.push(format!("domain must not use {to}: its rules are pure and synchronous"));
        }
    }
    faults
}

#[test]
fn dependencies_point_inward() {
    super::assert_none(faults(&edges_of_workspace()));
}

#[test]
fn every_crate_of_the_workspace_is_looked_at() {
    let edges = edges_of_workspace();
    for (name, _) in MAY_USE {
        assert!(edges.iter().any(|edge| edge.from == name), "{name} is not in the workspace");
    }
}

#[test]
fn an_edge_that_points_outward_is_found() {
    assert_eq!(faults(&[edge("domain", "eventstore", false)]).len(), 1);
    assert_eq!(faults(&[edge("eventstore", "domain", false)]).len(), 1);
    assert_eq!(faults(&[edge("ledger", "api", true)]).len(), 1, "in a test too");
    assert_eq!(faults(&[edge("ledger", "testkit", false)]).len(), 2);
    assert_eq!(faults(&[edge("ledger", "testkit", true)]), Vec::<String>::new());
}

#[test]
fn a_database_driver_in_the_wrong_crate_is_found() {
    assert_eq!(faults(&[edge("api", "sqlx", false)]).len(), 1);
    assert_eq!(faults(&[edge("cli", "sqlx", true)]).len(), 1);
    assert_eq!(faults(&[edge("domain", "tokio", false)]).len(), 1);
    assert_eq!(faults(&[edge("domain", "tokio", true)]), Vec::<String>::new());
}

#[test]
fn a_crate_without_a_place_is_found() {
    assert_eq!(faults(&[edge("newcomer", "serde", false)]).len(), 1);
}

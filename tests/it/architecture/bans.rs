//! What Clippy bans is bypassed where it is listed here, and nowhere else.

use super::Tree;

/// A file, how often it bypasses a ban, and why it may.
const BYPASSES: &[(&str, usize, &str)] = &[
    ("crates/api/src/app.rs", 1, "ids are made up where a request comes in"),
    ("crates/cli/src/node.rs", 1, "ids are made up at the edge"),
    ("crates/cli/src/secret.rs", 1, "a setting of the process, read where it starts"),
    ("crates/ledger/src/clock.rs", 1, "the clock that everyone else is given"),
];

fn faults(tree: &Tree, listed: &[(&str, usize, &str)]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in tree.production(&[".rs"]) {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let found: usize = code.map(|line| line.matches("clippy::disallowed_").count()).sum();
        let allowed = listed.iter().find(|(file, ..)| *file == path).map_or(0, |entry| entry.1);
        if found != allowed {
            faults.push(format!("{path} bypasses {found} bans, and {allowed} are listed"));
        }
    }
    faults
}

/// One sentence at the top says what a file is.
fn files_without_a_first_line(tree: &Tree) -> Vec<String> {
    tree.ending(&[".rs"])
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(path, _)| format!("{path} does not begin with a line that says what it is"))
        .collect()
}

#[test]
fn bans_are_bypassed_only_where_it_is_listed() {
    super::assert_none(faults(&Tree::of_checkout(), BYPASSES));
}

#[test]
fn every_file_says_what_it_is() {
    super::assert_none(files_without_a_first_line(&Tree::of_checkout()));
}

#[test]
fn a_bypass_that_is_not_listed_is_found() {
    let bypass = "#[expect(clippy::disallowed_methods, reason = \"a while\")]";
    let tree =
        Tree::of(&[("crates/ledger/src/a.rs", bypass), ("crates/ledger/tests/b.rs", bypass)]);
    assert_eq!(faults(&tree, &[]).len(), 1);
    assert_eq!(faults(&tree, &[("crates/ledger/src/a.rs", 1, "")]), Vec::<String>::new());
    assert_eq!(faults(&tree, &[("crates/ledger/src/a.rs", 2, "")]).len(), 1, "a list grows stale");
}

#[test]
fn a_file_that_says_nothing_is_found() {
    let tree = Tree::of(&[("a.rs", "//! A noun.\n"), ("b.rs", "use std::fmt;\n")]);
    assert_eq!(files_without_a_first_line(&tree).len(), 1);
}

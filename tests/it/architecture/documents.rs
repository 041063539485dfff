//! Documents name no machine's folders, and their links lead somewhere.

use std::path::{Component, Path};

use super::Tree;

/// Where somebody's checkout or home may be.
const OF_ONE_MACHINE: [&str; 4] = ["/work/", "/home/", "/root/", "/Users/"];

fn machine_paths(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in tree.ending(&[".md"]) {
        for found in OF_ONE_MACHINE.iter().filter(|found| text.contains(**found)) {
            faults.push(format!("{path} speaks of {found}, which is one machine's"));
        }
    }
    faults
}

fn dead_links(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in tree.ending(&[".md"]) {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap_or_default();
            let elsewhere = link.contains("://") || link.starts_with("mailto:");
            if elsewhere || target.is_empty() {
                continue;
            }
            let folder = Path::new(path).parent().expect("a file is in a folder");
            if !tree.holds(&plain(&folder.join(target))) {
                faults.push(format!("{path} links to {link}, which is not there"));
            }
        }
    }
    faults
}

/// `docs/../README.md` is `README.md`.
fn plain(path: &Path) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                parts.pop();
            }
            Component::Normal(name) => parts.push(name.to_str().expect("our names are UTF-8")),
            Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
        }
    }
    parts.join("/")
}

#[test]
fn documents_name_no_machines_folders() {
    super::assert_none(machine_paths(&Tree::of_checkout()));
}

#[test]
fn links_in_documents_lead_somewhere() {
    super::assert_none(dead_links(&Tree::of_checkout()));
}

#[test]
fn a_machines_folder_is_found() {
    // Put together here, so that this file does not hold what it looks for.
    let text = format!("Look into {}me.", OF_ONE_MACHINE[1]);
    assert_eq!(machine_paths(&Tree::of(&[("docs/A.md", &text), ("B.md", "fine")])).len(), 1);
}

#[test]
fn a_dead_link_is_found() {
    let tree = Tree::of(&[
        ("README.md", "[a](docs/A.md#part) [b](docs) [c](https://example.org/x) [d](#here)"),
        ("docs/A.md", "[back](../README.md) [gone](B.md)"),
    ]);
    assert_eq!(dead_links(&tree), ["docs/A.md links to B.md, which is not there"]);
}

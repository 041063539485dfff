//! The list of classes is closed and written down for those who run an import.

use std::collections::BTreeSet;

use legacy::Class;

#[test]
fn every_class_stands_in_the_manual_and_the_manual_knows_which_block() {
    let manual = include_str!("../../../../docs/legacy-import.md");
    for class in Class::ALL {
        let row = format!("| `{class}` |");
        let line = manual.lines().find(|line| line.starts_with(&row));
        let line = line.unwrap_or_else(|| panic!("{class} is not in the manual"));
        if !line.contains("(no order)") {
            assert_eq!(line.starts_with(&format!("{row} yes |")), class.blocks(), "{class}");
        }
    }
}

#[test]
fn no_two_classes_share_a_name() {
    let names: BTreeSet<_> = Class::ALL.iter().map(|class| class.name()).collect();
    assert_eq!(names.len(), Class::ALL.len());
}

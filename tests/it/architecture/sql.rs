//! SQL stands where its table stands.

use super::Tree;
use super::tree::words;

const SOURCES: [&str; 2] = [".rs", ".sql"];

/// An old shop's tables, made by hand in a data set: not ours.
const NOT_OURS: &str = "data/";

/// What begins a statement that writes a table.
const WRITES: [&str; 7] = [
    "insert into",
    "update",
    "update only",
    "delete from",
    "truncate",
    "truncate table",
    "merge into",
];

/// The tables that only the log's own functions write.
const OF_THE_LOG: [&str; 8] = [
    "events",
    "commands",
    "expired_replies",
    "books",
    "book_projections",
    "snapshots",
    "stopped_books",
    "resumed_books",
];

const OBJECTS: [&str; 9] =
    ["table", "index", "function", "procedure", "view", "type", "trigger", "schema", "sequence"];

/// The list of migrations itself has to be there before the first of them.
const MAKES_THE_LIST: &str = "crates/eventstore/src/sql/create_migrations.sql";

fn writes(words: &str, table: &str) -> bool {
    let padded = format!(" {words} ");
    WRITES.iter().any(|verb| {
        padded.contains(&format!(" {verb} {table} "))
            || padded.contains(&format!(" {verb} daftar . {table} "))
    })
}

/// Read models are the folders of `projections/` that make a table.
fn read_models(tree: &Tree) -> Vec<&str> {
    tree.ending(&["/table.sql"])
        .filter_map(|(path, _)| path.strip_prefix("projections/")?.strip_suffix("/table.sql"))
        .collect()
}

fn ours<'a>(tree: &'a Tree, ends: &'a [&str]) -> impl Iterator<Item = (&'a str, String)> {
    tree.production(ends)
        .filter(|(path, _)| !path.starts_with(NOT_OURS))
        .map(|(path, text)| (path, words(path, text)))
}

fn writes_of_the_log(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, words) in ours(tree, &SOURCES) {
        if path.starts_with("migrations/") || path.starts_with("crates/eventstore/") {
            continue;
        }
        for table in OF_THE_LOG.iter().filter(|table| writes(&words, table)) {
            faults.push(format!("{path} writes {table}: only the log's own functions do"));
        }
    }
    faults
}

fn writes_of_read_models(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, words) in ours(tree, &SOURCES) {
        for view in read_models(tree) {
            let home = format!("projections/{view}/");
            if !path.starts_with(&home) && writes(&words, view) {
                faults.push(format!("{path} writes {view}: only what is in {home} does"));
            }
        }
    }
    faults
}

fn ddl(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, words) in ours(tree, &SOURCES) {
        if path.starts_with("migrations/") || path.starts_with("projections/") {
            continue;
        }
        let padded = format!(" {words} ");
        for object in OBJECTS {
            let found = ["create", "create or replace", "create unique", "alter", "drop"]
                .iter()
                .any(|verb| padded.contains(&format!(" {verb} {object} ")));
            if found && path != MAKES_THE_LIST {
                faults.push(format!("{path} makes or changes a {object}: only migrations do"));
            }
        }
    }
    faults
}

/// Numbers come from the book's head, so that they have no holes.
fn sequences(tree: &Tree) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, words) in ours(tree, &[".sql"]) {
        for ban in ["nextval", "serial", "bigserial", "as identity", "create sequence"] {
            if format!(" {words} ").contains(&format!(" {ban} ")) {
                faults.push(format!("{path} has `{ban}`: numbers come from the book's head"));
            }
        }
    }
    faults
}

#[test]
fn only_the_log_writes_the_log() {
    super::assert_none(writes_of_the_log(&Tree::of_checkout()));
}

#[test]
fn only_a_projection_writes_its_read_model() {
    let tree = Tree::of_checkout();
    assert!(read_models(&tree).contains(&"customer_orders"), "the read models were not found");
    super::assert_none(writes_of_read_models(&tree));
}

#[test]
fn tables_are_made_and_changed_in_migrations_only() {
    super::assert_none(ddl(&Tree::of_checkout()));
}

#[test]
fn no_number_comes_from_a_sequence() {
    super::assert_none(sequences(&Tree::of_checkout()));
}

#[test]
fn a_write_to_the_log_elsewhere_is_found() {
    let sql = "-- why\ninsert into\n  daftar.events (book_id) values ($1)";
    let tree = Tree::of(&[
        ("migrations/1.sql", sql),
        ("crates/eventstore/src/a.sql", sql),
        ("crates/ledger/src/a.sql", sql),
        ("crates/api/src/a.rs", "sqlx::query(\"UPDATE books SET position = 0\")"),
        ("crates/api/src/b.rs", "// update books\nlet events = 1;"),
        ("crates/api/tests/it/a.rs", "query(\"delete from events\")"),
    ]);
    assert_eq!(writes_of_the_log(&tree).len(), 2, "{:?}", writes_of_the_log(&tree));
}

#[test]
fn a_write_to_a_read_model_elsewhere_is_found() {
    let tree = Tree::of(&[
        ("projections/payments/table.sql", "create table payments (book_id int)"),
        ("projections/payments/write.sql", "insert into payments as t (book_id) values (1)"),
        ("projections/timeline/write.sql", "delete from payments where book_id = 1"),
        ("crates/ledger/src/a.rs", "let sql = \"update daftar.payments set status = 'paid'\";"),
        ("crates/ledger/src/b.rs", "let sql = \"select status from daftar.payments\";"),
    ]);
    assert_eq!(writes_of_read_models(&tree).len(), 2, "{:?}", writes_of_read_models(&tree));
}

#[test]
fn a_table_made_at_run_time_is_found() {
    let tree = Tree::of(&[
        ("migrations/1.sql", "create table events (book_id int)"),
        ("crates/ledger/src/a.rs", "\"create unique index on orders (id)\""),
        ("crates/ledger/src/b.sql", "alter\ttable events add column x int"),
        (MAKES_THE_LIST, "create table migrations (version int)"),
        ("data/legacy/a.sql", "create table customer_orders (id int)"),
    ]);
    assert_eq!(ddl(&tree).len(), 1 + 1, "{:?}", ddl(&tree));
}

#[test]
fn a_sequence_is_found() {
    let tree = Tree::of(&[("migrations/1.sql", "create table a (id bigserial primary key)")]);
    assert_eq!(sequences(&tree).len(), 1);
}

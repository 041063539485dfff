//! The schema is whole: no file of it is forgotten.

use eventstore::migrate::LOG;

#[test]
fn every_migration_of_the_folder_is_in_a_list() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    files.sort();
    let listed: Vec<_> = LOG
        .iter()
        .chain(&ledger::schema::migrations())
        .filter(|one| one.version < 100)
        .map(|one| format!("{:04}_{}.sql", one.version, one.name))
        .collect();
    assert_eq!(files, listed);
}

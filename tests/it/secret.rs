//! The secret: made whole or not at all, one however many begin at once, and bound to its book.

use std::fs;
use std::process::{Child, Command, Output, Stdio};

use sqlx::Connection as _;
use testkit::Database;

use crate::daftar::Installation;

const FIRST_STARTS: usize = 8;

/// A book in a database that the machine provides, with no secret yet.
async fn begun(name: &str) -> (Installation, Database) {
    let database = Database::empty().await;
    (Installation::at(name, database.url()), database)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_process_killed_while_it_makes_the_secret_leaves_none_behind() {
    let (installation, _database) = begun("secretkill").await;
    // The kernel kills it at the first byte that it writes to a file.
    let migrate = installation.daftar(&["migrate"]);
    let mut limited = Command::new("/bin/sh");
    limited.args(["-c", "ulimit -c 0; ulimit -f 0; exec \"$0\" \"$@\""]);
    limited.arg(migrate.get_program()).args(migrate.get_args());
    for (name, value) in migrate.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    let killed = limited.stdin(Stdio::null()).output().expect("sh runs");
    assert!(!killed.status.success(), "it was not limited: {}", said(&killed));
    assert!(!installation.path("secret").exists(), "half a secret is in place");

    installation.run(&["migrate"]);
    let secret = fs::read_to_string(installation.path("secret")).expect("it is there now");
    assert_eq!(secret.trim().len(), 64);
}

#[tokio::test]
async fn first_starts_at_the_same_time_agree_on_one_secret() {
    let (installation, _database) = begun("secretrace").await;
    let starts: Vec<Child> = (0..FIRST_STARTS)
        .map(|_| {
            let mut command = installation.daftar(&["keys", "list"]);
            command.stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().expect("the binary runs")
        })
        .collect();
    for start in starts {
        let output = start.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{}", said(&output));
    }
    let left: Vec<_> = fs::read_dir(installation.path(""))
        .expect("the place can be read")
        .map(|entry| entry.expect("the place can be read").file_name())
        .filter(|name| name.to_string_lossy().contains("secret"))
        .collect();
    assert_eq!(left, ["secret"], "drafts are left behind");
}

#[tokio::test]
async fn a_node_with_another_secret_is_turned_away_and_told_what_to_do() {
    let (installation, database) = begun("secretother").await;
    installation.run(&["keys", "list"]);
    let with_another = |arguments: &[&str]| -> Output {
        let mut command = installation.daftar(arguments);
        command.env("DAFTAR_SECRET_FILE", installation.path("another"));
        command.output().expect("the binary runs")
    };
    let refused = with_another(&["keys", "list"]);
    assert!(!refused.status.success());
    let told = said(&refused);
    for part in ["DAFTAR_SECRET_FILE", "delete from daftar.secret_checks where book_id = 1"] {
        assert!(told.contains(part), "{part} is not in: {told}");
    }
    let doctor = with_another(&["doctor", "--json"]);
    assert!(!doctor.status.success(), "{}", String::from_utf8_lossy(&doctor.stdout));
    installation.run(&["doctor"]);
    installation.run(&["keys", "list"]);

    // What it says helps.
    let mut conn = sqlx::PgConnection::connect_with(&database.connect_options())
        .await
        .expect("it takes connections");
    sqlx::query("delete from daftar.secret_checks where book_id = 1")
        .execute(&mut conn)
        .await
        .expect("the owner may");
    assert!(with_another(&["keys", "list"]).status.success());
    assert!(!installation.try_run(&["keys", "list"]).status.success());
}

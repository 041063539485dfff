//! The binary, run with a private Postgres of its own.

mod api;
mod migrated;
mod postgres;
mod service;

pub(crate) use api::{Answer, Api, Reply, Ticket};
pub(crate) use migrated::migrated;
pub(crate) use postgres::Private;
pub(crate) use service::Service;

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The book that is there from the start.
const MAIN: &str = "main";

/// A place for one installation: its data, its secret, and nothing of the machine's own settings.
#[derive(Debug)]
pub(crate) struct Installation {
    root: PathBuf,
    database_url: Option<String>,
}

impl Installation {
    /// Short, since a socket's path may not be long; open for passing through, since root's server
    /// runs as another user.
    pub(crate) fn new(name: &str) -> Self {
        Self::make(name, None)
    }

    /// The same without a Postgres of its own.
    pub(crate) fn at(name: &str, database_url: String) -> Self {
        Self::make(name, Some(database_url))
    }

    fn make(name: &str, database_url: Option<String>) -> Self {
        let root = PathBuf::from(format!("/tmp/daftar-{name}-{}", std::process::id()));
        DirBuilder::new().mode(0o711).create(&root).expect("the name is ours alone");
        Self { root, database_url }
    }

    /// Its database is elsewhere from here on.
    pub(crate) fn move_to(&mut self, database_url: String) {
        self.database_url = Some(database_url);
    }

    /// The binary with these arguments, ready to run.
    pub(crate) fn daftar(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .stdin(Stdio::null())
            .env_remove("DATABASE_URL")
            .env_remove("DAFTAR_APP_URL")
            .env_remove("DAFTAR_BOOK")
            .env_remove("DAFTAR_ACCEPT_DATA_LOSS")
            .env_remove("RUST_LOG")
            .env("NO_COLOR", "1")
            .env("DAFTAR_DATA", self.data())
            .env("DAFTAR_SECRET_FILE", self.root.join("secret"))
            // Any port that is free: tests run side by side.
            .env("DAFTAR_LISTEN", "127.0.0.1:0");
        if let Some(url) = &self.database_url {
            command.env("DATABASE_URL", url);
        }
        if self.clock().exists() {
            command.env("DAFTAR_TEST_CLOCK", self.clock());
        }
        command
    }

    /// Runs it to its end, whatever that is.
    pub(crate) fn try_run(&self, arguments: &[&str]) -> Output {
        self.daftar(arguments).output().expect("the binary runs")
    }

    /// Runs it to its end, and expects it to do what it was asked.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.try_run(arguments);
        assert!(
            output.status.success(),
            "daftar {arguments:?} ended with {}\n{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        output
    }

    /// Runs it with `--json`. One object and nothing else: anything beside it would not parse.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        serde_json::from_slice(&output.stdout).expect("stdout is one JSON object")
    }

    /// What `verify` prints and how it ends.
    pub(crate) fn verify(&self) -> (bool, Value) {
        self.verify_of(MAIN)
    }

    fn verify_of(&self, book: &str) -> (bool, Value) {
        let output = self.try_run(&["verify", "--json", "--book", book]);
        let said = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
            panic!("verify printed no JSON ({error}): {}", String::from_utf8_lossy(&output.stderr))
        });
        (output.status.success(), said)
    }

    /// Everything is as the log makes it.
    pub(crate) fn assert_verified(&self) {
        self.assert_verified_of(MAIN);
    }

    /// The same in another book.
    pub(crate) fn assert_verified_of(&self, book: &str) {
        let (succeeded, said) = self.verify_of(book);
        assert!(succeeded, "verify found: {said:#}");
        assert_eq!(said["verified"], true, "{said:#}");
        assert_eq!(said["trial_balance"], "0", "{said:#}");
    }

    /// A new key of a principal, which is made if need be.
    pub(crate) fn key(&self, role: &str, principal: &str) -> String {
        self.key_of(MAIN, role, principal)
    }

    /// The same in another book.
    pub(crate) fn key_of(&self, book: &str, role: &str, principal: &str) -> String {
        let create = ["keys", "create", "--book", book, "--role", role, "--principal", principal];
        self.json(&create)["key"].as_str().expect("a key is a text").to_owned()
    }

    /// Serves, until it is told otherwise or dropped.
    pub(crate) fn serve(&self) -> Service {
        Service::start(self.daftar(&["serve"]))
    }

    /// Its private Postgres, which must run.
    pub(crate) fn postgres(&self) -> Private {
        Private::find(&self.data()).expect("a private Postgres runs")
    }

    /// Whether it runs one.
    pub(crate) fn runs_postgres(&self) -> bool {
        Private::find(&self.data()).is_some()
    }

    /// Stops the clock at this time, for every process that starts afterwards; moved again, it
    /// moves for all of them. Never a half-written time: it is put there as a whole.
    pub(crate) fn set_clock(&self, time: &str) {
        let new = self.root.join("clock.new");
        fs::write(&new, time).expect("the place is ours");
        fs::rename(new, self.clock()).expect("the place is ours");
    }

    fn clock(&self) -> PathBuf {
        self.root.join("clock")
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.root.join("data")
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if let Some(postgres) = Private::find(&self.data()) {
            postgres.end();
        }
        // A test that failed leaves its files to be looked at.
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.root).ok();
        }
    }
}

/// `target/<profile>/daftar`, beside the folder of this test.
pub(crate) fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the system knows where this runs");
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let binary = profile.join("daftar");
    assert!(binary.exists(), "build it first: cargo build --package cli --bin daftar");
    binary
}

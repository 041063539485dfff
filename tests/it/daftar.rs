//! The binary, run with a private Postgres of its own.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A place for one installation: its data, its secret, and nothing of the machine's own settings.
#[derive(Debug)]
pub(crate) struct Installation {
    root: PathBuf,
}

impl Installation {
    /// Short, since a socket's path may not be long; open for passing through, since root's server
    /// runs as another user.
    pub(crate) fn new(name: &str) -> Self {
        let root = PathBuf::from(format!("/tmp/daftar-{name}-{}", std::process::id()));
        DirBuilder::new().mode(0o711).create(&root).expect("the name is ours alone");
        Self { root }
    }

    /// The binary with these arguments, ready to run.
    pub(crate) fn daftar(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .args(arguments)
            .env_remove("DATABASE_URL")
            .env_remove("DAFTAR_APP_URL")
            .env("DAFTAR_DATA", self.root.join("data"))
            .env("DAFTAR_SECRET_FILE", self.root.join("secret"))
            // Any port that is free: tests run side by side.
            .env("DAFTAR_LISTEN", "127.0.0.1:0");
        command
    }

    /// Runs it to its end, and expects it to do what it was asked.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let output = self.daftar(arguments).output().expect("the binary runs");
        assert!(
            output.status.success(),
            "daftar {arguments:?} ended with {}\n{}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        output
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        // A test that failed leaves its files to be looked at.
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.root).ok();
        }
    }
}

/// `target/<profile>/daftar`, beside the folder of this test.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("the system knows where this runs");
    let profile = test.parent().and_then(Path::parent).expect("tests are in target/<profile>/deps");
    let binary = profile.join("daftar");
    assert!(binary.exists(), "build it first: cargo build --package cli --bin daftar");
    binary
}

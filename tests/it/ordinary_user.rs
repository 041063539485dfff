//! Root is not needed: an ordinary user of the machine runs the whole, on Postgres binaries that are
//! there or that the script brings.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rustix::process::geteuid;
use serde_json::Value;

use crate::daftar::{Private, binary};
use crate::load::is_full;

/// A home that the user nobody owns, and the binary where that user may read it.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> Self {
        let root = PathBuf::from(format!("/tmp/daftar-{name}-{}", std::process::id()));
        DirBuilder::new().mode(0o755).create(&root).expect("the name is ours alone");
        let program = root.join("daftar");
        fs::copy(binary(), &program).expect("the binary can be copied");
        fs::set_permissions(&program, Permissions::from_mode(0o755)).expect("it is ours");
        let home = root.join("home");
        DirBuilder::new().mode(0o700).create(&home).expect("the name is free");
        let (user, group) = (id("-u"), id("-g"));
        chown(&home, Some(user), Some(group)).expect("root may");
        Self(root)
    }

    fn path(&self) -> PathBuf {
        self.0.join("home")
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }

    /// A program, run by nobody with nothing of the machine's own settings.
    fn run(&self, program: &Path, arguments: &[&str], more: &[(&str, &Path)]) -> Output {
        let output = Command::new("setpriv")
            .args(["--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"])
            .arg(program)
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", self.path())
            .envs(more.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("setpriv runs");
        assert!(
            output.status.success(),
            "{} ended with {}\n{}\n{}",
            program.display(),
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        output
    }

    fn assert_demo(&self, more: &[(&str, &Path)]) {
        let data = self.data();
        let data = data.to_str().expect("the path is text");
        let output = self.run(&self.0.join("daftar"), &["demo", "--json", "--data", data], more);
        let shown: Value = serde_json::from_slice(&output.stdout).expect("it is one JSON object");
        assert_eq!(shown["verified"], true, "{shown:#}");
        assert_eq!(shown["wallet"]["after"], "15145593.99", "{shown:#}");
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(postgres) = Private::find(&self.data()) {
            postgres.end();
        }
        if !std::thread::panicking() {
            fs::remove_dir_all(&self.0).ok();
        }
    }
}

fn id(what: &str) -> u32 {
    let output = Command::new("id").args([what, "nobody"]).output().expect("id runs");
    let text = String::from_utf8(output.stdout).expect("it is text");
    text.trim().parse().expect("there is a user nobody")
}

/// Whoever is no root has shown it with every other test.
fn can_become_another() -> bool {
    geteuid().is_root()
}

#[test]
fn an_ordinary_user_runs_the_demo() {
    if can_become_another() {
        Home::new("nobody").assert_demo(&[]);
    }
}

#[test]
fn an_ordinary_user_brings_a_postgres_and_runs_the_demo_on_it() {
    if !can_become_another() || !is_full() {
        return;
    }
    let home = Home::new("bringer");
    // The checkout may be out of that user's sight.
    let script = home.0.join("install-postgres");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/install-postgres");
    fs::copy(kept, &script).expect("the repository ships it");
    fs::set_permissions(&script, Permissions::from_mode(0o755)).expect("it is ours");
    let cache = home.path().join("cache");
    let output = home.run(
        &script,
        &["--ignore-installed", "--from", "packages"],
        &[("XDG_CACHE_HOME", &cache)],
    );
    let bindir = String::from_utf8(output.stdout).expect("it is text");
    let bindir = Path::new(bindir.trim());
    assert!(bindir.starts_with(&cache), "{}", bindir.display());
    home.assert_demo(&[("DAFTAR_PG_BINDIR", bindir), ("XDG_CACHE_HOME", &cache)]);
}

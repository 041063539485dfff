//! The section of the page for operators on backups: its blocks of shell, run as they stand.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use rustix::process::geteuid;

use crate::daftar::{Installation, binary};
use crate::outages::cluster::binaries;

const PAGE: &str = include_str!("../../../docs/OPERATING.md");
const SECTION: &str = "## Back up and restore";
/// Begins a block that the user runs whom the cluster belongs to.
const AS_SERVER: &str = "# as Postgres' user";
/// A block that waits for what never comes is ended.
const WITHIN_SECONDS: &str = "60";

/// The blocks of each part, and what they are run with.
pub(super) struct Page {
    parts: BTreeMap<&'static str, Vec<String>>,
    variables: BTreeMap<&'static str, String>,
    secret: Option<PathBuf>,
}

impl Page {
    pub(super) fn read() -> Self {
        let mut parts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        let (_, section) = PAGE.split_once(SECTION).expect("the section is there");
        let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
        for part in section.split("\n### ").skip(1) {
            let (title, text) = part.split_once('\n').expect("a part has a text");
            let blocks = text.split("```sh\n").skip(1).map(|block| {
                let (block, _) = block.split_once("```").expect("a block ends");
                block.to_owned()
            });
            parts.insert(title, blocks.collect());
        }
        Self { parts, variables: BTreeMap::new(), secret: None }
    }

    /// What an operator's shell has.
    pub(super) fn set(&mut self, variable: &'static str, value: impl Display) {
        self.variables.insert(variable, value.to_string());
    }

    /// The secret, which is kept apart.
    pub(super) fn take_secret_of(&mut self, installation: &Installation) {
        self.secret = Some(installation.path("secret"));
    }

    /// Runs the one block of a part.
    pub(super) fn play(&self, title: &str) {
        assert_eq!(self.blocks(title).len(), 1, "{title} is one block");
        self.play_block(title, 0);
    }

    /// Runs one of several blocks of a part.
    pub(super) fn play_block(&self, title: &str, index: usize) {
        let output = self.run(title, index);
        let said = said(&output);
        assert!(output.status.success(), "{title}: it ended with {}\n{said}", output.status);
        println!("{title}: done");
    }

    /// Runs the one block of a part, which is to fail; answers what it said.
    pub(super) fn fail(&self, title: &str) -> String {
        let output = self.run(title, 0);
        let said = said(&output);
        assert!(!output.status.success(), "{title}: it was let through\n{said}");
        said
    }

    fn blocks(&self, title: &str) -> &[String] {
        self.parts.get(title).unwrap_or_else(|| panic!("there is no part {title:?}"))
    }

    fn run(&self, title: &str, index: usize) -> Output {
        let block = self.blocks(title).get(index).expect("there are as many blocks");
        let mut command = Command::new("timeout");
        command.arg(WITHIN_SECONDS);
        if block.starts_with(AS_SERVER) && geteuid().is_root() {
            let user = ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--"];
            command.arg("setpriv").args(user);
        }
        let binary = binary();
        let folder = binary.parent().expect("it lies in a folder").display();
        let path = format!("{folder}:{}:/usr/local/bin:/usr/bin:/bin", binaries().display());
        command
            .args(["sh", "-euc", block])
            .current_dir("/")
            .env_clear()
            .env("PATH", path)
            .env("LC_ALL", "C")
            .env("NO_COLOR", "1")
            .envs(&self.variables)
            .stdin(Stdio::null());
        if let Some(secret) = &self.secret {
            command.env("DAFTAR_SECRET_FILE", secret);
        }
        command.output().expect("there is a shell")
    }
}

fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr];
    texts.map(|text| String::from_utf8_lossy(text).into_owned()).join("\n")
}

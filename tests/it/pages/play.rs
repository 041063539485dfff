//! Plays a page: all of its blocks in one shell, against a service of its own.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use testkit::Database;

use super::compare::differences;
use super::page::{self, Block};
use crate::daftar::{Installation, binary};

/// The page that prepares all others.
const INDEX: &str = "roles/README";

/// The Monday on which the pages play, at noon in Baghdad.
const MONDAY: &str = "2026-03-02T09:00:00Z";

/// Keeps the status of every call and the reply of the last, and lets the page have the reply. The
/// shell's clock stands where the service's does.
const BEGIN: &str = r#"set -eu
for tool in curl openssl; do
  command -v "$tool" >/dev/null || { echo "there is no $tool: install it" >&2; exit 1; }
done
date() { command date -d "$NOW" "$@"; }
curl() {
  : >"$OUT/body"
  command curl -sS -o "$OUT/body" -w '%{http_code}\n' "$@" >>"$OUT/status"
  cat "$OUT/body"
}
daftar() {
  "$DAFTAR" "$@" >"$OUT/body"
  : >"$OUT/status"
  cat "$OUT/body"
}
"#;

/// Plays the page of this name, after what the index prepares.
pub(super) async fn page(name: &str) {
    let database = Database::empty().await;
    let daftar = Installation::at(&format!("page-{}", name.replace('/', "-")), database.url());
    daftar.set_clock(MONDAY);
    let service = daftar.serve();

    let prepared = page::blocks(INDEX).into_iter().map(|block| (INDEX, block));
    let told = page::blocks(name).into_iter().map(|block| (name, block));
    let blocks: Vec<(&str, Block)> = prepared.chain(told).collect();
    assert!(blocks.iter().any(|(_, block)| block.reply.is_some()), "{name}.md shows no reply");

    let out = daftar.path("out");
    fs::create_dir(&out).expect("the place is ours");
    let script = daftar.path("page.sh");
    fs::write(&script, write(&blocks)).expect("the place is ours");
    // The environment of any other command of this installation.
    let like = daftar.daftar(&[]);
    let mut shell = Command::new("sh");
    for (variable, value) in like.get_envs() {
        match value {
            Some(value) => shell.env(variable, value),
            None => shell.env_remove(variable),
        };
    }
    shell
        .arg(&script)
        .current_dir(&out)
        .env("OUT", &out)
        .env("DAFTAR", binary())
        .env("URL", service.base())
        .env("NOW", MONDAY);
    let ended =
        tokio::task::spawn_blocking(move || shell.output()).await.expect("it is waited for");
    let ended = ended.expect("there is a shell");

    let wrong = check(&blocks, &out, &ended);
    assert!(wrong.is_empty(), "docs:\n{wrong}");
    daftar.assert_verified();
}

/// One script, in which the page's last call of every block leaves its reply in a file.
fn write(blocks: &[(&str, Block)]) -> String {
    let mut script = BEGIN.to_owned();
    for (index, (_, block)) in blocks.iter().enumerate() {
        write!(
            script,
            "rm -f \"$OUT/status\" \"$OUT/body\"\n{}\n\
             ! test -e \"$OUT/status\" || {{\n  \
             mv \"$OUT/body\" \"$OUT/{index}.body\"\n  mv \"$OUT/status\" \"$OUT/{index}.status\"\n\
             }}\n: >\"$OUT/{index}.done\"\n",
            block.shell,
        )
        .expect("a text takes everything");
    }
    script
}

/// Everything that is not as the pages say, with its line.
fn check(blocks: &[(&str, Block)], out: &Path, ended: &Output) -> String {
    let mut wrong = String::new();
    for (index, (name, block)) in blocks.iter().enumerate() {
        let mut tell = |what: &str| {
            writeln!(wrong, "{name}.md:{}: {what}", block.line).expect("a text takes everything");
        };
        let read = |what: &str| fs::read_to_string(out.join(format!("{index}.{what}"))).ok();
        if read("done").is_none() {
            let said = String::from_utf8_lossy(&ended.stderr);
            tell(&format!("the shell ended here with {}: {said}", ended.status));
            return wrong;
        }
        let statuses = read("status").unwrap_or_default();
        let mut statuses = statuses.lines();
        let last = statuses.next_back();
        if let Some(refused) = statuses.find(|status| !status.starts_with('2')) {
            tell(&format!("a call before the last was answered {refused}"));
        }
        let body = read("body").unwrap_or_default();
        if last != block.status.as_deref() {
            tell(&format!("answered {last:?} and not {:?}: {body}", block.status));
        }
        let Some(shown) = &block.reply else { continue };
        match serde_json::from_str::<Value>(&body) {
            Err(error) => tell(&format!("the reply is no JSON ({error}): {body}")),
            Ok(reply) => {
                let differences = differences(shown, &reply);
                if !differences.is_empty() {
                    tell(&format!("{}\n    in {body}", differences.join(", ")));
                }
            }
        }
    }
    wrong
}

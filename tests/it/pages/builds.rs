//! Plays the sections of the page for operators in which one build follows another: every command,
//! as the build that a comment above it names, and what it prints against what is shown.

use std::fmt::Write as _;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

use serde_json::Value;
use testkit::Database;

use super::compare::differences;
use super::page;
use crate::daftar::{Installation, binary};

const PAGE: &str = "OPERATING";
/// What stands before the sections holds for each of them.
const PART: &str = "## One build after another";
/// The Monday on which the pages play.
const MONDAY: &str = "2026-03-02T09:00:00Z";
/// A page that waits for what never comes is ended.
const WITHIN_SECONDS: &str = "240";
/// Stands for what differs from one run to the next.
const ELLIPSIS: char = '…';
const ADDRESSES: [&str; 3] = ["A", "B", "C"];

/// Whatever becomes of the page, its nodes end with it.
const BEGIN: &str = r#"set -eu
trap 'jobs -p >"$OUT/jobs"; kill $(cat "$OUT/jobs") 2>/dev/null || true; wait' EXIT
"#;

/// A block of shell, and what it prints.
#[derive(Debug)]
struct Step {
    /// Where its fence stands in the page, from 1.
    line: usize,
    folds: String,
    shell: String,
    shown: Option<Shown>,
}

#[derive(Debug)]
enum Shown {
    Text(String),
    Json(Value),
}

/// Plays these sections on a book of their own, after what prepares all of them.
pub(super) async fn sections(name: &str, titles: &[&str]) {
    let steps = steps(titles);
    assert!(steps.iter().any(|step| step.shown.is_some()), "nothing is shown");
    let database = Database::empty().await;
    let installation = Installation::at(&format!("builds-{name}"), database.url());
    installation.set_clock(MONDAY);
    let out = installation.path("out");
    fs::create_dir(&out).expect("the place is ours");
    let script = installation.path("page.sh");
    fs::write(&script, write(&steps)).expect("the place is ours");

    let mut shell = Command::new("timeout");
    shell.args([WITHIN_SECONDS, "sh"]).arg(&script).current_dir(&out);
    // A file and no pipe: nodes that the shell leaves behind would keep it open.
    let said = installation.path("said");
    shell.stderr(fs::File::create(&said).expect("the place is ours")).stdout(Stdio::null());
    // The environment of any other command of this installation.
    for (variable, value) in installation.daftar(&[]).get_envs() {
        match value {
            Some(value) => shell.env(variable, value),
            None => shell.env_remove(variable),
        };
    }
    let folder = binary();
    let folder = folder.parent().expect("it lies in a folder").display();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = path.to_str().expect("the path is text");
    shell.env("PATH", format!("{folder}:{path}")).env("OUT", &out);
    for (variable, address) in ADDRESSES.iter().zip(addresses()) {
        shell.env(variable, address);
    }
    let ended = tokio::task::spawn_blocking(move || shell.status()).await;
    let ended = ended.expect("it is waited for").expect("there is a shell");
    let said = fs::read_to_string(said).unwrap_or_default();
    let wrong = check(&steps, &out, ended, &said);
    assert!(wrong.is_empty(), "docs/{PAGE}.md:\n{wrong}");
}

/// Free now; whoever takes one meanwhile makes the test fail, which says so.
fn addresses() -> Vec<String> {
    let listen = |_: &&str| TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let all: Vec<TcpListener> = ADDRESSES.iter().map(listen).collect();
    let address = |one: &TcpListener| one.local_addr().expect("it listens").to_string();
    all.iter().map(address).collect()
}

fn steps(titles: &[&str]) -> Vec<Step> {
    let text = page::read(PAGE);
    let mut steps = Vec::new();
    let mut found = Vec::new();
    // Outside of the part; before its first section; in a section that is played or not.
    let (mut is_in_part, mut is_played) = (false, false);
    let mut folds = String::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        if let Some(title) = line.strip_prefix("### ") {
            is_played = is_in_part && titles.contains(&title);
            if is_played {
                found.push(title);
            }
        } else if line.starts_with("## ") {
            is_in_part = line == PART;
            is_played = is_in_part;
        } else if let Some(asked) = line.strip_prefix("<!-- build:") {
            asked.trim_end_matches("-->").trim().clone_into(&mut folds);
        }
        let Some(language) = line.strip_prefix("```") else { continue };
        let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let inside = inside.collect::<Vec<_>>().join("\n");
        if !is_played {
            continue;
        }
        let here = format!("{PAGE}.md:{}", at + 1);
        let shown = match language {
            "sh" => {
                let folds = folds.clone();
                steps.push(Step { line: at + 1, folds, shell: inside, shown: None });
                continue;
            }
            "json" => Shown::Json(
                serde_json::from_str(&inside)
                    .unwrap_or_else(|error| panic!("{here}: it is no JSON: {error}")),
            ),
            "text" => Shown::Text(inside),
            other => panic!("{here}: nobody plays {other:?}"),
        };
        let step = steps.last_mut().unwrap_or_else(|| panic!("{here}: nothing is asked"));
        assert!(step.shown.replace(shown).is_none(), "{here}: it is shown twice");
    }
    assert_eq!(found, titles, "the sections are there");
    steps
}

/// One shell, so that what a block sets is there in the next; what a block prints goes to a file.
fn write(steps: &[Step]) -> String {
    let mut script = BEGIN.to_owned();
    for (index, Step { folds, shell, .. }) in steps.iter().enumerate() {
        write!(
            script,
            "export DAFTAR_TEST_FOLDS='{folds}'\n{{\n{shell}\n}} >\"$OUT/{index}.out\"\n\
             : >\"$OUT/{index}.done\"\n",
        )
        .expect("a text takes everything");
    }
    script
}

/// Everything that is not as the page says, with its line.
fn check(steps: &[Step], out: &Path, ended: ExitStatus, said: &str) -> String {
    let mut wrong = String::new();
    for (index, step) in steps.iter().enumerate() {
        let mut tell = |what: &str| {
            writeln!(wrong, "{}: {what}", step.line).expect("a text takes everything");
        };
        let read = |what: &str| fs::read_to_string(out.join(format!("{index}.{what}"))).ok();
        let printed = read("out").unwrap_or_default();
        if read("done").is_none() {
            tell(&format!("the shell ended here with {ended}: {printed}\n{said}"));
            return wrong;
        }
        match &step.shown {
            Some(Shown::Text(shown)) if !is_like(shown, &printed) => {
                tell(&format!("it printed\n{printed}\nand not\n{shown}"));
            }
            Some(Shown::Json(shown)) => match serde_json::from_str::<Value>(&printed) {
                Err(error) => tell(&format!("it printed no JSON ({error}): {printed}")),
                Ok(printed) => {
                    let differences = differences(shown, &printed);
                    if !differences.is_empty() {
                        tell(&format!("{}\n    in {printed}", differences.join(", ")));
                    }
                }
            },
            Some(Shown::Text(_)) | None => {}
        }
    }
    wrong
}

/// Whether a text is what is shown, line by line; how wide a table is does not matter.
fn is_like(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (lines(shown), lines(printed));
    shown.len() == printed.len()
        && shown.iter().zip(&printed).all(|(shown, printed)| is_like_line(shown, printed))
}

fn lines(text: &str) -> Vec<String> {
    let plain = |line: &str| {
        let is_of_table = |symbol: char| ('\u{2500}'..='\u{257f}').contains(&symbol);
        let words: String =
            line.chars().map(|symbol| if is_of_table(symbol) { ' ' } else { symbol }).collect();
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    text.lines().map(plain).filter(|line| !line.is_empty()).collect()
}

fn is_like_line(shown: &str, printed: &str) -> bool {
    let mut parts = shown.split(ELLIPSIS);
    let Some(mut rest) = printed.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.len() > part.len() && rest.ends_with(part);
        }
        let Some(at) = rest.find(part).filter(|at| *at > 0) else { return false };
        rest = rest.split_at(at + part.len()).1;
    }
    true
}

#[test]
fn a_text_is_compared_word_by_word_and_an_ellipsis_stands_for_something() {
    for (shown, printed) in [
        ("a …: b", "a 17: b"),
        ("│ view ┆ rows │\n└──┴──┘", "│ view   ┆   rows │\n└────┴────┘"),
        ("until …", "until 2026"),
        ("waited … ms. … rows", "waited 3 ms. 14 rows"),
    ] {
        assert!(is_like(shown, printed), "{shown}");
    }
    for (shown, printed) in [
        ("a …: b", "a : b"),
        ("a", "a b"),
        ("a b", "a"),
        ("one\ntwo", "one"),
        ("until …", "until"),
        ("paid 50000", "paid 100000"),
    ] {
        assert!(!is_like(shown, printed), "{shown}");
    }
}

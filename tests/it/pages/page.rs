//! A page: its blocks of shell, and what each is said to be answered.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// A block of shell.
#[derive(Debug)]
pub(super) struct Block {
    /// Where its fence stands in the page, from 1.
    pub(super) line: usize,
    pub(super) shell: String,
    /// The status of its last call, which stands below it as `` `201` ``; those before it succeed.
    pub(super) status: Option<String>,
    /// Fields of the reply of its last call.
    pub(super) reply: Option<Value>,
}

/// The text of a page, by its name: that of its file in `docs`.
pub(super) fn read(name: &str) -> String {
    let path = docs().join(format!("{name}.md"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every page of a role.
pub(super) fn roles() -> Vec<String> {
    let files = fs::read_dir(docs().join("roles")).expect("the pages are there");
    let names = files.map(|file| file.expect("a folder can be read").file_name());
    let names = names.filter_map(|name| name.to_str()?.strip_suffix(".md").map(str::to_owned));
    names.filter(|name| name != "README").collect()
}

fn docs() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs")
}

/// The blocks of a page, in its order.
pub(super) fn blocks(name: &str) -> Vec<Block> {
    let text = read(name);
    let mut blocks: Vec<Block> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let here = format!("{name}.md:{}", at + 1);
        let Some(language) = line.strip_prefix("```") else {
            if let Some(status) = status(line) {
                let block = blocks.last_mut().unwrap_or_else(|| panic!("{here}: nothing is asked"));
                assert_eq!(block.status.replace(status), None, "{here}: a second status");
            }
            continue;
        };
        let inside = lines.by_ref().map(|(_, line)| line).take_while(|line| *line != "```");
        let inside = inside.collect::<Vec<_>>().join("\n");
        match language {
            "sh" => {
                blocks.push(Block { line: at + 1, shell: inside, status: None, reply: None });
            }
            "json" => {
                let reply = serde_json::from_str(&inside)
                    .unwrap_or_else(|error| panic!("{here}: it is no JSON: {error}"));
                let block = blocks.last_mut().unwrap_or_else(|| panic!("{here}: nothing is asked"));
                assert_eq!(block.reply.replace(reply), None, "{here}: a second reply");
            }
            "text" => {}
            other => panic!("{here}: nobody plays {other:?}"),
        }
    }
    blocks
}

/// A line that opens with `` `201` ``.
fn status(line: &str) -> Option<String> {
    let (status, _) = line.strip_prefix('`')?.split_once('`')?;
    let is_status = status.len() == 3 && status.chars().all(|digit| digit.is_ascii_digit());
    is_status.then(|| status.to_owned())
}

//! The repository's own files, as Git would list them.

use std::fs;
use std::path::{Path, PathBuf};

/// Nothing of ours is in these.
const SKIPPED: [&str; 5] = [".git", "target", ".venv", "node_modules", "__pycache__"];

/// Files and what is in them, by their paths from the repository's root.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: Vec<(String, String)>,
}

impl Tree {
    /// The checkout that these tests were built in.
    pub(super) fn of_checkout() -> Self {
        let root = root();
        let mut tree = Self::default();
        tree.collect(&root, &root);
        tree.files.sort();
        assert!(tree.files.len() > 100, "{} is not the checkout", root.display());
        tree
    }

    /// A made-up tree.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
        Self { files: files.iter().map(own).collect() }
    }

    /// Files whose name ends so.
    pub(super) fn ending<'a>(
        &'a self,
        ends: &'a [&str],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(|(path, _)| ends.iter().any(|end| path.ends_with(end)))
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// What runs in production: not tests, not what only tests use, and no benchmark, which writes as
    /// others would.
    pub(super) fn production<'a>(
        &'a self,
        ends: &'a [&str],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.ending(ends).filter(|(path, _)| !is_test(path))
    }

    pub(super) fn holds(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        self.files.iter().any(|(file, _)| file == path || file.starts_with(&folder))
    }

    fn collect(&mut self, root: &Path, folder: &Path) {
        let entries = fs::read_dir(folder).expect("the checkout can be read");
        for entry in entries {
            let path = entry.expect("the checkout can be read").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if SKIPPED.contains(&name) {
                continue;
            }
            // Where a target folder is given another name, it still holds this mark.
            if path.is_dir() && !path.join("CACHEDIR.TAG").exists() {
                self.collect(root, &path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                let path = path.strip_prefix(root).expect("it is below the root");
                self.files.push((path.to_str().expect("our names are UTF-8").to_owned(), text));
            }
        }
    }
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the root").to_path_buf()
}

fn is_test(path: &str) -> bool {
    let is_beside = ["tests/", "crates/testkit/", "crates/bench/"];
    path.contains("/tests/") || is_beside.iter().any(|folder| path.starts_with(folder))
}

/// Source without its comments, in lower case, as words and signs with one blank between them.
pub(super) fn words(path: &str, text: &str) -> String {
    let is_sql = Path::new(path).extension().is_some_and(|extension| extension == "sql");
    let comment = if is_sql { "--" } else { "//" };
    let code: Vec<&str> = text
        .lines()
        // Only whole lines: `//` may stand in a URL, `--` in a string.
        .filter(|line| !line.trim_start().starts_with(comment))
        .collect();
    let spaced: String = code
        .join(" ")
        .to_lowercase()
        .chars()
        .flat_map(|sign| {
            let part_of_word = sign.is_alphanumeric() || sign == '_';
            if part_of_word { vec![sign] } else { vec![' ', sign, ' '] }
        })
        .collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn words_leave_out_comments_and_line_breaks() {
    assert_eq!(words("a.sql", "-- why\nInsert into\n  events(x)"), "insert into events ( x )");
    assert_eq!(words("a.rs", "// insert\nlet x = \"a b\";"), "let x = \" a b \" ;");
}

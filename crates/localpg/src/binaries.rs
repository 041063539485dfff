//! Finds an installed Postgres.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::config::Config;
use crate::error::Error;

/// The oldest major version that is used.
pub const MAJOR_MIN: u32 = 15;
/// The bound on how many places are named when nothing was found.
const NAMED_MAX: usize = 20;

/// The programs of one installed Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    pub bindir: PathBuf,
    pub major: u32,
}

impl Binaries {
    /// Takes the first candidate that fits. Where there is data, only its own major version fits:
    /// a newer Postgres installed beside the old one must not start with an empty ledger.
    pub(crate) fn find(config: &Config, data_root: &Path) -> Result<Self, Error> {
        let found: Vec<Self> = if let Some(bindir) = &config.bindir {
            let bindir = std::path::absolute(bindir).map_err(Error::io("resolve", bindir))?;
            vec![Self::at(&bindir).map_err(|why| Error::BadBindir { bindir, why })?]
        } else {
            candidates(config, Path::new("/"))
                .iter()
                .filter_map(|bindir| Self::at(bindir).ok())
                .collect()
        };
        let Some(first) = found.first() else {
            return Err(Error::NoBinaries { searched: searched(config) });
        };
        let stored = stored_majors(data_root);
        if let Some(fitting) = found.iter().find(|binaries| stored.contains(&binaries.major)) {
            return Ok(fitting.clone());
        }
        match stored.last() {
            None => Ok(first.clone()),
            Some(&stored) => Err(Error::OtherMajor {
                data: data_root.join(stored.to_string()),
                stored,
                found: first.major,
            }),
        }
    }

    /// What is installed in `bindir`, or why it cannot be used.
    fn at(bindir: &Path) -> Result<Self, String> {
        for program in ["postgres", "initdb"] {
            if !is_program(&bindir.join(program)) {
                return Err(format!("it holds no program `{program}`"));
            }
        }
        let version = run(&bindir.join("postgres"), "--version")
            .ok_or_else(|| "its `postgres --version` fails".to_owned())?;
        let major = major(&version).ok_or_else(|| format!("`{version}` names no major version"))?;
        if major < MAJOR_MIN {
            return Err(format!("it is Postgres {major}"));
        }
        Ok(Self { bindir: bindir.to_path_buf(), major })
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bindir.join(name)
    }
}

/// Every directory that holds `postgres` and `initdb`, best first: what `pg_config` names, `PATH`,
/// the directories of Debian and Red Hat, Homebrew's, and what `scripts/install-postgres` unpacked.
///
/// System directories are looked for below `root`, which is `/` but for tests.
pub fn candidates(config: &Config, root: &Path) -> Vec<PathBuf> {
    let mut places = Vec::new();
    places.extend(from_pg_config(config));
    places.extend(from_path(config));
    places.extend(numbered(&root.join("usr/lib/postgresql"), "", "bin"));
    places.extend(numbered(&root.join("usr"), "pgsql-", "bin"));
    for prefix in ["opt/homebrew", "usr/local", "home/linuxbrew/.linuxbrew"] {
        let prefix = root.join(prefix);
        places.extend(numbered(&prefix.join("opt"), "postgresql@", "bin"));
        places.push(prefix.join("bin"));
    }
    places.extend(config.unpacked().map(|unpacked| unpacked.join("bin")));

    let mut found = Vec::new();
    for place in places {
        let complete = is_program(&place.join("postgres")) && is_program(&place.join("initdb"));
        if complete && !found.contains(&place) {
            found.push(place);
        }
    }
    found
}

fn from_pg_config(config: &Config) -> Option<PathBuf> {
    let pg_config = on_path(config).map(|dir| dir.join("pg_config")).find(|at| is_program(at))?;
    run(&pg_config, "--bindir").map(PathBuf::from)
}

/// `postgres` on the path is often a link; `initdb` and the libraries lie beside the real one.
fn from_path(config: &Config) -> impl Iterator<Item = PathBuf> {
    on_path(config)
        .map(|dir| dir.join("postgres"))
        .filter(|postgres| is_program(postgres))
        .filter_map(|postgres| fs::canonicalize(postgres).ok())
        .filter_map(|postgres| postgres.parent().map(Path::to_path_buf))
}

fn on_path(config: &Config) -> impl Iterator<Item = PathBuf> {
    config.path.iter().flat_map(std::env::split_paths).filter(|dir| dir.is_absolute())
}

/// `<parent>/<prefix><number>/<below>`, highest number first.
fn numbered(parent: &Path, prefix: &str, below: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = entries(parent)
        .filter_map(|(name, path)| {
            let number = name.strip_prefix(prefix)?.parse().ok()?;
            Some((number, path.join(below)))
        })
        .collect();
    found.sort_by_key(|(number, _)| std::cmp::Reverse(*number));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The major versions that there is data of, lowest first.
fn stored_majors(data_root: &Path) -> Vec<u32> {
    let mut majors: Vec<u32> = entries(data_root)
        .filter(|(_, path)| path.join("data").exists())
        .filter_map(|(name, _)| name.parse().ok())
        .collect();
    majors.sort_unstable();
    majors
}

fn entries(dir: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn run(program: &Path, argument: &str) -> Option<String> {
    let output = Command::new(program)
        .arg(argument)
        .current_dir("/")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let answer = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !answer.is_empty()).then_some(answer)
}

/// `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)` is 15, and so is `… 15beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once(") ")?.1;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

fn searched(config: &Config) -> String {
    let mut places: Vec<String> =
        on_path(config).map(|dir| dir.display().to_string()).take(NAMED_MAX).collect();
    places.push("/usr/lib/postgresql/*/bin".to_owned());
    places.push("/usr/pgsql-*/bin".to_owned());
    places.push("Homebrew's directories".to_owned());
    places.extend(config.unpacked().map(|dir| dir.join("bin").display().to_string()));
    places.join(", ")
}

//! The process's secret: 32 bytes outside the database, from which every key is derived.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tracing::info;

use crate::config::Config;

const FILE_NAME: &str = "secret.key";

/// 32 bytes that no log and no database holds.
#[derive(Clone)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    /// Reads the secret, or makes it the first time.
    pub(crate) fn load(config: &Config, data_dir: Option<&Path>) -> anyhow::Result<Self> {
        let path = Self::path(config, data_dir)?;
        Self::read_or_make(&path)
            .with_context(|| format!("could not get the secret in {}", path.display()))
    }

    /// Where it is kept.
    pub(crate) fn path(config: &Config, data_dir: Option<&Path>) -> anyhow::Result<PathBuf> {
        Ok(match (&config.secret_file, data_dir) {
            (Some(path), _) => path.clone(),
            // Beside the cluster, never in it: a backup of the database must not hold it.
            (None, Some(data)) => data.ancestors().nth(2).unwrap_or(data).join(FILE_NAME),
            (None, None) => home_file()?,
        })
    }

    fn read_or_make(path: &Path) -> anyhow::Result<Self> {
        // A bare file name stands in the working directory.
        let path = &std::path::absolute(path)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        if !fs::exists(path)? && Self::make(path)? {
            info!(path = %path.display(), "made the secret; back it up apart from the database");
        }
        Self::read(path)
    }

    /// Makes the file whole or not at all, whenever the process is killed; false if somebody else
    /// was first: the name appears with all that is in it, and never replaces one that is there.
    fn make(path: &Path) -> io::Result<bool> {
        let folder = path.parent().unwrap_or_else(|| Path::new("/"));
        let mut draft = path.as_os_str().to_owned();
        draft.push(format!(".{}.new", hex::encode(rand::random::<[u8; 8]>())));
        let written = write_new(Path::new(&draft), &hex::encode(rand::random::<[u8; 32]>()));
        let linked = written.and_then(|()| fs::hard_link(&draft, path));
        let removed = fs::remove_file(&draft);
        match linked {
            Ok(()) => {
                removed?;
                fs::File::open(folder)?.sync_all()?;
                Ok(true)
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read_to_string(path)?;
        let mut bytes = [0; 32];
        if hex::decode_to_slice(text.trim(), &mut bytes).is_err() {
            bail!("it must hold 64 hexadecimal digits");
        }
        Ok(Self(bytes))
    }

    /// What a book knows the secret by. It tells nothing of the secret or of any other key.
    pub(crate) fn check(&self) -> [u8; 32] {
        Self(self.derive("secret check")).derive("daftar")
    }

    /// A key for one purpose; no key tells anything of another.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("an HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

/// A new file that nobody else may read, on the disk when this returns.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn home_file() -> anyhow::Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a setting of the process, read where it starts")]
    let config = std::env::var("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|_| std::env::var("HOME").map(|home| PathBuf::from(home).join(".config")));
    let config = config.context("neither DAFTAR_SECRET_FILE nor HOME is set")?;
    Ok(config.join("daftar").join(FILE_NAME))
}

//! The process's secret: 32 bytes outside the database, from which every key is derived.

use std::fs;
use std::io::{ErrorKind, Write as _};
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
        let path = match (&config.secret_file, data_dir) {
            (Some(path), _) => path.clone(),
            // Beside the cluster, never in it: a backup of the database must not hold it.
            (None, Some(data)) => data.ancestors().nth(2).unwrap_or(data).join(FILE_NAME),
            (None, None) => home_file()?,
        };
        Self::read_or_make(&path)
            .with_context(|| format!("could not get the secret in {}", path.display()))
    }

    fn read_or_make(path: &Path) -> anyhow::Result<Self> {
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let made: [u8; 32] = rand::random();
        let mut options = fs::OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(path) {
            Ok(mut file) => {
                file.write_all(hex::encode(made).as_bytes())?;
                file.sync_all()?;
                info!(path = %path.display(), "made the secret; back it up apart from the database");
                Ok(Self(made))
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Self::read(path),
            Err(error) => Err(error.into()),
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

    /// A key for one purpose; no key tells anything of another.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("an HMAC takes a key of any length");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }
}

fn home_file() -> anyhow::Result<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a setting of the process, read where it starts")]
    let config = std::env::var("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|_| std::env::var("HOME").map(|home| PathBuf::from(home).join(".config")));
    let config = config.context("neither DAFTAR_SECRET_FILE nor HOME is set")?;
    Ok(config.join("daftar").join(FILE_NAME))
}

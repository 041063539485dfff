//! What a caller may choose; everything has a default that works.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::owner::{self, ROOT};

/// Where root keeps its clusters.
const ROOT_DATA: &str = "/var/lib/daftar";
/// Where root keeps the binaries that `scripts/install-postgres` unpacked.
const ROOT_CACHE: &str = "/var/cache/daftar";

/// How to find and run the private Postgres. The environment is the caller's to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// Where `postgres` and `initdb` are (`DAFTAR_PG_BINDIR`). Given, nothing else is looked at.
    pub bindir: Option<PathBuf>,
    /// The directory above the clusters, one for each major version.
    pub data_root: Option<PathBuf>,
    /// `PATH`, searched for `pg_config` and `postgres`.
    pub path: Option<OsString>,
    /// `XDG_DATA_HOME`; without it `~/.local/share`.
    pub xdg_data_home: Option<PathBuf>,
    /// `XDG_CACHE_HOME`; without it `~/.cache`.
    pub xdg_cache_home: Option<PathBuf>,
    /// Further server settings. They cannot make the server less durable or open a port.
    pub settings: Vec<(String, String)>,
}

impl Config {
    pub(crate) fn data_root(&self) -> Result<PathBuf, Error> {
        if let Some(root) = &self.data_root {
            return std::path::absolute(root).map_err(Error::io("resolve", root));
        }
        if owner::effective_uid() == ROOT {
            return Ok(PathBuf::from(ROOT_DATA));
        }
        absolute(self.xdg_data_home.as_deref())
            .or_else(|| home().map(|home| home.join(".local/share")))
            .map(|data| data.join("daftar"))
            .ok_or(Error::NoHome)
    }

    /// Where `scripts/install-postgres` unpacks what it downloads.
    pub(crate) fn unpacked(&self) -> Option<PathBuf> {
        if self.xdg_cache_home.is_none() && owner::effective_uid() == ROOT {
            return Some(Path::new(ROOT_CACHE).join("postgres"));
        }
        absolute(self.xdg_cache_home.as_deref())
            .map(|cache| cache.join("daftar"))
            .or_else(|| home().map(|home| home.join(".cache/daftar")))
            .map(|cache| cache.join("postgres"))
    }
}

/// The XDG rules say that a relative path is to be ignored.
fn absolute(path: Option<&Path>) -> Option<PathBuf> {
    path.filter(|path| path.is_absolute()).map(Path::to_path_buf)
}

fn home() -> Option<PathBuf> {
    owner::home_of(owner::effective_uid())
}

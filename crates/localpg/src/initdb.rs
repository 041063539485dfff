//! Makes a cluster's directories and its first, empty database.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;
use tracing::info;

use crate::binaries::Binaries;
use crate::error::Error;
use crate::owner::Owner;
use crate::server::SUPERUSER;

/// The name that a complete cluster gets and no other: the mark that `initdb` has finished.
pub(crate) const COMPLETE: &str = "data";
const PARTIAL: &str = "data.partial";

/// Makes `<dir>/data` unless it is there.
///
/// `initdb` works under another name and is renamed at the end. So what a cut-short one left is
/// known by its name and is removed, and nothing that was ever a complete cluster is.
pub(crate) async fn ensure(dir: &Path, binaries: &Binaries, owner: &Owner) -> Result<(), Error> {
    let data = dir.join(COMPLETE);
    if data.exists() {
        return check_major(&data, binaries);
    }
    let partial = dir.join(PARTIAL);
    if partial.exists() {
        info!("Removing what a cut-short initdb left in {}", partial.display());
        fs::remove_dir_all(&partial).map_err(Error::io("remove", &partial))?;
    }
    private_dir(&partial, owner)?;
    run(&partial, binaries, owner).await?;
    fs::rename(&partial, &data).map_err(Error::io("rename", &partial))?;
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(Error::io("sync", dir))?;
    info!("Made a Postgres {} cluster in {}", binaries.major, data.display());
    Ok(())
}

/// The directory's name says the major version; the directory itself has the last word.
fn check_major(data: &Path, binaries: &Binaries) -> Result<(), Error> {
    let path = data.join("PG_VERSION");
    let version = fs::read_to_string(&path).map_err(Error::io("read", &path))?;
    match version.trim().parse() {
        Ok(stored) if stored == binaries.major => Ok(()),
        Ok(stored) => {
            Err(Error::OtherMajor { data: data.to_path_buf(), stored, found: binaries.major })
        }
        Err(cause) => {
            Err(Error::io("understand", &path)(io::Error::new(io::ErrorKind::InvalidData, cause)))
        }
    }
}

async fn run(data: &Path, binaries: &Binaries, owner: &Owner) -> Result<(), Error> {
    let program = binaries.program("initdb");
    let mut command = Command::new(&program);
    command
        .arg("--pgdata")
        .arg(data)
        .args(["--username", SUPERUSER, "--encoding=UTF8", "--locale=C", "--data-checksums"])
        // Who can open the socket may come in: it lies in a directory of mode 0700.
        .args(["--auth=trust", "--no-instructions"])
        .current_dir("/")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if owner.dropped {
        command.uid(owner.uid).gid(owner.gid);
    }
    let output = command.output().await.map_err(Error::io("run", &program))?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Initdb { output: stderr })
}

/// A directory that we work in and the server only passes through.
pub(crate) fn passage_dir(path: &Path, owner: &Owner) -> Result<(), Error> {
    let mode = if owner.dropped { 0o711 } else { 0o700 };
    DirBuilder::new().recursive(true).mode(mode).create(path).map_err(Error::io("make", path))
}

/// A directory of mode 0700 that belongs to the server's user; one that is there must be so.
pub(crate) fn private_dir(path: &Path, owner: &Owner) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) if owner.dropped => {
            std::os::unix::fs::lchown(path, Some(owner.uid), Some(owner.gid))
                .map_err(Error::io("change the owner of", path))
        }
        Ok(()) => Ok(()),
        Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
            let there = fs::symlink_metadata(path).map_err(Error::io("look at", path))?;
            let private = there.is_dir()
                && there.uid() == owner.uid
                && there.permissions().mode() & 0o777 == 0o700;
            if private { Ok(()) } else { Err(Error::NotPrivate { path: path.to_path_buf() }) }
        }
        Err(cause) => Err(Error::io("make", path)(cause)),
    }
}

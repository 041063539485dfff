//! File locks: the kernel lets go of them when a process ends, however it ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::Error;

/// Longer than any start or stop may take, crash recovery included.
const WAIT_MAX: Duration = Duration::from_mins(15);
const POLL: Duration = Duration::from_millis(10);

/// Held alone by whoever starts or stops the server.
#[derive(Debug)]
pub(crate) struct Switch {
    _file: File,
}

impl Switch {
    pub(crate) async fn acquire(dir: &Path) -> Result<Self, Error> {
        let path = dir.join("switch.lock");
        let file = open(&path)?;
        let asked = Instant::now();
        while !taken(file.try_lock(), &path)? {
            let waited = asked.elapsed();
            if waited > WAIT_MAX {
                let waited_seconds = waited.as_secs();
                return Err(Error::Busy { dir: dir.to_path_buf(), waited_seconds });
            }
            tokio::time::sleep(POLL).await;
        }
        Ok(Self { _file: file })
    }
}

/// Shared by every process that uses the server. Taken and given up only under the [`Switch`], but
/// for a process that dies: so who then gets it alone knows that no user is left and none comes.
#[derive(Debug)]
pub(crate) struct Membership {
    file: File,
    path: PathBuf,
}

impl Membership {
    pub(crate) fn join(dir: &Path, _switch: &Switch) -> Result<Self, Error> {
        let path = dir.join("users.lock");
        let file = open(&path)?;
        file.lock_shared().map_err(Error::io("lock", &path))?;
        Ok(Self { file, path })
    }

    /// Leaves, and says whether nobody else is left.
    pub(crate) fn leave(self, _switch: &Switch) -> Result<bool, Error> {
        self.file.unlock().map_err(Error::io("unlock", &self.path))?;
        taken(self.file.try_lock(), &self.path)
    }
}

fn open(path: &Path) -> Result<File, Error> {
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(Error::io("open", path))
}

fn taken(attempt: Result<(), TryLockError>, path: &Path) -> Result<bool, Error> {
    match attempt {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(cause)) => Err(Error::io("lock", path)(cause)),
    }
}

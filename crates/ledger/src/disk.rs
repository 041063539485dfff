//! The disk that the database lies on, as far as it can be seen from here.

use std::path::PathBuf;

use rustix::fs::statvfs;
use sqlx::PgConnection;

/// What is known of the disk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Disk {
    /// It is another machine's, or nobody may say where the data is.
    #[default]
    Unknown,
    /// Somebody who can see it says how many bytes are free.
    Free(u64),
    /// The data is in this directory of this machine.
    At(PathBuf),
}

impl Disk {
    /// How many bytes the database may still take, if it is known.
    pub fn free(&self) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Free(bytes) => Some(*bytes),
            Self::At(directory) => {
                let disk = statvfs(directory).ok()?;
                disk.f_bavail.checked_mul(disk.f_frsize)
            }
        }
    }

    /// Asks the database where its data is. It tells whom it trusts with its settings, which is to be
    /// its owner, and what it tells is a directory of this machine only if it is asked from here.
    pub async fn find(conn: &mut PgConnection) -> Self {
        let found: Result<Option<String>, sqlx::Error> =
            sqlx::query_scalar(include_str!("sql/find_data_directory.sql")).fetch_one(conn).await;
        match found.ok().flatten().map(PathBuf::from) {
            Some(directory) if statvfs(&directory).is_ok() => Self::At(directory),
            Some(_) | None => Self::Unknown,
        }
    }
}

//! Who runs the server: Postgres refuses to be root.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::error::Error;

pub(crate) const ROOT: u32 = 0;
/// Whom root hands the server to, best first.
const SERVER_USERS: [&str; 2] = ["postgres", "nobody"];

/// The user that the server runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) name: String,
    /// Whether we are root and must change to this user.
    pub(crate) dropped: bool,
}

impl Owner {
    /// Root runs an existing cluster as the user it belongs to, whoever that is.
    pub(crate) fn of_cluster(data: &Path) -> Result<Self, Error> {
        let uid = effective_uid();
        if uid != ROOT {
            let gid = rustix::process::getegid().as_raw();
            return Ok(Self { uid, gid, name: format!("with uid {uid}"), dropped: false });
        }
        let accounts = accounts();
        let stored = fs::metadata(data).ok().filter(|data| data.uid() != ROOT);
        let account = match &stored {
            Some(data) => accounts.iter().find(|account| account.uid == data.uid()),
            None => SERVER_USERS
                .iter()
                .find_map(|name| accounts.iter().find(|account| account.name == *name)),
        };
        let account = account.ok_or(Error::NoServerUser)?;
        let Account { uid, gid, ref name, .. } = *account;
        Ok(Self { uid, gid, name: name.clone(), dropped: true })
    }

    /// The nearest directory on the way to `path` that keeps this user out.
    pub(crate) fn barrier<'a>(&self, path: &'a Path) -> Option<&'a Path> {
        if !self.dropped {
            return None;
        }
        path.ancestors().filter(|ancestor| ancestor.is_dir()).find(|dir| !self.may_enter(dir))
    }

    fn may_enter(&self, dir: &Path) -> bool {
        let Ok(dir) = fs::metadata(dir) else { return false };
        let mode = dir.permissions().mode();
        let needed = if dir.uid() == self.uid {
            0o100
        } else if dir.gid() == self.gid {
            0o010
        } else {
            0o001
        };
        mode & needed != 0
    }
}

pub(crate) fn effective_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

pub(crate) fn home_of(uid: u32) -> Option<PathBuf> {
    accounts()
        .into_iter()
        .find(|account| account.uid == uid)
        .map(|account| account.home)
        .filter(|home| home.is_absolute())
}

#[derive(Debug)]
struct Account {
    name: String,
    uid: u32,
    gid: u32,
    home: PathBuf,
}

fn accounts() -> Vec<Account> {
    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    passwd.lines().filter_map(account).collect()
}

fn account(line: &str) -> Option<Account> {
    let mut fields = line.split(':');
    let name = fields.next()?.to_owned();
    let uid = fields.nth(1)?.parse().ok()?;
    let gid = fields.next()?.parse().ok()?;
    let home = PathBuf::from(fields.nth(1)?);
    Some(Account { name, uid, gid, home })
}

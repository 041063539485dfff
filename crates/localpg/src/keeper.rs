//! A small process that outlives us and stops a server that nobody uses any more.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::error::Error;

const SCRIPT: &str = include_str!("keeper.sh");

/// Starts a keeper in a process group of its own; where there is one already, it ends at once.
pub(crate) fn start(dir: &Path, idle_max: Duration) -> Result<(), Error> {
    let shell = Path::new("/bin/sh");
    Command::new(shell)
        .args(["-c", SCRIPT, "daftar-keeper"])
        .arg(dir)
        .arg(idle_max.as_secs().to_string())
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(Error::io("run", shell))?;
    Ok(())
}

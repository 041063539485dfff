//! What a process id stands for now.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};

/// What is known of the process that a pid file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Process {
    /// The server of this data directory, running.
    Server,
    /// No process has this number.
    Gone,
    /// A zombie, or another program that got the number since.
    Other,
}

/// Looks at a process; if it is a dead child of ours, it is reaped.
pub(crate) fn inspect(pid: u32, data: &Path) -> Process {
    if reap(pid) {
        return Process::Gone;
    }
    if Path::new("/proc/self/stat").exists() { from_proc(pid, data) } else { from_ps(pid) }
}

/// Whether the process was a child of ours that has ended.
pub(crate) fn reap(pid: u32) -> bool {
    let Some(pid) = known(pid) else { return false };
    matches!(waitpid(Some(pid), WaitOptions::NOHANG), Ok(Some(_)))
}

/// A fast shutdown: sessions are ended, what is committed is checkpointed.
pub(crate) fn ask_to_stop(pid: u32) -> std::io::Result<()> {
    match known(pid) {
        Some(pid) => Ok(kill_process(pid, Signal::INT)?),
        None => Ok(()),
    }
}

fn from_proc(pid: u32, data: &Path) -> Process {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return Process::Gone;
    };
    // `1234 (postgres) S …`: the name may hold spaces and parentheses itself.
    let Some((head, state)) = stat.rsplit_once(") ") else { return Process::Gone };
    let name = head.split_once('(').map_or("", |(_, name)| name);
    let ended = state.starts_with(['Z', 'X']);
    // A server's working directory is its data directory.
    let elsewhere = fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd != data);
    if ended || name != "postgres" || elsewhere { Process::Other } else { Process::Server }
}

fn from_ps(pid: u32) -> Process {
    let output = Command::new("ps")
        .args(["-o", "state=,comm=", "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .output();
    let line = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let line = line.unwrap_or_default();
    let line = line.trim();
    if line.is_empty() {
        Process::Gone
    } else if line.starts_with('Z') || !line.contains("postgres") {
        Process::Other
    } else {
        Process::Server
    }
}

fn known(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().filter(|pid| *pid > 1).and_then(Pid::from_raw)
}

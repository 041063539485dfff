//! The limit: pgbench writes one small row a transaction.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use hdrhistogram::Histogram;
use tokio::process::Command;

use crate::load::{Run, empty};
use crate::server::{DATABASE, Server};

const SCRIPT: &str = "insert into bare (value) values (1);\n";
/// Whose the server is.
const USER: &str = "daftar";
const THREADS_MAX: u32 = 2;

pub(crate) async fn prepare(server: &Server) -> Result<()> {
    server.run("create table bare (id bigserial primary key, value int not null)").await
}

/// Lets so many clients of pgbench write for a while.
pub(crate) async fn run(server: &Server, clients: u32, time: Duration) -> Result<Run> {
    let directory = tempfile::tempdir()?;
    let script = directory.path().join("insert.sql");
    fs::write(&script, SCRIPT)?;
    server.checkpoint().await?;
    let before = server.used().await?;
    let output = Command::new(server.bindir()?.join("pgbench"))
        .current_dir(directory.path())
        .args(["--no-vacuum", "--protocol=prepared", "--log", "--log-prefix=log"])
        .arg(format!("--client={clients}"))
        .arg(format!("--jobs={}", clients.min(THREADS_MAX)))
        .arg(format!("--time={}", time.as_secs().max(1)))
        .arg(format!("--file={}", script.display()))
        .args(["--host".as_ref(), server.socket_dir().as_os_str()])
        .args(["--username", USER, DATABASE])
        .stdin(Stdio::null())
        .output()
        .await
        .context("could not run pgbench, which comes with Postgres")?;
    ensure!(output.status.success(), "pgbench: {}", String::from_utf8_lossy(&output.stderr));
    let used = server.used().await?.since(before);
    let latencies = latencies(directory.path())?;
    let commands = latencies.len();
    let took = Duration::from_secs(time.as_secs().max(1));
    Ok(Run { commands, events: commands, took, latencies, used })
}

/// What pgbench wrote down of each transaction: the third number is how long it took.
fn latencies(directory: &Path) -> Result<Histogram<u64>> {
    let mut all = empty()?;
    for file in fs::read_dir(directory)? {
        let path = file?.path();
        if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("log")) {
            continue;
        }
        for line in fs::read_to_string(&path)?.lines() {
            let took = line.split_whitespace().nth(2).context("a line of pgbench's log")?;
            all.saturating_record(took.parse::<u64>()?.max(1));
        }
    }
    Ok(all)
}

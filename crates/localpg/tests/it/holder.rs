//! The other process: holds the cluster that its first line of input names.

use std::io::{self, BufRead as _, Write as _};

use localpg::{Config, LocalPg};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::signal::unix::{SignalKind, signal};

/// Started by the other tests only; with no input it ends at once.
#[tokio::test]
#[ignore = "a helper process of the other tests"]
async fn holds_a_cluster() {
    let mut root = String::new();
    io::stdin().lock().read_line(&mut root).unwrap();
    if root.is_empty() {
        return;
    }
    let mut terminated = signal(SignalKind::terminate()).unwrap();
    let mut interrupted = signal(SignalKind::interrupt()).unwrap();
    let config = Config { data_root: Some(root.trim().into()), ..Config::default() };
    let pg = LocalPg::start(config).await.unwrap();
    say("holds", pg.pid());
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            _ = terminated.recv() => break,
            _ = interrupted.recv() => break,
            order = orders.next_line() => match order.unwrap() {
                Some(_) => say("ensured", pg.ensure_running().await.unwrap()),
                None => break,
            },
        }
    }
    pg.stop().await.unwrap();
    // The reading of standard input cannot be called off and would keep the runtime from ending.
    std::process::exit(0);
}

fn say(what: &str, pid: u32) {
    let mut out = io::stdout().lock();
    writeln!(out, "\n{what} {pid}").unwrap();
    out.flush().unwrap();
}

//! Connections to the database that are cut anywhere, also between a commit and its answer.

use std::time::{Duration, Instant};

use super::Trial;
use super::cluster::{Cluster, url};
use super::proxy::Proxy;
use crate::daftar::Installation;
use crate::load::{is_full, seed};

/// How many connections are cut, and as many again before an answer that was given.
const TIMES: u64 = 25;
const TIMES_FULL: u64 = 400;
const WITHIN: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_are_cut_anywhere_lose_nothing_and_do_nothing_twice() {
    let cluster = Cluster::start("cut", &[]).await;
    let proxy = Proxy::start(cluster.port(), seed()).await;
    let installation = Installation::at("cut", url(proxy.port()));
    let service = installation.serve();
    let mut log = cluster.connect().await;
    let mut trial = Trial::open(installation, service, &mut log).await;
    let load = trial.load();
    load.is_back().await;

    proxy.cut(true);
    let times = if is_full() { TIMES_FULL } else { TIMES };
    let since = Instant::now();
    let (cut, swallowed) = loop {
        let (cut, swallowed) = proxy.counts();
        if cut >= times && swallowed >= times {
            break (cut, swallowed);
        }
        assert!(since.elapsed() < WITHIN, "{cut} cut, {swallowed} swallowed");
        tokio::time::sleep(POLL).await;
    };
    proxy.cut(false);
    load.is_back().await;
    let sent = trial.rest(load, &mut log).await;
    // Found in the log by the service itself: their commit's answer was swallowed.
    let found = sent.iter().filter(|one| one.reply.as_ref().is_some_and(|reply| reply.is_replayed));
    let (found, sent) = (found.count(), sent.len());
    println!("{cut} cut, {swallowed} answers swallowed; {sent} commands, {found} found committed");
    assert!(found > 0, "no commit was cut off from its answer");
}

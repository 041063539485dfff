//! Postgres stopped and started again, time after time.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::Trial;
use super::cluster::Cluster;
use crate::daftar::Installation;
use crate::load::{is_full, seed};

const TIMES: u32 = 5;
const TIMES_FULL: u32 = 20;
const LIFE_MAX_MS: u64 = 500;
const GONE_MAX_MS: u64 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgres_that_is_stopped_and_started_under_load_loses_nothing() {
    let mut random = StdRng::seed_from_u64(seed());
    let mut cluster = Cluster::start("restarts", &[]).await;
    let installation = Installation::at("restarts", cluster.url());
    let service = installation.serve();
    let mut trial = Trial::open(installation, service, &mut cluster.connect().await).await;
    let load = trial.load();
    let times = if is_full() { TIMES_FULL } else { TIMES };
    for _ in 0..times {
        tokio::time::sleep(Duration::from_millis(random.random_range(1..=LIFE_MAX_MS))).await;
        cluster.stop();
        tokio::time::sleep(Duration::from_millis(random.random_range(0..=GONE_MAX_MS))).await;
        cluster.up().await;
        load.is_back().await;
    }
    let sent = trial.end(load, &mut cluster.connect().await).await;
    println!("{times} times; {sent} commands");
}

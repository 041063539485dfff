//! A database on two servers: the first one is gone under load, and the second one takes over.

use std::time::{Duration, Instant};

use sqlx::PgConnection;

use super::Trial;
use super::cluster::{Cluster, DATABASE, run};
use crate::daftar::Installation;

const POLL: Duration = Duration::from_millis(20);
const STREAMS_WITHIN: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_follows_its_database_to_the_server_that_took_over() {
    let mut first = Cluster::start("first", &[]).await;
    let mut second = Cluster::place("second", &[]);
    let (data, port) = (second.data(), first.port().to_string());
    let data = data.to_str().expect("the path is text");
    let from = ["-h", "127.0.0.1", "-p", &port, "-U", "daftar"];
    run("pg_basebackup", &[&from[..], &["-D", data, "-R", "-c", "fast"]].concat());
    second.up().await;
    confirm_on_both(&mut first.connect().await).await;

    // The one that cannot take writes stands first.
    let hosts = [second.port(), first.port()].map(|port| format!("127.0.0.1:{port}")).join(",");
    let installation =
        Installation::at("failover", format!("postgres://daftar@{hosts}/{DATABASE}"));
    let service = installation.serve();
    let mut trial = Trial::open(installation, service, &mut first.connect().await).await;
    let load = trial.load();
    load.is_back().await;

    first.vanish();
    trial.is_shed().await;
    run("pg_ctl", &["promote", "-D", data, "-w"]);
    load.is_back().await;
    let (status, said) = trial.api.look("/readyz").await.expect("the process answers");
    assert_eq!(status, 200, "{said}");
    let sent = trial.end(load, &mut second.connect().await).await;
    println!("{sent} commands");
}

/// From here on nothing is confirmed that the other server does not have.
async fn confirm_on_both(conn: &mut PgConnection) {
    for statement in [
        "alter system set synchronous_standby_names = '*'",
        "alter system set synchronous_commit = 'remote_apply'",
        "select pg_reload_conf()",
    ] {
        sqlx::raw_sql(statement).execute(&mut *conn).await.expect("it is a superuser");
    }
    let since = Instant::now();
    loop {
        let states: Vec<String> = sqlx::query_scalar("select sync_state from pg_stat_replication")
            .fetch_all(&mut *conn)
            .await
            .expect("the server can be asked");
        if states.iter().any(|state| state == "sync") {
            return;
        }
        assert!(since.elapsed() < STREAMS_WITHIN, "the second server does not follow: {states:?}");
        tokio::time::sleep(POLL).await;
    }
}

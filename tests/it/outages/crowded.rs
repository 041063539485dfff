//! Somebody else has taken every connection that the server gives.

use sqlx::error::DatabaseError;
use sqlx::{Connection as _, PgConnection};

use super::Trial;
use super::cluster::{Cluster, DATABASE};
use crate::daftar::Installation;

const CONNECTIONS: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_without_a_connection_says_so_and_is_back_once_there_are_some() {
    let most = format!("max_connections={CONNECTIONS}");
    let cluster = Cluster::start("crowded", &[&most, "superuser_reserved_connections=0"]).await;
    let installation = Installation::at("crowded", cluster.url());
    let service = installation.serve();
    let mut log = cluster.connect().await;
    let mut trial = Trial::open(installation, service, &mut log).await;
    let load = trial.load();
    load.is_back().await;

    let others = crowd(&cluster, &mut log).await;
    trial.is_shed().await;
    // Its reads need one as well, and are told the same.
    let (status, text) = trial.api.look("/readyz").await.expect("the process answers");
    assert_eq!(status, 503, "{text}");
    drop(others);
    load.is_back().await;
    let sent = trial.end(load, &mut log).await;
    println!("{sent} commands");
}

/// Has the service's connections closed and takes them, until there are none left to be had.
async fn crowd(cluster: &Cluster, log: &mut PgConnection) -> Vec<PgConnection> {
    let options = cluster.options(DATABASE).application_name("crowd");
    let mut others = Vec::new();
    // One place is the test's own.
    while others.len() < CONNECTIONS - 1 {
        match PgConnection::connect_with(&options).await {
            Ok(conn) => others.push(conn),
            Err(error) => {
                let code = error.as_database_error().and_then(DatabaseError::code);
                assert_eq!(code.as_deref(), Some("53300"), "{error}");
                sqlx::query(
                    "select pg_terminate_backend(pid) from pg_stat_activity
                      where backend_type = 'client backend' and pid <> pg_backend_pid()
                        and application_name <> 'crowd'",
                )
                .execute(&mut *log)
                .await
                .expect("the test keeps its own");
            }
        }
    }
    others
}

//! A database for one test: a copy of a template, gone at the test's end.

use localpg::LocalPg;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgRow};
use sqlx::{Connection as _, FromRow, PgConnection};

use crate::cluster::{cluster, connect};
use crate::{sweep, template};

pub(crate) const PREFIX: &str = "test_";

/// One test's own database. Dropped with this value, connections and all.
#[derive(Debug)]
pub struct Database {
    pg: &'static LocalPg,
    name: String,
}

impl Database {
    /// An empty database.
    pub async fn empty() -> Self {
        Self::create_from("empty", async |_| {}).await
    }

    /// A copy of the template of that key, which `prepare` makes, once for all tests, in the
    /// database whose URL it is given. The key says what is in it: a digest of the migrations.
    pub async fn create_from(template_key: &str, prepare: impl AsyncFnOnce(&str)) -> Self {
        let pg = cluster().await;
        let mut connection = connect(pg).await;
        let template = template::ensure(pg, &mut connection, template_key, prepare).await;
        let unique: String = sqlx::query_scalar("select replace(gen_random_uuid()::text, '-', '')")
            .fetch_one(&mut connection)
            .await
            .expect("the server makes ids");
        let name = format!("{PREFIX}{unique}");
        template::execute(&mut connection, format!("create database {name} template {template}"))
            .await;
        connection.close().await.expect("the connection still stands");
        Self { pg, name }
    }

    /// Where it is, for sqlx and for psql; the user is the server's superuser.
    pub fn url(&self) -> String {
        self.pg.url(&self.name)
    }

    /// How to connect to it, as the server's superuser.
    pub fn connect_options(&self) -> PgConnectOptions {
        self.pg.connect_options(&self.name)
    }

    /// A pool of at most `connections_max` connections, opened when needed.
    pub fn pool(&self, connections_max: u32) -> PgPool {
        PgPoolOptions::new()
            .max_connections(connections_max)
            .connect_lazy_with(self.connect_options())
    }

    /// Runs one statement as the server's superuser: what is done behind the ledger's back.
    pub async fn run(&self, sql: &'static str) {
        let mut connection = self.connection().await;
        sqlx::query(sql).execute(&mut connection).await.expect("the statement runs");
        connection.close().await.expect("the connection still stands");
    }

    /// The one value that a query finds.
    pub async fn value<T>(&self, sql: &'static str) -> T
    where
        (T,): for<'r> FromRow<'r, PgRow>,
        T: Send + Unpin,
    {
        let mut connection = self.connection().await;
        let value = sqlx::query_scalar(sql).fetch_one(&mut connection).await;
        connection.close().await.expect("the connection still stands");
        value.expect("the query finds a value")
    }

    async fn connection(&self) -> PgConnection {
        let options = self.connect_options();
        PgConnection::connect_with(&options).await.expect("the server takes a connection")
    }

    /// Its name on the server.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Database {
    /// On a thread of its own: the test's runtime cannot be waited for from within.
    fn drop(&mut self) {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let Ok(runtime) = runtime else { return };
                runtime.block_on(async {
                    let options = self.pg.connect_options("postgres");
                    // A test may have killed the server; then the next run sweeps.
                    if let Ok(mut connection) = PgConnection::connect_with(&options).await {
                        sweep::drop_database(&mut connection, &self.name).await;
                    }
                });
            });
        });
    }
}

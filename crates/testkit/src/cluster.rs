//! One Postgres for all test processes of this checkout, durable like the real one.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::PathBuf;
use std::time::Duration;

use localpg::{Config, LocalPg};
use sqlx::{Connection as _, PgConnection};
use tokio::sync::OnceCell;

use crate::sweep;
use crate::template;

/// Long enough for the compiler between two test binaries, short enough not to be in the way.
const IDLE_MAX: Duration = Duration::from_secs(30);

static CLUSTER: OnceCell<LocalPg> = OnceCell::const_new();

/// The server of this test run: started by the first process that asks, used by all, and stopped
/// by itself when no test has used it for half a minute.
pub async fn cluster() -> &'static LocalPg {
    CLUSTER
        .get_or_init(|| async {
            let pg = match LocalPg::start(config()).await {
                Ok(pg) => pg,
                Err(cause) => panic!("the tests need a Postgres: {cause}"),
            };
            pg.stop_when_idle(IDLE_MAX).expect("/bin/sh runs");
            sweep::run(&mut connect(&pg).await).await;
            pg
        })
        .await
}

/// A connection that databases are made and dropped from.
pub(crate) async fn connect(pg: &LocalPg) -> PgConnection {
    PgConnection::connect_with(&pg.connect_options("postgres"))
        .await
        .expect("the test server takes connections")
}

fn config() -> Config {
    let settings =
        [("max_connections", "400"), ("shared_buffers", "128MB"), ("max_wal_size", "4GB")];
    Config {
        data_root: Some(data_root()),
        settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        ..Config::default()
    }
}

/// In `/tmp`, since the server's user need not be able to enter the checkout, and a socket's path
/// is short. Named by checkout and user, and refused if it is somebody else's.
fn data_root() -> PathBuf {
    let user = rustix::process::geteuid();
    let checkout = template::hash(env!("CARGO_MANIFEST_DIR"));
    let root = PathBuf::from(format!("/tmp/daftar-tests-{user}-{checkout:016x}"));
    let mode = if user.is_root() { 0o711 } else { 0o700 };
    match DirBuilder::new().mode(mode).create(&root) {
        Err(cause) if cause.kind() != io::ErrorKind::AlreadyExists => {
            panic!("{} cannot be made: {cause}", root.display())
        }
        Ok(()) | Err(_) => {}
    }
    let there = fs::symlink_metadata(&root).expect("it was just made");
    let ours = there.is_dir() && there.uid() == user.as_raw();
    assert!(ours, "{} belongs to somebody else: remove it", root.display());
    root
}

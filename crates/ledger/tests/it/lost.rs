//! Connections that are lost at any moment, and a database that is away for a while.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use ledger::ledger::Config;
use ledger::{Ledger, SubmitError};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlx::postgres::PgConnectOptions;

use crate::book::{BOOK, Book, accepted, ask, by_wallet, credit, id, insist, is_full, top_up};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn connections_killed_under_load_lose_no_acknowledged_command_and_double_none() {
    let kills = if is_full() { 200 } else { 20 };
    let book = Book::empty().await;
    let nodes = [book.node().await, book.node().await];
    for number in 0..4 {
        accepted(&nodes[0], number, top_up(&format!("customer {number}"), number, 100)).await;
    }
    let is_over = AtomicBool::new(false);
    let clients = (0..12_u64).map(|client| {
        let (node, is_over) = (&nodes[usize::try_from(client % 2).unwrap()], &is_over);
        async move {
            let mut acknowledged = Vec::new();
            for turn in 0.. {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                let id = id(1_000_000 + client * 100_000 + turn);
                let name = format!("customer {}", (client + turn) % 4);
                // Every seventh is refused: refusals have to survive as well.
                let (status, command) = if turn % 7 == 6 {
                    (409, by_wallet(turn, &name, 1_000_000_000))
                } else {
                    (201, credit(&name, 1))
                };
                let answer = insist(node, ask(id, command)).await;
                assert_eq!(answer.status, status);
                acknowledged.push((id, status));
            }
            acknowledged
        }
    });
    let killer = async {
        let mut random = StdRng::seed_from_u64(20_251_120);
        let mut conn = book.superuser().await;
        let mut killed = 0_i64;
        for _ in 0..kills {
            tokio::time::sleep(Duration::from_millis(random.random_range(10..120))).await;
            // Half of them at a time, or only those that are at work.
            let sql = if random.random_bool(0.5) {
                "select count(pg_terminate_backend(pid)) from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid() and pid % 2 = 0"
            } else {
                "select count(pg_terminate_backend(pid)) from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid()
                    and state <> 'idle'"
            };
            killed += sqlx::query_scalar::<_, i64>(sql).fetch_one(&mut conn).await.unwrap();
        }
        is_over.store(true, Ordering::SeqCst);
        killed
    };
    let (acknowledged, victims) = tokio::join!(join_all(clients), killer);
    let acknowledged = acknowledged.concat();
    assert!(victims >= kills / 2, "{victims} connections were killed");
    assert!(acknowledged.len() > 100, "{} were acknowledged", acknowledged.len());

    let ids: Vec<_> = acknowledged.iter().map(|(id, _)| *id).collect();
    let mut conn = book.app().await;
    let records = eventstore::read::commands_by_ids(&mut conn, BOOK, &ids).await.unwrap();
    assert_eq!(records.len(), ids.len(), "every acknowledged command is there");
    let credits = acknowledged.iter().filter(|(_, status)| *status == 201).count();
    let sum = book.count("select sum(balance)::bigint from daftar.wallet_balances").await;
    assert_eq!(sum, 400 + i64::try_from(credits).unwrap(), "none was applied twice");
    book.assert_sound().await;
}

/// A way to the database that can be cut: a link to the server's socket.
struct Way {
    folder: PathBuf,
    socket: PathBuf,
    link: PathBuf,
}

impl Way {
    fn to(options: &PgConnectOptions) -> Self {
        let folder = std::env::temp_dir().join(format!("way-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let name = format!(".s.PGSQL.{}", options.get_port());
        let socket = options.get_socket().expect("the tests' server has a socket").join(&name);
        let way = Self { link: folder.join(&name), folder, socket };
        way.open();
        way
    }

    fn open(&self) {
        std::os::unix::fs::symlink(&self.socket, &self.link).unwrap();
    }

    /// Nobody gets in any more, and those who are in are thrown out.
    async fn cut(&self, book: &Book) {
        std::fs::remove_file(&self.link).unwrap();
        book.count(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await;
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).ok();
    }
}

#[tokio::test]
async fn a_database_that_is_away_for_a_while_is_waited_for_and_one_that_stays_away_is_said() {
    let book = Book::empty().await;
    let way = Way::to(&book.database.connect_options());
    let options = book.options().socket(&way.folder);
    let patient = Ledger::open(options.clone(), BOOK, book.clock()).await.unwrap();
    let config = Config { outage_max: Duration::from_millis(100), ..Config::default() };
    let hasty = Ledger::open_with(options, BOOK, book.clock(), config).await.unwrap();
    accepted(&patient, 1, top_up("anna", 1, 100)).await;
    accepted(&hasty, 2, credit("anna", 1)).await;

    way.cut(&book).await;
    // Made-up ids are looked for nowhere, also while the database is away.
    let unrepeatable = |number| {
        let mut submission = ask(id(number), credit("anna", 1));
        submission.is_unrepeatable = true;
        submission
    };
    let waiting = join_all((10..30).map(|number| patient.submit(unrepeatable(number))));
    let told = async {
        for number in 30..50 {
            let begun = std::time::Instant::now();
            let told = hasty.submit(unrepeatable(number)).await;
            assert_eq!(told, Err(SubmitError::Unavailable));
            // Only the first waits for the whole outage.
            let longest = Duration::from_millis(if number == 30 { 2_000 } else { 300 });
            assert!(begun.elapsed() < longest, "{:?}", begun.elapsed());
        }
        way.open();
    };
    let (waited, ()) = tokio::join!(waiting, told);
    assert!(waited.into_iter().all(|answer| answer.unwrap().is_accepted()));
    for number in 30..50 {
        assert!(hasty.submit(unrepeatable(number)).await.unwrap().is_accepted());
    }
    let sum = book.count("select sum(balance)::bigint from daftar.wallet_balances").await;
    assert_eq!(sum, 101 + 20 + 20);
    book.assert_sound().await;
}

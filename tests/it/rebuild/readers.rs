//! Readers whose reads take long, who are always answered, and never with less than there was.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::task::JoinSet;

use super::rows::live;
use super::traded::{Book, Traded};
use crate::daftar::{Answer, Api};

/// How many rows a cursor gives at once.
const FETCHED: u32 = 500;
/// How long a reader looks at a page, or at what a cursor gave.
const LOOKED_AT: Duration = Duration::from_millis(20);

/// What is read page by page over HTTP, and which member of a page holds the rows.
const LISTS: [(&str, &str); 5] = [
    ("/api/customers/c-1/wallet/statement", "lines"),
    ("/api/customers/c-2/wallet/statement", "lines"),
    ("/api/management/orders", "orders"),
    ("/api/customers/c-1/orders", "orders"),
    ("/api/audit/accounts/2100/lines", "lines"),
];

/// Eight of them, until they are told to stop.
pub(super) struct Readers {
    all: JoinSet<()>,
    is_over: Arc<AtomicBool>,
    answers: Arc<AtomicU64>,
}

impl Readers {
    pub(super) async fn start(traded: &Traded, book: &Book, api: &Api, key: &str) -> Self {
        let (mut readers, is_over) = (JoinSet::new(), Arc::new(AtomicBool::new(false)));
        let answers = Arc::new(AtomicU64::new(0));
        for (path, member) in LISTS {
            let list = List { api: api.clone(), key: key.to_owned(), path, member };
            let least = list.read().await;
            assert!(least > 0, "there is nothing to be read at {path}");
            let (is_over, answers) = (Arc::clone(&is_over), Arc::clone(&answers));
            readers.spawn(async move {
                let mut least = least;
                while !is_over.load(Ordering::Relaxed) {
                    let rows = list.read().await;
                    assert!(rows >= least, "{path} had {least} rows, and then {rows}");
                    least = rows;
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        for long in [Long::Transaction, Long::Cursor, Long::Statement] {
            let conn = traded.installation.postgres().connect("daftar").await;
            let (is_over, answers) = (Arc::clone(&is_over), Arc::clone(&answers));
            readers.spawn(long.read(conn, book.id, is_over, answers));
        }
        Self { all: readers, is_over, answers }
    }

    /// Lets each of them read to the end; tells how often they were answered in full.
    pub(super) async fn stop(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.all.join_all().await;
        self.answers.load(Ordering::Relaxed)
    }
}

/// A list that is read from its first page to its last.
struct List {
    api: Api,
    key: String,
    path: &'static str,
    member: &'static str,
}

impl List {
    /// How many rows all its pages hold.
    async fn read(&self) -> usize {
        let (mut rows, mut cursor) = (0, String::new());
        loop {
            let path = format!("{}?limit=200{cursor}", self.path);
            let page = match self.api.try_get(&self.key, &path).await {
                Answer::Decided(reply) if reply.is_accepted() => reply.json(),
                other @ (Answer::Decided(_)
                | Answer::Unavailable(_)
                | Answer::Nothing(_)
                | Answer::Refused(_)) => panic!("GET {path} was not answered: {other:?}"),
            };
            let listed = page[self.member].as_array().map_or(0, Vec::len);
            assert!(listed > 0, "a page is empty: GET {path}: {page}");
            rows += listed;
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
            tokio::time::sleep(LOOKED_AT).await;
        }
    }
}

/// Reads that last, past everything that a service bounds.
#[derive(Clone, Copy)]
enum Long {
    /// Every view counted, and counted again, in one snapshot.
    Transaction,
    /// The rows of each view, some at a time, in one snapshot.
    Cursor,
    /// One statement that looks at rows for a while.
    Statement,
}

impl Long {
    async fn read(
        self,
        mut conn: PgConnection,
        book: i32,
        is_over: Arc<AtomicBool>,
        answers: Arc<AtomicU64>,
    ) {
        let mut least = Vec::new();
        for (view, _) in live(&mut conn, book).await {
            let rows = count(&mut conn, book, &view).await;
            least.push((view, rows));
        }
        while !is_over.load(Ordering::Relaxed) {
            for (view, least) in &mut least {
                let rows = match self {
                    Self::Transaction => twice(&mut conn, book, view).await,
                    Self::Cursor => in_pieces(&mut conn, book, view).await,
                    Self::Statement => slowly(&mut conn, book, view).await,
                };
                assert!(rows >= *least || is_shrinking(view), "{view} had {least}, then {rows}");
                *least = rows;
                answers.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// What falls due goes when it is done with; everything else stays.
fn is_shrinking(view: &str) -> bool {
    view == "deadlines"
}

/// As every reader of the service chooses the rows.
fn seen(view: &str) -> String {
    format!(
        "{view} where book_id = $1
            and generation = (select generation from book_projections
                               where book_id = $1 and name = '{view}')"
    )
}

async fn count(conn: &mut PgConnection, book: i32, view: &str) -> i64 {
    let sql = AssertSqlSafe(format!("select count(*) from {}", seen(view)));
    sqlx::query_scalar(sql).bind(book).fetch_one(conn).await.expect("the rows can be counted")
}

async fn twice(conn: &mut PgConnection, book: i32, view: &str) -> i64 {
    let mut tx = conn.begin().await.expect("a transaction");
    one_snapshot(&mut tx).await;
    let first = count(&mut tx, book, view).await;
    tokio::time::sleep(LOOKED_AT * 10).await;
    let second = count(&mut tx, book, view).await;
    assert_eq!(first, second, "{view} changed within a snapshot");
    tx.commit().await.expect("nothing was written");
    second
}

async fn in_pieces(conn: &mut PgConnection, book: i32, view: &str) -> i64 {
    let mut tx = conn.begin().await.expect("a transaction");
    one_snapshot(&mut tx).await;
    let all = count(&mut tx, book, view).await;
    let declare = format!("declare rows no scroll cursor for select position from {}", seen(view));
    sqlx::query(AssertSqlSafe(declare)).bind(book).execute(&mut *tx).await.expect("a cursor");
    let fetch = format!("fetch {FETCHED} from rows");
    let mut rows = 0;
    loop {
        let piece = sqlx::query(AssertSqlSafe(fetch.clone())).fetch_all(&mut *tx).await;
        let piece = piece.expect("the rows can be read").len();
        if piece == 0 {
            break;
        }
        rows += i64::try_from(piece).expect("so many fit");
        tokio::time::sleep(LOOKED_AT).await;
    }
    assert_eq!(rows, all, "{view} changed within a snapshot");
    tx.commit().await.expect("nothing was written");
    rows
}

/// About half a second, however many rows there are.
async fn slowly(conn: &mut PgConnection, book: i32, view: &str) -> i64 {
    let sql = format!(
        "select count(slept) from (
           select case when row_number() over () % 1000 = 0 then pg_sleep(0.02)::text else '' end
                    as slept
             from {}) as looked_at",
        seen(view),
    );
    sqlx::query_scalar(AssertSqlSafe(sql)).bind(book).fetch_one(conn).await.expect("it is read")
}

async fn one_snapshot(conn: &mut PgConnection) {
    sqlx::query("set transaction isolation level repeatable read, read only")
        .execute(conn)
        .await
        .expect("nothing was read yet");
}

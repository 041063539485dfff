//! Stands between a service and its database, and cuts their connections wherever it likes.

use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// From a few bytes to some batches.
const CUT_AFTER_BITS: Range<u32> = 5..15;
/// What the writer sends with a batch is longer; whatever else is asked is shorter.
const BATCH_MIN: usize = 2 * 1024;
const COMMIT: &[u8] = b"COMMIT";
/// How an answer ends within a transaction.
const IN_TRANSACTION: &[u8] = b"Z\0\0\0\x05T";
const BUFFER: usize = 16 * 1024;

/// Runs until it is dropped.
pub(super) struct Proxy {
    port: u16,
    rules: Arc<Rules>,
    _tasks: JoinSet<io::Result<()>>,
}

struct Rules {
    upstream: u16,
    is_cutting: AtomicBool,
    cut: AtomicU64,
    swallowed: AtomicU64,
    random: Mutex<StdRng>,
}

/// What becomes of a connection.
#[derive(Debug, Clone, Copy)]
struct Fate {
    /// It is cut after so many bytes, …
    after: usize,
    /// … or rather before the next answer to a commit, which the database has given.
    swallows: bool,
}

impl Proxy {
    /// Listens in front of a server at this port.
    pub(super) async fn start(upstream: u16, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it listens").port();
        let rules = Arc::new(Rules {
            upstream,
            is_cutting: AtomicBool::new(false),
            cut: AtomicU64::new(0),
            swallowed: AtomicU64::new(0),
            random: Mutex::new(StdRng::seed_from_u64(seed)),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(accept(listener, Arc::clone(&rules)));
        Self { port, rules, _tasks: tasks }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Begins to cut, or ends it.
    pub(super) fn cut(&self, is_cutting: bool) {
        self.rules.is_cutting.store(is_cutting, Ordering::Relaxed);
    }

    /// How many connections were cut anywhere, and how many before an answer that was given.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.rules.cut.load(Ordering::Relaxed), self.rules.swallowed.load(Ordering::Relaxed))
    }
}

impl Rules {
    fn fate(&self) -> Fate {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        let bits = random.random_range(CUT_AFTER_BITS);
        let after = random.random_range(1 << bits..2 << bits);
        Fate { after, swallows: random.random_bool(0.5) }
    }
}

async fn accept(listener: TcpListener, rules: Arc<Rules>) -> io::Result<()> {
    let mut carried = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await?;
        carried.spawn(carry(client, Arc::clone(&rules)));
        while carried.try_join_next().is_some() {}
    }
}

/// Carries bytes both ways. Whenever it ends, both sides see their connection closed.
async fn carry(mut client: TcpStream, rules: Arc<Rules>) -> io::Result<()> {
    let mut server = TcpStream::connect(("127.0.0.1", rules.upstream)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let fate = rules.fate();
    let (mut asked, mut answered) = (vec![0; BUFFER], vec![0; BUFFER]);
    let mut carried = 0;
    let (mut is_commit, mut is_in_transaction) = (false, false);
    loop {
        let (from_client, size) = tokio::select! {
            size = client.read(&mut asked) => (true, size?),
            size = server.read(&mut answered) => (false, size?),
        };
        if size == 0 {
            return Ok(());
        }
        if from_client {
            let is_batch = size >= BATCH_MIN && !is_in_transaction;
            let mut words = asked[..size].windows(COMMIT.len());
            is_commit = is_batch || words.any(|word| word == COMMIT);
        } else {
            is_in_transaction = answered[..size].ends_with(IN_TRANSACTION);
        }
        // Of what was carried before it began, nothing counts.
        let room = if rules.is_cutting.load(Ordering::Relaxed) {
            let room = fate.after.saturating_sub(carried);
            carried += size;
            room
        } else {
            usize::MAX
        };
        let is_due = room <= size;
        if is_due && fate.swallows && is_commit && !from_client {
            rules.swallowed.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
        let is_cut = is_due && !fate.swallows;
        let size = if is_cut { room } else { size };
        if from_client {
            server.write_all(&asked[..size]).await?;
        } else {
            client.write_all(&answered[..size]).await?;
        }
        if is_cut {
            rules.cut.fetch_add(1, Ordering::Relaxed);
            return Ok(());
        }
    }
}

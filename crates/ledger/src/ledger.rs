//! A node's hold on one book: commands go in, answers come out, and reads go to the pool.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use eventstore::{BookId, Cursor, Head, HeadError, Position, Snapshot, Upcasters};
use projections::{Misfit, fit};
use sqlx::postgres::PgPoolOptions;
use sqlx::{PgConnection, PgPool};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::warn;
use uuid::Uuid;

use crate::clock::Clock;
use crate::disk::Disk;
use crate::feed::Feed;
use crate::hosts::Hosts;
use crate::metrics::{Metrics, Outcome};
use crate::principals::{self, AskedKey, Credential, PrincipalError, Token};
use crate::quarantine::Known;
use crate::standing::{Standing, Watched};
use crate::submission::{Answer, Reply, Submission, SubmitError};
use crate::tail::Tail;
use crate::workers::{Queue, Workers};
use crate::writer::{self, Pending, Writer};

/// How many commands may wait before more are turned away.
const WAITING_MAX: usize = 4_096;
/// How many batches' snapshots may wait to be written.
const SNAPSHOTS_WAITING_MAX: usize = 64;
const READERS_MAX: u32 = 16;
/// Whoever waits longer than this for a connection is told to ask again.
const ACQUIRE_MAX: Duration = Duration::from_secs(2);
/// How long one that works for long may think within a transaction, on a machine that has other
/// things to do: paused for longer, it lets go of whatever it holds.
const WORKER_IDLE_MAX: &str = "60s";

type Waiter = oneshot::Sender<Result<Answer, SubmitError>>;

/// A node's hold on one book. Cloning is cheap; the last clone to go lets the writer finish.
#[derive(Clone)]
pub struct Ledger {
    inner: Arc<Inner>,
}

struct Inner {
    book: BookId,
    uuid: Uuid,
    pool: PgPool,
    /// How whoever works for long gets a connection of its own.
    hosts: Hosts,
    disk: Disk,
    clock: Clock,
    upcasters: Arc<Upcasters>,
    metrics: Metrics,
    standing: Watched,
    quarantine: Known,
    /// The ways in; none once the ledger is stopping.
    ways_in: Mutex<Option<WaysIn>>,
    in_flight: Mutex<BTreeMap<Uuid, InFlight>>,
    tail: Tail,
    tasks: TaskTracker,
    /// Ends what follows the log, at the latest when the ledger goes.
    stopping: DropGuard,
}

struct WaysIn {
    keys: mpsc::Sender<AskedKey>,
    submitted: mpsc::Sender<Pending>,
}

/// How a node works.
#[derive(Debug)]
pub struct Config {
    /// How many streams' states it keeps in memory.
    pub streams_max: NonZeroUsize,
    /// How long commands wait for a database that is away before they are told to ask again.
    pub outage_max: Duration,
    /// What turns old stored forms into current ones.
    pub upcasters: Upcasters,
    /// How many of the last events it keeps in memory while somebody follows the log.
    pub events_kept: usize,
    /// How long one statement of a reader may take: all night, if left out. What is done to a whole
    /// book is not done by a service.
    pub statement_max: Option<Duration>,
    /// Opens a book whose live rows are of other folds than this build's as well: it cannot be
    /// written before it is rebuilt, and then can at once.
    pub opens_misfit: bool,
    /// What is known of the disk that the database lies on.
    pub disk: Disk,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            streams_max: NonZeroUsize::new(65_536).expect("more than zero"),
            outage_max: Duration::from_secs(10),
            upcasters: Upcasters::new(),
            events_kept: 10_000,
            statement_max: None,
            opens_misfit: false,
            disk: Disk::Unknown,
        }
    }
}

/// A command that is being decided, and who else waits for its answer.
struct InFlight {
    fingerprint: Vec<u8>,
    waiters: Vec<Waiter>,
}

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("could not connect to the database")]
    Database(#[from] sqlx::Error),
    #[error("could not open the book")]
    Head(#[from] HeadError),
    #[error("book {book} was written by a newer version of daftar: upgrade this node")]
    Outdated { book: BookId },
    #[error("the folds of book {book} are not those of this build")]
    Misfit {
        book: BookId,
        #[source]
        misfit: Misfit,
    },
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ledger").field("book", &self.inner.book).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens a book for reading and writing. `hosts` are connected to as the application, see
    /// [`eventstore::connect::app_options`].
    pub async fn open(
        hosts: impl Into<Hosts>,
        book: BookId,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        Self::open_with(hosts, book, clock, Config::default()).await
    }

    /// As [`Ledger::open`], for a node that works another way.
    pub async fn open_with(
        hosts: impl Into<Hosts>,
        book: BookId,
        clock: Clock,
        config: Config,
    ) -> Result<Self, OpenError> {
        let hosts = hosts.into();
        let read_at = hosts.map(|options| match config.statement_max {
            Some(most) => {
                options.options([("statement_timeout", format!("{}ms", most.as_millis()))])
            }
            None => options,
        });
        let pool = PgPoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(ACQUIRE_MAX)
            .connect_with(read_at.current())
            .await?;
        let head = eventstore::read_head(&mut *pool.acquire().await?, book).await?;
        if !head.is_understood() {
            return Err(OpenError::Outdated { book });
        }
        if !config.opens_misfit {
            fit(&head.fold_set).map_err(|misfit| OpenError::Misfit { book, misfit })?;
        }
        let Config { streams_max, outage_max, upcasters, events_kept, disk, .. } = config;
        let upcasters = Arc::new(upcasters);
        let tasks = TaskTracker::new();
        let metrics = Metrics::default();
        let (snapshots, snapshots_waiting) = mpsc::channel(SNAPSHOTS_WAITING_MAX);
        let standing = Watched::new(&head);
        let quarantine = Known::new(book, clock.clone());
        quarantine.refresh(&mut *pool.acquire().await?).await?;
        let (submitted, waiting) = mpsc::channel(WAITING_MAX);
        let (keys, keys_asked) = mpsc::channel(WAITING_MAX);
        let writer = Writer::new(
            hosts.clone(),
            clock.clone(),
            Arc::clone(&upcasters),
            standing.clone(),
            snapshots,
            streams_max,
            outage_max,
        );
        let stopping = CancellationToken::new();
        let tail = Tail::new(&head, standing.clone(), events_kept);
        let writer =
            writer.telling(tail.moved.clone(), metrics.clone()).minding(quarantine.clone());
        // The writer looks after itself, batch by batch.
        tasks.spawn(writer.run(waiting));
        let workers = Workers::new(tasks.clone(), metrics.clone(), stopping.clone());
        let (readers, stop) = (pool.clone(), stopping.clone());
        workers.watch_over("hosts", move || read_at.clone().lead(readers.clone(), stop.clone()));
        let (end, readers, stop) = (tail.clone(), pool.clone(), stopping.clone());
        workers.watch_over("tail", move || end.clone().run(readers.clone(), stop.clone()));
        let (known, readers, stop) = (quarantine.clone(), pool.clone(), stopping.clone());
        workers.watch_over("quarantine", move || known.clone().run(readers.clone(), stop.clone()));
        let readers = pool.clone();
        let answer = move |asked| principals::answer(readers.clone(), book, asked);
        workers.work_through("keys", keys_asked, answer);
        let readers = pool.clone();
        let save = move |waiting| save_snapshots(readers.clone(), book, waiting);
        workers.work_through("snapshots", snapshots_waiting, save);
        tasks.close();
        Ok(Self {
            inner: Arc::new(Inner {
                book,
                uuid: head.uuid,
                pool,
                hosts,
                disk,
                clock,
                upcasters,
                metrics,
                standing,
                quarantine,
                ways_in: Mutex::new(Some(WaysIn { keys, submitted })),
                in_flight: Mutex::new(BTreeMap::new()),
                tail,
                tasks,
                stopping: stopping.drop_guard(),
            }),
        })
    }

    pub fn book(&self) -> BookId {
        self.inner.book
    }

    /// The book's name in its hash chain, and the root of ids that belong to the book.
    pub fn book_uuid(&self) -> Uuid {
        self.inner.uuid
    }

    /// Who holds this key now; none if it is unknown, revoked or expired, or its principal disabled.
    /// As many as ask at once are answered by one query.
    pub async fn find_by_key(
        &self,
        token: &Token,
    ) -> Result<Option<Credential>, Arc<PrincipalError>> {
        let now = self.clock().now();
        let (answer, answered) = oneshot::channel();
        let asked = AskedKey { token: token.clone(), now, answer };
        let keys = self.ways_in().as_ref().map(|ways_in| ways_in.keys.clone());
        if let Some(keys) = keys
            && keys.send(asked).await.is_ok()
            && let Ok(found) = answered.await
        {
            return found;
        }
        // A ledger that stops is still read.
        let direct = async {
            let mut conn = self.pool().acquire().await?;
            principals::find_by_key(&mut conn, self.book(), token, now).await
        };
        direct.await.map_err(Arc::new)
    }

    /// Connections for reading.
    pub fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    /// A connection of its own for whoever works for long: it takes none from the readers, and its
    /// statements may take the time that they take.
    pub(crate) async fn connect_to_work(&self) -> Result<PgConnection, sqlx::Error> {
        let hosts = self.inner.hosts.map(|options| {
            options.application_name("daftar job").options([
                ("statement_timeout", "0"),
                ("idle_in_transaction_session_timeout", WORKER_IDLE_MAX),
            ])
        });
        hosts.connect().await
    }

    /// What is known of the disk that the database lies on.
    pub fn disk(&self) -> &Disk {
        &self.inner.disk
    }

    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub fn upcasters(&self) -> &Upcasters {
        &self.inner.upcasters
    }

    /// What this node counts of its own work, with what is so at this moment.
    pub fn metrics(&self) -> &Metrics {
        let waiting = |ways_in: &WaysIn| {
            let way_in = &ways_in.submitted;
            way_in.max_capacity().saturating_sub(way_in.capacity())
        };
        let queue = self.ways_in().as_ref().map_or(0, waiting);
        let Inner { pool, tail, .. } = &*self.inner;
        let head = *tail.moved.borrow();
        self.inner.metrics.sample(head, queue, pool.num_idle(), pool.size());
        let behind = tail.recorded_at.borrow().signed_duration_since(self.clock().now());
        let is_stopped = self.standing().is_stopped();
        self.inner.metrics.stands(is_stopped, behind.to_std().unwrap_or_default());
        &self.inner.metrics
    }

    /// The head as it is now.
    pub async fn head(&self) -> Result<Head, HeadError> {
        let book = self.inner.book;
        let conn = self.inner.pool.acquire().await;
        let mut conn = conn.map_err(|cause| HeadError::Database { book, cause })?;
        let head = eventstore::read_head(&mut conn, book).await?;
        // Whoever was told that this node can serve is served.
        self.inner.standing.see_head(&head);
        Ok(head)
    }

    /// The last position that this node knows to be committed, by itself or by another node: at
    /// once after its own commits, and within a fifth of a second after another's.
    pub fn moved(&self) -> watch::Receiver<Position> {
        self.inner.tail.moved.subscribe()
    }

    /// How this node stands to the book: known at once where it writes, and within a fifth of a
    /// second else.
    pub fn standing(&self) -> Standing {
        self.inner.standing.get()
    }

    /// The same, for those who wait for it to change.
    pub fn standings(&self) -> watch::Receiver<Standing> {
        self.inner.standing.follow()
    }

    /// The streams over which nothing is decided, as this node knows them: what it finds itself at once,
    /// and what others find or resume within a second.
    pub fn quarantine(&self) -> &Known {
        &self.inner.quarantine
    }

    /// The way to follow the log from here on, or from any place in it.
    pub fn feed(&self) -> Feed {
        let Inner { book, pool, tail, stopping, .. } = &*self.inner;
        let stopping = stopping.token().clone();
        Feed { book: *book, pool: pool.clone(), tail: tail.clone(), stopping }
    }

    /// Decides and records a submission. Once this answers, the decision is durable. It may be
    /// asked again under the same id, at any time and on any node, and gives the same answer.
    pub async fn submit(&self, submission: Submission) -> Result<Answer, SubmitError> {
        let id = submission.command_id;
        if submission.is_unrepeatable {
            return self.execute(submission).await;
        }
        let (waiter, answer) = oneshot::channel();
        {
            let mut in_flight = self.in_flight();
            match in_flight.entry(id) {
                Entry::Occupied(mut entry) => {
                    if entry.get().fingerprint != submission.fingerprint {
                        return Err(SubmitError::Mismatch);
                    }
                    entry.get_mut().waiters.push(waiter);
                }
                Entry::Vacant(entry) => {
                    let fingerprint = submission.fingerprint.clone();
                    entry.insert(InFlight { fingerprint, waiters: vec![waiter] });
                    // In a task of its own: a caller that goes away must not leave the others
                    // waiting.
                    let ledger = self.clone();
                    self.inner.tasks.spawn(async move { ledger.lead(submission).await });
                }
            }
        }
        let answer = answer.await.unwrap_or_else(|_gone| Err(self.no_answer()));
        if answer.as_ref().is_ok_and(|answer| answer.is_replayed) {
            self.inner.metrics.decided(Outcome::Replayed, None);
        }
        answer
    }

    /// Says what would happen in the book as it is now, and changes nothing.
    pub async fn dry_run(&self, submission: Submission) -> Result<(Reply, Cursor), SubmitError> {
        let Inner { book, clock, upcasters, quarantine, pool, .. } = &*self.inner;
        let mut conn = pool.acquire().await.map_err(|error| {
            warn!(%error, "no connection for a dry run");
            self.no_answer()
        })?;
        writer::dry_run(&mut conn, *book, clock, upcasters, quarantine, &submission).await
    }

    /// Takes no more commands, and returns once all that were taken are answered.
    pub async fn stop(&self) {
        self.ways_in().take();
        self.inner.stopping.token().cancel();
        self.inner.tasks.wait().await;
        self.inner.pool.close().await;
    }

    /// Gets the answer for everyone who waits for this id.
    async fn lead(&self, submission: Submission) {
        let mut leading = Leading { ledger: self, id: Some(submission.command_id) };
        let mut answer = self.execute(submission).await;
        if let Ok(answer) = &mut answer {
            self.name_history(answer).await;
        }
        let mut is_first = true;
        for waiter in leading.waiters() {
            let mut answer = answer.clone();
            if let Ok(answer) = &mut answer
                && !is_first
            {
                answer.is_replayed = true;
            }
            is_first = false;
            // Whoever asked may have gone; the answer is stored.
            waiter.send(answer).ok();
        }
    }

    /// A replayed answer names its history as the first one did.
    async fn name_history(&self, answer: &mut Answer) {
        if answer.cursor.is_some() {
            return;
        }
        let hash = async {
            let mut conn = self.inner.pool.acquire().await?;
            eventstore::read::hash_at(&mut conn, self.inner.book, answer.position).await
        };
        match hash.await {
            Ok(hash) => answer.cursor = hash.map(|hash| Cursor::new(answer.position, hash)),
            // The position alone is right as well.
            Err(error) => warn!(%error, "the history of a replayed answer could not be read"),
        }
    }

    async fn execute(&self, submission: Submission) -> Result<Answer, SubmitError> {
        let (answer, outcome) = oneshot::channel();
        let pending = Pending { submission: Arc::new(submission), answer };
        self.hand_over(pending)?;
        outcome.await.unwrap_or_else(|_gone| Err(self.no_answer()))
    }

    fn hand_over(&self, pending: Pending) -> Result<(), SubmitError> {
        let ways_in = self.ways_in();
        let ways_in = ways_in.as_ref().ok_or(SubmitError::Stopping)?;
        ways_in.submitted.try_send(pending).map_err(refused)
    }

    /// Why nobody answers.
    fn no_answer(&self) -> SubmitError {
        if self.ways_in().is_some() { SubmitError::Unavailable } else { SubmitError::Stopping }
    }

    fn ways_in(&self) -> MutexGuard<'_, Option<WaysIn>> {
        self.inner.ways_in.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn in_flight(&self) -> MutexGuard<'_, BTreeMap<Uuid, InFlight>> {
        self.inner.in_flight.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leads the decision of a command. Whatever happens to it, the command does not stay in flight.
struct Leading<'a> {
    ledger: &'a Ledger,
    /// None once it is no longer in flight: then the same id may be led by another.
    id: Option<Uuid>,
}

impl Leading<'_> {
    fn waiters(&mut self) -> Vec<Waiter> {
        let done = self.id.take().and_then(|id| self.ledger.in_flight().remove(&id));
        done.map(|done| done.waiters).unwrap_or_default()
    }
}

impl Drop for Leading<'_> {
    fn drop(&mut self) {
        // Those who still wait learn that nobody answers.
        drop(self.waiters());
    }
}

fn refused(error: mpsc::error::TrySendError<Pending>) -> SubmitError {
    match error {
        mpsc::error::TrySendError::Full(_) => SubmitError::Overloaded,
        mpsc::error::TrySendError::Closed(_) => SubmitError::Stopping,
    }
}

async fn save_snapshots(pool: PgPool, book: BookId, waiting: Queue<Vec<Snapshot>>) {
    let mut waiting = waiting.lock().await;
    while let Some(snapshots) = waiting.recv().await {
        let saved = async {
            let conn: &mut PgConnection = &mut *pool.acquire().await?;
            // The last one of each stream: the function takes at most one a stream.
            let latest: BTreeMap<_, Snapshot> =
                snapshots.into_iter().map(|snapshot| (snapshot.stream.clone(), snapshot)).collect();
            let latest: Vec<Snapshot> = latest.into_values().collect();
            eventstore::snapshot::save(conn, book, &latest).await
        };
        if let Err(error) = saved.await {
            warn!(%error, "snapshots could not be saved; streams load from their events");
        }
    }
}

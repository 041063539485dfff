//! A node's hold on one book: commands go in, answers come out, and reads go to the pool.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};

use eventstore::{BookId, Head, HeadError, Snapshot, Upcasters};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool};
use tokio::sync::{mpsc, oneshot};
use tokio_util::task::TaskTracker;
use tracing::warn;
use uuid::Uuid;

use crate::clock::Clock;
use crate::submission::{Answer, Reply, Submission, SubmitError};
use crate::writer::{Pending, Request, Writer, known_commands, replay};

/// How many commands may wait before more are turned away.
const WAITING_MAX: usize = 4_096;
/// How many batches' snapshots may wait to be written.
const SNAPSHOTS_WAITING_MAX: usize = 64;
const READERS_MAX: u32 = 16;

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
    clock: Clock,
    upcasters: Arc<Upcasters>,
    requests: Mutex<Option<mpsc::Sender<Request>>>,
    in_flight: Mutex<BTreeMap<Uuid, InFlight>>,
    tasks: TaskTracker,
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
    #[error(
        "book {book} has the projections {theirs}, and this build has {ours}: run daftar rebuild"
    )]
    Folds { book: BookId, theirs: String, ours: String },
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ledger").field("book", &self.inner.book).finish_non_exhaustive()
    }
}

impl Ledger {
    /// Opens a book for reading and writing. `options` are the application's, see
    /// [`eventstore::connect::app_options`].
    pub async fn open(
        options: PgConnectOptions,
        book: BookId,
        clock: Clock,
    ) -> Result<Self, OpenError> {
        let pool = PgPoolOptions::new()
            .max_connections(READERS_MAX)
            .acquire_timeout(std::time::Duration::from_secs(5))
            .connect_with(options.clone())
            .await?;
        let head = eventstore::read_head(&mut *pool.acquire().await?, book).await?;
        if !head.is_understood() {
            return Err(OpenError::Outdated { book });
        }
        let ours = projections::append_function().fold_set;
        if head.fold_set != ours {
            return Err(OpenError::Folds { book, theirs: head.fold_set, ours });
        }
        let tasks = TaskTracker::new();
        let (snapshots, snapshots_waiting) = mpsc::channel(SNAPSHOTS_WAITING_MAX);
        let (requests, waiting) = mpsc::channel(WAITING_MAX);
        let writer = Writer::new(options, book, clock.clone(), Upcasters::new(), snapshots);
        tasks.spawn(writer.run(waiting));
        tasks.spawn(save_snapshots(pool.clone(), book, snapshots_waiting));
        tasks.close();
        Ok(Self {
            inner: Arc::new(Inner {
                book,
                uuid: head.uuid,
                pool,
                clock,
                upcasters: Arc::new(Upcasters::new()),
                requests: Mutex::new(Some(requests)),
                in_flight: Mutex::new(BTreeMap::new()),
                tasks,
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

    /// Connections for reading.
    pub fn pool(&self) -> &PgPool {
        &self.inner.pool
    }

    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    pub fn upcasters(&self) -> &Upcasters {
        &self.inner.upcasters
    }

    /// The head as it is now.
    pub async fn head(&self) -> Result<Head, HeadError> {
        let book = self.inner.book;
        let conn = self.inner.pool.acquire().await;
        let mut conn = conn.map_err(|cause| HeadError::Database { book, cause })?;
        eventstore::read_head(&mut conn, book).await
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
            let mut in_flight =
                self.inner.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
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
        answer.await.unwrap_or(Err(SubmitError::Stopping))
    }

    /// Says what would happen, and changes nothing.
    pub async fn dry_run(&self, submission: Submission) -> Result<Reply, SubmitError> {
        let (answer, reply) = oneshot::channel();
        let submission = Arc::new(submission);
        self.request(Request::DryRun { submission, answer })?;
        reply.await.unwrap_or(Err(SubmitError::Stopping))
    }

    /// Takes no more commands, and returns once all that were taken are answered.
    pub async fn stop(&self) {
        self.inner.requests.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.inner.tasks.wait().await;
        self.inner.pool.close().await;
    }

    /// Gets the answer for everyone who waits for this id.
    async fn lead(&self, submission: Submission) {
        let id = submission.command_id;
        let answer = self.look_up_or_execute(submission).await;
        let done = {
            let mut in_flight =
                self.inner.in_flight.lock().unwrap_or_else(PoisonError::into_inner);
            in_flight.remove(&id)
        };
        let mut is_first = true;
        for waiter in done.map(|done| done.waiters).into_iter().flatten() {
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

    async fn look_up_or_execute(&self, submission: Submission) -> Result<Answer, SubmitError> {
        let known = self.look_up(submission.command_id).await.map_err(|error| {
            warn!(%error, "could not look a command up");
            SubmitError::Unavailable
        })?;
        match known {
            Some(record) => replay(&record, &submission.fingerprint),
            None => self.execute(submission).await,
        }
    }

    async fn look_up(
        &self,
        id: Uuid,
    ) -> Result<Option<eventstore::CommandRecord>, sqlx::Error> {
        let mut conn = self.inner.pool.acquire().await?;
        let mut known = known_commands(&mut conn, self.inner.book, &[id]).await?;
        Ok(known.remove(&id))
    }

    async fn execute(&self, submission: Submission) -> Result<Answer, SubmitError> {
        let (answer, outcome) = oneshot::channel();
        let submission = Arc::new(submission);
        self.request(Request::Execute(Pending { submission, answer }))?;
        outcome.await.unwrap_or(Err(SubmitError::Stopping))
    }

    fn request(&self, request: Request) -> Result<(), SubmitError> {
        let requests = self.inner.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = requests.as_ref().ok_or(SubmitError::Stopping)?;
        requests.try_send(request).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SubmitError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => SubmitError::Stopping,
        })
    }
}

async fn save_snapshots(
    pool: PgPool,
    book: BookId,
    mut waiting: mpsc::Receiver<Vec<Snapshot>>,
) {
    while let Some(snapshots) = waiting.recv().await {
        let saved = async {
            let conn: &mut PgConnection = &mut *pool.acquire().await?;
            // The last one of each stream: the function takes at most one a stream.
            let latest: BTreeMap<_, Snapshot> = snapshots
                .into_iter()
                .map(|snapshot| (snapshot.stream.clone(), snapshot))
                .collect();
            let latest: Vec<Snapshot> = latest.into_values().collect();
            eventstore::snapshot::save(conn, book, &latest).await
        };
        if let Err(error) = saved.await {
            warn!(%error, "snapshots could not be saved; streams load from their events");
        }
    }
}

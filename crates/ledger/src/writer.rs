//! The writer: one task a node and book, which decides what is waiting and commits it in one call.
//!
//! There is no leader. The head moves by compare-and-set; a miss means that another node committed,
//! and then the next batch is decided under the head's lock, so that every node gets its turn.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use domain::decide::Missing;
use eventstore::{
    AppendError, AppendFunction, Appended, BookId, CommandRecord, Cursor, Head, HeadError,
    Snapshot, Upcasters,
};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection, PgConnection};
use tokio::sync::{mpsc, oneshot};
use tracing::{error, info, warn};
use uuid::Uuid;

use crate::clock::Clock;
use crate::load::{self, LoadError};
use crate::states::{Cache, Working};
use crate::submission::{Answer, Reply, Submission, SubmitError, domain_version};

mod decided;

use decided::{DecidedBatch, NotReady, decide_batch, dry_run, sort_missing};

/// The most commands of one batch.
const BATCH_MAX: usize = eventstore::batch::BATCH_COMMANDS_MAX;
/// How long a batch waits for the database to come back before its commands are told to ask again.
const OUTAGE_MAX: Duration = Duration::from_secs(10);
const RECONNECT_FIRST: Duration = Duration::from_millis(20);
const RECONNECT_MAX: Duration = Duration::from_millis(500);
/// How many rounds of loading one batch may need: each command names what it lacks one by one.
const LOADS_MAX: u32 = 16;
/// How many decisions of other nodes are read at a time.
const CATCH_UP_PAGE: u32 = 5_000;

/// A submission on its way, with where its answer goes.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) submission: Arc<Submission>,
    pub(crate) answer: oneshot::Sender<Result<Answer, SubmitError>>,
}

/// What the writer is asked for.
#[derive(Debug)]
pub(crate) enum Request {
    Execute(Pending),
    DryRun { submission: Arc<Submission>, answer: oneshot::Sender<Result<Reply, SubmitError>> },
}

/// The state of the writer task.
pub(crate) struct Writer {
    pub(crate) options: PgConnectOptions,
    pub(crate) book: BookId,
    pub(crate) clock: Clock,
    pub(crate) upcasters: Upcasters,
    pub(crate) function: AppendFunction,
    pub(crate) snapshots: mpsc::Sender<Vec<Snapshot>>,
    conn: Option<PgConnection>,
    /// The head that the cache is exact at; none before the first look.
    head: Option<Head>,
    cache: Cache,
}

/// Why a batch was not committed.
#[derive(Debug, thiserror::Error)]
enum BatchError {
    #[error("the head had moved")]
    Moved,
    #[error("could not read the head")]
    Head(#[from] HeadError),
    #[error("could not load what the batch needs")]
    Load(#[from] LoadError),
    #[error("the database did not answer")]
    Database(#[from] sqlx::Error),
    #[error("could not append")]
    Append(#[from] AppendError),
    #[error("a batch needed more rounds of loading than it may")]
    TooManyLoads,
    #[error("this node is older than what book {0} holds")]
    Outdated(BookId),
}

impl Writer {
    pub(crate) fn new(
        options: PgConnectOptions,
        book: BookId,
        clock: Clock,
        upcasters: Upcasters,
        snapshots: mpsc::Sender<Vec<Snapshot>>,
    ) -> Self {
        Self {
            options,
            book,
            clock,
            upcasters,
            function: projections::append_function(),
            snapshots,
            conn: None,
            head: None,
            cache: Cache::new(),
        }
    }

    /// Works until every sender of requests is gone and everything they sent is answered.
    pub(crate) async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        let mut waiting = Vec::with_capacity(BATCH_MAX);
        while requests.recv_many(&mut waiting, BATCH_MAX).await > 0 {
            let mut batch = Vec::with_capacity(waiting.len());
            for request in waiting.drain(..) {
                match request {
                    Request::Execute(pending) => batch.push(pending),
                    Request::DryRun { submission, answer } => {
                        let reply = self.dry_run(&submission).await;
                        // Whoever asked may have gone; then nobody needs the answer.
                        answer.send(reply).ok();
                    }
                }
            }
            self.execute(batch).await;
        }
        if let Some(conn) = self.conn.take() {
            // The server notices a closed socket as well.
            conn.close().await.ok();
        }
        info!(book = %self.book, "the writer has stopped");
    }

    /// Brings a batch to an end: every command in it gets an answer or an error.
    async fn execute(&mut self, batch: Vec<Pending>) {
        let mut work = vec![batch];
        while let Some(mut batch) = work.pop() {
            if batch.is_empty() {
                continue;
            }
            match self.commit(&mut batch).await {
                Ok(()) => {
                    // What did not fit goes on as the next batch.
                    work.push(batch);
                }
                Err(error) => {
                    if let Some(halves) = self.blame(batch, &error).await {
                        work.extend(halves);
                    }
                }
            }
        }
    }

    /// After an error of the database: the batch is halved until the culprit alone fails. For any
    /// other error all of it is told to ask again.
    async fn blame(&mut self, mut batch: Vec<Pending>, error: &BatchError) -> Option<Vec<Vec<Pending>>> {
        self.head = None;
        self.cache.clear();
        self.conn = None;
        let answer = match error {
            BatchError::Outdated(book) => SubmitError::Outdated(*book),
            BatchError::Append(AppendError::Database { .. }) | BatchError::TooManyLoads => {
                if batch.len() > 1 {
                    let second = batch.split_off(batch.len() / 2);
                    return Some(vec![second, batch]);
                }
                error!(error = %chain(error), "a command could not be recorded");
                SubmitError::Failed("the database refused to record it".to_owned())
            }
            BatchError::Load(LoadError::Event { .. } | LoadError::Upcast(_)) => {
                if batch.len() > 1 {
                    let second = batch.split_off(batch.len() / 2);
                    return Some(vec![second, batch]);
                }
                error!(error = %chain(error), "a stream cannot be read");
                SubmitError::Failed("a stream that it needs cannot be read".to_owned())
            }
            BatchError::Moved
            | BatchError::Head(_)
            | BatchError::Load(LoadError::Database(_))
            | BatchError::Database(_)
            | BatchError::Append(_) => {
                warn!(error = %chain(error), "the database cannot be reached");
                SubmitError::Unavailable
            }
        };
        for pending in batch {
            pending.answer.send(Err(answer.clone())).ok();
        }
        None
    }

    /// Commits the batch, or its first part; what is left of it stays in `batch`. Tries again
    /// after a miss and after a lost connection, until the outage has lasted too long.
    async fn commit(&mut self, batch: &mut Vec<Pending>) -> Result<(), BatchError> {
        let started = tokio::time::Instant::now();
        let mut pause = RECONNECT_FIRST;
        let mut locked = self.head.is_none();
        loop {
            let error = match self.attempt(batch, locked).await {
                Ok(()) => return Ok(()),
                Err(BatchError::Moved) => {
                    locked = true;
                    continue;
                }
                Err(error) => error,
            };
            let passing = is_passing(&error);
            let duplicate = is_duplicate_command(&error);
            if !passing && !duplicate {
                return Err(error);
            }
            // The connection may have died after the batch was sent. Under the lock the
            // batch's ids tell whether it was committed: see `attempt`.
            locked = true;
            if duplicate {
                continue;
            }
            self.conn = None;
            if started.elapsed() > OUTAGE_MAX {
                return Err(error);
            }
            warn!(error = %chain(&error), "the writer lost its database; trying again");
            tokio::time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(RECONNECT_MAX);
        }
    }

    /// One attempt. Unlocked it rests on the head as this node knows it; locked it catches up
    /// under the head's lock first, and finds out what was committed already.
    async fn attempt(&mut self, batch: &mut Vec<Pending>, locked: bool) -> Result<(), BatchError> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => PgConnection::connect_with(&self.options).await?,
        };
        let done = if locked {
            self.attempt_locked(&mut conn, batch).await
        } else {
            let head = self.head.clone().expect("an unlocked attempt rests on a known head");
            self.append(&mut conn, &head, batch).await
        };
        match done {
            Ok(committed) => {
                self.conn = Some(conn);
                self.finish(batch, committed).await;
                Ok(())
            }
            Err(error @ BatchError::Moved) => {
                self.conn = Some(conn);
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    async fn attempt_locked(
        &mut self,
        conn: &mut PgConnection,
        batch: &mut Vec<Pending>,
    ) -> Result<Committed, BatchError> {
        let mut tx = conn.begin().await?;
        let head = eventstore::lock_head(&mut tx, self.book).await?;
        if !head.is_understood() || head.fold_set != self.function.fold_set {
            return Err(BatchError::Outdated(self.book));
        }
        self.catch_up(&mut tx, &head).await?;
        self.head = Some(head.clone());
        answer_known(&mut tx, self.book, batch).await?;
        let committed = self.append(&mut tx, &head, batch).await?;
        tx.commit().await?;
        Ok(committed)
    }

    /// Takes in what other nodes have committed since this node's head.
    async fn catch_up(&mut self, conn: &mut PgConnection, head: &Head) -> Result<(), BatchError> {
        let Some(known) = self.head.take() else {
            self.cache.clear();
            return Ok(());
        };
        let mut position = known.position;
        while position < head.position {
            let events =
                eventstore::read::after(conn, self.book, position, CATCH_UP_PAGE).await?;
            let Some(last) = events.last() else { break };
            position = last.position;
            for recorded in &events {
                let Some((stream, event)) = projections::decode(recorded, &self.upcasters)
                    .map_err(|error| warn!(%error, "an event of another node cannot be read"))
                    .ok()
                else {
                    // Its stream is loaded anew when it is needed, and fails there alone.
                    self.cache.clear();
                    continue;
                };
                self.cache.catch_up(stream, domain_version(recorded.version), &event);
            }
        }
        Ok(())
    }

    /// Decides the batch on this head and appends it.
    async fn append(
        &mut self,
        conn: &mut PgConnection,
        head: &Head,
        batch: &mut Vec<Pending>,
    ) -> Result<Committed, BatchError> {
        let mut loaded = Working::default();
        for _ in 0..LOADS_MAX {
            if batch.is_empty() {
                return Ok(Committed::nothing(head.clone()));
            }
            let submissions: Vec<&Submission> =
                batch.iter().map(|pending| &*pending.submission).collect();
            let mut working = loaded.clone();
            let now = self.clock.now();
            match decide_batch(head, now, &self.cache, &mut working, &submissions) {
                Ok(decided) => {
                    let DecidedBatch { prepared, views, outcomes, snapshots } = decided;
                    if prepared.commands.is_empty() {
                        return Ok(Committed { working: loaded, outcomes, snapshots, head: head.clone() });
                    }
                    let appended = eventstore::append(conn, &self.function, head, &prepared, |call| {
                        views.bind(call)
                    })
                    .await?;
                    return match appended {
                        Appended::Ok => {
                            let head = prepared.head_after;
                            Ok(Committed { working, outcomes, snapshots, head })
                        }
                        Appended::Moved => Err(BatchError::Moved),
                    };
                }
                Err(NotReady::Missing(missing)) => {
                    self.load(conn, missing, &mut loaded).await?;
                }
                Err(NotReady::Poisoned(index, error)) => {
                    let poisoned = batch.remove(index);
                    poisoned.answer.send(Err(error)).ok();
                }
            }
        }
        Err(BatchError::TooManyLoads)
    }

    async fn load(
        &self,
        conn: &mut PgConnection,
        missing: BTreeSet<Missing>,
        loaded: &mut Working,
    ) -> Result<(), BatchError> {
        let (streams, series) = sort_missing(missing);
        if !streams.is_empty() {
            let states = load::states(conn, self.book, &self.upcasters, &streams).await?;
            for (stream, state) in states {
                loaded.loaded(stream, state);
            }
        }
        for name in series {
            let last =
                projections::customer_orders::last_counter(conn, self.book, name.as_str()).await?;
            loaded.loaded_counter(name, last);
        }
        Ok(())
    }

    /// After the commit: what was decided becomes the node's state, and the answers go out.
    async fn finish(&mut self, batch: &mut Vec<Pending>, committed: Committed) {
        let Committed { working, outcomes, snapshots, head } = committed;
        self.cache.commit(working);
        self.head = Some(head);
        let rest = batch.split_off(outcomes.len());
        for (pending, outcome) in std::mem::replace(batch, rest).into_iter().zip(outcomes) {
            pending.answer.send(outcome).ok();
        }
        if !snapshots.is_empty() && self.snapshots.try_send(snapshots).is_err() {
            // A snapshot only saves time; the next one comes.
            warn!("snapshots are not being written fast enough");
        }
    }

    async fn dry_run(&mut self, submission: &Submission) -> Result<Reply, SubmitError> {
        self.try_dry_run(submission).await.unwrap_or_else(|error| {
            self.conn = None;
            warn!(error = %chain(&error), "a dry run failed");
            Err(SubmitError::Unavailable)
        })
    }

    async fn try_dry_run(
        &mut self,
        submission: &Submission,
    ) -> Result<Result<Reply, SubmitError>, BatchError> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => PgConnection::connect_with(&self.options).await?,
        };
        let mut tx = conn.begin().await?;
        let head = eventstore::read_head(&mut tx, self.book).await?;
        // Everything is loaded anew: what this node knows may be behind the head.
        let (cache, mut loaded) = (Cache::new(), Working::default());
        let mut reply = None;
        for _ in 0..LOADS_MAX {
            match dry_run(&head, self.clock.now(), &cache, &loaded, submission) {
                Ok(done) => {
                    reply = Some(done);
                    break;
                }
                Err(missing) => self.load(&mut tx, BTreeSet::from([missing]), &mut loaded).await?,
            }
        }
        tx.rollback().await?;
        self.conn = Some(conn);
        reply.ok_or(BatchError::TooManyLoads)
    }
}

/// A batch that is in the log.
struct Committed {
    working: Working,
    outcomes: Vec<Result<Answer, SubmitError>>,
    snapshots: Vec<Snapshot>,
    head: Head,
}

impl Committed {
    fn nothing(head: Head) -> Self {
        Self { working: Working::default(), outcomes: Vec::new(), snapshots: Vec::new(), head }
    }
}

/// Answers the commands that were decided already, by this node or another.
async fn answer_known(
    conn: &mut PgConnection,
    book: BookId,
    batch: &mut Vec<Pending>,
) -> Result<(), BatchError> {
    let ids: Vec<Uuid> = batch.iter().map(|pending| pending.submission.command_id).collect();
    let known = known_commands(conn, book, &ids).await?;
    if known.is_empty() {
        return Ok(());
    }
    for pending in std::mem::take(batch) {
        match known.get(&pending.submission.command_id) {
            Some(record) => {
                let answer = replay(record, &pending.submission.fingerprint);
                pending.answer.send(answer).ok();
            }
            None => batch.push(pending),
        }
    }
    Ok(())
}

/// The records of those ids that were decided before.
pub(crate) async fn known_commands(
    conn: &mut PgConnection,
    book: BookId,
    ids: &[Uuid],
) -> Result<BTreeMap<Uuid, CommandRecord>, sqlx::Error> {
    let records = eventstore::read::commands_by_ids(conn, book, ids).await?;
    Ok(records.into_iter().map(|record| (record.command_id, record)).collect())
}

/// The answer to a command that was decided before.
pub(crate) fn replay(
    record: &CommandRecord,
    fingerprint: &[u8],
) -> Result<Answer, SubmitError> {
    if record.fingerprint != fingerprint {
        return Err(SubmitError::Mismatch);
    }
    Ok(Answer {
        status: u16::try_from(record.status).unwrap_or(500),
        body: record.reply.clone(),
        resource: record.resource.clone(),
        version: record.version.map(domain_version),
        position: record.position.unwrap_or_default(),
        cursor: None::<Cursor>,
        is_replayed: true,
    })
}

/// Whether the same batch may succeed once the database is back.
fn is_passing(error: &BatchError) -> bool {
    let lost = |cause: &sqlx::Error| {
        eventstore::is_connection_lost(cause) || eventstore::append::is_busy(cause)
    };
    match error {
        BatchError::Append(AppendError::ConnectionLost { .. } | AppendError::Busy { .. }) => true,
        BatchError::Database(cause)
        | BatchError::Load(LoadError::Database(cause))
        | BatchError::Head(HeadError::Database { cause, .. }) => lost(cause),
        BatchError::Append(
            AppendError::Database { .. } | AppendError::Format { .. } | AppendError::Fold { .. },
        )
        | BatchError::Load(LoadError::Event { .. } | LoadError::Upcast(_))
        | BatchError::Head(HeadError::UnknownBook(_))
        | BatchError::Moved
        | BatchError::TooManyLoads
        | BatchError::Outdated(_) => false,
    }
}

/// Whether another node recorded one of the commands between the look-up and the append.
fn is_duplicate_command(error: &BatchError) -> bool {
    let BatchError::Append(AppendError::Database { cause: sqlx::Error::Database(cause), .. }) =
        error
    else {
        return false;
    };
    cause.constraint() == Some("commands_pkey")
}

/// An error with its causes, for the log.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

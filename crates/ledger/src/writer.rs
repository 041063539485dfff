//! The writer: one task a node and book, which decides what is waiting and commits it in one call.
//!
//! There is no leader. The head moves by compare-and-set; a miss means that another node committed,
//! and then the next batch is decided under the head's lock, so that every node gets its turn.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use domain::decide::Missing;
use eventstore::batch::Prepared;
use eventstore::{AppendError, Appended, BookId, Head, Position, Snapshot, Upcasters, chain};
use futures::FutureExt as _;
use projections::{Live, Views};
use sqlx::{Connection, PgConnection};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;
use tracing::{error, info, warn};
use uuid::Uuid;

use crate::clock::Clock;
use crate::hosts::Hosts;
use crate::load::{self, Loaded};
use crate::metrics::{Metrics, Outcome};
use crate::quarantine::{self, Known};
use crate::standing::Watched;
use crate::states::{Cache, Working};
use crate::stopped::{self, Done, Finder};
use crate::submission::{Answer, Submission, SubmitError};
use crate::{tail, workers};

mod ahead;
mod decided;
mod dry_run;
mod error;
mod known;
mod remark;
mod unanswered;

use ahead::Ahead;
use decided::{DecidedBatch, NotReady, decide_batch};
use error::{BatchError, Remedy};
use remark::Remark;
use unanswered::Unanswered;

pub(crate) use dry_run::dry_run;
pub(crate) use error::chain as causes;
pub(crate) use known::replay;

/// The most commands of one batch.
pub(crate) const BATCH_MAX: usize = eventstore::batch::BATCH_COMMANDS_MAX;
/// How long the database may be silent before the connection counts as lost. Longer than a node
/// that died while it held the head can keep it.
const SILENCE_MAX: Duration = Duration::from_secs(30);
const RECONNECT_FIRST: Duration = Duration::from_millis(20);
const RECONNECT_MAX: Duration = Duration::from_millis(500);
/// How many events of other nodes are taken in. A node that is further behind loads anew, since
/// everyone waits while it reads.
const CATCH_UP_MAX: u32 = 5_000;
/// What it is counted as, should it break.
const WORKER: &str = "writer";

/// A submission on its way, with where its answer goes.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) submission: Arc<Submission>,
    pub(crate) answer: oneshot::Sender<Result<Answer, SubmitError>>,
}

/// The state of the writer task.
pub(crate) struct Writer {
    hosts: Hosts,
    book: BookId,
    clock: Clock,
    upcasters: Arc<Upcasters>,
    /// What the book's readers see, as this node knows it: what an append writes.
    live: Live,
    /// Who waits for the book to become, or to stop being, this node's own.
    standing: Watched,
    /// The streams over which nothing is decided.
    quarantine: Known,
    snapshots: mpsc::Sender<Vec<Snapshot>>,
    /// Who waits for the book to move.
    moved: watch::Sender<Position>,
    outage_max: Duration,
    metrics: Metrics,
    conn: Option<PgConnection>,
    /// The head that the cache is exact at; none before the first look.
    head: Option<Head>,
    cache: Cache,
    /// When the database went away, as long as it is.
    outage_since: Option<Instant>,
    /// What comes next is looked up before it is decided: somebody has just asked again what was
    /// decided before, and where one does, more do.
    asks_first: bool,
    /// Where submissions come from, as long as the writer runs.
    submitted: Option<mpsc::Receiver<Pending>>,
    /// What came while a batch was on its way: the next batch.
    next: Vec<Pending>,
    /// What of it is decided.
    ahead: Option<Ahead>,
    /// What is in the log and not answered yet.
    unanswered: Unanswered,
}

/// How an attempt goes about it.
#[derive(Debug, Clone, Copy)]
struct Mode {
    /// Catches up under the head's lock, and finds out what was committed already.
    locked: bool,
    /// Believes the callers which streams are fresh.
    trusts_fresh: bool,
}

impl Writer {
    pub(crate) fn new(
        hosts: Hosts,
        clock: Clock,
        upcasters: Arc<Upcasters>,
        standing: Watched,
        snapshots: mpsc::Sender<Vec<Snapshot>>,
        streams_max: NonZeroUsize,
        outage_max: Duration,
    ) -> Self {
        Self {
            hosts,
            book: standing.book(),
            quarantine: Known::new(standing.book(), clock.clone()),
            clock,
            upcasters,
            live: Live::all(),
            standing,
            snapshots,
            moved: watch::Sender::default(),
            outage_max,
            metrics: Metrics::default(),
            conn: None,
            head: None,
            cache: Cache::new(streams_max),
            outage_since: None,
            asks_first: false,
            submitted: None,
            next: Vec::new(),
            ahead: None,
            unanswered: Unanswered::default(),
        }
    }

    /// Tells whoever listens there how far the book has come by each of its own commits, and counts
    /// what it does.
    pub(crate) fn telling(self, moved: watch::Sender<Position>, metrics: Metrics) -> Self {
        Self { moved, metrics, ..self }
    }

    /// Shares what is quarantined with the rest of the node.
    pub(crate) fn minding(self, quarantine: Known) -> Self {
        Self { quarantine, ..self }
    }

    /// Works until every sender of submissions is gone and everything they sent is answered.
    pub(crate) async fn run(mut self, submitted: mpsc::Receiver<Pending>) {
        self.metrics.worker_watched(WORKER);
        self.submitted = Some(submitted);
        while let Some(batch) = self.next_batch().await {
            let work = self.execute(batch);
            // Decisions, folds and replies are guarded one by one. Should anything else break, the
            // batch's callers are told to ask again, and the book goes on.
            if let Err(panic) = AssertUnwindSafe(work).catch_unwind().await {
                let why = workers::said(&*panic);
                error!(book = %self.book, why, "the writer met with a defect and starts anew");
                self.metrics.worker_replaced(WORKER);
                self.forget();
                self.conn = None;
                self.unanswered.give(&self.metrics);
            }
        }
        if let Some(conn) = self.conn.take() {
            // The server notices a closed socket as well.
            conn.close().await.ok();
        }
        info!(book = %self.book, "the writer has stopped");
    }

    /// Waits for the next batch; none once nothing comes any more.
    async fn next_batch(&mut self) -> Option<Vec<Pending>> {
        if self.next.is_empty()
            && let Some(submitted) = &mut self.submitted
        {
            submitted.recv_many(&mut self.next, BATCH_MAX).await;
        }
        Some(std::mem::take(&mut self.next)).filter(|batch| !batch.is_empty())
    }

    /// What follows is loaded anew, under the lock.
    fn forget(&mut self) {
        self.ahead = None;
        self.head = None;
        self.cache.clear();
    }

    /// Brings a batch to an end: every command in it gets an answer or an error.
    async fn execute(&mut self, batch: Vec<Pending>) {
        let mut work = vec![batch];
        while let Some(mut batch) = work.pop() {
            if batch.is_empty() {
                continue;
            }
            match self.commit(&mut batch).await {
                // What did not fit goes on as the next batch.
                Ok(()) => work.push(batch),
                Err(error) => work.extend(self.blame(batch, &error)),
            }
        }
    }

    /// What becomes of a batch that failed for good: it is halved until the culprit alone fails,
    /// where one may be to blame, and told to ask again where none is.
    fn blame(&mut self, mut batch: Vec<Pending>, error: &BatchError) -> Vec<Vec<Pending>> {
        self.forget();
        let remedy = error.remedy();
        let answer = match remedy {
            Remedy::Upgrade => {
                if let BatchError::Misfit(_, misfit) = error {
                    SubmitError::Misfit(misfit.clone())
                } else if let BatchError::Stopped(book, why) = error {
                    SubmitError::Stopped { book: *book, why: why.clone() }
                } else {
                    SubmitError::Outdated(self.book)
                }
            }
            Remedy::Halve | Remedy::Lock | Remedy::Reload => {
                if batch.len() > 1 {
                    let second = batch.split_off(batch.len() / 2);
                    return vec![second, batch];
                }
                error!(error = %error::chain(error), "a command could not be recorded");
                SubmitError::Failed("the database refused to record it".to_owned())
            }
            Remedy::Wait | Remedy::GiveUp => {
                warn!(error = %error::chain(error), "the database cannot be reached");
                SubmitError::Unavailable
            }
        };
        for pending in batch {
            self.metrics.decided(Outcome::Failed, None);
            pending.answer.send(Err(answer.clone())).ok();
        }
        Vec::new()
    }

    /// Commits the batch, or its first part; what is left of it stays in `batch`. Tries again
    /// after a miss and after a lost connection, until the outage has lasted too long.
    async fn commit(&mut self, batch: &mut Vec<Pending>) -> Result<(), BatchError> {
        let begun = Instant::now();
        let waiting = batch.len();
        // A single lost connection is replaced at once.
        let mut pause = Duration::ZERO;
        let mut mode = Mode { locked: self.head.is_none(), trusts_fresh: true };
        loop {
            let error = match self.attempt(batch, mode).await {
                Ok(()) => {
                    self.outage_since = None;
                    self.metrics.committed(waiting.saturating_sub(batch.len()), begun.elapsed());
                    return Ok(());
                }
                Err(error) => error,
            };
            self.metrics.retried();
            match error.remedy() {
                Remedy::Lock if !mode.locked => mode.locked = true,
                Remedy::Reload if mode.trusts_fresh => {
                    warn!(error = %error::chain(&error), "a stream is not what it was taken for");
                    self.forget();
                    mode = Mode { locked: true, trusts_fresh: false };
                }
                Remedy::Wait => {
                    // The connection may have died after the batch was sent. Under the lock the
                    // batch's ids tell whether it was committed.
                    mode.locked = true;
                    let since = *self.outage_since.get_or_insert_with(Instant::now);
                    if since.elapsed() > self.outage_max {
                        return Err(error);
                    }
                    warn!(
                        error = %error::chain(&error),
                        "the writer cannot use its database and tries again"
                    );
                    tokio::time::sleep(pause).await;
                    pause = pause.saturating_mul(2).clamp(RECONNECT_FIRST, RECONNECT_MAX);
                }
                Remedy::Lock
                | Remedy::Reload
                | Remedy::Upgrade
                | Remedy::Halve
                | Remedy::GiveUp => return Err(error),
            }
        }
    }

    /// One attempt. Unlocked it rests on the head as this node knows it; locked it catches up
    /// under the head's lock first, and finds out what was committed already.
    async fn attempt(&mut self, batch: &mut Vec<Pending>, mode: Mode) -> Result<(), BatchError> {
        let asks_first = self.asks_first || self.outage_since.is_some();
        if mode.locked || asks_first || self.conn.is_none() || self.ahead.is_none() {
            // Something else comes before the next batch is sent.
            self.unanswered.give(&self.metrics);
        }
        let known = self.conn.take();
        let attempt = async {
            let mut conn = match known {
                Some(conn) => conn,
                None => self.hosts.connect().await?,
            };
            let done = self.attempt_on(&mut conn, batch, mode).await;
            Ok((conn, done))
        };
        // One that is given up is dropped with its connection, which nobody may use any more.
        let (conn, done) = match tokio::time::timeout(SILENCE_MAX, attempt).await {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => return Err(BatchError::Database(error)),
            Err(_elapsed) => return Err(BatchError::Silent(SILENCE_MAX)),
        };
        match done {
            Ok(committed) => {
                self.conn = Some(conn);
                if let Some(committed) = committed {
                    self.finish(batch, committed);
                }
                Ok(())
            }
            Err(error) => {
                self.conn = Some(conn).filter(|_| error.keeps_connection());
                Err(error)
            }
        }
    }

    /// Without an answer nothing was left to be decided.
    async fn attempt_on(
        &mut self,
        conn: &mut PgConnection,
        batch: &mut Vec<Pending>,
        mode: Mode,
    ) -> Result<Option<Committed>, BatchError> {
        // While nothing can be written, what was decided before is still answered.
        if self.asks_first || self.outage_since.is_some() {
            self.asks_first = known::answer_known(conn, self.book, batch).await?;
            if batch.is_empty() {
                return Ok(None);
            }
        }
        match self.head.clone() {
            Some(head) if !mode.locked => self.append(conn, &head, batch, mode).await,
            Some(_) | None => self.attempt_locked(conn, batch, mode).await,
        }
    }

    async fn attempt_locked(
        &mut self,
        conn: &mut PgConnection,
        batch: &mut Vec<Pending>,
        mode: Mode,
    ) -> Result<Option<Committed>, BatchError> {
        let mut tx = conn.begin().await?;
        match self.decide_locked(&mut tx, batch, mode).await {
            Ok(committed) => {
                tx.commit().await?;
                Ok(committed)
            }
            Err(error) => {
                if matches!(error, BatchError::Stopped(..)) {
                    // What stopped it may have been found just now.
                    tx.commit().await?;
                } else if error.keeps_connection() {
                    // Dropped only, it would go on holding the head until the connection is used
                    // again.
                    tx.rollback().await?;
                }
                Err(error)
            }
        }
    }

    async fn decide_locked(
        &mut self,
        conn: &mut PgConnection,
        batch: &mut Vec<Pending>,
        mode: Mode,
    ) -> Result<Option<Committed>, BatchError> {
        let head = eventstore::lock_head(conn, self.book).await?;
        let standing = self.standing.see_head(&head);
        if !standing.takes_commands() {
            // Whatever keeps the rest from being written.
            known::answer_known(conn, self.book, batch).await?;
        }
        if !standing.is_understood() {
            return Err(BatchError::Format(self.book));
        }
        if standing.is_stopped() {
            return Err(BatchError::Stopped(self.book, self.why_stopped(conn).await?));
        }
        match standing.fit() {
            Ok(live) if live.fold_set() != self.live.fold_set() => self.live = live.clone(),
            Ok(_) => {}
            Err(misfit) => return Err(BatchError::Misfit(self.book, misfit.clone())),
        }
        self.catch_up(conn, &head).await?;
        known::answer_known(conn, self.book, batch).await?;
        self.append(conn, &head, batch, mode).await
    }

    /// Brings the cache to this head, which is locked.
    async fn catch_up(&mut self, conn: &mut PgConnection, head: &Head) -> Result<(), BatchError> {
        let is_exact = match self.head.take() {
            Some(known) => self.follow(conn, &known, head).await?,
            None => false,
        };
        if !is_exact {
            self.cache.clear();
        }
        self.head = Some(head.clone());
        Ok(())
    }

    /// Takes in what other nodes have committed since this node's head. False when the cache
    /// cannot be brought to the head that way.
    async fn follow(
        &mut self,
        conn: &mut PgConnection,
        known: &Head,
        head: &Head,
    ) -> Result<bool, BatchError> {
        if known.uuid != head.uuid || head.revision < known.revision {
            // Another history: the database was restored.
            return Ok(false);
        }
        let behind = head.position.get().saturating_sub(known.position.get());
        if !(0..=i64::from(CATCH_UP_MAX)).contains(&behind) {
            return Ok(false);
        }
        let mut hash = known.hash;
        if behind > 0 {
            let events =
                eventstore::read::after(conn, self.book, known.position, CATCH_UP_MAX).await?;
            for recorded in &events {
                hash = chain::link(hash, head.uuid, recorded);
                let decoded = projections::decode(recorded, &self.upcasters);
                let followed = if let Ok((stream, event)) = decoded {
                    self.cache.catch_up(stream, recorded.version, &event)
                } else {
                    self.cache.let_go(quarantine::key(&recorded.stream));
                    false
                };
                if !followed {
                    // Its stream is loaded anew when it is needed, and found out about there.
                    warn!(position = %recorded.position, "an event of another node does not fit");
                }
            }
        }
        if hash == head.hash {
            // It continues the very history that this node knows.
            return Ok(true);
        }
        self.stop_if_broken(conn, known, head).await?;
        Ok(false)
    }

    /// What was committed since does not lead to the head. Either it is another history, or somebody
    /// changed the log: then nothing more is added to it.
    async fn stop_if_broken(
        &self,
        conn: &mut PgConnection,
        known: &Head,
        head: &Head,
    ) -> Result<(), BatchError> {
        let there = eventstore::read::hash_at(conn, self.book, known.position).await?;
        let is_same = known.position == Position::ZERO || there == Some(known.hash);
        if !is_same {
            return Ok(());
        }
        let findings = stopped::look(conn, head, known.position).await?;
        match stopped::stop_for(conn, self.book, &findings, Finder::Writer).await? {
            Some(Done::Stopped | Done::Already) => {
                Err(BatchError::Stopped(self.book, self.why_stopped(conn).await?))
            }
            Some(Done::Known) | None => Ok(()),
        }
    }

    async fn why_stopped(&self, conn: &mut PgConnection) -> Result<String, sqlx::Error> {
        let stopped = stopped::state(conn, self.book).await?;
        Ok(stopped.map_or_else(|| "nobody said why".to_owned(), |stopped| stopped.why))
    }

    /// Decides the batch on this head and appends it. Unlocked it answers what was decided before:
    /// without an answer that was all of it.
    async fn append(
        &mut self,
        conn: &mut PgConnection,
        head: &Head,
        batch: &mut Vec<Pending>,
        mode: Mode,
    ) -> Result<Option<Committed>, BatchError> {
        let mut loaded = Working::beside(self.quarantine.held());
        let mut ahead = self.ahead.take().filter(|_| !mode.locked);
        // It ends: each round loads what was not loaded yet, or some submissions leave the batch.
        loop {
            let decided_ahead = ahead.take().and_then(|ahead| ahead.on(head, batch));
            let (decided, working) = if let Some((decided, working)) = decided_ahead {
                (Ok(decided), working)
            } else {
                let submissions: Vec<&Submission> =
                    batch.iter().map(|pending| &*pending.submission).collect();
                let mut working = loaded.clone();
                let (now, fresh) = (self.clock.now(), mode.trusts_fresh);
                let cache = &self.cache;
                (decide_batch(head, now, cache, &mut working, &submissions, fresh), working)
            };
            match decided {
                Ok(decided) => {
                    let DecidedBatch {
                        prepared,
                        views,
                        outcomes,
                        snapshots,
                        has_panicked,
                        remarks,
                    } = decided;
                    let is_empty = prepared.commands.is_empty();
                    if !mode.locked && (has_panicked || is_empty) {
                        // Streams may have been loaded at different moments. Under the lock a
                        // broken rule is a defect and nothing else; and an answer that no append
                        // confirms is as current as one that is recorded, and to nothing that was
                        // decided before.
                        return Err(BatchError::Moved);
                    }
                    if is_empty {
                        let committed = Committed::nothing(outcomes, remarks, head.clone());
                        return Ok(Some(committed));
                    }
                    // Under the lock they were looked up before.
                    let asked = if mode.locked { Vec::new() } else { known::repeatable(batch) };
                    let is_whole = outcomes.len() == batch.len() && !mode.locked;
                    let after = is_whole.then_some(&working);
                    match self.send(conn, head, &prepared, &views, asked, after).await? {
                        Appended::Ok => {
                            let head = prepared.head_after;
                            let committed =
                                Committed { working, outcomes, remarks, snapshots, head };
                            return Ok(Some(committed));
                        }
                        Appended::Moved => return Err(BatchError::Moved),
                        Appended::Known => {
                            self.asks_first = known::answer_known(conn, self.book, batch).await?;
                            if !self.asks_first {
                                // It is gone again: another history.
                                return Err(BatchError::Moved);
                            }
                            if batch.is_empty() {
                                return Ok(None);
                            }
                        }
                    }
                }
                Err(NotReady::Missing(missing)) => {
                    self.unanswered.give(&self.metrics);
                    self.metrics.loaded(missing.len());
                    let Self { book, upcasters, quarantine, .. } = &*self;
                    load_missing(conn, *book, upcasters, quarantine, missing, &mut loaded).await?;
                }
                // It may have been decided before, when it broke nothing.
                Err(NotReady::Poisoned(..)) if !mode.locked => return Err(BatchError::Moved),
                Err(NotReady::Poisoned(index, error)) => {
                    let poisoned = batch.remove(index);
                    poisoned.answer.send(Err(error)).ok();
                }
            }
        }
    }

    /// Sends the batch, unless one of those that may have been asked before was.
    async fn send(
        &mut self,
        conn: &mut PgConnection,
        head: &Head,
        prepared: &Prepared,
        views: &Views,
        asked: Vec<Uuid>,
        after: Option<&Working>,
    ) -> Result<Appended, AppendError> {
        let live = self.live.clone();
        let sending = append_or_known(conn, head, prepared, views, &live, asked);
        let mut sending = std::pin::pin!(sending);
        let at_once = futures::poll!(&mut sending);
        // It is on its way.
        self.unanswered.give(&self.metrics);
        if let Poll::Ready(appended) = at_once {
            return appended;
        }
        let Some(after) = after else { return sending.await };
        let Self { submitted, next, ahead, clock, cache, .. } = self;
        *ahead = None;
        let mut decided = 0;
        let mut is_open = true;
        loop {
            for pending in next.iter().skip(decided) {
                let ahead = ahead
                    .get_or_insert_with(|| Ahead::new(&prepared.head_after, clock.now(), after));
                ahead.take(cache, &pending.submission);
            }
            decided = next.len();
            let room = BATCH_MAX.saturating_sub(next.len());
            let Some(submitted) = submitted.as_mut().filter(|_| is_open && room > 0) else {
                return sending.await;
            };
            tokio::select! {
                biased;
                appended = &mut sending => return appended,
                count = submitted.recv_many(next, room) => is_open = count > 0,
            }
        }
    }
}

async fn append_or_known(
    conn: &mut PgConnection,
    head: &Head,
    prepared: &Prepared,
    views: &Views,
    live: &Live,
    asked: Vec<Uuid>,
) -> Result<Appended, AppendError> {
    if asked.is_empty() {
        let bind = |call| views.bind(call, live);
        eventstore::append(conn, &live.append_function(), head, prepared, bind).await
    } else {
        let function = known::append_unless_known(live);
        let bind = |call| views.bind(call, live).bind(asked);
        eventstore::append(conn, &function, head, prepared, bind).await
    }
}

impl Writer {
    /// After the commit: what was decided becomes the node's state, and the answers go out, at once
    /// or when the next batch is on its way.
    fn finish(&mut self, batch: &mut Vec<Pending>, committed: Committed) {
        let Committed { working, outcomes, remarks, snapshots, head } = committed;
        self.cache.commit(working);
        tail::advance(&self.moved, head.position);
        self.head = Some(head);
        let rest = batch.split_off(outcomes.len());
        let decided = std::mem::replace(batch, rest).into_iter().zip(outcomes).zip(remarks);
        self.unanswered
            .extend(decided.map(|((pending, outcome), remark)| (pending, outcome, remark)));
        if self.ahead.is_none() {
            self.unanswered.give(&self.metrics);
        }
        if !snapshots.is_empty() && self.snapshots.try_send(snapshots).is_err() {
            // A snapshot only saves time; the next one comes.
            warn!("snapshots are not being written fast enough");
        }
    }
}

/// A batch that is in the log.
struct Committed {
    working: Working,
    outcomes: Vec<Result<Answer, SubmitError>>,
    remarks: Vec<Remark>,
    snapshots: Vec<Snapshot>,
    head: Head,
}

impl Committed {
    /// Nothing was to be recorded, and nothing that was loaded has been proven to be of this head.
    fn nothing(
        outcomes: Vec<Result<Answer, SubmitError>>,
        remarks: Vec<Remark>,
        head: Head,
    ) -> Self {
        Self { working: Working::default(), outcomes, remarks, snapshots: Vec::new(), head }
    }
}

/// Loads the states and counters that a decision lacks. What cannot be read is quarantined, and
/// nothing else fails for it.
pub(crate) async fn load_missing(
    conn: &mut PgConnection,
    book: BookId,
    upcasters: &Upcasters,
    quarantine: &Known,
    missing: BTreeSet<Missing>,
    loaded: &mut Working,
) -> Result<(), sqlx::Error> {
    let mut streams = Vec::new();
    for what in missing {
        match what {
            Missing::Stream(stream) => streams.push(stream),
            Missing::Series(name) => {
                let last =
                    projections::customer_orders::last_counter(conn, book, name.as_str()).await?;
                loaded.loaded_counter(name, last);
            }
        }
    }
    if !streams.is_empty() {
        let Loaded { mut states, unreadable } = load::each(conn, book, upcasters, &streams).await?;
        for (stream, found) in unreadable {
            states.remove(&stream);
            loaded.hold(stream, quarantine.found(stream, found));
        }
        for (stream, state) in states {
            loaded.loaded(stream, state);
        }
    }
    Ok(())
}

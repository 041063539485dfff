//! Sends what is to be sent, on every node: each takes what no other has claimed.
//!
//! A claim ends after a while by itself, so what a killed node had begun is sent by another: a
//! receiver may get a message twice, and never not at all.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::{BookId, Position, RecordedEvent};
use serde_json::json;
use sqlx::{Connection as _, FromRow, PgConnection};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use uuid::Uuid;

use super::make::{self, Made};
use super::schedule;
use super::send::{Message, Outcome, Resolver, Sender};
use super::sign::signatures;
use super::target::Allow;
use super::{DeliveryState, TEST_TYPE, WebhookError, live_secrets};
use crate::alerts::{self, Change};
use crate::ledger::Ledger;
use crate::personal::Vault;

/// How long one attempt may take.
const TIMEOUT: Duration = Duration::from_secs(15);
/// How long a claim holds: longer than any attempt, and than a node may be paused.
const CLAIM: TimeDelta = TimeDelta::seconds(60);
/// How many attempts at one webhook a node makes at once.
const AT_ONCE_EACH: usize = 8;
/// How many it makes at once in all. None holds a connection while its receiver takes its time.
const AT_ONCE: usize = 32;
/// The longest sleep: other nodes may make deliveries, and claims end.
const SLEEP_MAX: Duration = Duration::from_secs(1);
/// The shortest, however many attempts end and events come meanwhile.
const SLEEP_MIN: Duration = Duration::from_millis(20);
/// A webhook that took nothing for so long is told nothing more.
const FAILING_MAX: TimeDelta = TimeDelta::days(5);
/// How long deliveries that have ended are kept in the log.
const KEPT: TimeDelta = TimeDelta::days(30);
const SWEEP_EVERY: Duration = Duration::from_mins(10);
/// How many deliveries are swept in one statement.
const SWEPT_AT_ONCE: i64 = 1_000;
/// How long attempts under way are waited for once the node is to stop.
const DRAIN_MAX: Duration = Duration::from_secs(5);

/// What a message is of.
#[derive(Debug, Clone, Copy)]
pub enum Told<'a> {
    Event(&'a RecordedEvent),
    Alert(&'a Change),
}

/// What a message says: the same that a reader of the events, or of the alerts, gets.
pub type Render = fn(Told<'_>) -> Result<String, serde_json::Error>;

/// How a node sends.
#[derive(Debug, Clone)]
pub struct Options {
    pub allow: Allow,
    /// The whole body of a message.
    pub render: Render,
    pub resolver: Resolver,
    /// How long one attempt may take.
    pub timeout: Duration,
}

impl Options {
    pub fn new(allow: Allow, render: Render) -> Self {
        Self { allow, render, resolver: Resolver::system(), timeout: TIMEOUT }
    }
}

/// A delivery that this node has claimed.
#[derive(Debug, FromRow)]
struct Claimed {
    delivery_id: Uuid,
    position: Position,
    alert_number: i64,
    made_at: DateTime<Utc>,
    tries: i32,
    url: String,
}

/// What an attempt needs. Cloning is cheap.
#[derive(Clone)]
struct Shared {
    ledger: Ledger,
    vault: Vault,
    sender: Sender,
    render: Render,
}

struct Worker {
    shared: Shared,
    attempts: JoinSet<Uuid>,
    /// How many attempts at each webhook are under way.
    under_way: BTreeMap<Uuid, usize>,
    /// The webhooks served last: whatever was left then comes first in the next round.
    last_made: Uuid,
    last_sent: Uuid,
    /// Names what this process has claimed.
    claim: Uuid,
    swept: Option<Instant>,
}

/// Makes and sends deliveries until it is told to stop.
pub async fn run(ledger: Ledger, vault: Vault, options: Options, stop: CancellationToken) {
    let Options { allow, render, resolver, timeout } = options;
    let sender = Sender::new(allow, resolver, timeout);
    let mut moved = ledger.moved();
    let mut worker = Worker {
        shared: Shared { ledger, vault, sender, render },
        attempts: JoinSet::new(),
        under_way: BTreeMap::new(),
        last_made: Uuid::nil(),
        last_sent: Uuid::nil(),
        claim: uuid::Builder::from_random_bytes(rand::random()).into_uuid(),
        swept: None,
    };
    let mut is_away = false;
    loop {
        moved.mark_unchanged();
        let pause = match worker.round().await {
            Ok(pause) => {
                if std::mem::take(&mut is_away) {
                    info!("webhooks are told again");
                }
                pause
            }
            Err(error) => {
                if !std::mem::replace(&mut is_away, true) {
                    warn!(%error, "webhooks cannot be told for now");
                }
                SLEEP_MAX
            }
        };
        let earliest = tokio::time::Instant::now() + SLEEP_MIN;
        tokio::select! {
            () = stop.cancelled() => break,
            Ok(()) = moved.changed(), if !is_away => {}
            Some(done) = worker.attempts.join_next(), if !worker.attempts.is_empty() => {
                worker.ended(done);
            }
            () = tokio::time::sleep(pause) => {}
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep_until(earliest) => {}
        }
    }
    worker.stop().await;
}

impl Worker {
    /// Makes what is to be made, begins what is to be sent; says how long nothing will be due.
    async fn round(&mut self) -> Result<Duration, WebhookError> {
        while let Some(done) = self.attempts.try_join_next() {
            self.ended(done);
        }
        let (ledger, book) = (self.shared.ledger.clone(), self.shared.ledger.book());
        let mut conn = ledger.pool().acquire().await?;
        let is_all_made = self.make(&mut conn, book).await?;
        self.send(&mut conn, book).await?;
        self.sweep(&mut conn, book).await?;
        if !is_all_made {
            return Ok(SLEEP_MIN);
        }
        let now = self.now();
        let next: Option<DateTime<Utc>> = sqlx::query_scalar(include_str!("sql/find_next_due.sql"))
            .bind(book)
            .bind(now)
            .fetch_one(&mut *conn)
            .await?;
        let left = next.and_then(|next| (next - now).to_std().ok());
        Ok(left.unwrap_or(SLEEP_MAX).clamp(SLEEP_MIN, SLEEP_MAX))
    }

    async fn make(&mut self, conn: &mut PgConnection, book: BookId) -> Result<bool, WebhookError> {
        let end = eventstore::read_head(conn, book).await?.position;
        let mut is_all = true;
        for webhook in make::behind(conn, book, end, self.last_made).await? {
            self.last_made = webhook;
            let made = make::page(conn, book, webhook, self.now()).await?;
            is_all &= made == Made::All;
        }
        Ok(is_all)
    }

    /// Begins as many attempts as may be under way, of each webhook in turn: those first of which the
    /// fewest are, so that receivers that take their time keep no others waiting.
    async fn send(&mut self, conn: &mut PgConnection, book: BookId) -> Result<(), WebhookError> {
        let now = self.now();
        let mut due: Vec<(Uuid, bool)> = sqlx::query_as(include_str!("sql/find_due.sql"))
            .bind(book)
            .bind(now)
            .bind(self.last_sent)
            .fetch_all(&mut *conn)
            .await?;
        due.sort_by_key(|(webhook, _)| self.count(*webhook));
        for (webhook, is_failing) in due {
            let left = AT_ONCE.saturating_sub(self.attempts.len());
            if left == 0 {
                break;
            }
            // One attempt tells whether a receiver that took nothing lately takes something now.
            let most = if is_failing { 1 } else { AT_ONCE_EACH };
            let room = most.saturating_sub(self.count(webhook)).min(left);
            if room == 0 {
                continue;
            }
            self.last_sent = webhook;
            let mut claimed: Vec<Claimed> = sqlx::query_as(include_str!("sql/claim_due.sql"))
                .bind(book)
                .bind(webhook)
                .bind(now)
                .bind(i64::try_from(room).unwrap_or(1))
                .bind(self.claim)
                .bind(now + CLAIM)
                .fetch_all(&mut *conn)
                .await?;
            claimed.sort_by_key(|claimed| (claimed.position, claimed.alert_number));
            for claimed in claimed {
                let (shared, claim) = (self.shared.clone(), self.claim);
                *self.under_way.entry(webhook).or_default() += 1;
                self.attempts.spawn(async move {
                    if let Err(error) = shared.attempt(webhook, &claimed, claim).await {
                        // Its claim ends by itself.
                        warn!(%error, %webhook, delivery = %claimed.delivery_id,
                            "an attempt could not be finished");
                    }
                    webhook
                });
            }
        }
        Ok(())
    }

    fn count(&self, webhook: Uuid) -> usize {
        self.under_way.get(&webhook).copied().unwrap_or(0)
    }

    fn ended(&mut self, done: Result<Uuid, tokio::task::JoinError>) {
        match done {
            Ok(webhook) => {
                if let Some(count) = self.under_way.get_mut(&webhook) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        self.under_way.remove(&webhook);
                    }
                }
            }
            Err(error) => {
                warn!(%error, "an attempt broke off");
                // Whose it was is not known: counted anew once those under way have ended.
                if self.attempts.is_empty() {
                    self.under_way.clear();
                }
            }
        }
    }

    async fn sweep(&mut self, conn: &mut PgConnection, book: BookId) -> Result<(), WebhookError> {
        if self.swept.is_some_and(|swept| swept.elapsed() < SWEEP_EVERY) {
            return Ok(());
        }
        let old = sqlx::query(include_str!("sql/sweep_deliveries.sql"))
            .bind(book)
            .bind(self.now() - KEPT)
            .bind(SWEPT_AT_ONCE)
            .execute(&mut *conn)
            .await?;
        let deleted = sqlx::query(include_str!("sql/sweep_deleted.sql"))
            .bind(book)
            .bind(SWEPT_AT_ONCE)
            .execute(&mut *conn)
            .await?;
        let swept = old.rows_affected().max(deleted.rows_affected());
        sqlx::query(include_str!("sql/sweep_webhooks.sql")).bind(book).execute(conn).await?;
        // What is left is swept in the next round.
        if u64::try_from(SWEPT_AT_ONCE).is_ok_and(|most| swept < most) {
            self.swept = Some(Instant::now());
        }
        Ok(())
    }

    fn now(&self) -> DateTime<Utc> {
        self.shared.ledger.clock().now()
    }

    /// Waits a little for what is under way, and leaves the rest to other nodes at once.
    async fn stop(mut self) {
        let drain = async { while self.attempts.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_MAX, drain).await.is_ok() {
            return;
        }
        self.attempts.shutdown().await;
        let released = async {
            let mut conn = self.shared.ledger.pool().acquire().await?;
            sqlx::query(include_str!("sql/release_claims.sql"))
                .bind(self.shared.ledger.book())
                .bind(vec![self.claim])
                .execute(&mut *conn)
                .await
        };
        if let Err(error) = released.await {
            warn!(%error, "messages under way could not be left to other nodes; they wait a minute");
        }
    }
}

impl Shared {
    /// Sends a delivery once, and notes what came of it.
    async fn attempt(
        &self,
        webhook: Uuid,
        claimed: &Claimed,
        claim: Uuid,
    ) -> Result<(), WebhookError> {
        let (began, started) = (self.ledger.clock().now(), Instant::now());
        // No connection is held while the receiver takes its time.
        let message = self.message(webhook, claimed, began).await?;
        let outcome = match message {
            Ok(Some(message)) => self.sender.send(&claimed.url, message, began).await,
            // Nothing is sent unsigned.
            Ok(None) => return Ok(()),
            Err(error) => Outcome::failed(error),
        };
        let what = if outcome.is_taken() { "delivered" } else { "failed" };
        self.ledger.metrics().webhook_delivery(what);
        let duration_ms = i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.note(webhook, claimed, claim, &outcome, (began, duration_ms)).await
    }

    /// The signed message, none if the webhook was deleted meanwhile and its secrets with it; the
    /// inner error is one that another attempt would meet too.
    async fn message(
        &self,
        webhook: Uuid,
        claimed: &Claimed,
        now: DateTime<Utc>,
    ) -> Result<Result<Option<Message>, String>, WebhookError> {
        let book = self.ledger.book();
        let mut conn = self.ledger.pool().acquire().await?;
        let secrets = match live_secrets(&mut conn, &self.vault, book, webhook, now).await {
            Ok(secrets) => secrets,
            Err(error @ WebhookError::Sealed(_)) => return Ok(Err(error.to_string())),
            Err(error) => return Err(error),
        };
        if secrets.is_empty() {
            return Ok(Ok(None));
        }
        let (body, traceparent) = match self.body(&mut conn, webhook, claimed).await? {
            Ok(written) => written,
            Err(error) => return Ok(Err(error)),
        };
        let (id, seconds) = (claimed.delivery_id.to_string(), now.timestamp());
        let signatures = signatures(&secrets, &id, seconds, body.as_bytes());
        Ok(Ok(Some(Message { id, seconds, signatures, traceparent, body })))
    }

    /// What a message says, and the trace that it is of; or why there is nothing to be said.
    async fn body(
        &self,
        conn: &mut PgConnection,
        webhook: Uuid,
        claimed: &Claimed,
    ) -> Result<Result<(String, Option<String>), String>, WebhookError> {
        let book = self.ledger.book();
        let failed = |error| Err(format!("the message cannot be written: {error}"));
        if claimed.alert_number > 0 {
            let before = claimed.alert_number.saturating_sub(1);
            let change = alerts::changes(conn, book, before, 1).await?.pop();
            let Some(change) = change.filter(|change| change.number == claimed.alert_number) else {
                return Ok(Err("the book has lost what happened to the alert".to_owned()));
            };
            let body = (self.render)(Told::Alert(&change));
            return Ok(body.map_or_else(failed, |body| Ok((body, None))));
        }
        if claimed.position == Position::ZERO {
            return Ok(Ok((test_body(webhook, claimed.made_at), None)));
        }
        let event = eventstore::read::event_at(conn, book, claimed.position).await?;
        let Some(event) = event else {
            return Ok(Err("the book has lost the event".to_owned()));
        };
        let body = (self.render)(Told::Event(&event));
        Ok(body.map_or_else(failed, |body| Ok((body, traceparent(&event)))))
    }

    async fn note(
        &self,
        webhook: Uuid,
        claimed: &Claimed,
        claim: Uuid,
        outcome: &Outcome,
        (began, duration_ms): (DateTime<Utc>, i64),
    ) -> Result<(), WebhookError> {
        let (book, now) = (self.ledger.book(), self.ledger.clock().now());
        let mut conn = self.ledger.pool().acquire().await?;
        let mut tx = conn.begin().await?;
        let is_current: bool = sqlx::query_scalar(include_str!("sql/goes_to.sql"))
            .bind(book)
            .bind(webhook)
            .bind(&claimed.url)
            .fetch_one(&mut *tx)
            .await?;
        let (state, next) = decide(outcome, is_current, claimed.tries.saturating_add(1), now);
        let status = outcome.status.map(i32::from);
        let attempts: Option<i32> = sqlx::query_scalar(include_str!("sql/finish_attempt.sql"))
            .bind(book)
            .bind(webhook)
            .bind(claimed.delivery_id)
            .bind(claim)
            .bind(state.as_str())
            .bind(next)
            .bind(next.is_none().then_some(now))
            .bind(status)
            .bind(outcome.error.as_deref())
            .fetch_optional(&mut *tx)
            .await?;
        let Some(attempt) = attempts else {
            info!(%webhook, delivery = %claimed.delivery_id, "another node took a delivery over");
            return Ok(());
        };
        sqlx::query(include_str!("sql/insert_attempt.sql"))
            .bind(book)
            .bind(webhook)
            .bind(claimed.delivery_id)
            .bind(attempt)
            .bind(began)
            .bind(duration_ms)
            .bind(status)
            .bind(outcome.error.as_deref())
            .bind(outcome.excerpt.as_deref())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        // In statements of their own: many attempts at one webhook end together, and none is to keep
        // its row locked while it waits for another row.
        self.judge(&mut conn, webhook, &claimed.url, outcome, now).await
    }

    /// What an outcome says of the webhook itself, as long as that is where it goes.
    async fn judge(
        &self,
        conn: &mut PgConnection,
        webhook: Uuid,
        url: &str,
        outcome: &Outcome,
        now: DateTime<Utc>,
    ) -> Result<(), WebhookError> {
        let book = self.ledger.book();
        if outcome.is_gone() {
            let sql = include_str!("sql/disable_gone.sql");
            let disabled = sqlx::query(sql).bind(book).bind(webhook).bind(url).bind(now);
            if disabled.execute(conn).await?.rows_affected() > 0 {
                info!(%webhook, "A webhook is disabled: its receiver is gone");
            }
            return Ok(());
        }
        if outcome.is_taken() {
            let sql = include_str!("sql/note_success.sql");
            sqlx::query(sql).bind(book).bind(webhook).bind(url).execute(conn).await?;
            return Ok(());
        }
        sqlx::query(include_str!("sql/note_failure.sql"))
            .bind(book)
            .bind(webhook)
            .bind(url)
            .bind(now)
            .execute(&mut *conn)
            .await?;
        let disabled = sqlx::query(include_str!("sql/disable_failing.sql"))
            .bind(book)
            .bind(webhook)
            .bind(url)
            .bind(now)
            .bind(now - FAILING_MAX)
            .execute(conn)
            .await?;
        if disabled.rows_affected() > 0 {
            warn!(%webhook, "A webhook is disabled: it took nothing for days");
        }
        Ok(())
    }
}

/// What becomes of a delivery, and when it is attempted again: at another address, if messages go
/// there meanwhile.
fn decide(
    outcome: &Outcome,
    is_current: bool,
    tries: i32,
    now: DateTime<Utc>,
) -> (DeliveryState, Option<DateTime<Utc>>) {
    if outcome.is_taken() {
        return (DeliveryState::Delivered, None);
    }
    if outcome.is_gone() && is_current {
        return (DeliveryState::Failed, None);
    }
    match schedule::delay(tries, outcome.retry_after, rand::random()) {
        Some(delay) => (DeliveryState::Pending, Some(now + delay)),
        None => (DeliveryState::Failed, None),
    }
}

fn test_body(webhook: Uuid, at: DateTime<Utc>) -> String {
    json!({ "type": TEST_TYPE, "timestamp": at, "data": { "webhook": webhook } }).to_string()
}

/// The trace that the event came from.
fn traceparent(event: &RecordedEvent) -> Option<String> {
    let metadata: BTreeMap<String, String> = serde_json::from_str(&event.metadata).ok()?;
    metadata.get("traceparent").cloned()
}

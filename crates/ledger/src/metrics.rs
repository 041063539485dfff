//! What a node counts of its own work, for whoever watches it. Names, numbers and codes of the
//! code itself; never anything that a caller sent.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use eventstore::Position;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

use crate::alerts::Severity;
use crate::jobs::{Kind, State};
use crate::monitors;

/// From a millisecond to the time after which a silent database counts as lost.
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
const COMMANDS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// What came of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Accepted,
    Refused,
    /// It was decided before.
    Replayed,
    /// It could not be decided.
    Failed,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Replayed => "replayed",
            Self::Failed => "failed",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByOutcome {
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByCode {
    code: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKind {
    kind: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByKindAndState {
    kind: &'static str,
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByWorker {
    worker: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByMonitor {
    monitor: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByMonitorAndSeverity {
    monitor: &'static str,
    severity: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ByState {
    state: &'static str,
}

/// Counters of one node and book. Cloning is cheap, and a clone counts the same.
#[derive(Debug, Clone)]
pub struct Metrics {
    commands: Family<ByOutcome, Counter>,
    refusals: Family<ByCode, Counter>,
    batches: Counter,
    batch_commands: Histogram,
    commit_duration: Histogram,
    commit_retries: Counter,
    queue: Gauge,
    head: Gauge,
    streams_loaded: Counter,
    deadlines: Family<ByOutcome, Counter>,
    connections: Family<ByState, Gauge>,
    readers: Gauge,
    readers_refused: Counter,
    readers_cut: Counter,
    webhook_deliveries: Family<ByOutcome, Counter>,
    jobs_running: Family<ByKind, Gauge>,
    jobs: Family<ByKindAndState, Gauge>,
    switches: Histogram,
    rows_swept: Counter,
    verification_findings: Gauge,
    verification_time: Gauge,
    workers_replaced: Family<ByWorker, Counter>,
    book_stopped: Gauge,
    clock_behind: Gauge<f64, AtomicU64>,
    alerts_open: Family<ByMonitorAndSeverity, Gauge>,
    monitors_looked: Family<ByMonitor, Gauge>,
    monitors_failing: Family<ByMonitor, Gauge>,
    scrub_findings: Gauge,
    scrub_lap_time: Gauge,
    scrub_lap_seconds: Gauge,
    repairs: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            commands: Family::default(),
            refusals: Family::default(),
            batches: Counter::default(),
            batch_commands: Histogram::new(COMMANDS),
            commit_duration: Histogram::new(SECONDS),
            commit_retries: Counter::default(),
            queue: Gauge::default(),
            head: Gauge::default(),
            streams_loaded: Counter::default(),
            deadlines: Family::default(),
            connections: Family::default(),
            readers: Gauge::default(),
            readers_refused: Counter::default(),
            readers_cut: Counter::default(),
            webhook_deliveries: Family::default(),
            jobs_running: Family::default(),
            jobs: Family::default(),
            switches: Histogram::new(SECONDS),
            rows_swept: Counter::default(),
            verification_findings: Gauge::default(),
            verification_time: Gauge::default(),
            workers_replaced: Family::default(),
            book_stopped: Gauge::default(),
            clock_behind: Gauge::default(),
            alerts_open: Family::default(),
            monitors_looked: Family::default(),
            monitors_failing: Family::default(),
            scrub_findings: Gauge::default(),
            scrub_lap_time: Gauge::default(),
            scrub_lap_seconds: Gauge::default(),
            repairs: Counter::default(),
        };
        // So that they are there before anything has happened.
        for outcome in [Outcome::Accepted, Outcome::Refused, Outcome::Replayed, Outcome::Failed] {
            metrics.commands.get_or_create(&ByOutcome { outcome: outcome.as_str() }).inc_by(0);
        }
        for outcome in ["fired", "reminded", "found", "late", "failed"] {
            metrics.deadlines.get_or_create(&ByOutcome { outcome }).inc_by(0);
        }
        for outcome in ["delivered", "failed"] {
            metrics.webhook_deliveries.get_or_create(&ByOutcome { outcome }).inc_by(0);
        }
        for kind in Kind::ALL {
            metrics.jobs_running.get_or_create(&ByKind { kind: kind.as_str() }).set(0);
        }
        metrics.jobs_unfinished(&[]);
        metrics.watched(&BTreeMap::new(), &[]);
        metrics
    }
}

impl Metrics {
    /// Puts everything that is counted here among what is shown.
    pub fn register(&self, registry: &mut Registry) {
        let Self {
            commands,
            refusals,
            batches,
            batch_commands,
            commit_duration,
            commit_retries,
            queue,
            head,
            streams_loaded,
            deadlines,
            connections,
            readers,
            readers_refused,
            readers_cut,
            webhook_deliveries,
            jobs_running,
            jobs,
            switches,
            rows_swept,
            verification_findings,
            verification_time,
            workers_replaced,
            book_stopped,
            clock_behind,
            alerts_open,
            monitors_looked,
            monitors_failing,
            scrub_findings,
            scrub_lap_time,
            scrub_lap_seconds,
            repairs,
        } = self.clone();
        registry.register("daftar_commands", "Commands by what came of them", commands);
        registry.register("daftar_refusals", "Refused commands by code", refusals);
        registry.register("daftar_batches", "Batches that were committed", batches);
        registry.register("daftar_batch_commands", "Commands of one batch", batch_commands);
        let help = "Time from taking a batch to its commit";
        registry.register("daftar_commit_duration_seconds", help, commit_duration);
        let help = "Attempts at a batch that did not commit and were made again";
        registry.register("daftar_commit_retries", help, commit_retries);
        registry.register("daftar_queue_commands", "Commands that wait to be decided", queue);
        let help = "Position of the last event that this node knows of";
        registry.register("daftar_head_position_events", help, head);
        let help = "Streams and counters that were loaded because they were not in memory";
        registry.register("daftar_streams_loaded", help, streams_loaded);
        registry.register("daftar_deadlines", "Deadlines by what came of them", deadlines);
        registry.register("daftar_pool_connections", "Database connections for reads", connections);
        registry.register("daftar_feed_readers", "Readers that follow the events", readers);
        let help = "Readers that were turned away because there were too many";
        registry.register("daftar_feed_readers_refused", help, readers_refused);
        let help = "Readers that were cut off because they were too slow";
        registry.register("daftar_feed_readers_cut", help, readers_cut);
        let help = "Attempts to deliver to a webhook by what came of them";
        registry.register("daftar_webhook_deliveries", help, webhook_deliveries);
        let help = "Jobs of the book that have not ended, whichever process works at them";
        registry.register("daftar_jobs", help, jobs);
        let help = "Rebuilds and verifications that this node works at";
        registry.register("daftar_jobs_running", help, jobs_running);
        let help = "Time that writers waited for a switch to rebuilt views";
        registry.register("daftar_rebuild_switch_duration_seconds", help, switches);
        let help = "Rows of old generations that were deleted";
        registry.register("daftar_rows_swept", help, rows_swept);
        let help = "Findings of the last verification of the whole book";
        registry.register("daftar_verification_findings", help, verification_findings);
        let help = "When the last verification of the whole book ended, 0 if there was none";
        registry.register("daftar_verification_timestamp_seconds", help, verification_time);
        let help = "Workers that broke off and were begun again";
        registry.register("daftar_workers_replaced", help, workers_replaced);
        let help = "1 while the book is stopped and takes nothing, 0 otherwise";
        registry.register("daftar_book_stopped", help, book_stopped);
        let help = "How far this node's clock is behind the last event, 0 if it is not";
        registry.register("daftar_clock_behind_seconds", help, clock_behind);
        registry.register("daftar_alerts_open", "Alerts of the book that are open", alerts_open);
        let help = "When each monitor looked last, 0 if it never did";
        registry.register("daftar_monitor_looked_timestamp_seconds", help, monitors_looked);
        let help = "1 for a monitor whose last look failed, 0 for others";
        registry.register("daftar_monitor_failing", help, monitors_failing);
        let help = "What the scrubber found and has not gone since";
        registry.register("daftar_scrub_findings", help, scrub_findings);
        let help = "When the scrubber's last lap round the book ended, 0 if there was none";
        registry.register("daftar_scrub_lap_timestamp_seconds", help, scrub_lap_time);
        let help = "How long the scrubber's last lap took";
        registry.register("daftar_scrub_lap_duration_seconds", help, scrub_lap_seconds);
        let help = "Rows of views that this node wrote anew, since they were not what events make";
        registry.register("daftar_repairs", help, repairs);
    }

    /// A command has its answer.
    pub fn decided(&self, outcome: Outcome, code: Option<&'static str>) {
        self.commands.get_or_create(&ByOutcome { outcome: outcome.as_str() }).inc();
        if let Some(code) = code {
            self.refusals.get_or_create(&ByCode { code }).inc();
        }
    }

    /// A batch is in the log.
    pub fn committed(&self, commands: usize, took: Duration) {
        self.batches.inc();
        self.batch_commands.observe(u32::try_from(commands).map_or(f64::MAX, f64::from));
        self.commit_duration.observe(took.as_secs_f64());
    }

    pub fn retried(&self) {
        self.commit_retries.inc();
    }

    pub fn loaded(&self, streams: usize) {
        self.streams_loaded.inc_by(u64::try_from(streams).unwrap_or(u64::MAX));
    }

    /// `outcome` is one of the code's own words: fired, reminded, found, late, failed.
    pub fn deadline(&self, outcome: &'static str) {
        self.deadlines.get_or_create(&ByOutcome { outcome }).inc();
    }

    /// Somebody follows the events, until what is handed out is dropped.
    pub fn reader(&self) -> Reader {
        self.readers.inc();
        Reader(self.readers.clone())
    }

    pub fn reader_refused(&self) {
        self.readers_refused.inc();
    }

    pub fn reader_cut(&self) {
        self.readers_cut.inc();
    }

    /// `outcome` is one of the code's own words.
    pub fn webhook_delivery(&self, outcome: &'static str) {
        self.webhook_deliveries.get_or_create(&ByOutcome { outcome }).inc();
    }

    /// This node works at a job, until what is handed out is dropped.
    pub(crate) fn job_running(&self, kind: Kind) -> Running {
        let gauge = self.jobs_running.get_or_create(&ByKind { kind: kind.as_str() }).clone();
        gauge.inc();
        Running(gauge)
    }

    /// The jobs of the book that have not ended; of what is not named there are none.
    pub(crate) fn jobs_unfinished(&self, unfinished: &[(Kind, State, i64)]) {
        for kind in Kind::ALL {
            for state in State::ALL.into_iter().filter(|state| !state.is_over()) {
                let count = unfinished.iter().find(|found| (found.0, found.1) == (kind, state));
                let labels = ByKindAndState { kind: kind.as_str(), state: state.as_str() };
                self.jobs.get_or_create(&labels).set(count.map_or(0, |found| found.2));
            }
        }
    }

    pub(crate) fn switched(&self, writers_waited: Duration) {
        self.switches.observe(writers_waited.as_secs_f64());
    }

    pub(crate) fn swept(&self, rows: u64) {
        self.rows_swept.inc_by(rows);
    }

    /// When the last verification ended, and what it found.
    pub(crate) fn verified(&self, at: i64, findings: i64) {
        self.verification_time.set(at);
        self.verification_findings.set(findings);
    }

    /// How many alerts are open, and how each monitor looked last; of what is not named there is none.
    pub(crate) fn watched(
        &self,
        open: &BTreeMap<(String, Severity), u64>,
        looks: &[monitors::Look],
    ) {
        for monitor in monitors::all() {
            let name = monitor.name;
            for severity in Severity::ALL {
                let count = open.get(&(name.to_owned(), severity)).copied().unwrap_or(0);
                let labels = ByMonitorAndSeverity { monitor: name, severity: severity.as_str() };
                let count = i64::try_from(count).unwrap_or(i64::MAX);
                self.alerts_open.get_or_create(&labels).set(count);
            }
            let look = looks.iter().find(|look| look.monitor == name);
            let looked_at = look.map_or(0, |look| look.looked_at.timestamp());
            let is_failing = look.is_some_and(|look| look.failure.is_some());
            let labels = ByMonitor { monitor: name };
            self.monitors_looked.get_or_create(&labels).set(looked_at);
            self.monitors_failing.get_or_create(&labels).set(i64::from(is_failing));
        }
    }

    /// What the scrubber found and has not gone; when its last lap ended, and how long it took.
    pub(crate) fn scrubbed(&self, findings: i64, last: Option<(i64, i64)>) {
        self.scrub_findings.set(findings);
        if let Some((at, seconds)) = last {
            self.scrub_lap_time.set(at);
            self.scrub_lap_seconds.set(seconds);
        }
    }

    /// Rows of views were written anew.
    pub(crate) fn repaired(&self, rows: u64) {
        self.repairs.inc_by(rows);
    }

    /// A worker is looked after from here on.
    pub(crate) fn worker_watched(&self, worker: &'static str) {
        self.workers_replaced.get_or_create(&ByWorker { worker }).inc_by(0);
    }

    /// A worker broke off, and another takes its place.
    pub(crate) fn worker_replaced(&self, worker: &'static str) {
        self.workers_replaced.get_or_create(&ByWorker { worker }).inc();
    }

    /// Whether the book takes nothing, and by how much the clock is behind the last event.
    pub(crate) fn stands(&self, is_stopped: bool, clock_behind: Duration) {
        self.book_stopped.set(i64::from(is_stopped));
        self.clock_behind.set(clock_behind.as_secs_f64());
    }

    /// What is so at this moment.
    pub(crate) fn sample(&self, head: Position, queue: usize, idle: usize, open: u32) {
        let whole = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.head.set(head.get());
        self.queue.set(whole(queue));
        let in_use = i64::from(open).saturating_sub(whole(idle));
        self.connections.get_or_create(&ByState { state: "idle" }).set(whole(idle));
        self.connections.get_or_create(&ByState { state: "in_use" }).set(in_use.max(0));
    }
}

/// Somebody who follows the events.
#[derive(Debug)]
pub struct Reader(Gauge);

impl Drop for Reader {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A job that this node works at.
#[derive(Debug)]
pub(crate) struct Running(Gauge);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

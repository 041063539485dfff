//! Two nodes on one book, and contestants that are let go at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::decide::Command;
use domain::{State, StreamKey};
use ledger::{Answer, Decided, EventSummary, Ledger, Reply, Submission};
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde_json::json;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::{history, tally};
use crate::book::{BOOK, Book, ask, ask_all, id, is_full};

/// How many races are run at once: separate orders in one book.
const WAVE: usize = 8;
/// Over how long their starts are spread, so that each race meets with batches of its own.
const WAVE_LASTS: Duration = Duration::from_millis(16);
/// How many commands prepare the races at a time, decided as one. Few, since the node that took
/// them has their streams at hand and is quicker with these races.
const PREPARED_AT_ONCE: usize = 50;
/// How much of a head start a contestant may have. Without it those that were made first would win
/// nearly always.
const HEAD_START_MAX: Duration = Duration::from_millis(2);
/// And how much a node may have in a race. The one that committed last need not catch up: without
/// it that one would go on winning.
const NODE_AHEAD_MAX: Duration = Duration::from_millis(4);

pub(super) struct Arena {
    pub(super) book: Book,
    nodes: [Ledger; 2],
    random: StdRng,
    ids: u64,
}

/// One of those who race, and what it sends.
pub(super) struct Contestant {
    pub(super) name: &'static str,
    pub(super) submission: Submission,
}

/// What a contestant got.
pub(super) struct Finisher {
    pub(super) name: &'static str,
    pub(super) node: usize,
    pub(super) submission: Submission,
    pub(super) answer: Answer,
}

/// How many times each race is run.
pub(super) fn interleavings() -> u64 {
    if is_full() { 1_000 } else { 100 }
}

impl Arena {
    pub(super) async fn open(seed: u64) -> Self {
        let book = Book::empty().await;
        let nodes = [book.node().await, book.node().await];
        println!("seed {seed}");
        Self { book, nodes, random: StdRng::seed_from_u64(seed), ids: 0 }
    }

    fn next_id(&mut self) -> uuid::Uuid {
        self.ids += 1;
        id(self.ids)
    }

    pub(super) fn contestant(&mut self, name: &'static str, command: Command) -> Contestant {
        let mut submission = ask(self.next_id(), command);
        submission.render = Arc::new(render);
        Contestant { name, submission }
    }

    /// Does what comes before the races, in few and large submissions, by turns on each node.
    pub(super) async fn prepare(&mut self, commands: Vec<Command>) {
        for (turn, chunk) in commands.chunks(PREPARED_AT_ONCE).enumerate() {
            let submission = ask_all(self.next_id(), chunk.to_vec());
            let answer = self.nodes[turn % 2].submit(submission).await.unwrap();
            assert!(answer.is_accepted(), "{answer:?}");
        }
    }

    fn up_to(&mut self, longest: Duration) -> Duration {
        self.random.random_range(Duration::ZERO..=longest)
    }

    /// Runs all races, many at once. Those of one race are let go together, shuffled, on the two
    /// nodes by turns, each with a small delay of its own; what comes of it is up to the writers.
    pub(super) async fn run(&mut self, races: Vec<Vec<Contestant>>) -> Vec<Vec<Finisher>> {
        let mut run: Vec<Vec<Finisher>> = races.iter().map(|_| Vec::new()).collect();
        let mut waiting = races.into_iter().enumerate();
        loop {
            let mut wave = JoinSet::new();
            for (race, mut contestants) in waiting.by_ref().take(WAVE) {
                contestants.shuffle(&mut self.random);
                let barrier = Arc::new(Barrier::new(contestants.len()));
                let first_node = self.random.random_range(0..2_usize);
                let start = self.up_to(WAVE_LASTS);
                let behind = [self.up_to(NODE_AHEAD_MAX), self.up_to(NODE_AHEAD_MAX)];
                for (turn, contestant) in contestants.into_iter().enumerate() {
                    let barrier = Arc::clone(&barrier);
                    let node_index = (first_node + turn) % 2;
                    let node = self.nodes[node_index].clone();
                    let delay = behind[node_index] + self.up_to(HEAD_START_MAX);
                    wave.spawn(async move {
                        let Contestant { name, submission } = contestant;
                        tokio::time::sleep(start).await;
                        barrier.wait().await;
                        tokio::time::sleep(delay).await;
                        let answer = node.submit(submission.clone()).await.unwrap();
                        (race, Finisher { name, node: node_index, submission, answer })
                    });
                }
            }
            if wave.is_empty() {
                return run;
            }
            for (race, finisher) in wave.join_all().await {
                run[race].push(finisher);
            }
        }
    }

    /// What must be true after the races, whatever came of them: the laws hold, every view says
    /// what the events say, every answer is what the log says, and either node came first at times.
    /// Answers the states.
    pub(super) async fn end(&self, run: &[Vec<Finisher>]) -> BTreeMap<StreamKey, State> {
        let states = self.book.assert_sound().await;
        let report = projections::verify_now(self.nodes[0].pool(), BOOK).await.unwrap();
        assert_eq!(report.findings, []);
        assert!(report.trial_balance.iter().all(|sums| sums.difference().is_zero()));
        history::assert_serial(&self.book, run).await;
        tally::assert_each_node_wins(run);
        states
    }
}

impl Finisher {
    /// Its command changed something.
    pub(super) fn changed(&self) -> bool {
        self.answer.is_accepted() && !self.body().contains("\"events\":[]")
    }

    pub(super) fn body(&self) -> &str {
        self.answer.body.as_deref().unwrap()
    }
}

/// A reply that tells all of the decision: its events with their places, or the whole refusal.
pub(super) fn render(decided: &Decided<'_>) -> Reply {
    let (status, body) = match decided {
        Decided::Accepted { changes, positions, .. } => {
            let events: Vec<EventSummary> = changes
                .iter()
                .zip(*positions)
                .map(|(change, position)| EventSummary::of(change, Some(*position)))
                .collect();
            (201, json!({ "events": events }))
        }
        Decided::Refused(rejection) => (409, json!({ "refused": format!("{rejection:?}") })),
    };
    Reply { status, body: body.to_string(), resource: None, version: None }
}

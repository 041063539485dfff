//! One command fifty times at once, under one id, on two nodes.

use super::arena::{Arena, Contestant, Finisher, interleavings};
use super::facts::balance;
use super::tally::assert_each_comes_up;
use crate::book::{credit, iqd, top_up};

const TIMES: usize = 50;

fn name(number: u64) -> String {
    format!("customer {number}")
}

/// The node that decided, which is the one with the first-hand answer.
fn decided_by(race: &[Finisher]) -> String {
    let first_hand: Vec<&Finisher> =
        race.iter().filter(|finisher| !finisher.answer.is_replayed).collect();
    match first_hand.as_slice() {
        [first] => format!("node {}", first.node),
        several => format!("{} first-hand answers", several.len()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_command_sent_fifty_times_is_appended_once_and_answered_alike_fifty_times() {
    let mut arena = Arena::open(12).await;
    let numbers = 0..interleavings();
    let before = numbers.clone().map(|number| top_up(&name(number), number, 100));
    arena.prepare(before.collect()).await;
    let races = numbers
        .clone()
        .map(|number| {
            let Contestant { name, submission } = arena.contestant("", credit(&name(number), 1));
            (0..TIMES).map(|_| Contestant { name, submission: submission.clone() }).collect()
        })
        .collect();
    let run = arena.run(races).await;

    let states = arena.end(&run).await;
    for (number, race) in numbers.zip(&run) {
        assert_eq!(race.len(), TIMES);
        let first = &race[0].answer;
        assert!(first.is_accepted());
        for Finisher { answer, .. } in race {
            assert_eq!((answer.status, &answer.body), (first.status, &first.body));
            assert_eq!(answer.position, first.position);
        }
        assert_eq!(balance(&states, &name(number)), iqd(101));
    }
    let came_up = run.iter().map(|race| decided_by(race));
    assert_each_comes_up("one command 50 times", run.len(), came_up, &["node 0", "node 1"]);
}

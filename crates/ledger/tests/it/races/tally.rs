//! What came of a race, and how often.

use std::collections::BTreeMap;

use super::arena::Finisher;

/// Those who changed something, in the order in which they stand in the log.
pub(super) fn outcome(race: &[Finisher]) -> String {
    let mut changed: Vec<&Finisher> = race.iter().filter(|finisher| finisher.changed()).collect();
    changed.sort_by_key(|finisher| finisher.answer.position);
    let names: Vec<&str> = changed.into_iter().map(|finisher| finisher.name).collect();
    names.join(", ")
}

/// Either node had the first change of a race at times, so that the two did meet.
pub(super) fn assert_each_node_wins(run: &[Vec<Finisher>]) {
    let mut counts = [0_usize; 2];
    for race in run {
        let changed = race.iter().filter(|finisher| finisher.changed());
        let first_hand = changed.filter(|finisher| !finisher.answer.is_replayed);
        if let Some(first) = first_hand.min_by_key(|finisher| finisher.answer.position) {
            counts[first.node] += 1;
        }
    }
    println!("the first of each race, by node: {counts:?}");
    assert!(counts.iter().all(|count| *count > 0), "one node did it all: {counts:?}");
}

/// Counts and prints what came up. Nothing did that is not legal, and each legal one in at least
/// one race of twenty.
pub(super) fn assert_each_comes_up(
    title: &str,
    races: usize,
    came_up: impl IntoIterator<Item = String>,
    legal: &[&str],
) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for what in came_up {
        *counts.entry(what).or_default() += 1;
    }
    println!("{title}, {races} times: {counts:?}");
    for what in counts.keys() {
        assert!(legal.contains(&what.as_str()), "{title}: {what:?} is not legal: {counts:?}");
    }
    for what in legal {
        let count = counts.get(*what).copied().unwrap_or_default();
        assert!(count * 20 >= races, "{title}: {what:?} came up {count} times only: {counts:?}");
    }
}

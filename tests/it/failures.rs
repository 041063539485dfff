//! The 49 ways in which the shop's old order system failed: each is tried here and refused, or
//! planted and found by name. [`docs/failures.md`](../../docs/failures.md) is written from this.

mod attempt;
mod copies;
mod forced;
mod identity;
mod money;
mod old_shop;
mod page;
mod people;
mod repairs;
mod watched;
mod way;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use attempt::Attempt;
use forced::Traded;
use futures::FutureExt as _;
use serde_json::json;
use way::{Place, Way};

use crate::scenarios::world::World;

fn groups() -> [(&'static str, Vec<Way>); 5] {
    [
        ("Two records of one fact", copies::ways()),
        ("The repair made it worse", repairs::ways()),
        ("Money", money::ways()),
        ("Identity, numbers, deletion", identity::ways()),
        ("Flow, time, people", people::ways()),
    ]
}

fn ways() -> Vec<Way> {
    groups().into_iter().flat_map(|(_, ways)| ways).collect()
}

/// Tries everything that is to be tried in such a place, and says every fault at once.
async fn try_all(world: &World, place: Place) {
    let ways = ways();
    let planted = old_shop::plants(&ways);
    let mut faults = Vec::new();
    for way in &ways {
        let Some(impossible) = way.impossible.as_ref().filter(|one| one.place == place) else {
            continue;
        };
        let attempt = Attempt::new(world, way.id, impossible.tries, &planted);
        let tried = async {
            (impossible.attempt)(&attempt).await;
            attempt.ends();
        };
        if AssertUnwindSafe(tried).catch_unwind().await.is_err() {
            faults.push(format!("{}, at \"{}\": see above", way.id, attempt.at()));
        }
        // What an attempt did on the way to its point is not the next one's business.
        world.accounts_for_everything().await;
    }
    assert_none(faults);
    world.is_verified();
}

fn assert_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_must_be_impossible_is_tried_and_refused() {
    let world = World::new("ways").await;
    try_all(&world, Place::Shop).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_must_be_impossible_as_time_goes_by_is_tried_and_refused() {
    let world = World::new("ways-clock").await;
    try_all(&world, Place::Clock).await;
}

/// And then tried again in the book that took the records over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_planted_in_old_records_is_found_by_the_import() {
    let old = old_shop::healthy().await;
    let (world, report) = World::taken_over_with_report("ways-none", &old).await;
    assert_none(old_shop::everything_found(&report));
    drop(world);

    let ways = ways();
    let plants = old_shop::plants(&ways);
    for plant in &plants {
        plant.by(&old).await;
    }
    let (world, report) = World::taken_over_with_report("ways-old", &old).await;
    assert_none(plants.iter().flat_map(|plant| plant.faults(&report)).collect());
    assert_eq!(report["dry_run"], json!(false));
    let left = watched::leave_all(&world, &ways, Place::TakenOver).await;
    assert_none(watched::faults(&world, &left).await);
    try_all(&world, Place::TakenOver).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_to_the_tables_by_force_is_found_by_the_verification() {
    let mut traded = Traded::new().await;
    traded.installation.assert_verified();
    let ways = ways();
    let (mut planted, mut faults) = (Vec::new(), Vec::new());
    for (id, force) in forced::plants(&ways) {
        match traded.force(id, force).await {
            Ok(plant) => planted.push(plant),
            Err(fault) => faults.push(fault),
        }
    }
    let (verified, said) = traded.installation.verify();
    assert!(!verified, "{said:#}");
    let findings = said["findings"].as_array().expect("findings are a list");
    faults.extend(planted.iter().filter_map(|plant| plant.fault(findings)));
    assert_none(faults);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_lying_or_done_behind_the_service_is_found_by_its_watch() {
    let mut world = World::new("ways-left").await;
    watched::lowers_thresholds(&world).await;
    let ways = ways();
    let left = watched::leave_all(&world, &ways, Place::Left).await;
    world.is_left_until(watched::UNTIL).await;
    assert_none(watched::faults(&world, &left).await);
    let last = watched::leave_last(&world, &ways).await;
    assert_none(watched::faults(&world, &last).await);
}

#[test]
fn the_page_tells_what_the_tests_prove() {
    page::check(&groups());
}

#[test]
fn all_forty_nine_are_there_each_with_a_proof_or_a_reason() {
    let ways = ways();
    let ids: BTreeSet<&str> = ways.iter().map(|way| way.id).collect();
    let all: BTreeSet<String> = (1..=49).map(|number| format!("F{number:02}")).collect();
    assert_eq!(ids.len(), ways.len(), "one stands there twice");
    assert!(ids.iter().copied().eq(all.iter().map(String::as_str)), "{ids:?}");
    let wrong = ways.iter().filter(|way| {
        let is_proven = way.impossible.is_some() || !way.found.is_empty();
        is_proven == way.not_ours.is_some()
    });
    assert_none(wrong.map(|way| way.id.to_owned()).collect());
    let empty = ways.iter().filter_map(|way| way.impossible.as_ref().map(|one| (way.id, one)));
    assert_none(
        empty.filter(|(_, one)| one.tries.is_empty()).map(|(id, _)| id.to_owned()).collect(),
    );
}

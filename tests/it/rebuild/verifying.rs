//! Verifications while everybody writes: none finds what is not there.

use std::time::{Duration, Instant};

use tokio::task::block_in_place;

use super::jobs::Admin;
use super::traded::Traded;
use super::writers::{Writers, middle_and_longest, ratio, sent};
use crate::daftar::Api;
use crate::load::{assert_log_of, is_full, position_of, seed};

const EVENTS: u64 = 2_000;
const EVENTS_FULL: u64 = 100_000;
const TIMES: u32 = 2;
const TIMES_FULL: u32 = 5;
const WRITERS: u64 = 16;
const WITHOUT: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_verification_while_everybody_writes_finds_nothing_that_is_not_there() {
    let seed = seed();
    let traded = Traded::new("verifying");
    let book = traded.book(11, if is_full() { EVENTS_FULL } else { EVENTS }).await;
    let node = traded.serve(&book);
    let api = Api::new(node.base());
    let key = traded.installation.key_of(&book.name, "admin", "amina");
    let admin = Admin { api: api.clone(), key };
    let shop = traded.shop(&book, &api).await;
    let mut conn = traded.installation.postgres().connect("daftar").await;
    let begun = position_of(book.id, &mut conn).await;

    let writers = Writers::start(&shop, &api, WRITERS, seed);
    let calm = Instant::now();
    tokio::time::sleep(WITHOUT).await;
    let from = Instant::now();
    let times = if is_full() { TIMES_FULL } else { TIMES };
    let mut positions = Vec::new();
    for _ in 0..times {
        let said = admin.done(&admin.verify().await).await;
        let result = &said["result"];
        assert_eq!(result["verified"], true, "{said:#}");
        positions.push(result["position"].as_i64().expect("it says how far it went"));
    }
    let to = Instant::now();
    // By the command too, which is a process of its own.
    block_in_place(|| traded.installation.assert_verified_of(&book.name));
    let written = writers.stop().await;
    let (without, _) = middle_and_longest(&written, (calm, from));
    let (with, longest) = middle_and_longest(&written, (from, to));
    println!(
        "{times} verifications in {:?} while {} commands were decided: the middle one took \
         {with:?}, {} times the {without:?} without, the longest {longest:?}",
        to - from,
        written.len(),
        ratio(with, without),
    );
    assert!(positions.is_sorted(), "{positions:?}");
    assert!(positions.first() > Some(&begun), "{positions:?}, and it began at {begun}");
    assert_log_of(book.id, &mut conn, begun, &sent(&written)).await;
    shop.assert_balances(&api, &sent(&written)).await;
    block_in_place(|| traded.installation.assert_verified_of(&book.name));
}

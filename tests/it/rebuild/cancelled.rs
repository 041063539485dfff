//! Rebuilds that are cancelled at moments that nobody chose leave nothing behind.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::task::block_in_place;

use super::jobs::{Admin, unfinished};
use super::rows::{live, shown, unseen};
use super::traded::Traded;
use crate::daftar::Api;
use crate::load::{is_full, seed};

const EVENTS: u64 = 2_500;
const EVENTS_FULL: u64 = 15_000;
const TIMES: u32 = 5;
const TIMES_FULL: u32 = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_that_is_cancelled_at_any_moment_leaves_nothing_behind() {
    let mut random = StdRng::seed_from_u64(seed());
    let traded = Traded::new("rebuildcancel");
    let book = traded.book(11, if is_full() { EVENTS_FULL } else { EVENTS }).await;
    let node = traded.serve(&book);
    let key = traded.installation.key_of(&book.name, "admin", "amina");
    let admin = Admin { api: Api::new(node.base()), key };
    let mut conn = traded.installation.postgres().connect("daftar").await;
    let before = shown(&mut conn, book.id).await;

    let undisturbed = Instant::now();
    admin.done(&admin.rebuild_all().await).await;
    let takes = u64::try_from(undisturbed.elapsed().as_micros()).expect("nothing takes so long");
    let mut cancelled = 0;
    for _ in 0..if is_full() { TIMES_FULL } else { TIMES } {
        let were = live(&mut conn, book.id).await;
        let job = admin.rebuild_all().await;
        tokio::time::sleep(Duration::from_micros(random.random_range(0..=takes))).await;
        admin.cancel(&job).await;
        let said = admin.ended(&job).await;
        let are = live(&mut conn, book.id).await;
        match said["state"].as_str() {
            Some("cancelled") => {
                cancelled += 1;
                assert_eq!(were, are, "a cancelled rebuild was switched to");
            }
            // It was too late.
            Some("done") => assert_ne!(were, are),
            _ => panic!("{said:#}"),
        }
        assert_eq!(unseen(&mut conn, book.id).await, [], "rows are left behind: {said:#}");
        assert_eq!(unfinished(&mut conn, book.id).await, [""; 0]);
    }
    println!("{cancelled} rebuilds cancelled, of about {takes} µs each");
    assert!(cancelled > 0, "all of them came too late: nothing was tried");
    assert_eq!(before, shown(&mut conn, book.id).await);
    block_in_place(|| traded.installation.assert_verified_of(&book.name));
}

//! Every view of a large book rebuilt while many write and some read at length, and while another
//! book of the same database is written all the time.

use std::time::{Duration, Instant};

use tokio::task::block_in_place;

use super::jobs::{Admin, unfinished};
use super::readers::Readers;
use super::rows::{live, shown, unseen};
use super::traded::Traded;
use super::writers::{Writers, middle_and_longest, ratio, sent};
use crate::daftar::Api;
use crate::load::{assert_log_of, is_full, position_of, seed};

const EVENTS: u64 = 3_000;
const EVENTS_FULL: u64 = 300_000;
const EVENTS_BESIDE: u64 = 1_000;
const WRITERS: u64 = 32;
const WRITERS_BESIDE: u64 = 4;
/// How long things go on as ever, before and after.
const AROUND: Duration = Duration::from_secs(1);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_views_of_a_book_are_rebuilt_while_everyone_writes_and_reads_and_nobody_notices() {
    let seed = seed();
    let traded = Traded::new("rebuild");
    let book = traded.book(11, if is_full() { EVENTS_FULL } else { EVENTS }).await;
    let beside = traded.book(12, EVENTS_BESIDE).await;
    let (node, node_beside) = (traded.serve(&book), traded.serve(&beside));
    let (api, api_beside) = (Api::new(node.base()), Api::new(node_beside.base()));
    let key = traded.installation.key_of(&book.name, "admin", "amina");
    let admin = Admin { api: api.clone(), key };
    let shop = traded.shop(&book, &api).await;
    let shop_beside = traded.shop(&beside, &api_beside).await;
    let mut conn = traded.installation.postgres().connect("daftar").await;
    let begun = position_of(book.id, &mut conn).await;
    let begun_beside = position_of(beside.id, &mut conn).await;
    let before = live(&mut conn, book.id).await;

    let readers = Readers::start(&traded, &book, &api, &admin.key).await;
    let writers = Writers::start(&shop, &api, WRITERS, seed);
    let writers_beside =
        Writers::start(&shop_beside, &api_beside, WRITERS_BESIDE, seed.wrapping_add(1));
    let calm_from = Instant::now();
    tokio::time::sleep(AROUND).await;
    let from = Instant::now();
    let job = admin.rebuild_all().await;
    let said = admin.done(&job).await;
    let to = Instant::now();
    tokio::time::sleep(AROUND).await;
    let answers = readers.stop().await;
    let written = writers.stop().await;
    let written_beside = writers_beside.stop().await;

    let (calm, _) = middle_and_longest(&written, (calm_from, from));
    let (middle, longest) = middle_and_longest(&written, (from, to));
    let waited = said["result"]["switched"]["writers_waited_ms"].as_u64();
    let waited = Duration::from_millis(waited.expect("a switch says how long writers waited"));
    println!(
        "rebuilt in {:?} while {} commands were decided and {} reads answered, and {} commands in \
         the book beside; writers waited {waited:?} for the switch, {} times the middle command of \
         the rebuild ({middle:?}, the longest {longest:?}; {calm:?} before it)",
        to - from,
        written.len(),
        answers,
        written_beside.len(),
        ratio(waited, middle),
    );

    for view in said["result"]["views"].as_array().expect("it says what it made of each view") {
        for what in ["added", "gone", "changed"] {
            assert_eq!(view["differences"][what], 0, "the same events made other rows: {view:#}");
        }
    }
    let (sent, sent_beside) = (sent(&written), sent(&written_beside));
    assert_log_of(book.id, &mut conn, begun, &sent).await;
    assert_log_of(beside.id, &mut conn, begun_beside, &sent_beside).await;
    shop.assert_balances(&api, &sent).await;
    shop_beside.assert_balances(&api_beside, &sent_beside).await;
    let after = live(&mut conn, book.id).await;
    for ((view, old), (_, new)) in before.iter().zip(&after) {
        assert!(new > old, "{view} was not rebuilt: {old}, then {new}");
    }
    for book in [&book, &beside] {
        assert_eq!(unseen(&mut conn, book.id).await, [], "rows are left behind");
        assert_eq!(unfinished(&mut conn, book.id).await, [""; 0]);
        block_in_place(|| traded.installation.assert_verified_of(&book.name));
        // Nobody writes now: folded from nothing, the views are the very same.
        let served = shown(&mut conn, book.id).await;
        block_in_place(|| traded.installation.json(&["rebuild", "--book", &book.name]));
        assert_eq!(served, shown(&mut conn, book.id).await, "of {}", book.name);
    }
}

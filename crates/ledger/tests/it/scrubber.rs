//! The scrubber: what is damaged behind our backs is found, named, repaired and recorded, beside
//! writers, by one node at a time, from where it was kept last, at the pace that is set.

use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use ledger::personal::Vault;
use ledger::scrubber::{
    self, BY, Found, Lap, Options, Repair, Rest, Share, findings, lap_once, repairs, state,
};
use ledger::{Ledger, quarantine, stopped};
use projections::verify_now;
use sqlx::AssertSqlSafe;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::book::{
    BOOK, Book, accepted, ask, by_transfer, by_wallet, credit, id, insist, top_up, until,
};

/// Does not rest, and counts how often and for how long it would have.
#[derive(Debug, Default)]
struct Counted {
    rests: AtomicU64,
    micros: AtomicU64,
    /// The rest from which it does not come back before it is told to.
    stuck_at: Option<u64>,
    is_stuck: Notify,
    go_on: Notify,
}

impl Counted {
    fn stuck_at(rests: u64) -> Self {
        Self { stuck_at: Some(rests), ..Self::default() }
    }

    fn rests(&self) -> u64 {
        self.rests.load(Ordering::Relaxed)
    }

    fn rested(&self) -> Duration {
        Duration::from_micros(self.micros.load(Ordering::Relaxed))
    }
}

impl Rest for Counted {
    fn rest(&self, pause: Duration) -> BoxFuture<'_, ()> {
        let rests = self.rests.fetch_add(1, Ordering::Relaxed) + 1;
        self.micros.fetch_add(u64::try_from(pause.as_micros()).unwrap(), Ordering::Relaxed);
        if self.stuck_at == Some(rests) {
            self.is_stuck.notify_one();
            return self.go_on.notified().boxed();
        }
        std::future::ready(()).boxed()
    }
}

fn options(node: &str, rest: &Arc<Counted>) -> Options {
    let rest: Arc<dyn Rest> = rest.clone();
    Options {
        share: Share::new(50).unwrap(),
        page_size: NonZeroU16::new(10).unwrap(),
        node: node.to_owned(),
        rest,
        ..Options::default()
    }
}

async fn lap(node: &Ledger) -> Lap {
    let page_size = NonZeroU16::new(200).unwrap();
    let options = Options { page_size, ..options("one", &Arc::default()) };
    lap_once(node, None, &options).await.unwrap().expect("nobody else goes round")
}

async fn open(node: &Ledger) -> Vec<Found> {
    findings(&mut node.pool().acquire().await.unwrap(), BOOK).await.unwrap()
}

async fn says(node: &Ledger) -> Vec<String> {
    open(node).await.into_iter().map(|found| found.says).collect()
}

async fn repaired(node: &Ledger) -> Vec<Repair> {
    repairs(node, None, 500).await.unwrap()
}

async fn clean(node: &Ledger) {
    let report = verify_now(node.pool(), BOOK).await.unwrap();
    let findings: Vec<_> = report.findings.iter().map(ToString::to_string).collect();
    assert_eq!(findings, Vec::<String>::new());
}

/// What somebody with every right does behind our backs.
async fn damage(book: &Book, table: &str, sql: &str) {
    let also = match table {
        "events" => "alter table daftar.events enable always trigger never_changes;",
        _ => "",
    };
    let sql = format!(
        "begin; alter table daftar.{table} disable trigger user; {sql};
         alter table daftar.{table} enable always trigger only_functions_write; {also} commit"
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut book.superuser().await).await.unwrap();
}

/// Wallets, orders that are paid from them, and orders that wait.
async fn trade(node: &Ledger, customers: u64) {
    for number in 1..=customers {
        let name = format!("customer {number}");
        accepted(node, number * 10, top_up(&name, number, 1_000)).await;
        accepted(node, number * 10 + 1, by_wallet(number * 10 + 1, &name, 100)).await;
        accepted(node, number * 10 + 2, by_transfer(number * 10 + 2, &name, 70)).await;
        accepted(node, number * 10 + 3, credit(&name, 5)).await;
    }
}

/// A changed, a deleted and an added row.
const DAMAGES: &[(&str, &str)] = &[
    ("customer_orders", "update daftar.customer_orders set status = 'shipped' where counter = 2"),
    ("order_management", "delete from daftar.order_management where number like '%3'"),
    (
        "wallet_balances",
        "insert into daftar.wallet_balances
         select book_id, generation, gen_random_uuid(), customer_id || 'x', currency, 77, debt,
                frozen, closed, version, position
           from daftar.wallet_balances limit 1",
    ),
    ("wallet_lines", "update daftar.wallet_lines set amount = amount + 1 where sequence = 1"),
    (
        "timeline",
        "delete from daftar.timeline
          where position in (select min(position) from daftar.timeline group by order_id)",
    ),
    ("payments", "update daftar.payments set amount = amount * 2"),
    ("deadlines", "update daftar.deadlines set due_at = due_at + interval '1 year'"),
];

#[tokio::test]
async fn what_is_damaged_while_writers_go_on_is_found_and_repaired_and_recorded() {
    let book = Book::empty().await;
    let (node, other) = (book.node().await, book.node().await);
    trade(&node, 4).await;
    let stop = CancellationToken::new();
    let write = |node: Ledger, offset: u64| {
        let stop = stop.clone();
        async move {
            let mut turn = 0;
            while !stop.is_cancelled() {
                turn += 1;
                let name = format!("customer {}", turn % 4 + 1);
                let command = match turn % 3 {
                    0 => by_wallet(offset + turn, &name, 1),
                    1 => by_transfer(offset + turn, &name, 10),
                    _ => credit(&name, 1),
                };
                assert!(insist(&node, ask(id(offset + turn), command)).await.is_accepted());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            turn
        }
    };
    let mut writers = JoinSet::new();
    for (node, offset) in [(&node, 1_000_000), (&other, 2_000_000), (&node, 3_000_000)] {
        writers.spawn(write(node.clone(), offset));
    }
    for (table, sql) in DAMAGES {
        damage(&book, table, sql).await;
    }

    let first = lap(&node).await;

    assert!(first.findings >= 7, "{first:?}");
    assert!(first.repaired >= 6, "{first:?}");
    // What was written meanwhile over a row that was being looked at may be left to the next.
    lap(&node).await;
    stop.cancel();
    let written: u64 = writers.join_all().await.into_iter().sum();
    assert!(written > 10, "{written}");
    assert_eq!(says(&node).await, Vec::<String>::new());
    clean(&node).await;
    book.assert_sound().await;
    // Every node goes on from what is so.
    for (number, node) in [(7_000_001, &node), (7_000_002, &other)] {
        accepted(node, number, by_transfer(number, "customer 1", 10)).await;
    }
    clean(&node).await;

    let repaired = repaired(&node).await;
    let views: std::collections::BTreeSet<&str> =
        repaired.iter().map(|repair| repair.view.as_str()).collect();
    for (table, _) in DAMAGES {
        assert!(views.contains(table), "{table}: {views:?}");
    }
    assert!(repaired.iter().all(|repair| repair.by == BY && repair.before != repair.after));
    let added = repaired.iter().find(|repair| repair.after.is_none()).unwrap();
    assert_eq!(added.view, "wallet_balances");
    assert_eq!(added.before.as_ref().unwrap()["balance"], "77");
    let shipped = repaired.iter().find(|repair| repair.view == "customer_orders").unwrap();
    assert_eq!(shipped.before.as_ref().unwrap()["status"], "shipped");
    assert_ne!(shipped.after.as_ref().unwrap()["status"], "shipped");
    let marked = "select count(*) from daftar.scrub_findings where repaired_at is not null";
    assert!(book.count(marked).await > 6);
}

#[tokio::test]
async fn a_wrong_line_of_the_journal_is_found_in_every_lap_and_never_touched() {
    let book = Book::empty().await;
    let node = book.node().await;
    trade(&node, 2).await;
    let first = book.count("select min(position) from daftar.journal_lines").await;
    let change = |by: &str| {
        format!(
            "update daftar.journal_lines set amount = amount {by}
              where position = {first} and side = 'debit'"
        )
    };
    let wrong = &change("+ 1");
    damage(&book, "journal_lines", wrong).await;
    let sum = "select sum(amount)::bigint from daftar.journal_lines";
    let before = book.count(sum).await;

    assert!(lap(&node).await.findings > 0);

    let found = open(&node).await;
    let line = found.iter().find(|one| one.view.as_deref() == Some("journal_lines")).unwrap();
    assert_eq!((line.check.as_str(), line.evidence["column"].as_str()), ("column", Some("amount")));
    assert!(line.subject.contains(&format!("position {first}")), "{}", line.subject);
    book.hands.store(3_600, Ordering::SeqCst);
    lap(&node).await;
    let again = open(&node).await;
    assert!(again.contains(line), "as it was found first: {again:?}");
    assert_eq!(repaired(&node).await, []);
    assert_eq!(book.count(sum).await, before);

    damage(&book, "journal_lines", &change("- 1")).await;
    lap(&node).await;
    assert_eq!(says(&node).await, Vec::<String>::new());
    let gone = "select count(*) from daftar.scrub_findings
                 where gone_at is not null and repaired_at is null";
    assert_eq!(book.count(gone).await, i64::try_from(again.len()).unwrap());
}

#[tokio::test]
async fn what_has_gone_and_comes_back_is_found_anew_under_its_name() {
    let book = Book::empty().await;
    let node = book.node().await;
    trade(&node, 1).await;
    let guard = "alter table daftar.payments disable trigger only_functions_write";
    let run = async |sql: &'static str| {
        sqlx::raw_sql(sql).execute(&mut book.superuser().await).await.unwrap();
    };
    run(guard).await;
    lap(&node).await;
    let first = open(&node).await;
    assert_eq!(first.len(), 1, "{first:?}");
    assert_eq!(first[0].check, "guard");

    run("alter table daftar.payments enable always trigger only_functions_write").await;
    lap(&node).await;
    assert_eq!(open(&node).await, []);

    book.hands.store(3_600, Ordering::SeqCst);
    run(guard).await;
    lap(&node).await;
    let again = open(&node).await;
    assert_eq!(again.len(), 1, "{again:?}");
    assert_eq!(again[0].id, first[0].id);
    assert!(again[0].found_at > first[0].found_at);
    assert_eq!(book.count("select count(*) from daftar.scrub_findings").await, 1);
}

/// As if whoever goes round had been killed a while ago.
async fn let_claim_run_out(book: &Book) {
    let sql = "update daftar.scrubs set claimed_until = clock_timestamp() - interval '1 second'";
    sqlx::raw_sql(sql).execute(&mut book.superuser().await).await.unwrap();
}

/// Goes round until the rest of this number, and is killed there.
async fn killed_at(node: &Ledger, rests: u64) {
    let rest = Arc::new(Counted::stuck_at(rests));
    let options = options("killed", &rest);
    tokio::select! {
        lap = Box::pin(lap_once(node, None, &options)) => panic!("it ended: {lap:?}"),
        () = rest.is_stuck.notified() => {}
    }
}

#[tokio::test]
async fn one_that_was_killed_is_gone_on_with_from_its_last_page_once_its_claim_has_run_out() {
    let book = Book::empty().await;
    let (node, other) = (book.node().await, book.node().await);
    trade(&node, 5).await;
    let whole: Arc<Counted> = Arc::default();
    lap_once(&node, None, &options("one", &whole)).await.unwrap().unwrap();
    let pages = whole.rests();
    assert!(pages > 20, "{pages}");

    for stop in [1, pages / 3, pages / 2, pages - 1] {
        killed_at(&node, stop).await;

        let held = state(&mut other.pool().acquire().await.unwrap(), BOOK).await.unwrap().unwrap();
        assert!(held.is_held && held.progress.is_some(), "{held:?}");
        assert_eq!(held.node.as_deref(), Some("killed"));
        let rest: Arc<Counted> = Arc::default();
        let options = options("other", &rest);
        assert_eq!(lap_once(&other, None, &options).await.unwrap(), None, "two at once");
        assert_eq!(rest.rests(), 0);
        let_claim_run_out(&book).await;

        let lap = lap_once(&other, None, &options).await.unwrap().unwrap();

        assert_eq!(lap.number, held.lap);
        assert_eq!(rest.rests(), pages - stop, "every page once");
    }
}

#[tokio::test]
async fn one_that_lost_its_claim_writes_nothing_more() {
    let book = Book::empty().await;
    let (node, other) = (book.node().await, book.node().await);
    trade(&node, 3).await;
    let rest = Arc::new(Counted::stuck_at(5));
    let first = options("first", &rest);
    let mut going = Box::pin(lap_once(&node, None, &first));
    tokio::select! {
        lap = &mut going => panic!("it ended: {lap:?}"),
        () = rest.is_stuck.notified() => {}
    }
    let_claim_run_out(&book).await;
    let second = Arc::new(Counted::stuck_at(3));
    let taken = options("second", &second);
    tokio::select! {
        lap = Box::pin(lap_once(&other, None, &taken)) => panic!("it ended: {lap:?}"),
        () = second.is_stuck.notified() => {}
    }
    let kept = "select md5(checkpoint::text || progress::text || claim::text) from daftar.scrubs";
    let read = async || -> String {
        sqlx::query_scalar(kept).fetch_one(&mut book.superuser().await).await.unwrap()
    };
    let before = read().await;

    // It wakes: the next page finds the claim gone.
    rest.go_on.notify_one();
    assert_eq!(going.await.unwrap(), None);

    assert_eq!((rest.rests(), read().await), (5, before));
}

#[tokio::test]
async fn what_was_found_and_not_yet_repaired_when_it_was_killed_is_repaired_next() {
    let book = Book::empty().await;
    let node = book.node().await;
    trade(&node, 2).await;
    damage(&book, "payments", "update daftar.payments set amount = amount * 2").await;
    {
        // It finds, and waits for the head to repair; there it is killed.
        let held = book.hold_head().await;
        let rest: Arc<Counted> = Arc::default();
        let options = options("killed", &rest);
        tokio::select! {
            lap = Box::pin(lap_once(&node, None, &options)) => panic!("it ended: {lap:?}"),
            () = book.until_waiting(1) => {}
        }
        assert!(!open(&node).await.is_empty(), "found as it went");
        assert_eq!(repaired(&node).await, []);
        drop(held);
    }
    let_claim_run_out(&book).await;
    // Whoever comes next repairs it before it goes on.
    let rest = Arc::new(Counted::stuck_at(1));
    let options = options("next", &rest);
    tokio::select! {
        lap = Box::pin(lap_once(&node, None, &options)) => panic!("it ended: {lap:?}"),
        () = rest.is_stuck.notified() => {}
    }
    assert!(!repaired(&node).await.is_empty());
    assert_eq!(says(&node).await, Vec::<String>::new());
}

#[tokio::test]
async fn it_rests_as_long_as_its_share_asks_for_and_looks_at_no_more_rows_than_it_may() {
    let book = Book::empty().await;
    let node = book.node().await;
    trade(&node, 5).await;
    let pace = async |percent: u8, rows: Option<u32>| {
        let rest: Arc<Counted> = Arc::default();
        let options = Options {
            share: Share::new(percent).unwrap(),
            rows_per_second: rows.and_then(NonZeroU32::new),
            ..options("one", &rest)
        };
        let begun = Instant::now();
        lap_once(&node, None, &options).await.unwrap().unwrap();
        (begun.elapsed(), rest.rested(), rest.rests())
    };

    // Busy for a twentieth, it rests nineteen times as long. Taking the claim is not a page.
    let (busy, rested, _) = pace(5, None).await;
    assert!(rested > busy * 9 && rested <= busy * 19, "{rested:?} beside {busy:?}");
    let (busy, rested, _) = pace(50, None).await;
    assert!(rested > busy / 2 && rested <= busy, "{rested:?} beside {busy:?}");
    let (_, rested, rests) = pace(100, None).await;
    assert_eq!((rested, rests), (Duration::ZERO, 0));

    // The events twice, in the log and in their streams, and some rows for each of them.
    let events = u32::try_from(book.position().await).unwrap();
    let (busy, rested, _) = pace(100, Some(10)).await;
    let least = Duration::from_secs(1) * events * 3 / 10;
    assert!(rested + busy > least, "{rested:?} for {events} events");
    assert!(rested < least * 10, "{rested:?} for {events} events");
}

#[tokio::test]
async fn a_log_that_is_not_what_was_chained_stops_the_book_and_nothing_is_made_what_it_says() {
    let book = Book::empty().await;
    let node = book.node().await;
    trade(&node, 2).await;
    damage(&book, "payments", "update daftar.payments set amount = amount * 2").await;
    let forged = "update daftar.events set payload = '{\"unheard_of\": {}}'
                   where aggregate_type = 'order' and position = (
                     select max(position) from daftar.events where aggregate_type = 'order')";
    damage(&book, "events", forged).await;

    let lap = lap(&node).await;

    assert!(lap.findings > 0 && lap.repaired == 0, "{lap:?}");
    assert_eq!(repaired(&node).await, []);
    let mut conn = node.pool().acquire().await.unwrap();
    let stopped = stopped::state(&mut conn, BOOK).await.unwrap().expect("it takes nothing more");
    assert_eq!(stopped.by, "scrubber");
    let quarantined = quarantine::list(&mut conn, BOOK).await.unwrap();
    assert_eq!(quarantined.len(), 1, "{quarantined:?}");
    assert_eq!(quarantined[0].found_by, "scrubber");
    let checks: Vec<String> = open(&node).await.into_iter().map(|found| found.check).collect();
    for check in ["chain", "quarantined", "column"] {
        assert!(checks.iter().any(|found| found == check), "{check}: {checks:?}");
    }
    node.submit(ask(id(9_000_001), credit("customer 1", 1))).await.unwrap_err();
}

#[tokio::test]
async fn a_share_is_a_percentage() {
    assert_eq!(Share::new(0), None);
    assert_eq!(Share::new(101), None);
    assert_eq!(Share::new(1).map(Share::percent), Some(1));
    assert_eq!(Share::default().percent(), 5);
}

#[tokio::test]
async fn a_service_goes_round_and_round_and_lets_go_when_it_stops() {
    let book = Book::empty().await;
    let node = book.node().await;
    trade(&node, 2).await;
    let stop = CancellationToken::new();
    let mut running = JoinSet::new();
    for name in ["one", "other"] {
        let rest: Arc<Counted> = Arc::default();
        let options = options(name, &rest);
        let vault = Vault::new([7; 32]);
        running.spawn(scrubber::run(node.clone(), vault, options, stop.clone()));
    }
    let read =
        async || state(&mut node.pool().acquire().await.unwrap(), BOOK).await.unwrap().unwrap();
    until(async || book.count("select count(*) from daftar.scrubs where lap > 3").await == 1).await;
    let scrub = read().await;
    assert!(scrub.is_held && scrub.last_lap_ended.is_some(), "{scrub:?}");
    assert_eq!((scrub.last_lap_findings, scrub.last_lap_seconds), (Some(0), Some(0)));
    damage(&book, "payments", "update daftar.payments set amount = amount * 2").await;
    until(async || !repaired(&node).await.is_empty()).await;

    stop.cancel();
    running.join_all().await;

    assert!(!read().await.is_held);
    lap(&node).await;
    clean(&node).await;
}

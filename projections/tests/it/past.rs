//! What is folded at a position is what the views held there, and what changed between two is what
//! leads from the one to the other.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;

use domain::decide::Command;
use domain::id::OrderId;
use domain::wallet::Source;
use eventstore::Position;
use projections::Quarantined;
use projections::past::{
    self, AccountTotal, Change, ChangePlace, Item, MoneyChanges, NAMES, PastRow, Place, Summing,
    WALLET_VIEWS,
};
use rust_decimal::Decimal;
use serde_json::Value;

use crate::book::{Book, Databases};
use crate::diary::{Entry, sorted};
use crate::story::{
    EXPIRED_ORDER, RESOLVED_ORDER, REVIEWED_ORDER, TRANSFER_ORDER, WAITING_ORDER, WALLET_ORDER,
    amount, order, tell, top_up, wallet,
};

const ORDERS: [u128; 6] =
    [WALLET_ORDER, TRANSFER_ORDER, WAITING_ORDER, EXPIRED_ORDER, REVIEWED_ORDER, RESOLVED_ORDER];

/// Many times what these books fill: pages that do not go on are noticed.
const PAGES_MAX: u32 = 5_000;

fn is_full() -> bool {
    std::env::var_os("DAFTAR_FULL").is_some()
}

/// A book that was told the story, and what its views held meanwhile; beside another book.
async fn told(databases: &Databases) -> (Book, Vec<Entry>) {
    let mut other = databases.book(1).await;
    other.run(top_up(0x9999, "17")).await;
    let mut book = databases.book(2).await;
    book.diary = Some(Vec::new());
    tell(&mut book).await;
    let diary = book.diary.take().unwrap();
    (book, diary)
}

/// Everything that a reader was given.
#[derive(Default)]
struct Taken {
    rows: Vec<PastRow>,
    changes: Vec<Change>,
    quarantined: Vec<Quarantined>,
    /// How many events were read before the first row.
    read_before: u64,
    read: u64,
}

impl Taken {
    fn take(&mut self, item: Item) -> ControlFlow<()> {
        match item {
            Item::Row(row) => self.rows.push(row),
            Item::Change(change) => self.changes.push(change),
            Item::Quarantined(quarantined) => self.quarantined.push(quarantined),
            Item::Read(count) => {
                self.read += count;
                if self.rows.is_empty() {
                    self.read_before += count;
                }
            }
        }
        ControlFlow::Continue(())
    }
}

async fn view_at(book: &Book, view: &'static str, position: Position) -> Taken {
    let mut taken = Taken::default();
    let mut conn = book.pool.acquire().await.unwrap();
    let mut take = |item| taken.take(item);
    let left = past::view(&mut conn, book.id, view, position, None, None, &mut take).await.unwrap();
    assert_eq!(left, None);
    taken
}

async fn rows_at(book: &Book, position: Position) -> Vec<PastRow> {
    let mut rows = Vec::new();
    for view in NAMES {
        let taken = view_at(book, view, position).await;
        assert_eq!(taken.quarantined, []);
        rows.extend(taken.rows);
    }
    sorted(rows)
}

async fn changes(book: &Book, between: (i64, i64)) -> Vec<Change> {
    let mut taken = Taken::default();
    let mut conn = book.pool.acquire().await.unwrap();
    let between = (Position(between.0), Position(between.1));
    let mut take = |item| taken.take(item);
    let left = past::changes(&mut conn, book.id, between, None, None, None, &mut take);
    assert_eq!(left.await.unwrap(), None);
    assert_eq!(taken.quarantined, []);
    taken.changes
}

#[tokio::test]
async fn at_every_position_the_views_come_out_as_they_were() {
    let databases = Databases::empty().await;
    let (book, diary) = told(&databases).await;
    assert!(diary.len() > 30, "the story is long enough to show something: {}", diary.len());
    for Entry { position, rows } in &diary {
        assert_eq!(&rows_at(&book, *position).await, rows, "at {position}");
    }
    assert_eq!(rows_at(&book, Position::ZERO).await, []);
}

#[tokio::test]
async fn the_sums_of_a_book_are_those_of_its_rows() {
    let databases = Databases::empty().await;
    let (book, diary) = told(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    for Entry { position, rows } in &diary {
        let mut summing = Summing::new(book.id, *position);
        while summing.step(&mut conn).await.unwrap() {}
        let summary = summing.done();
        assert_eq!(i64::try_from(summary.events).unwrap(), position.get());
        assert_eq!(summary.quarantined, []);
        for view in NAMES {
            let of_view = rows.iter().filter(|row| row.view == *view);
            assert_eq!(
                summary.totals.rows(view),
                u64::try_from(of_view.clone().count()).unwrap(),
                "{view} at {position}"
            );
            for total in summary.totals.money().filter(|total| total.view == *view) {
                let sum: Decimal =
                    of_view.clone().filter_map(|row| amount_of(row, total.column)).sum();
                assert_eq!(sum, total.after, "{view} at {position}");
            }
        }
        assert!(summary.totals.differences().values().all(Decimal::is_zero));
        let posted: Decimal = summary.totals.accounts().iter().map(|sums| sums.debits).sum();
        let debits = rows.iter().filter(|row| row.columns.text("side") == Some("debit"));
        assert_eq!(posted, debits.filter_map(|row| amount_of(row, "amount")).sum::<Decimal>());
    }
    let last = diary.last().unwrap();
    assert!(last.rows.iter().any(|row| row.view == "suspense_items"), "the story has every view");

    // Running balances, and lines without their sides, add up to nothing that anybody holds.
    let mut summing = Summing::new(book.id, last.position);
    while summing.step(&mut conn).await.unwrap() {}
    let totals = summing.done().totals;
    let summed: BTreeSet<_> = totals.money().map(|total| (total.view, total.column)).collect();
    assert!(summed.contains(&("wallet_lines", "amount")), "{summed:?}");
    assert!(!summed.contains(&("wallet_lines", "balance")), "{summed:?}");
    assert!(summed.iter().all(|(view, _)| !["journal_lines", "timeline"].contains(view)));
}

fn amount_of(row: &PastRow, column: &str) -> Option<Decimal> {
    row.money.iter().find_map(|(name, amount)| (*name == column).then_some(*amount))
}

#[tokio::test]
async fn a_view_comes_in_order_and_in_pages_of_any_size() {
    let databases = Databases::empty().await;
    let (book, diary) = told(&databases).await;
    let end = diary.last().unwrap().position;
    let mut conn = book.pool.acquire().await.unwrap();
    for view in NAMES {
        let whole = view_at(&book, view, end).await.rows;
        match *view {
            "journal_lines" | "timeline" => {
                assert!(whole.is_sorted_by_key(|row| row.position), "{view}");
            }
            "wallet_lines" => assert!(whole.is_sorted_by_key(|row| {
                let sequence = row.columns.get("sequence").and_then(Value::as_i64);
                (row.columns.text("wallet_id").map(str::to_owned), sequence)
            })),
            "wallet_requests" => {
                assert!(
                    whole.is_sorted_by_key(|row| row.columns.text("wallet_id").map(str::to_owned))
                );
            }
            _ => assert!(whole.is_sorted_by_key(|row| format!("{:?}", row.key)), "{view}"),
        }
        for size in [1, 2, 7] {
            // Few events at a time as well: then a page may hold fewer rows, or none.
            for most in [None, Some(1)] {
                let mut rows = Vec::new();
                let mut from: Option<Place> = None;
                for pages in 1.. {
                    assert!(pages < PAGES_MAX, "{view} in pages of {size} has no end");
                    let mut page = Vec::new();
                    let mut take = |item| {
                        if let Item::Row(row) = item {
                            if page.len() == size {
                                return ControlFlow::Break(());
                            }
                            page.push(row);
                        }
                        ControlFlow::Continue(())
                    };
                    let left = past::view(&mut conn, book.id, view, end, from, most, &mut take);
                    from = left.await.unwrap();
                    rows.extend(page);
                    if from.is_none() {
                        break;
                    }
                }
                assert_eq!(rows, whole, "{view} in pages of {size}");
            }
        }
    }
}

/// What the changes make of rows, each of which must be what the change says it was.
fn apply(rows: &[PastRow], changes: &[Change]) -> Vec<PastRow> {
    let key = |row: &PastRow| (row.view, format!("{:?}", row.key));
    let mut rows: BTreeMap<_, _> = rows.iter().map(|row| (key(row), row.clone())).collect();
    for change in changes {
        let at = change.after.as_ref().or(change.before.as_ref()).map(key).unwrap();
        assert_eq!(rows.remove(&at), change.before, "{at:?} is what it was");
        assert_ne!(change.before, change.after);
        assert!(!change.columns().is_empty());
        if let Some(after) = &change.after {
            rows.insert(at, after.clone());
        }
    }
    sorted(rows.into_values().collect())
}

/// Pairs of positions, the same ones in every run.
fn pairs(end: i64) -> Vec<(i64, i64)> {
    let count = if is_full() { 200 } else { 10 };
    let mut seed: i64 = 20_261_123;
    let mut next = || {
        seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
        seed % (end + 1)
    };
    let mut pairs = vec![(0, end), (end, end), (0, 0), (end - 1, end)];
    for _ in 0..count {
        let (a, b) = (next(), next());
        pairs.push((a.min(b), a.max(b)));
    }
    pairs
}

#[tokio::test]
async fn what_changed_between_two_positions_leads_from_one_to_the_other() {
    let databases = Databases::empty().await;
    let (book, diary) = told(&databases).await;
    let end = diary.last().unwrap().position.get();
    let mut conn = book.pool.acquire().await.unwrap();
    for (since, until) in pairs(end) {
        let before = rows_at(&book, Position(since)).await;
        let after = rows_at(&book, Position(until)).await;
        let changed = changes(&book, (since, until)).await;
        assert_eq!(apply(&before, &changed), after, "from {since} to {until}");
        assert_eq!(changed.is_empty(), since == until);

        let mut money = MoneyChanges::default();
        for change in &changed {
            money.add(change);
        }
        for total in money.money() {
            let sum = |rows: &[PastRow]| -> Decimal {
                let of_view = rows.iter().filter(|row| row.view == total.view);
                of_view.filter_map(|row| amount_of(row, total.column)).sum()
            };
            let moved = sum(&after) - sum(&before);
            assert_eq!(total.after - total.before, moved, "{total:?} from {since} to {until}");
        }
        let posted: Decimal = money.accounts().iter().map(AccountTotal::balance).sum();
        assert_eq!(posted, Decimal::ZERO);

        for view in ["payments", "timeline"] {
            let mut taken = Taken::default();
            let mut take = |item| taken.take(item);
            let between = (Position(since), Position(until));
            let left =
                past::changes(&mut conn, book.id, between, Some(view), None, None, &mut take);
            assert_eq!(left.await.unwrap(), None);
            let of_view: Vec<_> =
                changed.iter().filter(|change| change.view() == view).cloned().collect();
            assert_eq!(taken.changes, of_view);
        }
    }
}

#[tokio::test]
async fn changes_come_in_pages_of_any_size() {
    let databases = Databases::empty().await;
    let (book, diary) = told(&databases).await;
    let end = diary.last().unwrap().position;
    let whole = changes(&book, (3, end.get())).await;
    let mut conn = book.pool.acquire().await.unwrap();
    for (size, most) in [(1, None), (2, Some(1)), (7, None), (7, Some(10)), (1_000, Some(1))] {
        let mut all = Vec::new();
        let mut from: Option<ChangePlace> = None;
        let mut pages = 0;
        loop {
            assert!(pages < PAGES_MAX, "pages of {size} have no end");
            let mut page = Vec::new();
            let mut take = |item| {
                if let Item::Change(change) = item {
                    if page.len() == size {
                        return ControlFlow::Break(());
                    }
                    page.push(change);
                }
                ControlFlow::Continue(())
            };
            let between = (Position(3), end);
            let left = past::changes(&mut conn, book.id, between, None, from, most, &mut take);
            from = left.await.unwrap();
            all.extend(page);
            pages += 1;
            if from.is_none() {
                break;
            }
        }
        assert!(pages > 1, "{size} {most:?}");
        assert_eq!(all, whole, "in pages of {size}");
    }
}

/// What the views held of an order: its own rows, and what its timeline names.
fn of_order(rows: &[PastRow], id: OrderId) -> Vec<PastRow> {
    let id = id.to_string();
    let names = |row: &&PastRow| row.columns.text("order_id") == Some(&id);
    let steps: BTreeSet<_> = rows
        .iter()
        .filter(|row| row.view == "timeline")
        .filter(names)
        .map(|row| row.position)
        .collect();
    let is_its = |row: &&PastRow| match row.view {
        "journal_lines" | "wallet_lines" => steps.contains(&row.position),
        "payments" | "wallet_balances" | "wallet_requests" | "suspense_items"
        | "statement_lines" => false,
        _ => names(row),
    };
    rows.iter().filter(is_its).cloned().collect()
}

#[tokio::test]
async fn an_order_is_told_with_what_happened_to_it_elsewhere() {
    let databases = Databases::empty().await;
    let (book, diary) = told(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut elsewhere = 0;
    for Entry { position, rows } in &diary {
        for id in ORDERS.map(order) {
            let story = past::order(&mut conn, book.id, id, *position).await.unwrap();
            assert_eq!(story.quarantined, []);
            assert_eq!(sorted(story.rows.clone()), of_order(rows, id), "{id} at {position}");
            assert_eq!(story.customer().is_some(), !story.rows.is_empty());
            let timeline: Vec<_> = story.rows.iter().filter(|row| row.view == "timeline").collect();
            assert!(timeline.is_sorted_by_key(|row| row.position));
            elsewhere += timeline
                .iter()
                .filter(|row| row.columns.text("stream_type") != Some("order"))
                .count();
        }
    }
    assert!(elsewhere > 50, "the story has orders that are paid: {elsewhere}");
    let nobody = order(0xdead);
    let end = diary.last().unwrap().position;
    assert_eq!(past::order(&mut conn, book.id, nobody, end).await.unwrap().rows, []);

    for (since, until) in pairs(end.get()) {
        let between = (Position(since), Position(until));
        for id in ORDERS.map(order) {
            let (changed, _) = past::story_changes(&mut conn, book.id, id, between).await.unwrap();
            let before = past::order(&mut conn, book.id, id, between.0).await.unwrap();
            let after = past::order(&mut conn, book.id, id, between.1).await.unwrap();
            assert_eq!(apply(&before.rows, &changed), sorted(after.rows));
        }
    }
}

#[tokio::test]
async fn a_wallet_is_told_with_its_lines_and_what_was_asked_of_it() {
    let databases = Databases::empty().await;
    let (book, diary) = told(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut before: Option<(Position, Vec<PastRow>)> = None;
    for Entry { position, rows } in &diary {
        let mut taken = Taken::default();
        let mut take = |item| taken.take(item);
        let left = past::wallet(&mut conn, book.id, wallet(), *position, 0, &mut take);
        assert_eq!(left.await.unwrap(), None);
        let of_wallet = rows.iter().filter(|row| WALLET_VIEWS.contains(&row.view)).cloned();
        let rows: Vec<_> = of_wallet.collect();
        assert_eq!(sorted(taken.rows.clone()), rows, "at {position}");
        let lines = taken.rows.iter().take_while(|row| row.view == "wallet_lines");
        assert_eq!(lines.count(), rows.iter().filter(|row| row.view == "wallet_lines").count());

        let mut rest = Taken::default();
        let mut take = |item| rest.take(item);
        past::wallet(&mut conn, book.id, wallet(), *position, 2, &mut take).await.unwrap();
        assert_eq!(rest.rows, taken.rows[2.min(taken.rows.len())..]);

        if let Some((since, was)) = before.replace((*position, rows.clone())) {
            let mut taken = Taken::default();
            let mut take = |item| taken.take(item);
            let between = (since, *position);
            past::wallet_changes(&mut conn, book.id, wallet(), between, 0, &mut take)
                .await
                .unwrap();
            assert_eq!(apply(&was, &taken.changes), rows, "from {since} to {position}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_cannot_be_followed_is_named_and_the_others_are_whole() {
    let databases = Databases::empty().await;
    let (book, diary) = told(&databases).await;
    let end = diary.last().unwrap();
    let lost = wallet().to_string();
    databases
        .tamper(
            "events",
            &format!(
                "update daftar.events set payload = '{{}}'
                  where book_id = 2 and aggregate_id = '{lost}' and sequence = 5"
            ),
        )
        .await;
    let mut conn = book.pool.acquire().await.unwrap();
    let stream = eventstore::StreamId::new("wallet", lost.clone());
    let events = eventstore::read::stream(&mut conn, book.id, &stream, eventstore::Version::ZERO);
    let broken = events.await.unwrap()[4].position;

    let mut summing = Summing::new(book.id, end.position);
    while summing.step(&mut conn).await.unwrap() {}
    let summary = summing.done();
    assert_eq!(summary.quarantined.len(), 1);
    assert_eq!(summary.quarantined[0].stream, stream);
    assert_eq!(summary.quarantined[0].position, broken);

    // Of the wallet there is what was final before, and of everything else all.
    let is_left = |row: &&PastRow| {
        let is_its = row.columns.text("wallet_id") == Some(&lost)
            || row.columns.text("stream_id") == Some(&lost);
        let is_final = ["wallet_lines", "journal_lines", "timeline"].contains(&row.view);
        !is_its || is_final && row.position < broken
    };
    let left: Vec<_> = end.rows.iter().filter(is_left).cloned().collect();
    assert!(left.len() < end.rows.len());
    let mut rows = Vec::new();
    for view in NAMES {
        let taken = view_at(&book, view, end.position).await;
        let touches =
            ["wallet_lines", "wallet_balances", "wallet_requests", "journal_lines", "timeline"];
        assert_eq!(taken.quarantined.len(), usize::from(touches.contains(view)), "{view}");
        let of_view = u64::try_from(taken.rows.len()).unwrap();
        assert_eq!(summary.totals.rows(view), of_view, "{view}");
        rows.extend(taken.rows);
    }
    assert_eq!(sorted(rows), left);

    // Before its first bad event everything is as it was.
    let before = diary.iter().rev().find(|entry| entry.position < broken).unwrap();
    assert_eq!(rows_at(&book, before.position).await, before.rows);

    let mut taken = Taken::default();
    let between = (before.position, end.position);
    let mut take = |item| taken.take(item);
    past::changes(&mut conn, book.id, between, None, None, None, &mut take).await.unwrap();
    assert_eq!(taken.quarantined.len(), 1);
    assert_eq!(apply(&before.rows, &taken.changes).len(), left_after(&before.rows, &left, &lost));

    let story = past::order(&mut conn, book.id, order(WALLET_ORDER), end.position).await.unwrap();
    assert_eq!(story.quarantined.len(), 1, "its customer's wallet is part of its story");
}

/// What becomes of rows where the wallet's own are not followed any more.
fn left_after(before: &[PastRow], left: &[PastRow], lost: &str) -> usize {
    let kept = |row: &&PastRow| {
        let own = ["wallet_balances", "wallet_requests"].contains(&row.view);
        own && row.columns.text("wallet_id") == Some(lost)
    };
    left.len() + before.iter().filter(kept).count()
}

#[tokio::test]
async fn a_wallet_of_thousands_of_lines_is_handed_out_while_it_is_read() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    book.run(top_up(1, "1")).await;
    let goodwill = |_| Command::CreditWallet {
        wallet: wallet(),
        amount: amount("5"),
        source: Source::Goodwill { reason: domain::id::Text::new("late").unwrap() },
    };
    for _ in 0..10 {
        book.run_all((0..500).map(goodwill).collect()).await;
    }
    let end = book.head().await.position;
    let lines = view_at(&book, "wallet_lines", end).await;
    assert!(lines.rows.len() > 5_000, "{}", lines.rows.len());
    assert!(lines.read > 4_000 && lines.read_before <= 2_000, "{}", lines.read_before);
    let stored = crate::diary::entry(&book.pool, book.id).await.rows;
    assert_eq!(rows_at(&book, end).await, stored);

    let middle = end.get() / 2;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut taken = Taken::default();
    let mut most = 0_u64;
    let mut rows = 0;
    let mut take = |item| {
        match &item {
            Item::Change(_) => (most, rows) = (0, rows + 1),
            Item::Read(count) => most = most.max(*count),
            Item::Row(_) | Item::Quarantined(_) => {}
        }
        taken.take(item)
    };
    let between = (Position(middle), end);
    past::changes(&mut conn, book.id, between, None, None, None, &mut take).await.unwrap();
    assert!(most <= 2_000, "{most} events without a row");
    assert!(rows > 2_500, "{rows}");
    let before = rows_at(&book, Position(middle)).await;
    assert_eq!(apply(&before, &taken.changes), stored);
}

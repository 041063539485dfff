//! Deadlines that fire: once across nodes, after any crash, and never against what came first.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::decide::{Command, OrderedLine, PlaceOrder, WalletPurpose};
use domain::id::{ReceiptId, ShipmentId, Text};
use domain::order::status::{Channel, Method, Phase};
use domain::order::totals::{Percent, Quantity};
use domain::order::{DeliveryProof, Order, Receipt};
use domain::settings::Setting;
use domain::{State, StreamKey};
use ledger::Ledger;
use ledger::deadlines::{self, Deadlines, Round};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use rust_decimal::Decimal;
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::book::{
    BOOK, Book, accepted, ask, because, by_transfer, by_wallet, customer, id, iqd, is_full, noon,
    order, top_up, until,
};

const HOUR: i64 = 3_600;

fn receipt(number: u64) -> ReceiptId {
    ReceiptId::new(Uuid::from_u64_pair(0xE, number))
}

fn upload(number: u64) -> Command {
    let receipt = Receipt {
        receipt: receipt(number),
        claimed: None,
        file: None,
        stored: None,
        repeats: None,
    };
    Command::UploadReceipt { order: order(number), receipt }
}

/// Half of it from the wallet at once, the rest by transfer.
fn mixed(number: u64, name: &str, due: i64) -> Command {
    Command::PlaceOrder(Box::new(PlaceOrder {
        order: order(number),
        customer: customer(name),
        method: Method::WalletPartial,
        remainder: Some(Channel::BankTransfer),
        wallet_part: Some(iqd(due / 2)),
        lines: vec![OrderedLine {
            sku: Text::new("acetone").unwrap(),
            quantity: Quantity::new(Decimal::ONE).unwrap(),
            unit_price: iqd(due),
        }],
        discount: iqd(0),
        delivery: iqd(0),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd(due),
        recipient: None,
    }))
}

impl Book {
    fn set_hours(&self, hours: i64) {
        self.hands.store(hours * HOUR, Ordering::SeqCst);
    }

    async fn expiries(&self) -> i64 {
        self.count("select count(*) from daftar.events where event_type = 'expired'").await
    }

    /// The phase of an order by its events, once everything about the book is in order.
    async fn phase(&self, number: u64) -> Phase {
        let states = self.assert_sound().await;
        let State::Order(Order::Placed(facts)) = &states[&StreamKey::Order(order(number))] else {
            panic!("no order {number}");
        };
        let node = self.node().await;
        let report = projections::verify_now(node.pool(), BOOK).await.unwrap();
        assert_eq!(report.findings, []);
        facts.phase()
    }
}

async fn fire(node: &Ledger) -> Round {
    Deadlines::new(node.clone()).fire().await.unwrap()
}

#[tokio::test]
async fn an_order_that_is_not_paid_in_time_expires_by_daftar_itself() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, by_transfer(1, "anna", 100)).await;
    let early = fire(&node).await;
    assert_eq!((early.fired, early.refused), (0, 0));
    let next = early.next.unwrap();
    book.set_hours((next - noon()).num_hours());
    let round = fire(&node).await;
    assert_eq!(round, Round { fired: 1, ..Round::default() });
    assert_eq!(fire(&node).await, Round::default(), "nothing is left to fire");
    assert_eq!(book.phase(1).await, Phase::Expired);
    let actor: String = sqlx::query_scalar(
        "select concat_ws(' ', metadata->>'actor_kind', metadata->>'actor_id')
           from daftar.events where event_type = 'expired'",
    )
    .fetch_one(&mut book.app().await)
    .await
    .unwrap();
    assert_eq!(actor, "system deadlines");
}

#[tokio::test]
async fn many_that_are_overdue_after_a_restart_fire_most_overdue_first() {
    let book = Book::empty().await;
    let node = book.node().await;
    for number in 0..150 {
        book.hands.store(i64::try_from(number).unwrap(), Ordering::SeqCst);
        accepted(&node, number, by_transfer(number, "anna", 100)).await;
    }
    node.stop().await;
    book.set_hours(24 * 365);
    let node = book.node().await;
    assert_eq!(fire(&node).await, Round { fired: 150, ..Round::default() });
    let in_order = book
        .count(
            "select count(*) from (
               select placed.position as placed,
                      lag(placed.position) over (order by expired.position) as before
                 from daftar.events as expired
                 join daftar.events as placed using (book_id, aggregate_id)
                where expired.event_type = 'expired' and placed.event_type = 'placed') as t
              where before is null or before < placed",
        )
        .await;
    assert_eq!(in_order, 150);
    book.assert_sound().await;
}

#[tokio::test]
async fn it_loses_against_whatever_came_first() {
    let book = Book::empty().await;
    let (node, other) = (book.node().await, book.node().await);
    accepted(&node, 1, top_up("anna", 1, 1_000)).await;
    let first: [(u64, Command, Phase); 3] = [
        (1, upload(1), Phase::PaymentReview),
        (
            2,
            Command::PayFromWallet {
                order: order(2),
                amount: None,
                purpose: WalletPurpose::Payment,
            },
            Phase::FinanceReview,
        ),
        (3, Command::Cancel { order: order(3), reason: because() }, Phase::Cancelled),
    ];
    for (number, ..) in &first {
        accepted(&node, 100 + number, by_transfer(*number, "anna", 100)).await;
    }
    // The other node has seen them and knows nothing yet of what comes now.
    accepted(&other, 200, by_transfer(9, "bashir", 100)).await;
    book.set_hours(24 * 365);
    for (number, command, _) in &first {
        accepted(&node, 300 + number, command.clone()).await;
    }
    let stored = book.count("select count(*) from daftar.commands").await;
    for (number, ..) in &first {
        // What a worker does that has read the deadline before it went.
        let mut firing = ask(id(400 + number), Command::Expire { order: order(*number) });
        firing.keeps_refusal = false;
        assert_eq!(other.submit(firing).await.unwrap().status, 409);
    }
    assert_eq!(book.count("select count(*) from daftar.commands").await, stored);
    assert_eq!(fire(&other).await, Round { fired: 1, ..Round::default() });
    assert_eq!(book.expiries().await, 1);
    for (number, _, phase) in first {
        assert_eq!(book.phase(number).await, phase);
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_stored_is_current_all_the_same() {
    let book = Book::empty().await;
    let (node, other) = (book.node().await, book.node().await);
    accepted(&node, 1, by_transfer(1, "anna", 100)).await;
    book.set_hours(24 * 365);
    accepted(&node, 2, upload(1)).await;
    // The other node knows the order with a receipt under review.
    let mut firing = ask(id(3), Command::Expire { order: order(1) });
    firing.keeps_refusal = false;
    assert_eq!(other.submit(firing.clone()).await.unwrap().status, 409);
    accepted(
        &node,
        4,
        Command::RejectReceipt { order: order(1), receipt: receipt(1), reason: because() },
    )
    .await;
    book.set_hours(24 * 366 * 2);
    // Under the same id: the refusal left no trace, and what is known is not what is true.
    assert_eq!(other.submit(firing).await.unwrap().status, 201);
    assert_eq!(book.phase(1).await, Phase::Expired);
}

#[tokio::test]
async fn nothing_happens_while_a_receipt_is_under_review() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, by_transfer(1, "anna", 100)).await;
    accepted(&node, 2, upload(1)).await;
    book.set_hours(73);
    assert_eq!(fire(&node).await, Round::default());
    let reject = Command::RejectReceipt { order: order(1), receipt: receipt(1), reason: because() };
    accepted(&node, 3, reject).await;
    let round = fire(&node).await;
    assert_eq!(round.fired, 0, "whoever was rejected has time to try again");
    book.hands.store((round.next.unwrap() - noon()).num_seconds() + 1, Ordering::SeqCst);
    assert_eq!(fire(&node).await.fired, 1);
    assert_eq!(book.phase(1).await, Phase::Expired);
}

#[tokio::test]
async fn an_order_paid_in_part_gives_the_wallet_its_part_back_as_it_expires() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 1_000)).await;
    accepted(&node, 2, mixed(1, "anna", 600)).await;
    let balance =
        async || book.count("select sum(balance)::bigint from daftar.wallet_balances").await;
    assert_eq!(balance().await, 700);
    book.set_hours(24 * 365);
    assert_eq!(fire(&node).await.fired, 1);
    assert_eq!(balance().await, 1_000);
    let together = book
        .count(
            "select count(distinct command_id) from daftar.events
              where event_type = 'expired'
                 or event_type = 'credited' and aggregate_type = 'wallet'",
        )
        .await;
    assert_eq!(together, 1, "in one command");
    assert_eq!(book.phase(1).await, Phase::Expired);
    accepted(&node, 5, Command::Reopen { order: order(1) }).await;
    assert_eq!(book.phase(1).await, Phase::AwaitingPayment);
    // A new deadline, of another event, fires again.
    book.set_hours(24 * 365 * 2);
    assert_eq!(fire(&node).await.fired, 1);
    assert_eq!(book.expiries().await, 2);
}

#[tokio::test]
async fn a_refused_deadline_is_left_alone_for_a_minute_and_not_stored() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, by_transfer(1, "anna", 100)).await;
    // A row that the events do not bear out: somebody tampered with the view.
    let mut superuser = book.superuser().await;
    for sql in [
        "alter table daftar.deadlines disable trigger user".to_owned(),
        format!("update daftar.deadlines set due_at = '{}'", noon()),
    ] {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut superuser).await.unwrap();
    }
    let stored = book.count("select count(*) from daftar.commands").await;
    let mut worker = Deadlines::new(node.clone());
    let refused = Round { refused: 1, ..Round::default() };
    assert_eq!(worker.fire().await.unwrap(), refused);
    assert_eq!(worker.fire().await.unwrap(), Round::default());
    book.hands.store(59, Ordering::SeqCst);
    assert_eq!(worker.fire().await.unwrap(), Round::default());
    book.hands.store(60, Ordering::SeqCst);
    assert_eq!(worker.fire().await.unwrap(), refused);
    assert_eq!(book.count("select count(*) from daftar.commands").await, stored);
    // The deadline changes: that is another one.
    let sql = "update daftar.deadlines set set_by = 2";
    sqlx::raw_sql(sql).execute(&mut superuser).await.unwrap();
    assert_eq!(worker.fire().await.unwrap(), refused);
    book.set_hours(24 * 365);
    assert_eq!(worker.fire().await.unwrap(), Round { fired: 1, ..Round::default() });
}

#[tokio::test]
async fn a_node_that_dies_between_firing_and_knowing_it_leaves_one_firing() {
    let book = Book::empty().await;
    let (node, other) = (book.node().await, book.node().await);
    accepted(&node, 1, by_transfer(1, "anna", 100)).await;
    book.set_hours(24 * 365);
    let held = book.hold_head().await;
    let mut dying = JoinSet::new();
    dying.spawn({
        let node = node.clone();
        async move { fire(&node).await }
    });
    book.until_waiting(1).await;
    // It has been sent, and nobody waits for the answer any more.
    dying.shutdown().await;
    let mut again = JoinSet::new();
    again.spawn({
        let other = other.clone();
        async move { fire(&other).await }
    });
    book.until_waiting(2).await;
    drop(held);
    let round = again.join_next().await.unwrap().unwrap();
    assert_eq!(round.fired + round.found_fired, 1, "{round:?}");
    node.stop().await;
    assert_eq!(fire(&other).await, Round::default());
    assert_eq!(book.expiries().await, 1);
    assert_eq!(book.phase(1).await, Phase::Expired);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_workers_at_once_fire_each_deadline_once_and_either_may_be_the_one() {
    let interleavings: u64 = if is_full() { 1_000 } else { 100 };
    let book = Book::empty().await;
    let nodes = [book.node().await, book.node().await];
    let mut workers = nodes.clone().map(Deadlines::new);
    let mut random = StdRng::seed_from_u64(20_251_121);
    let (mut fired, mut met) = ([0_u64; 2], 0_u64);
    for turn in 0..interleavings {
        let placing = &nodes[usize::try_from(turn % 2).unwrap()];
        accepted(placing, turn, by_transfer(turn, "anna", 100)).await;
        book.hands.fetch_add(96 * HOUR, Ordering::SeqCst);
        let waits = [0, 0].map(|_: u64| Duration::from_micros(random.random_range(0..3_000)));
        let [one, other] = &mut workers;
        let (one, other) = tokio::join!(
            async {
                tokio::time::sleep(waits[0]).await;
                one.fire().await.unwrap()
            },
            async {
                tokio::time::sleep(waits[1]).await;
                other.fire().await.unwrap()
            },
        );
        for (count, round) in fired.iter_mut().zip([&one, &other]) {
            *count += u64::try_from(round.fired).unwrap();
        }
        met += u64::from(one.found_fired + other.found_fired + one.refused + other.refused > 0);
        assert_eq!(one.fired + other.fired, 1, "turn {turn}: {one:?} {other:?}");
    }
    assert_eq!(book.expiries().await, i64::try_from(interleavings).unwrap());
    assert!(fired.iter().all(|count| count * 20 >= interleavings), "who fired: {fired:?}");
    assert!(met * 20 >= interleavings, "they met {met} times: {fired:?}");
    book.assert_sound().await;
}

/// How often customers were reminded.
async fn reminders(book: &Book) -> i64 {
    book.count("select count(*) from daftar.events where event_type = 'reminded'").await
}

#[tokio::test]
async fn two_workers_remind_of_a_deadline_once_and_then_it_fires() {
    let book = Book::empty().await;
    let nodes = [book.node().await, book.node().await];
    for number in 0..100 {
        accepted(&nodes[0], number, by_transfer(number, "anna", 100)).await;
    }
    book.set_hours(47);
    assert_eq!(fire(&nodes[0]).await.reminded, 0, "too early");
    book.set_hours(48);
    let (one, other) = tokio::join!(fire(&nodes[0]), fire(&nodes[1]));
    assert_eq!(one.reminded + other.reminded, 100, "{one:?} {other:?}");
    assert_eq!(reminders(&book).await, 100);
    for node in &nodes {
        assert_eq!(fire(node).await.reminded, 0, "once each");
    }
    assert_eq!(book.phase(1).await, Phase::AwaitingPayment);
    book.set_hours(73);
    let round = fire(&nodes[1]).await;
    assert_eq!((round.fired, round.reminded), (100, 0));
    assert_eq!(book.phase(1).await, Phase::Expired);
    assert_eq!(reminders(&book).await, 100);
}

#[tokio::test]
async fn nobody_is_reminded_who_has_paid_or_by_a_book_that_does_not_remind() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 1_000)).await;
    accepted(&node, 2, by_transfer(1, "anna", 100)).await;
    accepted(&node, 3, by_transfer(2, "anna", 100)).await;
    let purpose = WalletPurpose::Payment;
    let pay = Command::PayFromWallet { order: order(1), amount: None, purpose };
    accepted(&node, 4, pay).await;
    let hours = |hours| Command::ChangeSetting {
        setting: Setting::ReminderHours(hours),
        reason: because(),
    };
    accepted(&node, 5, hours(0)).await;
    book.set_hours(71);
    assert_eq!(fire(&node).await.reminded, 0);
    accepted(&node, 6, hours(24)).await;
    assert_eq!(fire(&node).await.reminded, 1);
    let reminded = "select count(*) from daftar.events as e
                      join daftar.order_management as o on o.order_id::text = e.aggregate_id::text
                     where e.event_type = 'reminded' and o.phase = 'awaiting_payment'";
    assert_eq!(book.count(reminded).await, 1);
    assert_eq!(book.phase(1).await, Phase::FinanceReview);
}

#[tokio::test]
async fn a_delivered_order_is_completed_once_nothing_can_be_returned_any_more() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 1_000)).await;
    accepted(&node, 2, by_wallet(1, "anna", 100)).await;
    let shipment = ShipmentId::new(Uuid::from_u64_pair(0xF, 1));
    let order = order(1);
    let carrier = Text::new("van").unwrap();
    let steps = [
        Command::Release { order },
        Command::StartProcessing { order },
        Command::Pack { order },
        Command::Dispatch { order, shipment, lines: None, carrier, tracking: None, code: None },
        Command::Deliver { order, shipment: Some(shipment), proof: DeliveryProof::None },
    ];
    for (number, step) in (3..).zip(steps) {
        accepted(&node, number, step).await;
    }
    let until = fire(&node).await.next.unwrap();
    assert_eq!((until - noon()).num_days(), 14);
    book.hands.store((until - noon()).num_seconds() - 1, Ordering::SeqCst);
    assert_eq!(fire(&node).await.fired, 0);
    assert_eq!(book.phase(1).await, Phase::Delivered);
    book.hands.store((until - noon()).num_seconds(), Ordering::SeqCst);
    assert_eq!(fire(&node).await.fired, 1);
    assert_eq!(book.phase(1).await, Phase::Completed);
}

#[tokio::test]
async fn the_worker_fires_by_itself_through_lost_connections_and_stops_when_told() {
    let book = Book::empty().await;
    let node = book.node().await;
    let stop = CancellationToken::new();
    let mut worker = JoinSet::new();
    worker.spawn(deadlines::run(node.clone(), stop.clone()));
    for number in 0..3 {
        accepted(&node, number, by_transfer(number, "anna", 100)).await;
        book.set_hours(24 * 365 * (i64::try_from(number).unwrap() + 1));
        // Whatever it holds open is cut under it.
        book.count(
            "select count(pg_terminate_backend(pid)) from pg_stat_activity
              where datname = current_database() and pid <> pg_backend_pid()",
        )
        .await;
        let fired = i64::try_from(number).unwrap() + 1;
        until(async || book.expiries().await == fired).await;
    }
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(5), worker.join_next())
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    accepted(&node, 9, by_transfer(9, "anna", 100)).await;
    assert_eq!(book.expiries().await, 3);
    book.assert_sound().await;
}

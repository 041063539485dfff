//! What comes while a batch is on its way: decided on what that batch will leave, and decided again if
//! it leaves something else.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::StreamKey;
use ledger::{Answer, Ledger, Submission};
use sqlx::PgConnection;

use crate::book::{Book, accepted, ask, credit, id, top_up, wallet};

/// Far longer than a command takes that nothing stands in the way of.
const PATIENCE: Duration = Duration::from_secs(10);

/// A credit that insists on the version that the wallet has after the one before it.
fn next_credit(number: u64, version: u64) -> Submission {
    let expected = vec![(StreamKey::Wallet(wallet("anna")), version)];
    Submission { expected, ..ask(id(number), credit("anna", 1)) }
}

/// Sends one that waits for the head, then one that rests on it, and moves the clock before whoever
/// holds the head acts.
async fn one_after_the_other(
    book: &Book,
    node: &Ledger,
    first: u64,
    act: impl AsyncFnOnce(PgConnection),
) -> [Answer; 2] {
    let version = first + 1;
    let head = book.hold_head().await;
    let (one, other, ()) = tokio::join!(
        node.submit(next_credit(first, version)),
        async {
            book.until_waiting(1).await;
            node.submit(next_credit(first + 1, version + 1)).await
        },
        async {
            book.until_waiting(1).await;
            tokio::time::sleep(Duration::from_millis(60)).await;
            book.hands.fetch_add(60, Ordering::SeqCst);
            act(head).await;
        }
    );
    [one.unwrap(), other.unwrap()]
}

async fn seconds_recorded(book: &Book, answer: &Answer) -> i64 {
    sqlx::query_scalar(
        "select extract(epoch from e.recorded_at - b.recorded_at)::bigint
           from daftar.events as e
           join daftar.events as b on b.book_id = e.book_id and b.position = 1
          where e.position = $1",
    )
    .bind(answer.position.get())
    .fetch_one(&mut book.superuser().await)
    .await
    .unwrap()
}

async fn with_a_wallet() -> (Book, Ledger) {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 900, top_up("anna", 1, 10)).await;
    (book, node)
}

#[tokio::test]
async fn what_comes_while_a_batch_is_on_its_way_is_decided_on_what_it_will_leave() {
    let (book, node) = with_a_wallet().await;
    let mut was_decided_ahead = false;
    // On a machine that is busy the first may be on its way for so long that all is decided anew.
    for turn in 0..20 {
        let answers =
            one_after_the_other(&book, &node, 1 + 2 * turn, async |head| drop(head)).await;
        assert!(answers.iter().all(Answer::is_accepted), "{answers:?}");
        let at = [
            seconds_recorded(&book, &answers[0]).await,
            seconds_recorded(&book, &answers[1]).await,
        ];
        was_decided_ahead |= at[0] == at[1];
    }
    assert!(was_decided_ahead, "each was decided once the one before it was recorded");
    book.assert_sound().await;
}

#[tokio::test]
async fn what_was_decided_ahead_is_decided_again_when_the_batch_before_it_was_lost() {
    let (book, node) = with_a_wallet().await;
    for turn in 0..10 {
        let answers = one_after_the_other(&book, &node, 1 + 2 * turn, async |head| {
            sqlx::query(
                "select pg_terminate_backend(pid) from pg_stat_activity
                  where datname = current_database() and wait_event_type = 'Lock'",
            )
            .execute(&mut book.superuser().await)
            .await
            .unwrap();
            drop(head);
        })
        .await;
        assert!(answers.iter().all(Answer::is_accepted), "{answers:?}");
    }
    book.assert_sound().await;
}

#[tokio::test]
async fn what_was_decided_ahead_of_another_node_is_decided_again() {
    let (book, node) = with_a_wallet().await;
    let other = book.node().await;
    for turn in 0..10 {
        let number = 1 + 3 * turn;
        // The head is held by nobody, so that either node may be the first to move it.
        let (ours, theirs, next) = tokio::join!(
            node.submit(ask(id(number), credit("anna", 1))),
            other.submit(ask(id(number + 1), credit("anna", 1))),
            node.submit(ask(id(number + 2), credit("anna", 1))),
        );
        for answer in [ours, theirs, next] {
            assert!(answer.unwrap().is_accepted());
        }
    }
    assert_eq!(book.count("select balance::bigint from daftar.wallet_balances").await, 40);
    book.assert_sound().await;
}

#[tokio::test]
async fn a_batch_is_answered_although_the_next_one_is_held_up_in_the_database() {
    let (book, node) = with_a_wallet().await;
    accepted(&node, 901, top_up("bob", 2, 10)).await;
    let head = book.hold_head().await;
    let mut row = book.superuser().await;
    let lock = "begin; select from daftar.wallet_balances where customer_id = 'bob' for update";
    sqlx::raw_sql(lock).execute(&mut row).await.unwrap();
    let (one, next, ()) = tokio::join!(
        async {
            let first = node.submit(ask(id(1), credit("anna", 1)));
            let answer = tokio::time::timeout(PATIENCE, first).await;
            drop(row);
            answer.expect("it is in the log, and answered")
        },
        async {
            book.until_waiting(1).await;
            node.submit(ask(id(2), credit("bob", 1))).await
        },
        async {
            book.until_waiting(1).await;
            tokio::time::sleep(Duration::from_millis(60)).await;
            drop(head);
        }
    );
    assert!(one.unwrap().is_accepted() && next.unwrap().is_accepted());
    book.assert_sound().await;
}

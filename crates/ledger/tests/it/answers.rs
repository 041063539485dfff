//! What a caller gets: one answer a command id, whoever asks, however often, wherever.

use std::sync::Arc;
use std::time::Duration;

use domain::StreamKey;
use ledger::{Reply, SubmitError};

use crate::book::{
    Book, accepted, ask, ask_all, by_transfer, by_wallet, credit, id, order, render, top_up, until,
    wallet,
};

#[tokio::test]
async fn an_accepted_command_is_recorded_and_answered_again_word_for_word() {
    let book = Book::empty().await;
    let node = book.node().await;
    let first = node.submit(ask(id(1), top_up("anna", 1, 100))).await.unwrap();
    assert_eq!(first.status, 201);
    assert!(!first.is_replayed);
    assert!(first.cursor.is_some());

    let again = node.submit(ask(id(1), top_up("anna", 1, 100))).await.unwrap();
    assert!(again.is_replayed);
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(again.position, first.position);

    let elsewhere = book.node().await.submit(ask(id(1), top_up("anna", 1, 100))).await.unwrap();
    assert_eq!(elsewhere, again);
    assert_eq!(book.revision().await, 1);
    book.assert_sound().await;
}

#[tokio::test]
async fn a_refusal_is_recorded_moves_the_revision_and_stands_when_the_reason_has_gone() {
    let book = Book::empty().await;
    let node = book.node().await;
    let refused = node.submit(ask(id(1), by_wallet(1, "anna", 50))).await.unwrap();
    assert_eq!(refused.status, 409);
    assert_eq!((book.revision().await, book.position().await), (1, 0));

    accepted(&node, 2, top_up("anna", 1, 100)).await;
    let again = node.submit(ask(id(1), by_wallet(1, "anna", 50))).await.unwrap();
    assert_eq!((again.status, again.body), (409, refused.body));
    accepted(&node, 3, by_wallet(1, "anna", 50)).await;
    book.assert_sound().await;
}

#[tokio::test]
async fn an_id_that_was_used_for_something_else_is_a_mismatch_on_every_node() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    for node in [node, book.node().await] {
        let other = node.submit(ask(id(1), top_up("anna", 1, 200))).await;
        assert_eq!(other, Err(SubmitError::Mismatch));
    }
    assert_eq!(book.revision().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_duplicates_at_once_on_two_nodes_are_one_append_and_fifty_equal_answers() {
    let book = Book::empty().await;
    let nodes = [book.node().await, book.node().await];
    accepted(&nodes[0], 1, top_up("anna", 1, 100)).await;
    for round in 2..7 {
        let before = book.position().await;
        let asked = (0..50).map(|turn| nodes[turn % 2].submit(ask(id(round), credit("anna", 1))));
        let answers = futures::future::join_all(asked).await;
        assert_eq!(book.position().await, before + 1, "one append");
        let first_hand = answers.iter().flatten().filter(|answer| !answer.is_replayed).count();
        assert_eq!(first_hand, 1, "one of them is the first");
        for answer in &answers {
            let answer = answer.as_ref().unwrap();
            let first = answers[0].as_ref().unwrap();
            assert_eq!((answer.status, &answer.body), (first.status, &first.body));
        }
    }
    let other = futures::future::join_all([
        nodes[0].submit(ask(id(9), credit("anna", 1))),
        nodes[0].submit(ask(id(9), credit("anna", 2))),
    ])
    .await;
    assert_eq!(other[1], Err(SubmitError::Mismatch), "while it is in flight");
    book.assert_sound().await;
}

#[tokio::test]
async fn a_command_whose_caller_has_gone_is_recorded_and_answered_to_the_next_who_asks() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let head = book.hold_head().await;
    let gone = node.submit(ask(id(2), credit("anna", 1)));
    let waiting = tokio::time::timeout(Duration::from_millis(200), gone).await;
    assert!(waiting.is_err(), "the head is held");
    drop(head);
    until(async || book.revision().await == 2).await;
    let again = node.submit(ask(id(2), credit("anna", 1))).await.unwrap();
    assert!(again.is_accepted() && again.is_replayed);
    assert_eq!(book.revision().await, 2);
}

#[tokio::test]
async fn an_id_that_is_called_unrepeatable_and_repeated_is_applied_once() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let before = book.position().await;
    let mut submission = ask(id(2), credit("anna", 1));
    submission.is_unrepeatable = true;
    let asked = (0..8).map(|_| node.submit(submission.clone()));
    let answers = futures::future::join_all(asked).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(ledger::Answer::is_accepted)));
    assert!(node.submit(submission).await.unwrap().is_replayed);
    assert_eq!(book.position().await, before + 1);
    book.assert_sound().await;
}

#[tokio::test]
async fn stopping_answers_everything_that_was_taken_and_takes_no_more() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let before = book.position().await;
    let head = book.hold_head().await;
    let waiting = futures::future::join_all(
        (2..102).map(|number| node.submit(ask(id(number), credit("anna", 1)))),
    );
    let stopping = async {
        book.until_waiting(1).await;
        // Those that the writer does not have yet would be turned away.
        tokio::time::sleep(Duration::from_millis(300)).await;
        tokio::join!(node.stop(), async {
            let late = node.submit(ask(id(500), credit("anna", 1))).await;
            assert_eq!(late, Err(SubmitError::Stopping));
            drop(head);
        });
    };
    let (answers, ()) = tokio::join!(waiting, stopping);
    assert!(answers.into_iter().all(|answer| answer.unwrap().is_accepted()));
    assert_eq!(node.submit(ask(id(501), credit("anna", 1))).await, Err(SubmitError::Stopping));
    assert_eq!(book.position().await, before + 100);
    book.assert_sound().await;
}

#[tokio::test]
async fn a_dry_run_says_what_would_happen_and_changes_nothing() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    // Another node changes what this one knows.
    accepted(&book.node().await, 2, credit("anna", 50)).await;
    let before = (book.revision().await, book.position().await);
    let (Reply { status, .. }, _) =
        node.dry_run(ask(id(3), by_wallet(1, "anna", 150))).await.unwrap();
    assert_eq!(status, 201);
    let (Reply { status, .. }, _) =
        node.dry_run(ask(id(3), by_wallet(1, "anna", 151))).await.unwrap();
    assert_eq!(status, 409);
    assert_eq!((book.revision().await, book.position().await), before);
    accepted(&node, 3, by_wallet(1, "anna", 150)).await;
}

#[tokio::test]
async fn a_version_that_the_caller_insists_on_is_checked_against_the_stream() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    for (number, expected, status) in [(2, 1, 409), (3, 2, 201), (4, 2, 409), (5, 3, 201)] {
        let mut submission = ask(id(number), credit("anna", 1));
        submission.expected = vec![(StreamKey::Wallet(wallet("anna")), expected)];
        assert_eq!(node.submit(submission).await.unwrap().status, status, "{expected}");
    }
}

#[tokio::test]
async fn many_commands_in_one_submission_are_decided_as_one() {
    let book = Book::empty().await;
    let node = book.node().await;
    let names: Vec<String> = (0..100).map(|number| format!("customer {number}")).collect();
    let opened = (1_u64..).zip(&names).map(|(number, name)| top_up(name, number, 100)).collect();
    assert!(node.submit(ask_all(id(1), opened)).await.unwrap().is_accepted());

    // On a node that knows none of them.
    let node = book.node().await;
    let placed: Vec<_> =
        (1_u64..).zip(&names).map(|(number, name)| by_wallet(number, name, 100)).collect();
    let mut one_too_many = placed.clone();
    one_too_many.push(by_wallet(101, &names[0], 1));
    let before = book.position().await;
    assert_eq!(node.submit(ask_all(id(2), one_too_many)).await.unwrap().status, 409);
    assert_eq!(book.position().await, before, "all or none");
    assert!(node.submit(ask_all(id(3), placed)).await.unwrap().is_accepted());
    book.assert_sound().await;
}

#[tokio::test]
async fn a_stream_that_is_called_fresh_and_is_not_is_refused_and_harms_nobody() {
    let book = Book::empty().await;
    accepted(&book.node().await, 1, by_transfer(1, "anna", 10)).await;
    let node = book.node().await;
    accepted(&node, 2, by_transfer(2, "anna", 10)).await;

    let head = book.hold_head().await;
    let mut wrong = ask(id(3), by_transfer(1, "anna", 10));
    wrong.fresh = vec![StreamKey::Order(order(1))];
    let beside = (10..30).map(|number| ask(id(number), by_transfer(number, "anna", 10)));
    let all: Vec<_> = std::iter::once(wrong).chain(beside).collect();
    let asked = futures::future::join_all(all.into_iter().map(|one| node.submit(one)));
    let (answers, ()) = tokio::join!(asked, async {
        book.until_waiting(1).await;
        drop(head);
    });
    let mut answers = answers.into_iter().map(Result::unwrap);
    let wrong = answers.next().unwrap();
    assert_eq!(wrong.status, 409);
    assert!(wrong.body.unwrap().contains("exists already"));
    assert!(answers.all(|answer| answer.is_accepted()));
    book.assert_sound().await;
}

#[tokio::test]
async fn replies_are_made_from_the_decision_and_kept_as_they_were_made() {
    let book = Book::empty().await;
    let node = book.node().await;
    let mut submission = ask(id(1), top_up("anna", 1, 100));
    submission.render = Arc::new(|decided| Reply {
        body: "{\"two\":  \"spaces\\u0000\"}".to_owned(),
        resource: Some("wallet/anna".to_owned()),
        version: Some(2),
        ..render(decided)
    });
    let first = node.submit(submission.clone()).await.unwrap();
    let again = node.submit(submission).await.unwrap();
    assert_eq!(again.body.as_deref(), Some("{\"two\":  \"spaces\\u0000\"}"));
    assert_eq!(first.body, again.body);
    assert_eq!((again.resource.as_deref(), again.version), (Some("wallet/anna"), Some(2)));
}

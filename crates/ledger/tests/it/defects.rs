//! Defects: whatever breaks within one command, or within one stream, stops nobody else.

use std::sync::Arc;

use domain::StreamKey;
use eventstore::{NewEvent, Version};
use ledger::{SubmitError, load};
use uuid::Uuid;

use crate::book::{BOOK, Book, accepted, ask, by_transfer, credit, id, noon, top_up, wallet};
use crate::cold::append_by_hand;

#[tokio::test]
async fn a_reply_that_breaks_fails_its_own_command_and_leaves_no_trace() {
    let book = Book::empty().await;
    let node = book.node().await;
    let broken = (0..40).map(|number| {
        let mut submission = ask(id(number), by_transfer(number, "anna", 10));
        if number % 2 == 0 {
            submission.render = Arc::new(|_| panic!("a defect that the test wants"));
        }
        node.submit(submission)
    });
    for (number, answer) in futures::future::join_all(broken).await.into_iter().enumerate() {
        match answer {
            Ok(answer) => assert!(answer.is_accepted() && number % 2 == 1),
            Err(error) => assert!(matches!(error, SubmitError::Failed(_)) && number % 2 == 0),
        }
    }
    assert_eq!(book.count("select count(*) from daftar.commands").await, 20);
    book.assert_sound().await;
}

#[tokio::test]
async fn a_reply_that_is_not_json_fails_its_own_command() {
    let book = Book::empty().await;
    let node = book.node().await;
    let asked = (0..20).map(|number| {
        let mut submission = ask(id(number), by_transfer(number, "anna", 10));
        if number == 7 {
            submission.render = Arc::new(|decided| ledger::Reply {
                body: "{".to_owned(),
                ..crate::book::render(decided)
            });
        }
        node.submit(submission)
    });
    for (number, answer) in futures::future::join_all(asked).await.into_iter().enumerate() {
        assert_eq!(answer.is_ok(), number != 7);
    }
    book.assert_sound().await;
}

#[tokio::test]
async fn a_stream_with_an_impossible_event_fails_alone_on_every_node() {
    let book = Book::empty().await;
    let (warm, other) = (book.node().await, book.node().await);
    accepted(&warm, 1, top_up("anna", 1, 100)).await;
    accepted(&warm, 2, top_up("berta", 2, 100)).await;
    let mut conn = book.app().await;
    let stream = StreamKey::Wallet(wallet("anna"));
    let state = load::state(&mut conn, BOOK, warm.upcasters(), stream).await.unwrap();
    // A wallet is opened once.
    let payload: String = sqlx::query_scalar(
        "select payload::text from daftar.events where event_type = 'opened' order by position limit 1",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    let impossible = NewEvent {
        stream: load::stream_id(stream),
        version: Version::new(i64::try_from(state.version()).unwrap() + 1),
        event_id: Uuid::from_u128(77),
        event_type: "opened".to_owned(),
        event_version: "1".to_owned(),
        payload,
        metadata: "{}".to_owned(),
        effective_at: noon(),
        command_id: Uuid::from_u128(77),
    };
    append_by_hand(&mut conn, BOOK, impossible).await;

    for (turn, node) in [(0, warm), (10, other), (20, book.node().await)] {
        let broken = node.submit(ask(id(100 + turn), credit("anna", 1)));
        let sound = node.submit(ask(id(101 + turn), credit("berta", 1)));
        let order = node.submit(ask(id(102 + turn), by_transfer(102 + turn, "anna", 10)));
        let (broken, sound, order) = tokio::join!(broken, sound, order);
        assert!(matches!(broken, Err(SubmitError::Quarantined { .. })), "{broken:?}");
        assert!(sound.unwrap().is_accepted());
        assert!(order.unwrap().is_accepted());
        let dry = node.dry_run(ask(id(103 + turn), credit("anna", 1))).await;
        assert!(matches!(dry, Err(SubmitError::Quarantined { .. })), "{dry:?}");
    }
}

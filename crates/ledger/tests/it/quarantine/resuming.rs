//! Leading on: what was set aside is decided once its stream can be read, and not before.

use eventstore::{Position, StreamId};
use ledger::quarantine::{self, ResumeError};
use ledger::{SubmitError, load};

use super::{assert_set_aside, stream, until_known};
use crate::book::{BOOK, Book, accepted, ask, by_transfer, credit, id, order, top_up, until};

const WHY: &str = "the new build reads it";

#[tokio::test]
async fn what_was_set_aside_is_decided_anew_once_the_stream_is_read_again() {
    let book = Book::empty().await;
    let (node, other) = (book.node().await, book.node().await);
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    accepted(&other, 2, top_up("berta", 2, 100)).await;
    let (position, bytes) = book.alter_last(stream("anna"), r#"{"nonsense": 1}"#).await;
    let cold = book.node().await;
    assert_set_aside(&cold.submit(ask(id(5), credit("anna", 7))).await, stream("anna"), position);
    for node in [&node, &other] {
        until_known(node, stream("anna"), true).await;
        let again = node.submit(ask(id(5), credit("anna", 7))).await;
        assert_set_aside(&again, stream("anna"), position);
    }
    let refused = quarantine::resume(&node, position, "rana", WHY).await.unwrap_err();
    assert!(matches!(refused, ResumeError::Doubtful { .. }), "{refused}");
    assert_eq!(book.quarantined().await.len(), 1);

    book.alter_last(stream("anna"), &bytes).await;
    let resumed = quarantine::resume(&node, position, "rana", WHY).await.unwrap();

    assert_eq!(resumed.was.position, position);
    assert_eq!((resumed.repairs, resumed.left), (vec![], vec![]));
    // At once here, and within a second where others serve.
    let answer = node.submit(ask(id(5), credit("anna", 7))).await.unwrap();
    assert!(answer.is_accepted() && !answer.is_replayed, "{answer:?}");
    for node in [&other, &cold] {
        until_known(node, stream("anna"), false).await;
        let again = node.submit(ask(id(5), credit("anna", 7))).await.unwrap();
        assert!(again.is_accepted() && again.is_replayed, "{again:?}");
    }
    book.assert_sound().await;
    let kept: (String, String, String) = sqlx::query_as(
        "select resumed_by, reason, found_by from daftar.resumed_streams where position = $1",
    )
    .bind(position)
    .fetch_one(&mut book.app().await)
    .await
    .unwrap();
    assert_eq!(kept, ("rana".to_owned(), WHY.to_owned(), "service".to_owned()));
}

#[tokio::test]
async fn a_build_that_reads_it_decides_nothing_over_it_before_somebody_says_so() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    accepted(&node, 2, credit("anna", 1)).await;
    let position = Position::new(book.position().await);

    // It is in this node's memory, and whole.
    book.note(stream("anna"), position).await;
    until_known(&node, stream("anna"), true).await;
    assert_set_aside(&node.submit(ask(id(3), credit("anna", 1))).await, stream("anna"), position);
    let fresh = book.node().await;
    assert_set_aside(&fresh.submit(ask(id(3), credit("anna", 1))).await, stream("anna"), position);

    // Any event of the stream names it.
    let of_wallet = "select min(position) from daftar.events where aggregate_type = 'wallet'";
    let first = Position::new(book.count(of_wallet).await);
    assert!(first < position);
    quarantine::resume(&fresh, first, "rana", WHY).await.unwrap();
    accepted(&fresh, 3, credit("anna", 1)).await;
    until_known(&node, stream("anna"), false).await;
    accepted(&node, 4, credit("anna", 1)).await;
    book.assert_sound().await;
}

#[tokio::test]
async fn rows_that_differ_are_made_whole_before_it_goes_on() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, by_transfer(1, "anna", 10)).await;
    let stream = domain::StreamKey::Order(order(1));
    let position = Position::new(book.position().await);
    book.note(stream, position).await;
    sqlx::raw_sql(
        "set role daftar_writer; update daftar.customer_orders set status = 'lost'; reset role",
    )
    .execute(&mut book.superuser().await)
    .await
    .unwrap();

    let resumed = quarantine::resume(&node, position, "rana", WHY).await.unwrap();

    let [repair] = &resumed.repairs[..] else { panic!("{:?}", resumed.repairs) };
    assert_eq!((repair.view.as_str(), repair.by.as_str()), ("customer_orders", "rana"));
    assert_eq!(repair.before.as_ref().unwrap()["status"], "lost");
    assert_eq!(resumed.left, []);
    let report = projections::verify_now(node.pool(), BOOK).await.unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    until_known(&node, stream, false).await;
}

#[tokio::test]
async fn an_event_that_is_not_what_was_chained_leads_nothing_on() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    accepted(&node, 2, credit("anna", 1)).await;
    let (position, bytes) = book.alter_last(stream("anna"), r#"{"nonsense": 1}"#).await;
    book.note(stream("anna"), position).await;
    // It can be read now, and says something else.
    assert!(bytes.contains("\"1\""), "{bytes}");
    book.alter_last(stream("anna"), &bytes.replacen("\"1\"", "\"9\"", 1)).await;

    let refused = quarantine::resume(&node, position, "rana", WHY).await.unwrap_err();

    assert!(matches!(refused, ResumeError::Doubtful { .. }), "{refused}");
    assert_eq!(book.quarantined().await.len(), 1);
}

#[tokio::test]
async fn only_what_is_quarantined_is_resumed_and_once() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let position = Position::new(book.position().await);

    let nothing = quarantine::resume(&node, Position::new(99), "rana", WHY).await.unwrap_err();
    assert!(matches!(nothing, ResumeError::NoSuchEvent(_)), "{nothing}");
    let sound = quarantine::resume(&node, position, "rana", WHY).await.unwrap_err();
    assert!(matches!(sound, ResumeError::NotQuarantined(_)), "{sound}");

    // The first event may stand in another stream.
    let of_wallet = "select min(position) from daftar.events where aggregate_type = 'wallet'";
    let position = Position::new(book.count(of_wallet).await);
    book.note(stream("anna"), position).await;
    let both = tokio::join!(
        quarantine::resume(&node, position, "rana", WHY),
        quarantine::resume(&node, position, "omar", WHY)
    );
    assert_ne!(both.0.is_ok(), both.1.is_ok(), "one of them leads it on: {both:?}");
    assert_eq!(book.count("select count(*) from daftar.resumed_streams").await, 1);
}

#[tokio::test]
async fn an_event_is_shown_as_it_is_stored_and_said_why_it_cannot_be_read() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let position = book.append_unheard_of(stream("anna")).await;
    let mut conn = book.app().await;
    let before = quarantine::show(&mut conn, BOOK, position).await.unwrap().unwrap();
    assert_eq!(before.quarantined, None, "nobody has met with it yet");
    let asked = node.submit(ask(id(2), credit("anna", 1))).await;
    assert!(matches!(asked, Err(SubmitError::Quarantined { .. })));
    until(async || !book.quarantined().await.is_empty()).await;

    let shown = quarantine::show(&mut conn, BOOK, position).await.unwrap().unwrap();

    assert_eq!(shown.event.payload, r#"{"gilded": {"with": "gold"}}"#);
    assert_eq!(shown.quarantined.unwrap().position, position);
    let why = shown.unreadable.unwrap();
    assert_eq!(why.position, position);
    assert!(why.why.contains("gilded"), "{}", why.why);
    // An event before it can be read, and its stream cannot.
    let first = quarantine::show(&mut conn, BOOK, Position::new(1)).await.unwrap().unwrap();
    assert_eq!(first.event.position, Position::new(1));
    assert!(quarantine::show(&mut conn, BOOK, Position::new(99)).await.unwrap().is_none());
    // And this build leads it on as little as it reads it.
    let refused = quarantine::resume(&node, position, "rana", WHY).await.unwrap_err();
    assert!(
        matches!(&refused, ResumeError::Unreadable(found) if found.position == position),
        "{refused}"
    );
    assert_eq!(book.quarantined().await.len(), 1);
}

#[tokio::test]
async fn what_a_build_finds_unreadable_twice_stays_as_it_was_found_first() {
    let book = Book::empty().await;
    let mut conn = book.app().await;
    let found = |position, why: &str| projections::Quarantined {
        stream: StreamId::new("wallet", load::stream_id(stream("anna")).aggregate_id),
        position: Position::new(position),
        why: why.to_owned(),
    };
    let by = quarantine::Finder::Scrubber;
    // What an error quotes may be longer than anybody reads, and hold what no text may.
    let first = found(3, &format!("first\0{}", "x".repeat(10_000)));
    let new = quarantine::note(&mut conn, BOOK, &[first], by).await.unwrap();
    assert_eq!(new, [load::stream_id(stream("anna"))]);

    let again = quarantine::note(&mut conn, BOOK, &[found(2, "second")], by).await.unwrap();

    assert_eq!(again, []);
    let [kept] = &book.quarantined().await[..] else { panic!("it is there once") };
    assert_eq!((kept.position, kept.found_by.as_str()), (Position::new(3), "scrubber"));
    assert!(kept.why.starts_with("firstxxx") && kept.why.len() < 3_000, "{}", kept.why);
}

//! Batches: what goes together, what does not fit, and one culprit among many.

use ledger::operations::{self, Begun, Name};
use ledger::personal::Vault;
use ledger::{Answer, Ledger, Submission, SubmitError};

use crate::book::{
    Book, accepted, ask, ask_all, by_transfer, by_wallet, credit, id, import, of_sku, top_up,
};

/// Sends all of them so that they wait together, behind one that waits for the head.
async fn together(
    book: &Book,
    node: &Ledger,
    submissions: Vec<Submission>,
) -> Vec<Result<Answer, SubmitError>> {
    let head = book.hold_head().await;
    let first = node.submit(ask(id(900_000), by_transfer(900_000, "anna", 1)));
    let others = futures::future::join_all(submissions.into_iter().map(|one| node.submit(one)));
    let (first, answers, ()) = tokio::join!(first, others, async {
        book.until_waiting(1).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        drop(head);
    });
    first.unwrap();
    answers
}

#[tokio::test]
async fn what_waits_together_is_committed_in_one_call() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, by_transfer(1, "anna", 10)).await;
    let before = book.revision().await;
    let all = (2..402).map(|number| ask(id(number), by_transfer(number, "anna", 10))).collect();
    let answers = together(&book, &node, all).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(Answer::is_accepted)));
    let batches = book.revision().await - before;
    assert!(batches <= 6, "{batches} batches for 401 commands");
    book.assert_sound().await;
}

#[tokio::test]
async fn one_culprit_among_a_hundred_fails_alone() {
    let book = Book::empty().await;
    let node = book.node().await;
    sqlx::raw_sql(
        "alter table daftar.events add constraint no_poison check (payload::text not like '%poison%')",
    )
    .execute(&mut book.superuser().await)
    .await
    .unwrap();
    accepted(&node, 1, by_transfer(1, "anna", 10)).await;
    let all = (2..102)
        .map(|number| ask(id(number), of_sku(number, if number == 57 { "poison" } else { "soap" })))
        .collect();
    let answers = together(&book, &node, all).await;
    for (number, answer) in (2..).zip(answers) {
        match answer {
            Ok(answer) => assert!(answer.is_accepted() && number != 57),
            Err(error) => {
                assert!(matches!(error, SubmitError::Failed(_)), "{error}");
                assert_eq!(number, 57);
            }
        }
    }
    // What failed is not recorded; asked again it fails again, and the others go on.
    let again = node.submit(ask(id(57), of_sku(57, "poison"))).await;
    assert!(matches!(again, Err(SubmitError::Failed(_))));
    accepted(&node, 200, by_transfer(200, "anna", 10)).await;
    let counters: i64 = book.count("select max(counter) from daftar.customer_orders").await;
    assert_eq!(counters, book.count("select count(*) from daftar.customer_orders").await);
    book.assert_sound().await;
}

#[tokio::test]
async fn what_exceeds_the_bytes_of_a_batch_goes_into_the_next() {
    let book = Book::empty().await;
    let node = book.node().await;
    let all = (1..61).map(|number| ask(id(number), import(number, "M2400001", 200_000))).collect();
    let answers = together(&book, &node, all).await;
    assert!(answers.iter().all(|answer| answer.as_ref().is_ok_and(Answer::is_accepted)));
    let largest = book
        .count(
            "select max(bytes) from (
               select sum(octet_length(e.payload::text)) as bytes
                 from daftar.events as e join daftar.commands as c using (book_id, command_id)
                group by c.revision) as batch",
        )
        .await;
    // Nearly full, so that they did wait together; never more.
    assert!((7_000_000..=8 * 1_024 * 1_024).contains(&largest), "a batch of {largest} bytes");
    book.assert_sound().await;
}

#[tokio::test]
async fn an_event_or_a_submission_that_fits_into_no_batch_is_too_large_and_leaves_no_trace() {
    let book = Book::empty().await;
    let node = book.node().await;
    let event = ask(id(1), import(1, "M2400001", 300_000));
    let whole = ask_all(id(2), (1..51).map(|number| import(number, "M2400001", 200_000)).collect());
    let small = ask(id(3), by_transfer(100, "anna", 10));
    let answers = together(&book, &node, vec![event, whole, small]).await;
    assert_eq!(answers[0], Err(SubmitError::TooLarge));
    assert_eq!(answers[1], Err(SubmitError::TooLarge));
    assert!(answers[2].as_ref().unwrap().is_accepted());
    assert_eq!(book.count("select count(*) from daftar.commands").await, 2);
    book.assert_sound().await;
}

/// Something beside the log is done under this id.
async fn operate(node: &Ledger, number: u64) {
    let name = Name { id: id(number), fingerprint: vec![7] };
    let begun = operations::begin(node, &Vault::new([7; 32]), Some(name)).await.unwrap();
    let Begun::New(operation) = begun else { panic!("nobody asked before") };
    let reply = operations::Reply {
        status: 201,
        resource: None,
        version: None,
        position: None,
        text: None,
    };
    operation.commit(&reply).await.unwrap();
}

#[tokio::test]
async fn what_was_decided_before_is_answered_from_its_record_in_whatever_batch_it_is_asked_again() {
    let book = Book::empty().await;
    let node = book.node().await;
    let given = accepted(&node, 1, top_up("anna", 1, 100)).await;
    let refused = node.submit(ask(id(2), by_wallet(2, "anna", 150))).await.unwrap();
    assert_eq!(refused.status, 409);
    operate(&node, 3).await;
    // What was refused would be accepted now, and what was accepted refused.
    accepted(&node, 4, credit("anna", 100)).await;
    let before = (book.position().await, book.revision().await);

    let mut unkept = ask(id(50), by_wallet(50, "anna", 1_000_000));
    unkept.keeps_refusal = false;
    let mut asked: Vec<Submission> =
        (10..30).map(|number| ask(id(number), by_transfer(number, "anna", 10))).collect();
    asked.insert(3, ask(id(1), top_up("anna", 1, 100)));
    asked.insert(7, ask(id(2), by_wallet(2, "anna", 150)));
    asked.insert(9, ask(id(4), credit("anna", 1)));
    asked.insert(12, ask(id(3), credit("anna", 1)));
    asked.push(unkept.clone());
    // The second finds one that loads all it needs, and knows nothing of the first.
    for (turn, node) in [&node, &book.node().await].into_iter().enumerate() {
        let answers = together(&book, node, asked.clone()).await;
        assert_eq!(answers.len(), 25);
        for (index, answer) in answers.into_iter().enumerate() {
            match index {
                3 | 7 => {
                    let (answer, first) =
                        (answer.unwrap(), if index == 3 { &given } else { &refused });
                    assert!(answer.is_replayed);
                    assert_eq!((answer.status, &answer.body), (first.status, &first.body));
                    assert_eq!(answer.position, first.position);
                }
                9 | 12 => assert_eq!(answer, Err(SubmitError::Mismatch)),
                24 => assert_eq!(answer.unwrap().status, 409),
                _ => {
                    let answer = answer.unwrap();
                    assert!(answer.is_accepted());
                    assert_eq!(answer.is_replayed, turn == 1);
                }
            }
        }
        // Twenty-one orders: the twenty, and the one that they waited behind.
        assert_eq!(book.count("select count(*) from daftar.customer_orders").await, 21);
    }
    assert!(book.revision().await > before.1);
    let events = book.position().await;
    assert!(events >= before.0 + 21);

    // Nothing but what leaves no trace, beside what was decided before.
    for _ in 0..2 {
        let again = vec![unkept.clone(), ask(id(2), by_wallet(2, "anna", 150))];
        let asked = again.into_iter().map(|one| node.submit(one));
        let answers = futures::future::join_all(asked).await;
        assert_eq!(answers[0].as_ref().unwrap().status, 409);
        let replayed = answers[1].as_ref().unwrap();
        assert!(replayed.is_replayed && replayed.body == refused.body, "{replayed:?}");
    }
    assert_eq!(book.position().await, events);
    book.assert_sound().await;
}

#[tokio::test]
async fn what_was_decided_before_is_known_where_no_record_of_the_batch_would_say_so() {
    let book = Book::empty().await;
    let node = book.node().await;
    accepted(&node, 1, top_up("anna", 1, 100)).await;
    let mut paid = ask(id(2), by_wallet(2, "anna", 60));
    let first = node.submit(paid.clone()).await.unwrap();
    assert!(first.is_accepted());
    operate(&node, 3).await;
    // Decided anew the one is refused without a record, and the other recorded without a conflict.
    paid.keeps_refusal = false;
    let known = [(paid, Ok(first)), (ask(id(3), credit("anna", 1)), Err(SubmitError::Mismatch))];
    for (turn, (known, expected)) in (1..).zip(known) {
        // Nobody has just asked again what was decided before.
        accepted(&node, turn * 100, by_transfer(turn * 100, "anna", 10)).await;
        let before = book.revision().await;
        let new = |number| ask(id(number), by_transfer(number, "anna", 10));
        let asked = [new(turn * 100 + 1), known, new(turn * 100 + 2)];
        let [one, again, other] = asked.map(|one| node.submit(one));
        let (one, again, other) = tokio::join!(one, again, other);
        assert!(one.unwrap().is_accepted() && other.unwrap().is_accepted());
        match expected {
            Ok(first) => {
                let again = again.unwrap();
                assert!(again.is_replayed, "{again:?}");
                assert_eq!((again.status, again.body), (first.status, first.body));
            }
            Err(error) => assert_eq!(again, Err(error)),
        }
        assert_eq!(book.revision().await, before + 1, "they were one batch");
    }
    book.assert_sound().await;
}

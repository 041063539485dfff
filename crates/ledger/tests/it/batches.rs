//! Batches: what goes together, what does not fit, and one culprit among many.

use ledger::{Answer, Ledger, Submission, SubmitError};

use crate::book::{Book, accepted, ask, ask_all, by_transfer, id, import, of_sku};

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

//! What falls due, and which event set it.

use chrono::{DateTime, TimeDelta, Utc};
use domain::decide::Command;
use domain::id::{Reason, ReceiptId, Text};
use domain::order::Receipt;
use domain::order::import::Stage;
use domain::order::status::Method;
use projections::deadlines::{self, Due, Filter};
use projections::rebuild_now;
use uuid::Uuid;

use crate::book::{Book, Databases, at};
use crate::story::{imported, order, place, tell};

const ORDER: u128 = 0x51;

fn receipt(id: u128) -> ReceiptId {
    ReceiptId::new(Uuid::from_u128(id))
}

fn upload(id: u128) -> Command {
    let receipt =
        Receipt { receipt: receipt(id), claimed: None, file: None, stored: None, repeats: None };
    Command::UploadReceipt { order: order(ORDER), receipt }
}

fn reject(id: u128) -> Command {
    let reason: Reason = Text::new("not legible").unwrap();
    Command::RejectReceipt { order: order(ORDER), receipt: receipt(id), reason }
}

async fn all(book: &Book) -> Vec<Due> {
    let mut conn = book.pool.acquire().await.unwrap();
    deadlines::next(&mut conn, book.id, None, 100).await.unwrap().value
}

/// What a rebuild makes of the same events.
async fn rebuilt(book: &Book) -> Vec<Due> {
    rebuild_now(&book.pool, book.id, &["deadlines"]).await.unwrap();
    all(book).await
}

#[tokio::test]
async fn a_deadline_names_the_event_that_set_it_and_goes_with_its_cause() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    book.run(place(ORDER, Method::BankTransferGrace, "500")).await;
    let first = all(&book).await;
    assert_eq!(first.len(), 1);
    assert_eq!((first[0].kind.as_str(), first[0].set_by), ("expire", 1));
    assert_eq!(first[0].order_id, order(ORDER).uuid());

    book.run(upload(1)).await;
    assert_eq!(all(&book).await, [], "nothing falls due while a receipt is looked at");
    book.verify_clean().await;

    book.run(reject(1)).await;
    let again = all(&book).await;
    assert_eq!(again.iter().map(|due| due.set_by).collect::<Vec<_>>(), [3]);
    book.verify_clean().await;

    let reason: Reason = Text::new("changed their mind").unwrap();
    book.run(Command::Cancel { order: order(ORDER), reason }).await;
    assert_eq!(all(&book).await, []);
    book.verify_clean().await;
    assert_eq!(rebuilt(&book).await, []);
}

#[tokio::test]
async fn a_deadline_stays_as_it_was_set_when_its_customer_is_reminded() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    book.run(place(ORDER, Method::BankTransferGrace, "500")).await;
    book.run(place(ORDER + 1, Method::OnlinePayment, "500")).await;
    let remindable = async |book: &Book, now: DateTime<Utc>| {
        let mut conn = book.pool.acquire().await.unwrap();
        let until = now + TimeDelta::hours(24);
        deadlines::next_remindable(&mut conn, book.id, now, until, None, 100).await.unwrap().value
    };
    let set = all(&book).await.into_iter().find(|due| due.order_id == order(ORDER).uuid()).unwrap();
    let day_before = set.due_at - TimeDelta::hours(24);
    assert_eq!(remindable(&book, day_before).await, std::slice::from_ref(&set));
    assert_eq!(remindable(&book, day_before - TimeDelta::seconds(1)).await, []);
    assert_eq!(remindable(&book, set.due_at).await, [], "too late");

    book.wait_hours(48);
    book.run(Command::Remind { order: order(ORDER) }).await;

    assert_eq!(remindable(&book, day_before).await, []);
    assert!(all(&book).await.contains(&set), "the event that set it is still the same");
    book.verify_clean().await;
}

#[tokio::test]
async fn one_batch_or_many_and_a_rebuild_name_the_same_event() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    // In one batch the deadline goes and comes again, and what is stored is what was set last.
    book.run_all(vec![place(ORDER, Method::BankTransferGrace, "500"), upload(1), reject(1)]).await;
    let stored = all(&book).await;
    assert_eq!(stored.iter().map(|due| due.set_by).collect::<Vec<_>>(), [3]);
    book.verify_clean().await;
    // The same time set anew, in a batch that finds it set: it is another deadline.
    book.run_all(vec![upload(2), reject(2)]).await;
    let anew = all(&book).await;
    assert_eq!(anew.iter().map(|due| due.set_by).collect::<Vec<_>>(), [5]);
    assert_eq!(anew[0].due_at, stored[0].due_at, "the first deadline is later than any extension");
    book.verify_clean().await;
    assert_eq!(rebuilt(&book).await, anew);
    book.verify_clean().await;
}

#[tokio::test]
async fn what_falls_due_first_comes_first_page_by_page() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    tell(&mut book).await;
    let methods = [Method::BankTransferGrace, Method::OnlinePayment, Method::BankTransferGrace];
    for (id, method) in (0x61..).zip(methods) {
        book.run(place(id, method, "500")).await;
    }
    let whole = all(&book).await;
    // The story's two, one to be paid and one to complete itself, and these three.
    assert_eq!(whole.len(), 5);
    assert!(whole.is_sorted_by_key(|due| (due.due_at, due.order_id)));

    let mut conn = book.pool.acquire().await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = deadlines::next(&mut conn, book.id, after, 3).await.unwrap().value;
        let Some(last) = page.last() else { break };
        after = Some((last.due_at, last.order_id, last.kind.clone()));
        seen.extend(page);
    }
    assert_eq!(seen, whole);

    let page = deadlines::page(&mut conn, book.id, Filter::default(), None, 10).await.unwrap();
    assert_eq!(page.cursor, book.head().await.cursor());
    let of = |dues: &[deadlines::DueOrder]| -> Vec<(Uuid, DateTime<Utc>)> {
        dues.iter().map(|due| (due.order_id, due.due_at)).collect()
    };
    assert_eq!(
        of(&page.value),
        whole.iter().map(|due| (due.order_id, due.due_at)).collect::<Vec<_>>()
    );
    for due in &page.value {
        let phase = if due.kind == "complete" { "delivered" } else { "awaiting_payment" };
        assert_eq!((due.customer_id.as_str(), due.phase.as_str()), ("94", phase));
    }
    let until = |before| Filter { before: Some(before), customers: None };
    let last = whole[3].due_at;
    let before = deadlines::page(&mut conn, book.id, until(last), None, 10).await.unwrap().value;
    assert_eq!(of(&before), of(&page.value[..3]));
    let none = deadlines::page(&mut conn, book.id, until(at(0)), None, 10).await.unwrap().value;
    assert_eq!(none, []);
    let of_customer = |customer: &str| Filter {
        before: None,
        customers: Some(vec!["c-nobody".to_owned(), customer.to_owned()]),
    };
    let own = deadlines::page(&mut conn, book.id, of_customer("94"), None, 10).await.unwrap().value;
    assert_eq!(of(&own), of(&page.value));
    let none = deadlines::page(&mut conn, book.id, of_customer("95"), None, 10).await.unwrap();
    assert_eq!(none.value, []);
}

#[tokio::test]
async fn an_order_that_its_phase_keeps_from_expiring_has_no_deadline_to_fire() {
    let databases = Databases::empty().await;
    let mut book = databases.book(1).await;
    let mut sent = imported(ORDER, "M2511136", Stage::Dispatched, "0");
    if let Command::ImportOrder { imported, .. } = &mut sent {
        let (claimed, file, stored, repeats) = (None, None, None, None);
        imported.receipt = Some(Receipt { receipt: receipt(1), claimed, file, stored, repeats });
    }
    book.run(sent).await;
    book.run(reject(1)).await;
    assert_eq!(all(&book).await, [], "what is on its way expires never");
    book.verify_clean().await;
}

//! Rows that somebody changed, deleted or added behind our backs are written anew by the fold, with a
//! record of what stood there; what cannot be told for sure stays as it is.

use std::time::Duration;

use eventstore::{ChainHash, Position, RecordedEvent, StreamId, chain};
use projections::repair::{Outcome, Repair, RepairError, Target, page, repair, targets};
use projections::{Check, Finding};
use serde_json::json;
use sqlx::Connection as _;
use tokio::sync::oneshot;

use crate::book::{Book, Databases, TABLES, at, run};
use crate::story::{TRANSFER_ORDER, order, tell, top_up, wallet};

const BY: &str = "scrubber";

async fn told_book(databases: &Databases) -> Book {
    let mut book = databases.book(1).await;
    tell(&mut book).await;
    book
}

/// Repairs what a verification finds; what became of each stream.
async fn repair_all(book: &Book) -> Vec<Outcome> {
    let report = book.verify().await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut outcomes = Vec::new();
    for (target, _) in targets(&mut conn, book.id, &report.findings).await.unwrap() {
        outcomes.push(repair(&mut conn, book.id, &target, BY, at(0)).await.unwrap());
    }
    outcomes
}

async fn repairs(book: &Book) -> Vec<Repair> {
    page(&mut book.pool.acquire().await.unwrap(), book.id, None, 500).await.unwrap()
}

/// How a row of each view is changed, and the key of one that nothing makes.
const DAMAGES: &[(&str, &str, &str)] = &[
    ("customer_orders", "status = 'shipped'", "order_id = gen_random_uuid(), counter = 0"),
    ("order_management", "due = due + 1", "order_id = gen_random_uuid()"),
    ("wallet_balances", "balance = balance + 0.001", "wallet_id = gen_random_uuid()"),
    ("wallet_lines", "balance = balance + 1", "sequence = sequence + 1000"),
    ("payments", "customer_id = '95'", "payment_id = gen_random_uuid()"),
    ("timeline", "actor_id = 'somebody else'", "position = position + 1000"),
    ("imported_orders", "classes = array['clean']", "order_id = gen_random_uuid()"),
    ("deadlines", "due_at = due_at + interval '1 day'", "order_id = gen_random_uuid()"),
    ("wallet_requests", "state = 'approved'", "request_id = gen_random_uuid()"),
    ("suspense_items", "owner = 'nobody'", "suspense_id = gen_random_uuid()"),
    ("statement_lines", "reference = 'R-0'", "line_id = gen_random_uuid()"),
];

#[tokio::test]
async fn a_changed_a_deleted_and_an_added_row_of_every_view_are_made_what_they_were() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let before = databases.all_rows().await;
    assert_eq!(DAMAGES.len() + 1, TABLES.len(), "all but the journal");
    for (table, change, key) in DAMAGES {
        for sql in [
            format!(
                "create table public.copied as select * from daftar.{table} limit 1;
                 update public.copied set {key};
                 insert into daftar.{table} select * from public.copied;
                 drop table public.copied"
            ),
            format!(
                "update daftar.{table} set {change}
                  where ctid = (select min(ctid) from daftar.{table})"
            ),
        ] {
            databases.tamper(table, &sql).await;
        }
        let found = book.verify().await.findings;
        assert!(found.iter().any(|one| one.check == Check::ExtraRow), "{table}: {found:?}");

        let outcomes = repair_all(&book).await;

        assert!(outcomes.iter().all(|one| matches!(one, Outcome::Whole(_))), "{outcomes:?}");
        book.verify_clean().await;
        assert_eq!(databases.rows(table).await, before[table], "{table}");
        let sql = format!(
            "delete from daftar.{table} where ctid = (select max(ctid) from daftar.{table})"
        );
        databases.tamper(table, &sql).await;
        repair_all(&book).await;
        assert_eq!(databases.rows(table).await, before[table], "{table}");

        let done: Vec<Repair> =
            repairs(&book).await.into_iter().filter(|one| one.view == *table).collect();
        let kinds: Vec<_> =
            done.iter().map(|one| (one.before.is_some(), one.after.is_some())).collect();
        assert_eq!(kinds.len(), 3, "{table}: {kinds:?}");
        for kind in [(true, true), (true, false), (false, true)] {
            assert!(kinds.contains(&kind), "{table}: {kinds:?}");
        }
        assert!(done.iter().all(|one| one.by == BY));
    }
    let head = book.head().await;
    assert!(repairs(&book).await.iter().all(|one| one.position == head.position));
    assert_eq!(databases.all_rows().await, before);
}

#[tokio::test]
async fn a_repair_says_what_stood_there_and_moves_the_revision_and_nothing_else() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let sql = "update daftar.wallet_balances set balance = 1, customer_id = '95'";
    databases.tamper("wallet_balances", sql).await;
    let before = book.head().await;

    let outcomes = repair_all(&book).await;

    let [Outcome::Whole(repaired)] = &outcomes[..] else { panic!("{outcomes:?}") };
    let [repaired] = &repaired[..] else { panic!("{repaired:?}") };
    assert_eq!(repaired.key, json!({ "wallet_id": wallet().to_string() }));
    assert_eq!(repaired.before.as_ref().unwrap()["customer_id"], "95");
    assert_eq!(repaired.before.as_ref().unwrap()["balance"], "1");
    assert_eq!(repaired.after.as_ref().unwrap()["customer_id"], "94");
    assert!(repaired.before.as_ref().unwrap().get("generation").is_none());
    assert_eq!(repairs(&book).await, std::slice::from_ref(repaired));
    let after = book.head().await;
    assert_eq!((after.revision, repaired.revision), (before.revision.next(), after.revision));
    assert_eq!((after.position, after.hash), (before.position, before.hash));
    assert_eq!(after.recorded_at, before.recorded_at);
    // What was decided on the head before misses.
    let missed = book.send(&before, vec![top_up(0x9001, "1")]).await;
    assert_eq!(missed, eventstore::Appended::Moved);
}

#[tokio::test]
async fn a_row_that_is_right_is_left_alone() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let head = book.head().await;
    let mut conn = book.pool.acquire().await.unwrap();
    let stream = StreamId::new("order", order(TRANSFER_ORDER).to_string());

    let outcome = repair(&mut conn, book.id, &Target::whole(stream), BY, at(0)).await.unwrap();

    assert_eq!(outcome, Outcome::Whole(Vec::new()));
    assert_eq!(book.head().await, head);
}

#[tokio::test]
async fn a_line_of_the_journal_is_found_and_never_touched() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let sql = "update daftar.journal_lines set amount = amount + 1
                where ctid = (select min(ctid) from daftar.journal_lines)";
    databases.tamper("journal_lines", sql).await;
    let before = databases.rows("journal_lines").await;
    let report = book.verify().await;
    let is_line = |one: &&Finding| one.projection.as_deref() == Some("journal_lines");
    assert!(report.findings.iter().any(|one| is_line(&one) && one.check == Check::Column));

    assert_eq!(repair_all(&book).await, []);

    assert_eq!(databases.rows("journal_lines").await, before);
    // Whoever asks for the whole stream does not get it either, …
    let mut conn = book.pool.acquire().await.unwrap();
    for aggregate_type in ["order", "wallet", "payment", "suspense"] {
        let sql = "select distinct aggregate_id from daftar.events where aggregate_type = $1";
        let ids: Vec<String> =
            sqlx::query_scalar(sql).bind(aggregate_type).fetch_all(&mut *conn).await.unwrap();
        for id in ids {
            let target = Target::whole(StreamId::new(aggregate_type, id));
            let outcome = repair(&mut conn, book.id, &target, BY, at(0)).await.unwrap();
            assert_eq!(outcome, Outcome::Whole(Vec::new()));
        }
    }
    assert_eq!(databases.rows("journal_lines").await, before);
    // … and neither does whoever asks the function.
    let head = book.head().await;
    let refused = sqlx::query(
        "select daftar.repair_1(1, $1, 1, 1, $2, $3, $4, $5, now(), 'me', 'journal_lines',
           array['position', 'line'], '[]', array[]::daftar.journal_lines_row[])",
    )
    .bind(head.revision)
    .bind(&head.fold_set)
    .bind(head.position)
    .bind(head.hash.as_bytes().to_vec())
    .bind(head.recorded_at)
    .execute(&mut *conn)
    .await
    .unwrap_err();
    assert!(refused.to_string().contains("never written anew"), "{refused}");
}

#[tokio::test]
async fn what_a_forged_event_says_is_written_nowhere() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let id = wallet().to_string();
    let sql = format!(
        "update daftar.events set payload = replace(payload::text, '500000', '900000')::json
          where aggregate_id = '{id}' and payload::text like '%500000%'"
    );
    databases.tamper("events", &sql).await;
    let before = databases.all_rows().await;
    assert!(
        book.verify().await.findings.iter().any(|one| one.check == Check::Column),
        "by what the event says now, rows are wrong"
    );

    let outcomes = repair_all(&book).await;

    assert!(!outcomes.is_empty());
    for outcome in outcomes {
        let Outcome::Doubtful(why) = &outcome else { panic!("{outcome:?}") };
        assert!(why.contains("is not what was chained"), "{why}");
    }
    assert_eq!(databases.all_rows().await, before);
    assert_eq!(repairs(&book).await, []);
}

#[tokio::test]
async fn a_row_whose_event_is_gone_stays() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    book.run(top_up(0x9001, "10")).await;
    let id = wallet().to_string();
    let sql = format!(
        "delete from daftar.events
          where aggregate_id = '{id}'
            and sequence = (select max(sequence) from daftar.events where aggregate_id = '{id}')"
    );
    databases.tamper("events", &sql).await;
    let before = databases.all_rows().await;

    let outcomes = repair_all(&book).await;

    assert!(!outcomes.is_empty());
    for outcome in outcomes {
        let Outcome::Doubtful(why) = &outcome else { panic!("{outcome:?}") };
        assert!(why.ends_with("is gone"), "{why}");
    }
    assert_eq!(databases.all_rows().await, before);
}

#[tokio::test]
async fn rows_of_a_stream_that_cannot_be_folded_stay_and_the_stream_is_named() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    book.run(top_up(0x9001, "10")).await;
    // The last event of all says what nobody has heard of, and is chained as it ought to be.
    let head = book.head().await;
    let mut conn = databases.superuser().await;
    let mut event: RecordedEvent = sqlx::query_as(
        "select * from daftar.events where book_id = 1 order by position desc limit 1",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    event.payload = "{\"unheard_of\": {}}".to_owned();
    let before: Vec<u8> = sqlx::query_scalar("select hash from daftar.events where position = $1")
        .bind(Position(event.position.get() - 1))
        .fetch_one(&mut conn)
        .await
        .unwrap();
    let before = ChainHash::new(before.try_into().unwrap());
    let hash = chain::link(before, head.uuid, &event);
    let sql = format!(
        "update daftar.events set payload = '{}', hash = '\\x{hash}' where position = {}",
        event.payload, event.position
    );
    databases.tamper("events", &sql).await;
    databases.tamper("books", &format!("update daftar.books set hash = '\\x{hash}'")).await;
    let target = Target::whole(event.stream.clone());

    let outcome = repair(&mut conn, book.id, &target, BY, at(0)).await.unwrap();

    let Outcome::Quarantined(quarantined) = outcome else { panic!("{outcome:?}") };
    assert_eq!((quarantined.stream, quarantined.position), (event.stream, event.position));
    assert_eq!(repairs(&book).await, []);
}

#[tokio::test]
async fn in_a_book_that_never_rests_the_head_is_held() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    databases.tamper("payments", "update daftar.payments set customer_id = '95'").await;
    let found = book.verify().await.findings;
    let mut conn = book.pool.acquire().await.unwrap();
    let (stop, mut stopped) = oneshot::channel::<()>();
    let mut other = databases.superuser().await;
    // Whoever has read the head finds it moved when it is their turn.
    let moving = async {
        run(&mut other, "set role daftar_writer").await;
        let mut times = 0;
        while stopped.try_recv() == Err(oneshot::error::TryRecvError::Empty) {
            let mut tx = other.begin().await.unwrap();
            run(&mut tx, "update daftar.books set revision = revision + 1 where book_id = 1").await;
            tokio::time::sleep(Duration::from_millis(20)).await;
            tx.commit().await.unwrap();
            times += 1;
        }
        times
    };
    let repairing = async {
        let mut repaired = 0;
        for (target, _) in targets(&mut conn, book.id, &found).await.unwrap() {
            let outcome = repair(&mut conn, book.id, &target, BY, at(0)).await.unwrap();
            let Outcome::Whole(rows) = outcome else { panic!("{outcome:?}") };
            repaired += rows.len();
        }
        stop.send(()).unwrap();
        repaired
    };
    let (times, repaired) = tokio::join!(moving, repairing);

    assert!(times > 3, "{times}");
    assert!(repaired > 0 && repairs(&book).await.len() == repaired, "{repaired}");
    book.verify_clean().await;
}

#[tokio::test]
async fn a_book_of_other_folds_is_left_to_its_own_build() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let sql = "update daftar.books set fold_set = replace(fold_set, 'payments:', 'payment:')";
    databases.tamper("books", sql).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let target = Target::whole(StreamId::new("wallet", wallet().to_string()));

    let refused = repair(&mut conn, book.id, &target, BY, at(0)).await.unwrap_err();

    assert!(matches!(refused, RepairError::NotOurs(_)), "{refused}");
}

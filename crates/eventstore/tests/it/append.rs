//! Appending: everything or nothing, in one order, only on the head that was decided on.

use eventstore::{
    AppendError, AppendFunction, Appended, Batch, BookId, HeadError, Position, Revision, Version,
    append, is_connection_lost, lock_head, read, read_head,
};
use sqlx::{Connection, Row};

use crate::log::{self, BOOK, Log, at, event, lamp, refusal, send};

#[tokio::test]
async fn what_is_appended_is_read_back_as_it_was_sent() {
    let log = Log::empty().await;
    let batch = log.write(vec![event("a", 1), event("b", 1), event("a", 2)]).await;

    let mut conn = log.app().await;
    let events = read::after(&mut conn, BOOK, Position::ZERO, 10).await.unwrap();
    assert_eq!(events, batch.events);
    assert_eq!(read_head(&mut conn, BOOK).await.unwrap(), batch.head_after);
    let notes: Vec<(String, i64)> = sqlx::query_as("select id, position from notes order by id")
        .fetch_all(&mut conn)
        .await
        .unwrap();
    assert_eq!(notes, [("a".to_owned(), 3), ("b".to_owned(), 2)]);
}

#[tokio::test]
async fn positions_have_no_holes_across_batches_misses_and_failures() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    log.write_lamp("a", 3).await;
    let head = log.head().await;
    log.write_lamp("b", 2).await;
    let stale = Batch::prepare(&head, vec![event("c", 1)], vec![], at(9));
    assert_eq!(send(&mut conn, &head, &stale).await.unwrap(), Appended::Moved);
    let head = log.head().await;
    let taken = Batch::prepare(&head, vec![event("a", 3)], vec![], at(9));
    send(&mut conn, &head, &taken).await.unwrap_err();
    log.write_lamp("d", 1).await;

    let events = read::after(&mut conn, BOOK, Position::ZERO, 99).await.unwrap();
    let positions: Vec<_> = events.iter().map(|event| event.position.get()).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_batch_decided_on_an_old_head_writes_nothing() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let old = log.head().await;
    log.write_lamp("a", 1).await;

    let batch = Batch::prepare(&old, vec![event("b", 1)], vec![refusal(1)], at(5));
    assert_eq!(send(&mut conn, &old, &batch).await.unwrap(), Appended::Moved);

    assert_eq!(log.head().await.revision, Revision(1));
    assert!(read::stream(&mut conn, BOOK, &lamp("b"), Version::ZERO).await.unwrap().is_empty());
    let ids = [uuid::Uuid::from_u128(1)];
    assert!(read::commands_by_ids(&mut conn, BOOK, &ids).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_refusal_moves_the_revision_and_nothing_else() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    log.write_lamp("a", 1).await;
    let before = log.head().await;

    let batch = Batch::prepare(&before, vec![], vec![refusal(1)], at(50));
    assert_eq!(send(&mut conn, &before, &batch).await.unwrap(), Appended::Ok);

    let after = log.head().await;
    assert_eq!(after, batch.head_after);
    assert_eq!(after.revision, before.revision.next());
    assert_eq!((after.position, after.hash), (before.position, before.hash));
    assert_eq!(after.recorded_at, before.recorded_at);
    let commands = read::commands_after(&mut conn, BOOK, before.revision, 10).await.unwrap();
    assert_eq!(commands, batch.commands);
}

#[tokio::test]
async fn the_same_command_is_recorded_once() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    for expected in [true, false] {
        let head = log.head().await;
        let batch = Batch::prepare(&head, vec![], vec![refusal(1)], at(1));
        assert_eq!(send(&mut conn, &head, &batch).await.is_ok(), expected);
    }
    assert_eq!(log.head().await.revision, Revision(1));
}

#[tokio::test]
async fn two_writers_of_one_version_cannot_both_append() {
    let log = Log::empty().await;
    log.write_lamp("a", 1).await;
    let head = log.head().await;
    let batch = Batch::prepare(&head, vec![event("b", 1), event("a", 1)], vec![], at(2));

    let error = send(&mut log.app().await, &head, &batch).await.unwrap_err();

    let AppendError::Database { cause, .. } = error else { panic!("{error:?}") };
    let database = cause.as_database_error().unwrap();
    assert_eq!(database.constraint(), Some("events_stream_sequence_key"));
    assert_eq!(log.head().await, head);
}

#[tokio::test]
async fn a_book_in_a_newer_format_is_not_written() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let head = log.head().await;
    let is_set: bool =
        sqlx::query_scalar("select set_format_1(1, 0, 1, 2)").fetch_one(&mut conn).await.unwrap();
    assert!(is_set);

    let batch = Batch::prepare(&head, vec![event("a", 1)], vec![], at(1));
    let error = send(&mut conn, &head, &batch).await.unwrap_err();

    assert!(matches!(error, AppendError::Format { book: BOOK }), "{error:?}");
    assert!(!log.head().await.is_understood());
}

#[tokio::test]
async fn a_node_with_other_folds_does_not_write() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let head = log.head().await;
    let batch = Batch::prepare(&head, vec![event("a", 1)], vec![], at(1));
    let function = AppendFunction { fold_set: "notes:2".to_owned(), ..log::function() };

    let notes = Vec::<log::NoteRow<'_>>::new();
    let error =
        append(&mut conn, &function, &head, &batch, |call| call.bind(notes)).await.unwrap_err();

    assert!(matches!(error, AppendError::Fold { .. }), "{error:?}");
    assert_eq!(log.head().await, head);
}

#[tokio::test]
async fn a_batch_that_does_not_continue_the_chain_is_refused() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let head = log.head().await;
    let mut skipping = Batch::prepare(&head, vec![event("a", 1)], vec![], at(1));
    skipping.head_after.position = Position(2);
    let mut forking = Batch::prepare(&head, vec![], vec![refusal(1)], at(1));
    forking.head_after.hash = eventstore::ChainHash::new([7; 32]);

    for batch in [skipping, forking] {
        let error = send(&mut conn, &head, &batch).await.unwrap_err();
        assert!(matches!(error, AppendError::Database { .. }), "{error:?}");
    }
    assert_eq!(log.head().await, head);
}

#[tokio::test]
async fn a_clock_that_runs_behind_does_not_turn_time_back() {
    let log = Log::empty().await;
    log.write_lamp("a", 1).await;
    let head = log.head().await;
    let batch = Batch::prepare(&head, vec![event("a", 2)], vec![], at(-1_000));

    assert_eq!(batch.events[0].recorded_at, head.recorded_at);
    assert_eq!(send(&mut log.app().await, &head, &batch).await.unwrap(), Appended::Ok);
}

#[tokio::test]
async fn a_book_that_is_not_there_is_an_error() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let head = eventstore::Head { book: BookId(9), ..log.head().await };
    let batch = Batch::prepare(&head, vec![event("a", 1)], vec![], at(1));

    assert!(matches!(send(&mut conn, &head, &batch).await, Err(AppendError::Database { .. })));
    let error = read_head(&mut conn, BookId(9)).await.unwrap_err();
    assert!(matches!(error, HeadError::UnknownBook(BookId(9))), "{error:?}");
}

#[tokio::test]
async fn whoever_locks_the_head_gets_the_next_turn() {
    let log = Log::empty().await;
    let mut first = log.app().await;
    let mut second = log.app().await;
    let old = log.head().await;

    let mut tx = first.begin().await.unwrap();
    let head = lock_head(&mut tx, BOOK).await.unwrap();
    let batch = Batch::prepare(&head, vec![event("a", 1)], vec![], at(1));
    let rival = Batch::prepare(&old, vec![event("b", 1)], vec![], at(1));
    // The rival is polled first: it waits for the lock instead of getting in between.
    let (rival, locked) = tokio::join!(send(&mut second, &old, &rival), async {
        wait_until_someone_waits(&log).await;
        let answer = send(&mut tx, &head, &batch).await;
        tx.commit().await.unwrap();
        answer
    });

    assert_eq!(locked.unwrap(), Appended::Ok);
    assert_eq!(rival.unwrap(), Appended::Moved);
    assert_eq!(log.head().await, batch.head_after);
}

#[tokio::test]
async fn a_head_that_was_waited_for_is_read_as_it_is_then() {
    let log = Log::empty().await;
    let mut first = log.app().await;
    let mut second = log.app().await;

    let mut tx = first.begin().await.unwrap();
    lock_head(&mut tx, BOOK).await.unwrap();
    sqlx::query("select switch_test_1(1, 0, 'notes', 2, 3)").execute(&mut *tx).await.unwrap();
    let (head, ()) = tokio::join!(lock_head(&mut second, BOOK), async {
        wait_until_someone_waits(&log).await;
        tx.commit().await.unwrap();
    });

    let head = head.unwrap();
    assert_eq!(head.fold_set, "notes:3");
    assert_eq!(head.generation("notes"), Some(eventstore::Generation(2)));
}

async fn wait_until_someone_waits(log: &Log) {
    let mut conn = log.superuser().await;
    for _ in 0..500 {
        let is_waiting: bool = sqlx::query_scalar(
            "select exists (select from pg_stat_activity
                             where datname = current_database() and wait_event_type = 'Lock')",
        )
        .fetch_one(&mut conn)
        .await
        .unwrap();
        if is_waiting {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("nobody waits for the head");
}

#[tokio::test]
async fn many_writers_of_one_book_lose_nothing() {
    let log = Log::empty().await;
    let write = async |id: &'static str| {
        let mut conn = log.app().await;
        let mut written = 0;
        while written < 10 {
            let head = read_head(&mut conn, BOOK).await.unwrap();
            let batch = Batch::prepare(&head, vec![event(id, written + 1)], vec![], at(1));
            if send(&mut conn, &head, &batch).await.unwrap() == Appended::Ok {
                written += 1;
            }
        }
    };
    tokio::join!(write("a"), write("b"), write("c"));

    let (end, findings) =
        eventstore::verify::chain(&mut log.app().await, BOOK, Position::ZERO).await.unwrap();
    assert_eq!((end, findings), (Position(30), vec![]));
    assert_eq!(log.head().await.revision, Revision(30));
}

#[tokio::test]
async fn a_connection_that_dies_leaves_the_outcome_open() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let head = log.head().await;
    let pid: i32 =
        sqlx::query("select pg_backend_pid()").fetch_one(&mut conn).await.unwrap().get(0);
    sqlx::query("select pg_terminate_backend($1, 5000)")
        .bind(pid)
        .execute(&mut log.superuser().await)
        .await
        .unwrap();

    let batch = Batch::prepare(&head, vec![event("a", 1)], vec![], at(1));
    let error = send(&mut conn, &head, &batch).await.unwrap_err();

    let AppendError::ConnectionLost { cause, .. } = error else { panic!("{error:?}") };
    assert!(is_connection_lost(&cause));
    assert!(!is_connection_lost(&sqlx::Error::RowNotFound));
}

#[tokio::test]
async fn a_cancelled_append_is_not_the_fault_of_the_batch() {
    let log = Log::empty().await;
    let mut holder = log.app().await;
    let mut conn = log.app().await;
    let head = log.head().await;
    let mut tx = holder.begin().await.unwrap();
    lock_head(&mut tx, BOOK).await.unwrap();
    sqlx::query("set lock_timeout = '50ms'").execute(&mut conn).await.unwrap();

    let batch = Batch::prepare(&head, vec![event("a", 1)], vec![], at(1));
    let error = send(&mut conn, &head, &batch).await.unwrap_err();

    assert!(matches!(error, AppendError::Busy { .. }), "{error:?}");
}

#[tokio::test]
async fn a_batch_is_one_statement_once_the_connection_knows_the_types() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    log.write_lamp("a", 1).await;
    let mut head = log.head().await;
    let mut commits = Vec::new();
    let mut version = 1;
    for _ in 0..3 {
        for _ in 0..20 {
            version += 1;
            let batch = Batch::prepare(&head, vec![event("a", version)], vec![], at(1));
            assert_eq!(send(&mut conn, &head, &batch).await.unwrap(), Appended::Ok);
            head = batch.head_after;
        }
        sqlx::query("select pg_stat_force_next_flush()").execute(&mut conn).await.unwrap();
        commits.push(
            sqlx::query_scalar::<_, i64>(
                "select pg_stat_get_db_xact_commit(oid) from pg_database
                  where datname = current_database()",
            )
            .fetch_one(&mut conn)
            .await
            .unwrap(),
        );
    }
    // Twenty appends and the two statements above; a few more that others may have made.
    let statements = commits[2] - commits[1];
    assert!((20..30).contains(&statements), "{statements} statements for 20 batches");
}

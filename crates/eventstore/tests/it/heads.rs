//! Heads and books.

use eventstore::{
    BookId, Generation, NewBook, ProjectionState, Revision, chain, create_book, fold_set,
    list_books, read_head,
};
use uuid::Uuid;

use crate::log::{BOOK, Log, at, book_uuid};

fn projection(name: &str, fold_version: i32) -> ProjectionState {
    ProjectionState { name: name.to_owned(), generation: Generation(1), fold_version }
}

#[tokio::test]
async fn a_book_is_created_once_and_begins_at_its_genesis() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let projections = vec![projection("b", 2), projection("a_c", 7), projection("ab", 1)];
    let book = NewBook {
        id: BookId(2),
        uuid: Uuid::from_u128(2),
        name: "second".to_owned(),
        projections: projections.clone(),
        created_at: at(0),
    };

    assert!(create_book(&mut conn, book.clone()).await.unwrap());
    let head = read_head(&mut conn, BookId(2)).await.unwrap();
    let other = NewBook { uuid: Uuid::from_u128(3), projections: vec![], ..book };
    assert!(!create_book(&mut conn, other).await.unwrap());

    assert_eq!(head, read_head(&mut conn, BookId(2)).await.unwrap());
    assert_eq!(head.hash, chain::genesis(Uuid::from_u128(2)));
    assert_eq!(head.revision, Revision::ZERO);
    let set = projections.iter().map(|state| (state.name.as_str(), state.fold_version));
    assert_eq!(head.fold_set, fold_set(set));
    assert_eq!(head.fold_set, "a_c:7,ab:1,b:2");
    let names: Vec<_> = head.projections.iter().map(|state| state.name.as_str()).collect();
    assert_eq!(names, ["a_c", "ab", "b"]);
}

#[tokio::test]
async fn books_are_listed() {
    let log = Log::empty().await;
    let books = list_books(&mut log.app().await).await.unwrap();
    assert_eq!(books.len(), 1);
    assert_eq!((books[0].book, books[0].uuid), (BOOK, book_uuid()));
}

#[tokio::test]
async fn a_new_generation_goes_live_only_on_the_head_it_was_filled_for() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let mut switch = async |revision: i64, name: &str, fold: i32| -> bool {
        sqlx::query_scalar("select switch_test_1(1, $1, $2, 2, $3)")
            .bind(revision)
            .bind(name)
            .bind(fold)
            .fetch_one(&mut conn)
            .await
            .unwrap()
    };
    assert!(!switch(1, "notes", 2).await);
    assert!(switch(0, "notes", 2).await);
    assert!(!switch(0, "notes", 3).await);
    assert!(switch(1, "extra", 1).await);

    let head = log.head().await;
    assert_eq!(head.revision, Revision(2));
    assert_eq!(head.generation("notes"), Some(Generation(2)));
    assert_eq!(head.fold_set, "extra:1,notes:2");

    let is_dropped: bool = sqlx::query_scalar("select drop_test_1(1, 2, 'extra')")
        .fetch_one(&mut log.app().await)
        .await
        .unwrap();
    assert!(is_dropped);
    let head = log.head().await;
    assert_eq!((head.fold_set.as_str(), head.generation("extra")), ("notes:2", None));
}

#[tokio::test]
async fn a_format_never_goes_back() {
    let log = Log::empty().await;
    let mut conn = log.app().await;
    let mut set = async |revision: i64, format: i32| -> bool {
        sqlx::query_scalar("select set_format_1(1, $1, $2, $2)")
            .bind(revision)
            .bind(format)
            .fetch_one(&mut conn)
            .await
            .unwrap()
    };
    assert!(set(0, 2).await);
    assert!(!set(1, 1).await);
    assert_eq!(log.head().await.revision, Revision(1));
}

#[tokio::test]
async fn updates_of_the_head_stay_on_its_page() {
    let log = Log::empty().await;
    for id in ["a", "b", "c", "d"] {
        log.write_lamp(id, 1).await;
    }
    let mut conn = log.superuser().await;
    let page: i64 = sqlx::query_scalar(
        "select (ctid::text::point)[0]::bigint from daftar.books where book_id = 1",
    )
    .fetch_one(&mut conn)
    .await
    .unwrap();
    assert_eq!(page, 0);
}

//! Cursors name their history.

use eventstore::{ChainHash, Cursor, Position, chain, read};

use crate::log::{BOOK, Log, book_uuid};

#[test]
fn a_cursor_is_written_and_read_back() {
    let mut bytes = [0; 32];
    bytes[..5].copy_from_slice(&[0x00, 0x0f, 0xa0, 0xff, 0x11]);
    let cursor = Cursor::new(Position(42), ChainHash::new(bytes));
    assert_eq!(cursor.to_string(), "42.000fa0ff");
    assert_eq!("42.000fa0ff".parse(), Ok(cursor));
    assert_eq!(serde_json::to_string(&cursor).unwrap(), "\"42.000fa0ff\"");
}

#[test]
fn what_is_no_cursor_is_refused() {
    for text in [
        "",
        "42",
        "42.",
        ".000fa0ff",
        "42.000fa0f",
        "42.000fa0ff0",
        "-1.000fa0ff",
        "+1.000fa0ff",
        "42.000fa0fg",
        "42.+00fa0ff",
        "99999999999999999999.000fa0ff",
        "42.000fa0ff.1",
    ] {
        assert!(text.parse::<Cursor>().is_err(), "{text}");
    }
}

#[tokio::test]
async fn a_cursor_of_another_history_is_told_apart() {
    let log = Log::empty().await;
    let batch = log.write_lamp("a", 2).await;
    let mut conn = log.app().await;

    let genesis = read::hash_at(&mut conn, BOOK, Position::ZERO).await.unwrap().unwrap();
    assert_eq!(genesis, chain::genesis(book_uuid()));
    let hash = read::hash_at(&mut conn, BOOK, Position(2)).await.unwrap().unwrap();
    assert_eq!(hash, batch.events[1].hash);
    assert_eq!(read::hash_at(&mut conn, BOOK, Position(3)).await.unwrap(), None);

    assert!(Cursor::new(Position(2), hash).agrees_with(hash));
    assert!(!Cursor::new(Position(2), genesis).agrees_with(hash));
}

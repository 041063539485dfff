//! The chain's bytes, against the vector in `docs/chain.md`.

use chrono::DateTime;
use eventstore::{BookId, ChainHash, Position, RecordedEvent, StreamId, Version, chain};
use uuid::uuid;

use crate::log::book_uuid;

fn first() -> RecordedEvent {
    RecordedEvent {
        book: BookId(1),
        position: Position(1),
        stream: StreamId::new("lamp", "kitchen"),
        version: Version(1),
        event_id: uuid!("01890a5d-ac96-774b-bcce-b302099a8057"),
        event_type: "switched_on".to_owned(),
        event_version: "1".to_owned(),
        payload: r#"{"switched_on":{"watts":7,  "room":"Küche"}}"#.to_owned(),
        metadata: r#"{"actor":"anna"}"#.to_owned(),
        recorded_at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
        effective_at: DateTime::from_timestamp_micros(1_699_999_999_000_000).unwrap(),
        command_id: uuid!("018c2e65-4b7e-7b5a-8d1f-0123456789ab"),
        hash: ChainHash::new([0; 32]),
    }
}

fn second() -> RecordedEvent {
    let time = DateTime::from_timestamp_micros(1_700_000_001_000_000).unwrap();
    RecordedEvent {
        position: Position(2),
        version: Version(2),
        event_id: uuid!("01890a5d-ac96-774b-bcce-b302099a8058"),
        event_type: "switched_off".to_owned(),
        payload: r#""switched_off""#.to_owned(),
        metadata: "{}".to_owned(),
        recorded_at: time,
        effective_at: time,
        command_id: uuid!("018c2e65-4b7e-7b5a-8d1f-0123456789ac"),
        ..first()
    }
}

#[test]
fn the_documented_vector_is_what_is_computed() {
    let document = include_str!("../../../../docs/chain.md");
    let genesis = chain::genesis(book_uuid());
    let one = chain::link(genesis, book_uuid(), &first());
    let two = chain::link(one, book_uuid(), &second());

    let expected = [
        "192946e5461163fd5d083ace13a291c0275811d4d282e0f98cfef920cb4bbeec",
        "d15e16ec1a71a004f9ed1fb081c4fdd0f54248e534239e1109a8437d0db75fe3",
        "7e80ecd5f5b38d3f42ea6cc55a6ac6e2b1bf87d84664f0c6888c78ef305241d4",
    ];
    for (hash, expected) in [genesis, one, two].into_iter().zip(expected) {
        assert_eq!(hash.to_string(), expected);
        assert_eq!(expected.parse(), Ok(hash));
        assert!(document.contains(expected));
    }
}

#[test]
fn every_column_is_covered() {
    let genesis = chain::genesis(book_uuid());
    let hash = chain::link(genesis, book_uuid(), &first());
    let later = second().recorded_at;
    let changed = [
        RecordedEvent { position: Position(2), ..first() },
        RecordedEvent { stream: StreamId::new("lam", "pkitchen"), ..first() },
        RecordedEvent { stream: StreamId::new("lamp", "kitchen "), ..first() },
        RecordedEvent { version: Version(2), ..first() },
        RecordedEvent { event_id: second().event_id, ..first() },
        RecordedEvent {
            event_type: "switched_on1".to_owned(),
            event_version: String::new(),
            ..first()
        },
        RecordedEvent { event_version: "2".to_owned(), ..first() },
        RecordedEvent { payload: first().payload.replace("  ", " "), ..first() },
        RecordedEvent { metadata: "{}".to_owned(), ..first() },
        RecordedEvent { recorded_at: later, ..first() },
        RecordedEvent { effective_at: later, ..first() },
        RecordedEvent { command_id: second().command_id, ..first() },
    ];
    for event in changed {
        assert_ne!(chain::link(genesis, book_uuid(), &event), hash, "{event:?}");
    }
    assert_ne!(chain::link(hash, book_uuid(), &first()), hash);
    assert_ne!(chain::link(genesis, uuid::Uuid::from_u128(1), &first()), hash);
}

#[test]
fn what_is_no_hash_is_refused() {
    for text in ["", "12", &"g".repeat(64), &"1".repeat(63), &"1".repeat(66), &"é".repeat(32)] {
        assert!(text.parse::<ChainHash>().is_err(), "{text}");
    }
}

//! Upcasting: every stored form that ever was is read in its current form.
//!
//! Golden files are never edited, only added to.

use std::borrow::Cow;
use std::fs;
use std::path::Path;

use cqrs_es::persist::{EventUpcaster, SemanticVersionEventUpcaster, SerializedEvent};
use eventstore::{
    BookId, ChainHash, Position, RecordedEvent, StreamId, UpcastError, Upcasters, Version,
};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::log::at;

/// An envelope as it was stored once, and what it must be read as for ever.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Golden {
    stored: Form,
    current: Form,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    event_type: String,
    event_version: String,
    payload: Box<RawValue>,
    metadata: Box<RawValue>,
}

/// 1 had the power in a bare number; 2 named it; 3 names the room.
fn upcasters() -> Upcasters {
    let name_power = SemanticVersionEventUpcaster::new(
        "switched_on",
        "2",
        Box::new(|payload: Value| {
            let watts = payload["switched_on"].clone();
            serde_json::json!({ "switched_on": { "watts": watts } })
        }),
    );
    let name_room = SemanticVersionEventUpcaster::new(
        "switched_on",
        "3",
        Box::new(|mut payload: Value| {
            payload["switched_on"]["room"] = Value::from("unknown");
            payload
        }),
    );
    Upcasters::new().with(name_power).with(name_room).with(RenameBroken)
}

/// An event that has changed its name.
struct RenameBroken;

impl EventUpcaster for RenameBroken {
    fn can_upcast(&self, event_type: &str, event_version: &str) -> bool {
        event_type == "broken" && event_version == "1"
    }

    fn upcast(&self, event: SerializedEvent) -> SerializedEvent {
        SerializedEvent {
            event_type: "burnt_out".to_owned(),
            event_version: "2".to_owned(),
            payload: Value::from("burnt_out"),
            ..event
        }
    }
}

fn recorded(form: &Form) -> RecordedEvent {
    RecordedEvent {
        book: BookId(1),
        position: Position(1),
        stream: StreamId::new("lamp", "kitchen"),
        version: Version(1),
        event_id: uuid::Uuid::from_u128(1),
        event_type: form.event_type.clone(),
        event_version: form.event_version.clone(),
        payload: form.payload.get().to_owned(),
        metadata: form.metadata.get().to_owned(),
        recorded_at: at(0),
        effective_at: at(0),
        command_id: uuid::Uuid::from_u128(2),
        hash: ChainHash::new([3; 32]),
    }
}

#[test]
fn every_stored_form_is_read_in_its_current_form() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 5, "a golden file for every form");
    for file in files {
        let golden: Golden = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let stored = recorded(&golden.stored);
        let upcasters = upcasters();
        let current = upcasters.current(&stored).unwrap();

        let (name, parse) =
            (file.display(), |text: &str| -> Value { serde_json::from_str(text).unwrap() });
        assert_eq!(current.event_type, golden.current.event_type, "{name}");
        assert_eq!(current.event_version, golden.current.event_version, "{name}");
        assert_eq!(parse(&current.payload), parse(golden.current.payload.get()), "{name}");
        assert_eq!(parse(&current.metadata), parse(golden.current.metadata.get()), "{name}");
        assert_eq!(current.hash, stored.hash, "{name}");
        assert!(matches!(upcasters.current(&current).unwrap(), Cow::Borrowed(_)), "{name}");
    }
}

#[test]
fn an_event_in_its_current_form_is_not_even_parsed() {
    let event = RecordedEvent {
        event_version: "3".to_owned(),
        payload: "no json".to_owned(),
        ..recorded(&form("switched_on", "1"))
    };
    assert!(matches!(upcasters().current(&event), Ok(Cow::Borrowed(same)) if *same == event));
}

#[test]
fn an_old_event_that_is_no_json_stops_the_reading() {
    let event = RecordedEvent { payload: "no json".to_owned(), ..recorded(&form("broken", "1")) };
    let error = upcasters().current(&event).unwrap_err();
    let UpcastError::NotJson { position, .. } = error;
    assert_eq!(position, Position(1));
}

fn form(event_type: &str, event_version: &str) -> Form {
    Form {
        event_type: event_type.to_owned(),
        event_version: event_version.to_owned(),
        payload: RawValue::from_string("{}".to_owned()).unwrap(),
        metadata: RawValue::from_string("{}".to_owned()).unwrap(),
    }
}

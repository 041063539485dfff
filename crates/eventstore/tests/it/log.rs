//! A migrated database with one empty book, and short ways to write to it.

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::migrate::{LOG, Migration, migrate};
use eventstore::{
    AppendError, AppendFunction, Appended, Batch, BookId, Generation, Head, NewBook, NewCommand,
    NewEvent, Prepared, ProjectionState, StreamId, Version, append, composite_type, connect,
    create_book, read_head,
};
use sqlx::{Connection, PgConnection};
use testkit::Database;
use uuid::Uuid;

pub(crate) const BOOK: BookId = BookId(1);

pub(crate) const EXTRA: &[Migration] = &[
    Migration { version: 100, name: "notes", sql: include_str!("sql/notes.sql") },
    Migration { version: 200, name: "append_test", sql: include_str!("sql/append_test.sql") },
];

pub(crate) struct Log {
    pub(crate) database: Database,
}

#[derive(Debug)]
pub(crate) struct NoteRow<'a> {
    pub(crate) id: &'a str,
    pub(crate) position: i64,
}

composite_type!("daftar.note_row", NoteRow<'a> { id, position });

impl Log {
    pub(crate) async fn empty() -> Self {
        let key: String = LOG.iter().chain(EXTRA).map(|migration| migration.sql).collect();
        let database = Database::create_from(&key, async |url| {
            let mut conn = PgConnection::connect(url).await.unwrap();
            migrate(&mut conn, EXTRA).await.unwrap();
            conn.close().await.unwrap();
        })
        .await;
        let log = Self { database };
        let book = NewBook {
            id: BOOK,
            uuid: book_uuid(),
            name: "main".to_owned(),
            projections: vec![ProjectionState {
                name: "notes".to_owned(),
                generation: Generation(1),
                fold_version: 1,
            }],
            created_at: at(0),
        };
        assert!(create_book(&mut log.app().await, book).await.unwrap());
        log
    }

    /// A connection such as the service's.
    pub(crate) async fn app(&self) -> PgConnection {
        let options = connect::app_options(self.database.connect_options());
        PgConnection::connect_with(&options).await.unwrap()
    }

    pub(crate) async fn superuser(&self) -> PgConnection {
        PgConnection::connect_with(&self.database.connect_options()).await.unwrap()
    }

    pub(crate) async fn head(&self) -> Head {
        read_head(&mut self.app().await, BOOK).await.unwrap()
    }

    /// Appends on the head as it is now.
    pub(crate) async fn write(&self, events: Vec<NewEvent>) -> Prepared {
        let mut conn = self.app().await;
        let head = read_head(&mut conn, BOOK).await.unwrap();
        let seconds = head.revision.get() + 1;
        let batch = Batch::prepare(&head, events, vec![], at(seconds));
        assert_eq!(send(&mut conn, &head, &batch).await.unwrap(), Appended::Ok);
        batch
    }

    /// A lamp that is switched on `count` times.
    pub(crate) async fn write_lamp(&self, id: &str, count: i64) -> Prepared {
        self.write((1..=count).map(|version| event(id, version)).collect()).await
    }
}

pub(crate) fn function() -> AppendFunction {
    AppendFunction {
        sql: "select daftar.append_test_1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        fold_set: "notes:1".to_owned(),
    }
}

pub(crate) async fn send(
    conn: &mut PgConnection,
    head: &Head,
    batch: &Prepared,
) -> Result<Appended, AppendError> {
    let notes: Vec<NoteRow<'_>> = batch
        .events
        .iter()
        .map(|event| NoteRow { id: &event.stream.aggregate_id, position: event.position.get() })
        .filter(|note| {
            let id = note.id;
            let last = batch.events.iter().rfind(|event| event.stream.aggregate_id == id);
            last.is_some_and(|event| event.position.get() == note.position)
        })
        .collect();
    append(conn, &function(), head, batch, |call| call.bind(notes)).await
}

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(1_700_000_000 + seconds)
}

pub(crate) const fn book_uuid() -> Uuid {
    Uuid::from_u128(0x6f6e_1b1e_0000_4000_8000_0000_0000_0001)
}

pub(crate) fn lamp(id: &str) -> StreamId {
    StreamId::new("lamp", id)
}

pub(crate) fn event(id: &str, version: i64) -> NewEvent {
    NewEvent {
        stream: lamp(id),
        version: Version(version),
        event_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{id}/{version}").as_bytes()),
        event_type: "switched_on".to_owned(),
        event_version: "1".to_owned(),
        payload: format!("{{\"switched_on\": {{\"watts\":{version}}}}}"),
        metadata: r#"{"actor":"anna"}"#.to_owned(),
        effective_at: at(-60),
        command_id: Uuid::from_u128(7),
    }
}

pub(crate) fn refusal(id: u128) -> NewCommand {
    NewCommand {
        command_id: Uuid::from_u128(id),
        fingerprint: vec![1, 2, 3],
        status: 409,
        resource: None,
        version: None,
        position: None,
        reply: Some(r#"{"why":  "no lamp"}"#.to_owned()),
    }
}

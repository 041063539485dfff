//! The append: one call a batch, which compares and sets the head and writes everything or nothing.

use chrono::{DateTime, Utc};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgArguments, PgDatabaseError};
use sqlx::query::Query;
use sqlx::{PgConnection, Postgres, Row};
use uuid::Uuid;

use crate::batch::Prepared;
use crate::command::CommandRecord;
use crate::composite_type;
use crate::event::RecordedEvent;
use crate::format::{FORMAT_READER, FORMAT_WRITER};
use crate::head::Head;
use crate::json_text::JsonText;
use crate::number::{BookId, Position, Version};

/// How many arguments [`append`] binds itself: the caller's first one is `$11`.
pub const FIXED_ARGUMENTS: usize = 10;

/// The call that [`append`] hands over for the caller's own arguments.
pub type Call = Query<'static, Postgres, PgArguments>;

/// The function that writes a batch together with its read models.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendFunction {
    /// `select daftar.append_2($1, …)`: the fixed arguments, then one array a projection, then
    /// whatever else the caller binds.
    pub sql: &'static str,
    /// The projections that this build folds, as [`fold_set`](crate::head::fold_set) writes them.
    pub fold_set: String,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a batch that was not written has to be decided again"]
pub enum Appended {
    /// It is written, and durable once the transaction is.
    Ok,
    /// Someone else moved the head first; nothing is written.
    Moved,
    /// Something of it was decided before; nothing is written. Only a statement that looks for it
    /// answers so.
    Known,
}

/// A batch could not be appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The database refused it: something in the batch may be to blame. Nothing is written.
    #[error("could not append to book {book}")]
    Database {
        /// Which book.
        book: BookId,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// The database was not able to take it just then; the batch is not to blame. Nothing is
    /// written.
    #[error("book {book} could not be written just then")]
    Busy {
        /// Which book.
        book: BookId,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// The connection went away: the batch may or may not be written.
    #[error("the connection was lost while appending to book {book}")]
    ConnectionLost {
        /// Which book.
        book: BookId,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// The book is in a format that this build does not understand.
    #[error("book {book} needs a newer build: its stored format is not understood")]
    Format {
        /// Which book.
        book: BookId,
    },
    /// The book's live projections are not those of this build.
    #[error("the live projections of book {book} are not those of this build ({fold_set})")]
    Fold {
        /// Which book.
        book: BookId,
        /// The projections of this build.
        fold_set: String,
    },
}

/// Appends a batch that was prepared on `head`. `views` binds the caller's own arguments.
pub async fn append(
    conn: &mut PgConnection,
    function: &AppendFunction,
    head: &Head,
    batch: &Prepared,
    views: impl FnOnce(Call) -> Call,
) -> Result<Appended, AppendError> {
    let book = head.book;
    let call = sqlx::query(function.sql)
        .bind(book)
        .bind(head.revision)
        .bind(FORMAT_READER)
        .bind(FORMAT_WRITER)
        .bind(function.fold_set.as_str())
        .bind(batch.head_after.position)
        .bind(batch.head_after.hash.as_bytes().as_slice())
        .bind(batch.recorded_at)
        .bind(batch.events.iter().map(EventRow::from).collect::<Vec<_>>())
        .bind(
            batch.commands.iter().map(|command| CommandRow::of(command, book)).collect::<Vec<_>>(),
        );
    let answer: String = views(call)
        .fetch_one(conn)
        .await
        .and_then(|row| row.try_get(0))
        .map_err(|cause| failure(book, cause))?;
    match answer.as_str() {
        "ok" => Ok(Appended::Ok),
        "moved" => Ok(Appended::Moved),
        "known" => Ok(Appended::Known),
        "format" => Err(AppendError::Format { book }),
        "fold" => Err(AppendError::Fold { book, fold_set: function.fold_set.clone() }),
        other => {
            let cause = sqlx::Error::Protocol(format!("the append function answered {other:?}"));
            Err(AppendError::Database { book, cause })
        }
    }
}

fn failure(book: BookId, cause: sqlx::Error) -> AppendError {
    if is_connection_lost(&cause) {
        AppendError::ConnectionLost { book, cause }
    } else if is_busy(&cause) {
        AppendError::Busy { book, cause }
    } else {
        AppendError::Database { book, cause }
    }
}

/// Whether the connection is gone, so that what was sent may or may not have happened.
pub fn is_connection_lost(error: &sqlx::Error) -> bool {
    if let sqlx::Error::Database(error) = error {
        // 57P: the server is going away; 25P03: it ended an idle transaction; 25006: it has
        // become a standby, which this connection will never be able to write to.
        return error.code().is_some_and(|code| {
            code.starts_with("08") || code.starts_with("57P") || code == "25P03" || code == "25006"
        });
    }
    matches!(
        error,
        sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolClosed
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::WorkerCrashed
    )
}

/// Whether the same batch may well succeed a moment later.
pub fn is_busy(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(error) = error else { return false };
    error.code().is_some_and(|code| {
        // Serialisation failure, deadlock, lock not available, cancelled; 53: out of resources.
        matches!(&*code, "40001" | "40P01" | "55P03" | "57014")
            || code.starts_with("53")
            || code == "XX000" && is_of_storage(&**error)
    })
}

/// Whether it comes from where Postgres writes its files: a quota or a limit on their size is
/// told as an internal error, unlike a disk that is full.
fn is_of_storage(error: &(dyn DatabaseError + 'static)) -> bool {
    let error = error.try_downcast_ref::<PgDatabaseError>();
    error.and_then(PgDatabaseError::file) == Some("md.c")
}

/// One element of the array of events: the columns that the function does not know itself.
#[derive(Debug)]
struct EventRow<'a> {
    aggregate_type: &'a str,
    aggregate_id: &'a str,
    sequence: Version,
    event_id: Uuid,
    event_type: &'a str,
    event_version: &'a str,
    payload: JsonText<&'a str>,
    metadata: JsonText<&'a str>,
    effective_at: DateTime<Utc>,
    command_id: Uuid,
    hash: &'a [u8],
}

composite_type!("daftar.event_row", EventRow<'a> {
    aggregate_type,
    aggregate_id,
    sequence,
    event_id,
    event_type,
    event_version,
    payload,
    metadata,
    effective_at,
    command_id,
    hash,
});

impl<'a> From<&'a RecordedEvent> for EventRow<'a> {
    fn from(event: &'a RecordedEvent) -> Self {
        Self {
            aggregate_type: &event.stream.aggregate_type,
            aggregate_id: &event.stream.aggregate_id,
            sequence: event.version,
            event_id: event.event_id,
            event_type: &event.event_type,
            event_version: &event.event_version,
            payload: JsonText(&event.payload),
            metadata: JsonText(&event.metadata),
            effective_at: event.effective_at,
            command_id: event.command_id,
            hash: event.hash.as_bytes(),
        }
    }
}

/// One element of the array of decisions.
#[derive(Debug)]
struct CommandRow<'a> {
    command_id: Uuid,
    fingerprint: &'a [u8],
    status: i16,
    resource: Option<&'a str>,
    version: Option<Version>,
    position: Option<Position>,
    reply: Option<JsonText<&'a str>>,
    digest: [u8; 32],
}

composite_type!("daftar.command_row", CommandRow<'a> {
    command_id,
    fingerprint,
    status,
    resource,
    version,
    position,
    reply,
    digest,
});

impl<'a> CommandRow<'a> {
    fn of(command: &'a CommandRecord, book: BookId) -> Self {
        Self {
            command_id: command.command_id,
            fingerprint: &command.fingerprint,
            status: command.status,
            resource: command.resource.as_deref(),
            version: command.version,
            position: command.position,
            reply: command.reply.as_deref().map(JsonText),
            digest: command.digest(book),
        }
    }
}

//! An append-only, gapless, hash-chained event log on Postgres.
//!
//! A *book* is the unit of order: one head row, one position sequence, one hash chain. The head
//! moves by compare-and-set inside the append, so position order is commit order and no reader
//! ever needs to wait for a hole to fill.
#![warn(missing_docs)]

pub mod append;
pub mod batch;
pub mod chain;
pub mod command;
mod composite;
pub mod connect;
pub mod cursor;
pub mod event;
pub mod format;
pub mod head;
mod json_text;
pub mod migrate;
pub mod number;
pub mod read;
pub mod snapshot;
pub mod stream_id;
pub mod streams;
pub mod upcast;
pub mod verify;

pub use append::{AppendError, AppendFunction, Appended, append, is_connection_lost};
pub use batch::{Batch, Prepared};
pub use chain::ChainHash;
pub use command::{CommandRecord, NewCommand};
pub use cursor::Cursor;
pub use event::{NewEvent, RecordedEvent};
pub use format::{FORMAT_READER, FORMAT_WRITER};
pub use head::{
    Head, HeadError, NewBook, Outline, ProjectionState, create_book, fold_set, list_books,
    lock_head, read_end, read_head, read_outline,
};
pub use number::{BookId, Generation, Position, Revision, Version};
pub use snapshot::Snapshot;
pub use stream_id::StreamId;
pub use streams::{Piece, Streams};
pub use upcast::{UpcastError, Upcasters};

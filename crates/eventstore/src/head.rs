//! A book's head: the one row that says where the book stands.

use chrono::{DateTime, SubsecRound, Utc};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use crate::chain::ChainHash;
use crate::cursor::Cursor;
use crate::format::{FORMAT_READER, FORMAT_WRITER};
use crate::number::{BookId, Generation, Position, Revision};

/// The live build of one projection in one book.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectionState {
    /// The projection's name.
    pub name: String,
    /// The generation that readers see.
    pub generation: Generation,
    /// The version of the fold that filled it.
    pub fold_version: i32,
}

/// Where a book stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Which book.
    pub book: BookId,
    /// The book's name in its hash chain; never reused.
    pub uuid: Uuid,
    /// The book's name for people.
    pub name: String,
    /// How many batches it has committed.
    pub revision: Revision,
    /// How many events it holds.
    pub position: Position,
    /// The chain at `position`.
    pub hash: ChainHash,
    /// When the last event was recorded; the book's creation before the first.
    pub recorded_at: DateTime<Utc>,
    /// The live projections, by name.
    pub projections: Vec<ProjectionState>,
    /// The live projections and their fold versions, as [`fold_set`] writes them.
    pub fold_set: String,
    /// A node must be able to read this format.
    pub min_reader: i32,
    /// A node must be able to write this format.
    pub writer_format: i32,
    /// Nothing is added to it until somebody lets it go on.
    pub is_stopped: bool,
}

impl Head {
    /// The cursor of a reader that has seen everything.
    pub const fn cursor(&self) -> Cursor {
        Cursor::new(self.position, self.hash)
    }

    /// The generation that readers of `projection` see, if it is live.
    pub fn generation(&self, projection: &str) -> Option<Generation> {
        self.projections.iter().find(|state| state.name == projection).map(|state| state.generation)
    }

    /// Whether this build can read and write the book.
    pub const fn is_understood(&self) -> bool {
        self.min_reader <= FORMAT_READER && self.writer_format <= FORMAT_WRITER
    }
}

impl FromRow<'_, PgRow> for Head {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let names: Vec<String> = row.try_get("projection_names")?;
        let generations: Vec<Generation> = row.try_get("projection_generations")?;
        let fold_versions: Vec<i32> = row.try_get("projection_fold_versions")?;
        let projections = names
            .into_iter()
            .zip(generations)
            .zip(fold_versions)
            .map(|((name, generation), fold_version)| ProjectionState {
                name,
                generation,
                fold_version,
            })
            .collect();
        Ok(Self {
            book: row.try_get("book_id")?,
            uuid: row.try_get("uuid")?,
            name: row.try_get("name")?,
            revision: row.try_get("revision")?,
            position: row.try_get("position")?,
            hash: row.try_get("hash")?,
            recorded_at: row.try_get("recorded_at")?,
            projections,
            fold_set: row.try_get("fold_set")?,
            min_reader: row.try_get("min_reader")?,
            writer_format: row.try_get("writer_format")?,
            is_stopped: row.try_get("is_stopped")?,
        })
    }
}

/// Writes a set of projections the one way it is compared: `name:fold_version`, sorted by name,
/// joined by commas.
pub fn fold_set<'a>(projections: impl IntoIterator<Item = (&'a str, i32)>) -> String {
    let mut parts: Vec<_> = projections.into_iter().collect();
    parts.sort_unstable();
    let parts: Vec<_> = parts.iter().map(|(name, fold)| format!("{name}:{fold}")).collect();
    parts.join(",")
}

/// A head could not be read.
#[derive(Debug, thiserror::Error)]
pub enum HeadError {
    /// There is no such book.
    #[error("there is no book {0}")]
    UnknownBook(BookId),
    /// The database said no, or nothing.
    #[error("could not read the head of book {book}")]
    Database {
        /// Which book.
        book: BookId,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
}

/// Reads the head without waiting for anyone.
pub async fn read_head(conn: &mut PgConnection, book: BookId) -> Result<Head, HeadError> {
    head(conn, book, include_str!("sql/read_head.sql")).await
}

/// Reads where the log ends and nothing else: the cheapest look at whether anything happened.
pub async fn read_end(
    conn: &mut PgConnection,
    book: BookId,
) -> Result<(Position, ChainHash), HeadError> {
    sqlx::query_as(include_str!("sql/read_end.sql"))
        .bind(book)
        .fetch_optional(conn)
        .await
        .map_err(|cause| HeadError::Database { book, cause })?
        .ok_or(HeadError::UnknownBook(book))
}

/// What of a head a node has to know all the time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outline {
    /// How many events the book holds.
    pub position: Position,
    /// The chain at `position`.
    pub hash: ChainHash,
    /// When the last event was recorded; the book's creation before the first.
    pub recorded_at: DateTime<Utc>,
    /// The live projections and their fold versions, as [`fold_set`] writes them.
    pub fold_set: String,
    /// Whether this build can read and write the book.
    pub is_understood: bool,
    /// Nothing is added to it until somebody lets it go on.
    pub is_stopped: bool,
}

impl FromRow<'_, PgRow> for Outline {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let (reader, writer): (i32, i32) =
            (row.try_get("min_reader")?, row.try_get("writer_format")?);
        Ok(Self {
            position: row.try_get("position")?,
            hash: row.try_get("hash")?,
            recorded_at: row.try_get("recorded_at")?,
            fold_set: row.try_get("fold_set")?,
            is_understood: reader <= FORMAT_READER && writer <= FORMAT_WRITER,
            is_stopped: row.try_get("is_stopped")?,
        })
    }
}

/// Reads where the log ends and who can write it: one row, for those who look often.
pub async fn read_outline(conn: &mut PgConnection, book: BookId) -> Result<Outline, HeadError> {
    sqlx::query_as(include_str!("sql/read_outline.sql"))
        .bind(book)
        .fetch_optional(conn)
        .await
        .map_err(|cause| HeadError::Database { book, cause })?
        .ok_or(HeadError::UnknownBook(book))
}

/// Reads the head and keeps every writer of the book waiting until the transaction ends: for the
/// one batch after a miss, so that each node gets its turn. Call it within a transaction.
pub async fn lock_head(conn: &mut PgConnection, book: BookId) -> Result<Head, HeadError> {
    head(conn, book, include_str!("sql/lock_head.sql")).await
}

async fn head(conn: &mut PgConnection, book: BookId, sql: &'static str) -> Result<Head, HeadError> {
    sqlx::query_as(sql)
        .bind(book)
        .fetch_optional(conn)
        .await
        .map_err(|cause| HeadError::Database { book, cause })?
        .ok_or(HeadError::UnknownBook(book))
}

/// The heads of all books, by id.
pub async fn list_books(conn: &mut PgConnection) -> Result<Vec<Head>, sqlx::Error> {
    sqlx::query_as(include_str!("sql/list_books.sql")).fetch_all(conn).await
}

/// A book to be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBook {
    /// Which number.
    pub id: BookId,
    /// Its name in the hash chain: new for every book, also after one was lost.
    pub uuid: Uuid,
    /// Its name for people.
    pub name: String,
    /// Its live projections: an empty book has nothing to fill, so all are live at once.
    pub projections: Vec<ProjectionState>,
    /// When it is created.
    pub created_at: DateTime<Utc>,
}

/// Creates a book; false when one of that number is there already, which is left as it is.
pub async fn create_book(conn: &mut PgConnection, book: NewBook) -> Result<bool, sqlx::Error> {
    let mut names = Vec::new();
    let mut generations = Vec::new();
    let mut fold_versions = Vec::new();
    for projection in book.projections {
        names.push(projection.name);
        generations.push(projection.generation);
        fold_versions.push(projection.fold_version);
    }
    sqlx::query_scalar(include_str!("sql/create_book.sql"))
        .bind(book.id)
        .bind(book.uuid)
        .bind(book.name)
        .bind(book.created_at.trunc_subsecs(6))
        .bind(FORMAT_WRITER)
        .bind(names)
        .bind(generations)
        .bind(fold_versions)
        .fetch_one(conn)
        .await
}

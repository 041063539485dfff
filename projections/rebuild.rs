//! Rebuild: the rows of a projection made anew from the events, and switched to in one commit.
//!
//! Writers of the book wait for it; readers see the old rows until the commit and never a part of
//! the new ones. Whoever is killed half-way leaves nothing: what is not committed is not there, and
//! old rows that were still to be deleted are deleted by the next rebuild.

use std::collections::BTreeMap;

use eventstore::{
    BookId, Generation, HeadError, Position, RecordedEvent, Revision, lock_head, read,
};
use sqlx::{Acquire, PgConnection, PgPool};

use crate::journal_lines::{self, JournalLines};
use crate::progress::{Progress, Told};
use crate::projection::{Projection, Rows};
use crate::replay::{Replay, ReplayError, upcasters};
use crate::views::{Views, each_projection, projections};

/// How many rows are written, or deleted, by one call.
const PIECE: usize = 1_000;
const PIECE_DELETED: i32 = 2_000;

/// How many events are read at a time.
const PAGE_SIZE: u32 = 5_000;

/// How many changed journal entries a refusal names.
const NAMED_MAX: usize = 100;

/// A rebuild that is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// The events up to here were folded.
    pub position: Position,
    /// The head's revision after the switch.
    pub revision: Revision,
    pub projections: Vec<RebuiltProjection>,
    /// How many rows of earlier generations were deleted.
    pub deleted: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RebuiltProjection {
    pub name: &'static str,
    pub generation: Generation,
    pub rows: u64,
}

/// A rebuild could not be done; what readers see is as it was.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error("there is no projection {0}")]
    UnknownProjection(String),
    #[error(transparent)]
    Head(#[from] HeadError),
    #[error("book {0} is in a format that this build does not understand")]
    Format(BookId),
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// Journal lines are final: a changed rule applies forward only.
    #[error("the journal would change at {}", list(.positions))]
    JournalWouldChange { positions: Vec<Position> },
    #[error("the head of book {0} moved although it was held")]
    Moved(BookId),
    #[error("could not rebuild book {book}")]
    Database {
        book: BookId,
        #[source]
        cause: sqlx::Error,
    },
}

fn list(positions: &[Position]) -> String {
    let mut text = String::from("position ");
    for (index, position) in positions.iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(&position.to_string());
    }
    text
}

/// Rebuilds the projections of these names; without any, all of them.
pub async fn rebuild(
    pool: &PgPool,
    book: BookId,
    names: &[&str],
    told: Told<'_>,
) -> Result<Rebuilt, RebuildError> {
    let chosen = choose(names)?;
    let database = |cause| RebuildError::Database { book, cause };
    let mut conn = pool.acquire().await.map_err(database)?;
    delete_old(&mut conn, book, &chosen, told).await.map_err(database)?;

    let mut rebuilt = switch(&mut conn, book, &chosen, told).await?;
    rebuilt.deleted = delete_old(&mut conn, book, &chosen, told).await.map_err(database)?;
    Ok(rebuilt)
}

fn choose(names: &[&str]) -> Result<Vec<&'static str>, RebuildError> {
    if let Some(unknown) = names.iter().find(|name| !Views::NAMES.contains(name)) {
        return Err(RebuildError::UnknownProjection((*unknown).to_owned()));
    }
    let is_chosen = |name: &&str| names.is_empty() || names.contains(name);
    Ok(Views::NAMES.iter().copied().filter(is_chosen).collect())
}

/// The whole of it but the deleting, in one transaction.
async fn switch(
    conn: &mut PgConnection,
    book: BookId,
    chosen: &[&'static str],
    told: Told<'_>,
) -> Result<Rebuilt, RebuildError> {
    let database = |cause| RebuildError::Database { book, cause };
    let mut tx = conn.begin().await.map_err(database)?;
    // Folding a page may take longer than the session's bound; a rebuild that was paused must let
    // the book go all the same.
    sqlx::query("set local idle_in_transaction_session_timeout = '60s'")
        .execute(&mut *tx)
        .await
        .map_err(database)?;
    let head = lock_head(&mut tx, book).await?;
    if !head.is_understood() {
        return Err(RebuildError::Format(book));
    }
    let next =
        |name: &'static str| (name, head.generation(name).map_or(Generation(1), Generation::next));
    let mut target = Target {
        book,
        generations: chosen.iter().copied().map(next).collect(),
        rows: BTreeMap::new(),
    };
    let journal_generation = head
        .generation(JournalLines::NAME)
        .filter(|_| target.generations.contains_key(JournalLines::NAME));

    let mut replay = Replay::new(upcasters());
    let mut views = Views::default();
    let mut changed = Vec::new();
    loop {
        let page =
            read::after(&mut tx, book, replay.position(), PAGE_SIZE).await.map_err(database)?;
        let Some(last) = page.last() else { break };
        fold_page(&mut replay, &page, &mut views)?;
        if journal_generation.is_some() {
            let first = page.first().map_or(Position::ZERO, |event| event.position);
            let stored = journal_lines::page(&mut tx, book, before(first), last.position)
                .await
                .map_err(database)?;
            note_changes(&views.journal_lines, stored.value, &mut changed);
        }
        target.load(&mut tx, &mut views, Load::Final, told).await.map_err(database)?;
        told(Progress::Folded { position: last.position, end: head.position });
    }
    if !changed.is_empty() {
        changed.truncate(NAMED_MAX);
        return Err(RebuildError::JournalWouldChange { positions: changed });
    }
    target.load(&mut tx, &mut views, Load::Everything, told).await.map_err(database)?;

    let mut revision = head.revision;
    let mut rebuilt = Vec::new();
    for state in projections() {
        let Some((name, generation)) = target.generations.get_key_value(state.name.as_str()) else {
            continue;
        };
        let is_switched: bool = sqlx::query_scalar(include_str!("sql/call_switch_generation.sql"))
            .bind(book)
            .bind(revision)
            .bind(*name)
            .bind(*generation)
            .bind(state.fold_version)
            .fetch_one(&mut *tx)
            .await
            .map_err(database)?;
        if !is_switched {
            return Err(RebuildError::Moved(book));
        }
        revision = revision.next();
        let rows = target.rows.get(name).copied().unwrap_or_default();
        rebuilt.push(RebuiltProjection { name, generation: *generation, rows });
    }
    tx.commit().await.map_err(database)?;
    Ok(Rebuilt { position: head.position, revision, projections: rebuilt, deleted: 0 })
}

fn before(position: Position) -> Position {
    Position(position.get().saturating_sub(1))
}

fn fold_page(
    replay: &mut Replay,
    page: &[RecordedEvent],
    views: &mut Views,
) -> Result<(), ReplayError> {
    for recorded in page {
        replay.apply(recorded, views)?;
    }
    Ok(())
}

/// Notes the events whose journal lines would not be what they are.
fn note_changes(
    folded: &Rows<JournalLines>,
    stored: Vec<journal_lines::JournalLine>,
    changed: &mut Vec<Position>,
) {
    let mut is = Rows::<JournalLines>::default();
    for line in stored {
        is.put(line);
    }
    let differs = |line: &&journal_lines::JournalLine, other: &Rows<JournalLines>| {
        other.get(&JournalLines::key(line)) != Some(*line)
    };
    let added = folded.iter().filter(|line| differs(line, &is));
    let lost = is.iter().filter(|line| differs(line, folded));
    let mut positions: Vec<_> = added.chain(lost).map(|line| line.position).collect();
    positions.sort_unstable();
    positions.dedup();
    changed.extend(positions);
}

/// Which of the folded rows are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Load {
    /// Those that no later event can change, so that memory holds a page of them and not all.
    Final,
    Everything,
}

/// Where the rows go.
struct Target {
    book: BookId,
    generations: BTreeMap<&'static str, Generation>,
    rows: BTreeMap<&'static str, u64>,
}

macro_rules! define_rebuild {
    ($($field:ident: $projection:ty,)+) => {
        impl Views {
            pub(crate) const NAMES: &'static [&'static str] = &[$(<$projection>::NAME),+];
        }

        impl Target {
            async fn load(
                &mut self,
                conn: &mut PgConnection,
                views: &mut Views,
                which: Load,
                told: Told<'_>,
            ) -> Result<(), sqlx::Error> {
                $(self.load_rows::<$projection>(conn, &mut views.$field, which, told).await?;)+
                Ok(())
            }
        }

        /// Deletes, in pieces, what lies below the live generations.
        async fn delete_old(
            conn: &mut PgConnection,
            book: BookId,
            chosen: &[&'static str],
            told: Told<'_>,
        ) -> Result<u64, sqlx::Error> {
            let mut deleted = 0;
            $(if chosen.contains(&<$projection>::NAME) {
                deleted += delete_rows::<$projection>(conn, book, told).await?;
            })+
            Ok(deleted)
        }
    };
}

each_projection!(define_rebuild);

impl Target {
    async fn load_rows<P: Projection>(
        &mut self,
        conn: &mut PgConnection,
        rows: &mut Rows<P>,
        which: Load,
        told: Told<'_>,
    ) -> Result<(), sqlx::Error> {
        let Some(generation) = self.generations.get(P::NAME) else {
            *rows = Rows::default();
            return Ok(());
        };
        if rows.is_empty() || which == Load::Final && !P::APPEND_ONLY {
            return Ok(());
        }
        let written = self.rows.entry(P::NAME).or_default();
        let mut rows = std::mem::take(rows).into_settled().map(|(_, row)| row);
        loop {
            let piece: Vec<P::Row> = rows.by_ref().take(PIECE).collect();
            if piece.is_empty() {
                return Ok(());
            }
            *written += u64::try_from(piece.len()).unwrap_or_default();
            sqlx::query(P::SQL.call_load)
                .bind(self.book)
                .bind(*generation)
                .bind(piece)
                .execute(&mut *conn)
                .await?;
            told(Progress::Written { projection: P::NAME, rows: *written });
        }
    }
}

async fn delete_rows<P: Projection>(
    conn: &mut PgConnection,
    book: BookId,
    told: Told<'_>,
) -> Result<u64, sqlx::Error> {
    let mut deleted = 0;
    loop {
        let piece: i64 = sqlx::query_scalar(P::SQL.call_delete)
            .bind(book)
            .bind(PIECE_DELETED)
            .fetch_one(&mut *conn)
            .await?;
        if piece == 0 {
            return Ok(deleted);
        }
        deleted += u64::try_from(piece).unwrap_or_default();
        told(Progress::Deleted { projection: P::NAME, rows: deleted });
    }
}

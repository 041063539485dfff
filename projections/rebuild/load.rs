//! Folded rows on their way into the new generations.

use std::collections::BTreeSet;

use eventstore::{BookId, Position};
use sqlx::PgConnection;

use super::build::Build;
use crate::projection::{Projection, Rows};
use crate::row::Row as _;
use crate::views::{Views, each_projection};

/// How many rows one call writes.
const PIECE: usize = 1_000;

/// What folded rows are.
#[derive(Debug)]
pub(super) enum Load {
    /// Those of whole streams; of one of which a part is written, without the rows of these events.
    Whole { written: BTreeSet<Position> },
    /// Those of a few events, which go on top of what is there.
    Tail,
}

macro_rules! define_load {
    ($($field:ident: $projection:ty,)+) => {
        impl Views {
            /// Writes the rows of the projections that are rebuilt.
            pub(super) async fn load(
                self,
                conn: &mut PgConnection,
                book: BookId,
                build: &mut Build,
                load: &Load,
            ) -> Result<(), sqlx::Error> {
                $(load_rows::<$projection>(conn, book, build, self.$field, load).await?;)+
                Ok(())
            }
        }
    };
}

each_projection!(define_load);

async fn load_rows<P: Projection>(
    conn: &mut PgConnection,
    book: BookId,
    build: &mut Build,
    rows: Rows<P>,
    load: &Load,
) -> Result<(), sqlx::Error> {
    let Some(generation) = build.generation(P::NAME) else { return Ok(()) };
    let rows: Vec<P::Row> = match load {
        Load::Whole { written } => {
            let is_new = |row: &P::Row| !(P::APPEND_ONLY && written.contains(&row.position()));
            rows.into_settled().map(|(_, row)| row).filter(is_new).collect()
        }
        Load::Tail => rows.into_rows().collect(),
    };
    if rows.is_empty() {
        return Ok(());
    }
    *build.rows.entry(P::NAME.to_owned()).or_default() +=
        u64::try_from(rows.len()).unwrap_or_default();
    let mut rows = rows.into_iter();
    loop {
        let piece: Vec<P::Row> = rows.by_ref().take(PIECE).collect();
        if piece.is_empty() {
            return Ok(());
        }
        sqlx::query(P::SQL.call_load)
            .bind(book)
            .bind(generation)
            .bind(piece)
            .execute(&mut *conn)
            .await?;
    }
}

//! The secrets that a gateway or a webhook is signed with, as the database keeps them: sealed for
//! their place, and the one before good for a while after a rotation.

use std::fmt::Display;

use chrono::{DateTime, TimeDelta, Utc};
use eventstore::BookId;
use sqlx::{Encode, PgConnection, Postgres, Type};
use uuid::Uuid;

use crate::personal::{Sealed, Unsealable, Vault};

/// Where the secrets of one kind of owner are.
#[derive(Debug)]
pub(crate) struct Kept {
    /// Part of what a secret is bound to: one of another kind does not open.
    pub(crate) kind: &'static str,
    pub(crate) insert: &'static str,
    pub(crate) end: &'static str,
    pub(crate) live: &'static str,
}

/// Whose secrets: its key in the table, and its name in what they are bound to.
pub(crate) trait Owner:
    Copy + Display + Send + Sync + Type<Postgres> + for<'q> Encode<'q, Postgres>
{
}

impl<T> Owner for T where
    T: Copy + Display + Send + Sync + Type<Postgres> + for<'q> Encode<'q, Postgres>
{
}

impl Kept {
    /// Keeps one more.
    pub(crate) async fn insert<E: From<Unsealable> + From<sqlx::Error>>(
        &self,
        conn: &mut PgConnection,
        vault: &Vault,
        (book, owner): (BookId, impl Owner),
        plain: &[u8],
        created_by: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), E> {
        let id = uuid::Builder::from_random_bytes(rand::random()).into_uuid();
        let sealed = vault.seal(&self.bound_to(book, owner, id), plain)?;
        sqlx::query(self.insert)
            .bind(book)
            .bind(owner)
            .bind(id)
            .bind(sealed.nonce)
            .bind(sealed.ciphertext)
            .bind(now)
            .bind(created_by)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// The newest stays good for the overlap, older ones end now.
    pub(crate) async fn end(
        &self,
        conn: &mut PgConnection,
        (book, owner): (BookId, impl Owner),
        overlap: TimeDelta,
        now: DateTime<Utc>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(self.end)
            .bind(book)
            .bind(owner)
            .bind(now)
            .bind(now + overlap)
            .execute(conn)
            .await?;
        Ok(())
    }

    /// Those that are good now.
    pub(crate) async fn live<E: From<Unsealable> + From<sqlx::Error>>(
        &self,
        conn: &mut PgConnection,
        vault: &Vault,
        (book, owner): (BookId, impl Owner),
        now: DateTime<Utc>,
    ) -> Result<Vec<Vec<u8>>, E> {
        let rows: Vec<(Uuid, Vec<u8>, Vec<u8>)> =
            sqlx::query_as(self.live).bind(book).bind(owner).bind(now).fetch_all(conn).await?;
        let open = |(id, nonce, ciphertext)| {
            Ok(vault.open(&self.bound_to(book, owner, id), &Sealed { nonce, ciphertext })?)
        };
        rows.into_iter().map(open).collect()
    }

    /// A wrapped secret moved to another row does not open.
    fn bound_to(&self, book: BookId, owner: impl Owner, id: Uuid) -> String {
        format!("daftar {} secret {book} {owner} {id}", self.kind)
    }
}

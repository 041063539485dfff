//! Personal data, beside the log: encrypted with a key for each customer, named by events and held
//! by none.
//!
//! A row is committed before the event that names it. Forgetting a customer destroys the key: the
//! log, its chain and its figures stay whole, and nobody can read the rows any more.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{Key, KeyInit, XChaCha20Poly1305, XNonce};
use chrono::{DateTime, TimeDelta, Utc};
use domain::StreamKey;
use domain::id::{Code, CustomerId, PersonalDataId};
use domain::order::PersonalRef;
use eventstore::BookId;
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection};
use uuid::Uuid;

/// What no event names after this long is swept.
const UNNAMED_MAX: TimeDelta = TimeDelta::days(1);
const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 24;

/// The master key, which lives outside the database and wraps the customers' keys.
#[derive(Clone)]
pub struct Vault {
    master: XChaCha20Poly1305,
}

impl Vault {
    pub fn new(master_key: [u8; KEY_LENGTH]) -> Self {
        Self { master: XChaCha20Poly1305::new(&Key::from(master_key)) }
    }

    /// Encrypts a short secret for one place: moved elsewhere, it does not open.
    pub(crate) fn seal(&self, bound_to: &str, plain: &[u8]) -> Result<Sealed, Unsealable> {
        let nonce = random::<NONCE_LENGTH>();
        let message = Payload { msg: plain, aad: bound_to.as_bytes() };
        let sealed = self.master.encrypt(&XNonce::from(nonce), message);
        Ok(Sealed { nonce: nonce.to_vec(), ciphertext: sealed.map_err(|_| Unsealable)? })
    }

    /// What was sealed for this place.
    pub(crate) fn open(&self, bound_to: &str, sealed: &Sealed) -> Result<Vec<u8>, Unsealable> {
        let nonce: [u8; NONCE_LENGTH] =
            sealed.nonce.as_slice().try_into().map_err(|_| Unsealable)?;
        let message = Payload { msg: &sealed.ciphertext, aad: bound_to.as_bytes() };
        self.master.decrypt(&XNonce::from(nonce), message).map_err(|_| Unsealable)
    }
}

/// A secret as the database keeps it.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) nonce: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

/// The vault's key is not the one it was sealed with, or it was sealed for another place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the vault does not open this")]
pub struct Unsealable;

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Vault")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PersonalError {
    #[error("could not reach the personal data")]
    Database(#[from] sqlx::Error),
    #[error("there is no personal data {0}")]
    Unknown(PersonalDataId),
    #[error("the customer of personal data {0} was forgotten")]
    Forgotten(PersonalDataId),
    #[error("personal data {0} was stored with another content")]
    Differs(PersonalDataId),
    #[error("personal data {0} is a file and no text")]
    NotText(PersonalDataId),
    #[error("the key of the personal data is not the one it was encrypted with")]
    WrongKey,
}

/// Personal data to be stored.
#[derive(Clone)]
pub struct NewPersonal<'a> {
    pub id: PersonalDataId,
    pub customer: &'a CustomerId,
    /// The stream whose event will name it.
    pub stream: StreamKey,
    pub kind: &'static str,
    /// A text or a file.
    pub content: &'a [u8],
}

impl fmt::Debug for NewPersonal<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("NewPersonal").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Stores personal data and says how an event names it. Storing the same again under the same id
/// gives the same answer, and another day before it is swept.
pub async fn store(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    new: &NewPersonal<'_>,
    now: DateTime<Utc>,
) -> Result<PersonalRef, PersonalError> {
    let key = ensure_key(conn, vault, book, new.customer, now).await?;
    let digest = digest(&key.data_key, new.id, new.content);
    let nonce = random::<NONCE_LENGTH>();
    let id = new.id.uuid();
    let message = Payload { msg: new.content, aad: id.as_bytes() };
    let ciphertext = XChaCha20Poly1305::new(&Key::from(key.data_key))
        .encrypt(&XNonce::from(nonce), message)
        .map_err(|_| PersonalError::WrongKey)?;
    let (stored_under, stored): (Uuid, String) =
        sqlx::query_as(include_str!("sql/insert_personal_data.sql"))
            .bind(book)
            .bind(id)
            .bind(new.customer.as_str())
            .bind(new.kind)
            .bind(new.stream.aggregate_type())
            .bind(new.stream.aggregate_id())
            .bind(key.key_id)
            .bind(nonce.as_slice())
            .bind(ciphertext)
            .bind(&digest)
            .bind(now)
            .fetch_one(&mut *conn)
            .await?;
    // Under a key that was destroyed since, it can no longer be compared.
    if stored_under == key.key_id && stored != digest {
        return Err(PersonalError::Differs(new.id));
    }
    Ok(reference(new.id, stored))
}

/// Reads personal data that is text.
pub async fn read_text(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    id: PersonalDataId,
) -> Result<String, PersonalError> {
    let content = read(conn, vault, book, id).await?;
    String::from_utf8(content).map_err(|_| PersonalError::NotText(id))
}

/// Reads personal data.
pub async fn read(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    id: PersonalDataId,
) -> Result<Vec<u8>, PersonalError> {
    let row = read_row(conn, book, id).await?;
    let key = read_key(conn, vault, book, &row.customer_id).await?;
    let key = key.filter(|key| key.key_id == row.key_id).ok_or(PersonalError::Forgotten(id))?;
    let nonce: [u8; NONCE_LENGTH] = row.nonce.try_into().map_err(|_| PersonalError::WrongKey)?;
    let bound_to = id.uuid();
    let message = Payload { msg: row.ciphertext.as_slice(), aad: bound_to.as_bytes() };
    XChaCha20Poly1305::new(&Key::from(key.data_key))
        .decrypt(&XNonce::from(nonce), message)
        .map_err(|_| PersonalError::WrongKey)
}

/// Destroys the customer's key; says whether there was one. What is stored for the customer later
/// gets a new key.
pub async fn forget(
    conn: &mut PgConnection,
    book: BookId,
    customer: &CustomerId,
) -> Result<bool, sqlx::Error> {
    let deleted = sqlx::query(include_str!("sql/forget_customer.sql"))
        .bind(book)
        .bind(customer.as_str())
        .execute(conn)
        .await?;
    Ok(deleted.rows_affected() > 0)
}

/// Deletes what no event names after a day; says how many rows.
pub async fn sweep(
    conn: &mut PgConnection,
    book: BookId,
    now: DateTime<Utc>,
) -> Result<u64, sqlx::Error> {
    let before = now - UNNAMED_MAX;
    // Both see the book as of one moment. Otherwise what a proposal names could be named by no event
    // yet for the first, and by no open proposal any more for the second.
    let mut tx = conn.begin_with("begin isolation level repeatable read").await?;
    sqlx::query(include_str!("sql/mark_named_personal_data.sql"))
        .bind(book)
        .bind(before)
        .execute(&mut *tx)
        .await?;
    let deleted = sqlx::query(include_str!("sql/delete_unnamed_personal_data.sql"))
        .bind(book)
        .bind(before)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(deleted.rows_affected())
}

struct CustomerKey {
    key_id: Uuid,
    data_key: [u8; KEY_LENGTH],
}

async fn ensure_key(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    customer: &CustomerId,
    now: DateTime<Utc>,
) -> Result<CustomerKey, PersonalError> {
    if let Some(key) = read_key(conn, vault, book, customer.as_str()).await? {
        return Ok(key);
    }
    let bound_to = bound_to(book, customer.as_str());
    let wrapped = vault
        .seal(&bound_to, &random::<KEY_LENGTH>())
        .map_err(|Unsealable| PersonalError::WrongKey)?;
    sqlx::query(include_str!("sql/insert_customer_key.sql"))
        .bind(book)
        .bind(customer.as_str())
        .bind(uuid::Builder::from_random_bytes(random()).into_uuid())
        .bind(wrapped.nonce)
        .bind(wrapped.ciphertext)
        .bind(now)
        .execute(&mut *conn)
        .await?;
    // Another node may have been first: the one that is stored counts.
    let key = read_key(conn, vault, book, customer.as_str()).await?;
    key.ok_or(PersonalError::WrongKey)
}

async fn read_key(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    customer: &str,
) -> Result<Option<CustomerKey>, PersonalError> {
    let row: Option<(Uuid, Vec<u8>, Vec<u8>)> =
        sqlx::query_as(include_str!("sql/read_customer_key.sql"))
            .bind(book)
            .bind(customer)
            .fetch_optional(conn)
            .await?;
    let Some((key_id, nonce, ciphertext)) = row else { return Ok(None) };
    let data_key = vault
        .open(&bound_to(book, customer), &Sealed { nonce, ciphertext })
        .map_err(|Unsealable| PersonalError::WrongKey)?;
    let data_key = data_key.try_into().map_err(|_| PersonalError::WrongKey)?;
    Ok(Some(CustomerKey { key_id, data_key }))
}

/// A wrapped key moved to another row does not open.
fn bound_to(book: BookId, customer: &str) -> String {
    format!("daftar customer key {book} {customer}")
}

#[derive(sqlx::FromRow)]
struct Row {
    customer_id: String,
    key_id: Uuid,
    nonce: Vec<u8>,
    ciphertext: Vec<u8>,
}

async fn read_row(
    conn: &mut PgConnection,
    book: BookId,
    id: PersonalDataId,
) -> Result<Row, PersonalError> {
    sqlx::query_as(include_str!("sql/read_personal_data.sql"))
        .bind(book)
        .bind(id.uuid())
        .fetch_optional(conn)
        .await?
        .ok_or(PersonalError::Unknown(id))
}

/// A row with its customer's key, if there is one, as a verification reads them.
#[derive(sqlx::FromRow)]
pub(crate) struct Encrypted {
    pub(crate) id: Uuid,
    customer_id: String,
    key_id: Uuid,
    nonce: Vec<u8>,
    ciphertext: Vec<u8>,
    pub(crate) digest: String,
    customer_key_id: Option<Uuid>,
    wrapped_nonce: Option<Vec<u8>>,
    wrapped: Option<Vec<u8>>,
}

/// What is wrong with a row.
pub(crate) enum Wrong {
    /// The customer's key does not open.
    Key,
    /// The content does not open with the customer's key.
    Content,
    Digest {
        expected: String,
    },
}

impl Encrypted {
    /// Whether it opens, and has the digest of its content. That of a customer who was forgotten
    /// cannot be told any more.
    pub(crate) fn check(&self, vault: &Vault, book: BookId) -> Result<(), Wrong> {
        let (Some(key_id), Some(nonce), Some(wrapped)) =
            (self.customer_key_id, &self.wrapped_nonce, &self.wrapped)
        else {
            return Ok(());
        };
        if key_id != self.key_id {
            return Ok(());
        }
        let sealed = Sealed { nonce: nonce.clone(), ciphertext: wrapped.clone() };
        let data_key = vault
            .open(&bound_to(book, &self.customer_id), &sealed)
            .map_err(|Unsealable| Wrong::Key)?;
        let data_key: [u8; KEY_LENGTH] = data_key.try_into().map_err(|_| Wrong::Key)?;
        let nonce: [u8; NONCE_LENGTH] =
            self.nonce.as_slice().try_into().map_err(|_| Wrong::Content)?;
        let message = Payload { msg: self.ciphertext.as_slice(), aad: self.id.as_bytes() };
        let content = XChaCha20Poly1305::new(&Key::from(data_key))
            .decrypt(&XNonce::from(nonce), message)
            .map_err(|_| Wrong::Content)?;
        let expected = digest(&data_key, PersonalDataId::new(self.id), &content);
        if expected == self.digest { Ok(()) } else { Err(Wrong::Digest { expected }) }
    }
}

/// SHA-256 with a salt that comes from the customer's key: once that is destroyed, nobody can try
/// out which name or phone number has this digest.
fn digest(data_key: &[u8; KEY_LENGTH], id: PersonalDataId, content: &[u8]) -> String {
    let salt = Sha256::new()
        .chain_update(b"daftar personal salt")
        .chain_update(data_key)
        .chain_update(id.uuid().as_bytes())
        .finalize();
    hex::encode(Sha256::new().chain_update(salt).chain_update(content).finalize())
}

fn reference(id: PersonalDataId, digest: String) -> PersonalRef {
    PersonalRef { id, digest: Code::new(digest).expect("a hex digest is a code") }
}

fn random<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut bytes = [0; LENGTH];
    rand::fill(&mut bytes);
    bytes
}

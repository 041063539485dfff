//! Who may act: principals, and the keys that prove who is asking.
//!
//! A principal is the lasting identity; a key comes and goes. Rotation is a new key for the same
//! principal. What is kept of a key's secret is its SHA-256.

use chrono::{DateTime, TimeDelta, Utc};
use domain::actor::{Actor, ActorKind, Role};
use domain::id::{CustomerId, Text, TextError};
use eventstore::BookId;
use serde::{Deserialize, Serialize};
use sqlx::{Connection as _, PgConnection};

mod asked;
mod token;

pub(crate) use asked::{AskedKey, answer};
pub use token::{RANDOM_BYTES, Token};

/// The name of a principal.
pub type PrincipalId = Text<64>;

/// A key's last use is noted no oftener than this: reading must not become writing.
const LAST_USED_EVERY: TimeDelta = TimeDelta::minutes(1);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PrincipalKind {
    Person,
    Service,
}

impl PrincipalKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Service => "service",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Person, Self::Service].into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A principal to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPrincipal {
    pub id: PrincipalId,
    pub kind: PrincipalKind,
    pub role: Role,
    pub department: Option<Text<64>>,
    /// The person that a service belongs to.
    pub owner: Option<PrincipalId>,
}

/// A principal as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub id: PrincipalId,
    pub kind: PrincipalKind,
    pub role: Role,
    pub department: Option<Text<64>>,
    pub owner: Option<PrincipalId>,
    pub disabled_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    pub principal: PrincipalId,
    /// The customers that it is limited to; none for all.
    pub customers: Option<Vec<CustomerId>>,
    pub expires_at: Option<DateTime<Utc>>,
}

/// What is known of a key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Key {
    pub key_id: String,
    pub principal_id: String,
    pub customers: Option<Vec<String>>,
    pub created_at: DateTime<Utc>,
    pub created_by: Option<String>,
    pub expires_at: Option<DateTime<Utc>>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub revoked_at: Option<DateTime<Utc>>,
    /// The key that took its place.
    pub replaced_by: Option<String>,
}

impl Key {
    /// Whether it lets nobody in who does not see all that this credential sees.
    pub fn is_within(&self, credential: &Credential) -> bool {
        match (&credential.customers, &self.customers) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(_), Some(listed)) => listed.iter().all(|customer| credential.may_see(customer)),
        }
    }
}

/// Whoever makes a principal or a key, and with which key. Nobody, where the command line does.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    pub principal: &'a str,
    pub key_id: Option<&'a str>,
}

/// How a key is replaced by another of the same principal, with the same limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotation {
    /// How long the old one still opens; zero revokes it at once.
    pub overlap: TimeDelta,
    /// When the new one expires; when the old one would have, if left out.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Who asks, as a key has proved it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    pub key_id: String,
    pub principal: PrincipalId,
    pub kind: PrincipalKind,
    pub role: Role,
    pub department: Option<Text<64>>,
    pub owner: Option<PrincipalId>,
    /// The customers that the key is limited to; none for all.
    pub customers: Option<Vec<CustomerId>>,
}

impl Credential {
    /// The person behind it: four eyes are two different ones. None for a service that nobody
    /// owns, which is no person at all.
    pub fn person(&self) -> Option<&PrincipalId> {
        match self.kind {
            PrincipalKind::Person => Some(&self.principal),
            PrincipalKind::Service => self.owner.as_ref(),
        }
    }

    /// As whoever makes something.
    pub fn maker(&self) -> Maker<'_> {
        Maker { principal: self.principal.as_str(), key_id: Some(&self.key_id) }
    }

    /// Whether the key may see what belongs to this customer.
    pub fn may_see(&self, customer: &str) -> bool {
        self.customers
            .as_ref()
            .is_none_or(|customers| customers.iter().any(|listed| listed.as_str() == customer))
    }

    /// The customers whose things the key sees, for a query; none for all.
    pub fn seen(&self) -> Option<Vec<String>> {
        let customers = self.customers.as_ref()?;
        Some(customers.iter().map(ToString::to_string).collect())
    }

    /// The actor that stands on every event this credential causes.
    pub fn actor(&self, on_behalf_of: Option<Text<64>>) -> Actor {
        let kind = match self.kind {
            PrincipalKind::Person => ActorKind::Person,
            PrincipalKind::Service => ActorKind::Service,
        };
        Actor {
            kind,
            id: self.principal.clone(),
            role: self.role,
            department: self.department.clone(),
            on_behalf_of,
        }
    }
}

/// Whoever proposed or agreed, as far as it is known.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    pub person: &'a str,
    pub principal: &'a str,
    pub key_id: Option<&'a str>,
}

#[derive(Debug, thiserror::Error)]
pub enum PrincipalError {
    #[error("a principal of this name is there already")]
    Exists,
    #[error("there is no such principal, or it is disabled")]
    Unknown,
    #[error("there is no such key")]
    UnknownKey,
    #[error("the key is revoked, expired or replaced already")]
    KeyNotLive,
    #[error("only a service can have an owner, and that must be a person")]
    Owner,
    #[error("a stored principal cannot be read")]
    Stored(#[from] TextError),
    #[error("could not reach the principals")]
    Database(#[from] sqlx::Error),
}

/// Makes a principal.
pub async fn create_principal(
    conn: &mut PgConnection,
    book: BookId,
    new: &NewPrincipal,
    maker: Option<Maker<'_>>,
    now: DateTime<Utc>,
) -> Result<(), PrincipalError> {
    if let Some(owner) = &new.owner {
        let owner = find_principal(conn, book, owner).await?.ok_or(PrincipalError::Owner)?;
        if new.kind != PrincipalKind::Service || owner.kind != PrincipalKind::Person {
            return Err(PrincipalError::Owner);
        }
    }
    let inserted = sqlx::query(include_str!("principals/sql/insert_principal.sql"))
        .bind(book)
        .bind(new.id.as_str())
        .bind(new.kind.as_str())
        .bind(new.role.as_str())
        .bind(new.department.as_ref().map(Text::as_str))
        .bind(new.owner.as_ref().map(Text::as_str))
        .bind(now)
        .bind(maker.map(|maker| maker.principal))
        .bind(maker.and_then(|maker| maker.key_id))
        .execute(conn)
        .await?
        .rows_affected();
    if inserted == 1 { Ok(()) } else { Err(PrincipalError::Exists) }
}

/// Makes a key for a principal, of random bytes that the caller brings. The secret is in the
/// answer and nowhere else.
pub async fn create_key(
    conn: &mut PgConnection,
    book: BookId,
    new: &NewKey,
    random: &[u8; RANDOM_BYTES],
    maker: Option<Maker<'_>>,
    now: DateTime<Utc>,
) -> Result<Token, PrincipalError> {
    let token = Token::from_random(random);
    let customers: Option<Vec<&str>> =
        new.customers.as_ref().map(|listed| listed.iter().map(Text::as_str).collect());
    let inserted = sqlx::query(include_str!("principals/sql/insert_key.sql"))
        .bind(book)
        .bind(token.id())
        .bind(new.principal.as_str())
        .bind(token.hash().as_slice())
        .bind(customers)
        .bind(now)
        .bind(maker.map(|maker| maker.principal))
        .bind(new.expires_at)
        .bind(maker.and_then(|maker| maker.key_id))
        .execute(conn)
        .await?
        .rows_affected();
    if inserted == 1 { Ok(token) } else { Err(PrincipalError::Unknown) }
}

/// Replaces a live key by a new one of the same principal, with the same limits.
pub async fn rotate(
    conn: &mut PgConnection,
    book: BookId,
    key_id: &str,
    rotation: Rotation,
    random: &[u8; RANDOM_BYTES],
    maker: Option<Maker<'_>>,
    now: DateTime<Utc>,
) -> Result<(Token, Key), PrincipalError> {
    let mut tx = conn.begin().await?;
    let old: Option<Key> = sqlx::query_as(include_str!("principals/sql/lock_key.sql"))
        .bind(book)
        .bind(key_id)
        .fetch_optional(&mut *tx)
        .await?;
    let old = old.ok_or(PrincipalError::UnknownKey)?;
    let is_expired = old.expires_at.is_some_and(|expires_at| expires_at <= now);
    if old.revoked_at.is_some() || old.replaced_by.is_some() || is_expired {
        return Err(PrincipalError::KeyNotLive);
    }
    let listed = old.customers.clone().map(|listed| {
        listed.into_iter().map(Text::new).collect::<Result<Vec<CustomerId>, TextError>>()
    });
    let new = NewKey {
        principal: Text::new(old.principal_id.clone())?,
        customers: listed.transpose()?,
        expires_at: rotation.expires_at.or(old.expires_at),
    };
    let token = create_key(&mut tx, book, &new, random, maker, now).await?;
    sqlx::query(include_str!("principals/sql/replace_key.sql"))
        .bind(book)
        .bind(key_id)
        .bind(token.id())
        .bind(now)
        .bind(now + rotation.overlap)
        .execute(&mut *tx)
        .await?;
    let made = read_key(&mut tx, book, token.id()).await?.ok_or(PrincipalError::UnknownKey)?;
    tx.commit().await?;
    Ok((token, made))
}

/// What is known of a key.
pub async fn read_key(
    conn: &mut PgConnection,
    book: BookId,
    key_id: &str,
) -> Result<Option<Key>, PrincipalError> {
    let sql = include_str!("principals/sql/read_key.sql");
    Ok(sqlx::query_as(sql).bind(book).bind(key_id).fetch_optional(conn).await?)
}

/// Who holds this key; none if it is unknown, revoked or expired, or its principal disabled.
pub async fn find_by_key(
    conn: &mut PgConnection,
    book: BookId,
    token: &Token,
    now: DateTime<Utc>,
) -> Result<Option<Credential>, PrincipalError> {
    let found: Option<Held> = sqlx::query_as(include_str!("principals/sql/find_key.sql"))
        .bind(book)
        .bind(token.id())
        .fetch_optional(&mut *conn)
        .await?;
    let Some(held) = found.filter(|held| held.is_live(token, now)) else { return Ok(None) };
    if held.is_to_be_touched(now) {
        touch(conn, book, token, now).await?;
    }
    Ok(Some(held.credential()?))
}

/// Notes that a key was used.
async fn touch(
    conn: &mut PgConnection,
    book: BookId,
    token: &Token,
    now: DateTime<Utc>,
) -> Result<(), sqlx::Error> {
    sqlx::query(include_str!("principals/sql/touch_key.sql"))
        .bind(book)
        .bind(token.id())
        .bind(now)
        .bind(now - LAST_USED_EVERY)
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether none of two made the other's principal or key: whoever did might hold it, and be both.
/// What the command line made nobody stands behind.
pub async fn are_apart(
    conn: &mut PgConnection,
    book: BookId,
    one: Hand<'_>,
    other: Hand<'_>,
) -> Result<bool, sqlx::Error> {
    for (made, maker) in [(one, other), (other, one)] {
        let makers: Vec<String> =
            sqlx::query_scalar(include_str!("principals/sql/read_makers.sql"))
                .bind(book)
                .bind(made.principal)
                .bind(made.key_id)
                .fetch_all(&mut *conn)
                .await?;
        if makers.iter().any(|name| name == maker.person) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether none of two persons made the other's principal or any key of it.
pub(crate) async fn are_strangers(
    conn: &mut PgConnection,
    book: BookId,
    one: &str,
    other: &str,
) -> Result<bool, sqlx::Error> {
    for (made, maker) in [(one, other), (other, one)] {
        let keys: Vec<String> = sqlx::query_scalar(include_str!("principals/sql/read_keys_of.sql"))
            .bind(book)
            .bind(made)
            .fetch_all(&mut *conn)
            .await?;
        let keys = keys.iter().map(|key| Some(key.as_str())).chain([None]);
        for key_id in keys {
            let made = Hand { person: made, principal: made, key_id };
            let maker = Hand { person: maker, principal: maker, key_id: None };
            if !are_apart(conn, book, made, maker).await? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Makes a key worthless; false if there is none of this id. Doing it again changes nothing.
pub async fn revoke(
    conn: &mut PgConnection,
    book: BookId,
    key_id: &str,
    now: DateTime<Utc>,
) -> Result<bool, PrincipalError> {
    let sql = include_str!("principals/sql/revoke_key.sql");
    change(conn, sql, book, key_id, now).await
}

/// Makes all keys of a principal worthless; false if there is no such principal.
pub async fn disable(
    conn: &mut PgConnection,
    book: BookId,
    principal: &str,
    now: DateTime<Utc>,
) -> Result<bool, PrincipalError> {
    let sql = include_str!("principals/sql/disable_principal.sql");
    change(conn, sql, book, principal, now).await
}

async fn change(
    conn: &mut PgConnection,
    sql: &'static str,
    book: BookId,
    id: &str,
    now: DateTime<Utc>,
) -> Result<bool, PrincipalError> {
    let changed = sqlx::query(sql).bind(book).bind(id).bind(now).execute(conn).await?;
    Ok(changed.rows_affected() == 1)
}

/// The principal of a name.
pub async fn find_principal(
    conn: &mut PgConnection,
    book: BookId,
    id: &PrincipalId,
) -> Result<Option<Principal>, PrincipalError> {
    let row: Option<PrincipalRow> =
        sqlx::query_as(include_str!("principals/sql/read_principal.sql"))
            .bind(book)
            .bind(id.as_str())
            .fetch_optional(conn)
            .await?;
    row.map(PrincipalRow::principal).transpose()
}

/// When something of a list was made, and its id: where the next page begins.
pub type Place = (DateTime<Utc>, String);

/// So many of the book's principals, the newest first, after a place in the list.
pub async fn list(
    conn: &mut PgConnection,
    book: BookId,
    after: Option<&Place>,
    rows: u32,
) -> Result<Vec<Principal>, PrincipalError> {
    let rows: Vec<PrincipalRow> =
        sqlx::query_as(include_str!("principals/sql/list_principals.sql"))
            .bind(book)
            .bind(after.map(|place| place.0))
            .bind(after.map(|place| place.1.as_str()))
            .bind(i64::from(rows))
            .fetch_all(conn)
            .await?;
    rows.into_iter().map(PrincipalRow::principal).collect()
}

/// So many of the book's keys, the newest first, revoked ones included, after a place in the list.
pub async fn list_keys(
    conn: &mut PgConnection,
    book: BookId,
    after: Option<&Place>,
    rows: u32,
) -> Result<Vec<Key>, PrincipalError> {
    let keys = sqlx::query_as(include_str!("principals/sql/list_keys.sql"))
        .bind(book)
        .bind(after.map(|place| place.0))
        .bind(after.map(|place| place.1.as_str()))
        .bind(i64::from(rows))
        .fetch_all(conn)
        .await?;
    Ok(keys)
}

#[derive(sqlx::FromRow)]
struct PrincipalRow {
    principal_id: String,
    kind: String,
    role: String,
    department: Option<String>,
    owner_id: Option<String>,
    disabled_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

impl PrincipalRow {
    fn principal(self) -> Result<Principal, PrincipalError> {
        Ok(Principal {
            id: Text::new(self.principal_id)?,
            kind: kind(&self.kind),
            role: role(&self.role),
            department: self.department.map(Text::new).transpose()?,
            owner: self.owner_id.map(Text::new).transpose()?,
            disabled_at: self.disabled_at,
            created_at: self.created_at,
        })
    }
}

#[derive(Clone, sqlx::FromRow)]
struct Held {
    key_id: String,
    secret_hash: Vec<u8>,
    customers: Option<Vec<String>>,
    expires_at: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    principal_id: String,
    kind: String,
    role: String,
    department: Option<String>,
    owner_id: Option<String>,
}

impl Held {
    /// Whether the whole key is this one, and still good.
    fn is_live(&self, token: &Token, now: DateTime<Utc>) -> bool {
        let is_expired = self.expires_at.is_some_and(|expires_at| expires_at <= now);
        token.is_hashed_to(&self.secret_hash) && !is_expired
    }

    fn is_to_be_touched(&self, now: DateTime<Utc>) -> bool {
        self.last_used_at.is_none_or(|used| used + LAST_USED_EVERY <= now)
    }

    /// Who holds the key, if it is this one and still good.
    fn credential_of(
        held: Option<Self>,
        token: &Token,
        now: DateTime<Utc>,
    ) -> Result<Option<Credential>, PrincipalError> {
        held.filter(|held| held.is_live(token, now)).map(Self::credential).transpose()
    }

    fn credential(self) -> Result<Credential, PrincipalError> {
        let customers = self.customers.map(|listed| {
            listed.into_iter().map(Text::new).collect::<Result<Vec<CustomerId>, TextError>>()
        });
        Ok(Credential {
            key_id: self.key_id,
            principal: Text::new(self.principal_id)?,
            kind: kind(&self.kind),
            role: role(&self.role),
            department: self.department.map(Text::new).transpose()?,
            owner: self.owner_id.map(Text::new).transpose()?,
            customers: customers.transpose()?,
        })
    }
}

fn kind(stored: &str) -> PrincipalKind {
    PrincipalKind::parse(stored).expect("the table checks the kind")
}

fn role(stored: &str) -> Role {
    let role = Role::ALL.into_iter().find(|role| role.as_str() == stored);
    role.expect("the table checks the role")
}

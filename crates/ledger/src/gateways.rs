//! Payment gateways, and the secrets that they sign their callbacks with.
//!
//! A gateway holds no API key: it proves itself by a signature. A rotation leaves the secret before
//! good for a while, so that no callback is lost between the two sides' changes.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::Text;
use eventstore::BookId;
use sqlx::{Connection as _, PgConnection};

use crate::personal::{Unsealable, Vault};
use crate::signing::Kept;

/// How many random bytes a secret is made of.
pub const SECRET_BYTES: usize = 32;
const NAME_MAX: usize = 64;
const PREFIX: &str = "gs_";
const SECRETS: Kept = Kept {
    kind: "gateway",
    insert: include_str!("gateways/sql/insert_secret.sql"),
    end: include_str!("gateways/sql/end_secrets.sql"),
    live: include_str!("gateways/sql/live_secrets.sql"),
};

/// The name of a gateway: it stands in the address of its callback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayName(Text<NAME_MAX>);

impl GatewayName {
    /// None if it holds anything but small letters, digits, `-` and `_`.
    pub fn parse(text: &str) -> Option<Self> {
        let is_fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let begins = text.bytes().next().is_some_and(is_fine);
        let goes_on = text.bytes().all(|byte| is_fine(byte) || matches!(byte, b'-' | b'_'));
        (begins && goes_on).then(|| Text::new(text).ok()).flatten().map(Self)
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// As an actor's name.
    pub fn text(&self) -> &Text<NAME_MAX> {
        &self.0
    }
}

impl fmt::Display for GatewayName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What a gateway signs with. Shown once; never printed by accident.
#[derive(Clone)]
pub struct GatewaySecret(String);

impl fmt::Debug for GatewaySecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("GatewaySecret")
    }
}

impl GatewaySecret {
    /// Makes a secret of bytes that nobody can guess.
    pub fn from_random(random: &[u8; SECRET_BYTES]) -> Self {
        Self(format!("{PREFIX}{}", hex::encode(random)))
    }

    /// The text to give to the gateway. Its bytes are the key of the HMAC.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// A gateway as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Gateway {
    pub gateway: String,
    pub created_at: DateTime<Utc>,
    pub created_by: Option<String>,
    pub disabled_at: Option<DateTime<Utc>>,
    /// How many secrets are good now.
    pub secrets: i64,
    /// Until when the secret before the newest is good.
    pub rotates_until: Option<DateTime<Utc>>,
}

#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("a gateway of this name is there already")]
    Exists,
    #[error("there is no such gateway, or it is disabled")]
    Unknown,
    #[error("a gateway's secret cannot be read: the service's own secret is another one")]
    Sealed(#[from] Unsealable),
    #[error("could not reach the gateways")]
    Database(#[from] sqlx::Error),
}

/// Makes a gateway. Its secret is in the answer, and otherwise only encrypted.
pub async fn add(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    name: &GatewayName,
    created_by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<GatewaySecret, GatewayError> {
    let mut tx = conn.begin().await?;
    let inserted = sqlx::query(include_str!("gateways/sql/insert_gateway.sql"))
        .bind(book)
        .bind(name.as_str())
        .bind(now)
        .bind(created_by)
        .execute(&mut *tx)
        .await?;
    if inserted.rows_affected() == 0 {
        return Err(GatewayError::Exists);
    }
    let secret = insert_secret(&mut tx, vault, book, name, created_by, now).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Gives a gateway a new secret. The one before stays good for the overlap, older ones end now.
pub async fn rotate(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    name: &GatewayName,
    overlap: TimeDelta,
    created_by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<GatewaySecret, GatewayError> {
    let mut tx = conn.begin().await?;
    // Its row is locked: a second rotation waits, and then ends the secret made here.
    let locked = sqlx::query(include_str!("gateways/sql/lock_gateway.sql"))
        .bind(book)
        .bind(name.as_str())
        .execute(&mut *tx)
        .await?;
    if locked.rows_affected() == 0 {
        return Err(GatewayError::Unknown);
    }
    SECRETS.end(&mut tx, (book, name.as_str()), overlap, now).await?;
    let secret = insert_secret(&mut tx, vault, book, name, created_by, now).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Believes nothing that is signed by this gateway any more; false if there is none. Doing it again
/// changes nothing.
pub async fn disable(
    conn: &mut PgConnection,
    book: BookId,
    name: &GatewayName,
    now: DateTime<Utc>,
) -> Result<bool, GatewayError> {
    let disabled = sqlx::query(include_str!("gateways/sql/disable_gateway.sql"))
        .bind(book)
        .bind(name.as_str())
        .bind(now)
        .execute(conn)
        .await?;
    Ok(disabled.rows_affected() == 1)
}

/// The book's gateways, by name, those that are switched off included.
pub async fn list(
    conn: &mut PgConnection,
    book: BookId,
    now: DateTime<Utc>,
) -> Result<Vec<Gateway>, GatewayError> {
    let sql = include_str!("gateways/sql/list_gateways.sql");
    Ok(sqlx::query_as(sql).bind(book).bind(now).fetch_all(conn).await?)
}

/// The secrets that a gateway may sign with now; none if it is unknown or disabled.
pub async fn live_secrets(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    name: &GatewayName,
    now: DateTime<Utc>,
) -> Result<Vec<GatewaySecret>, GatewayError> {
    let live = SECRETS.live::<GatewayError>(conn, vault, (book, name.as_str()), now).await?;
    let texts = live.into_iter().map(String::from_utf8);
    texts.map(|text| Ok(GatewaySecret(text.map_err(|_| Unsealable)?))).collect()
}

async fn insert_secret(
    conn: &mut PgConnection,
    vault: &Vault,
    book: BookId,
    name: &GatewayName,
    created_by: Option<&str>,
    now: DateTime<Utc>,
) -> Result<GatewaySecret, GatewayError> {
    let secret = GatewaySecret::from_random(&rand::random());
    let owner = (book, name.as_str());
    SECRETS
        .insert::<GatewayError>(conn, vault, owner, secret.reveal().as_bytes(), created_by, now)
        .await?;
    Ok(secret)
}

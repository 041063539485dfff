//! The book as it was: at a position, at a cursor, or at a time, always at the end of a command.

use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use domain::id::{CustomerId, WalletId};
use domain::settings::Settings;
use domain::{State, StreamKey};
use eventstore::{BookId, Cursor, Position, Version};
use projections::as_of::Wallet;
use projections::wallet_balances;
use sqlx::PgConnection;

use crate::history::{self, HistoryError, Point};
use crate::ledger::Ledger;
use crate::load;
use crate::queries::QueryError;

/// Begins what reads one state of the book.
pub const SNAPSHOT: &str = "begin isolation level repeatable read, read only";

/// What somebody asks to be shown as of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Point(Point),
    Time(When),
}

/// A time, or a whole day of the book's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// That instant included.
    Instant(DateTime<Utc>),
    /// To its end, in the book's time zone.
    Day(NaiveDate),
}

/// The text is neither a position nor a cursor, a time or a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a moment is a position, a cursor, a time by RFC 3339, or a date")]
pub struct NotAMoment;

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        text.parse()
            .map(Self::Point)
            .or_else(|_| text.parse().map(Self::Time))
            .map_err(|_: NotAMoment| NotAMoment)
    }
}

impl FromStr for When {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        if let Ok(day) = text.parse::<NaiveDate>() {
            return if is_near(&day) { Ok(Self::Day(day)) } else { Err(NotAMoment) };
        }
        // A plus sign that was not escaped in a query arrives as a space.
        let time = DateTime::parse_from_rfc3339(&text.replace(' ', "+"));
        let time = time.map_err(|_| NotAMoment)?.to_utc();
        if is_near(&time) { Ok(Self::Instant(time)) } else { Err(NotAMoment) }
    }
}

/// The database has no room for years that are much further off.
fn is_near(time: &impl Datelike) -> bool {
    (0..=9_999).contains(&time.year())
}

impl When {
    /// The last instant of it that the database can tell.
    pub fn end(self, settings: &Settings) -> DateTime<Utc> {
        match self {
            Self::Instant(instant) => instant,
            Self::Day(day) => end_of(day, settings),
        }
    }
}

fn end_of(day: NaiveDate, settings: &Settings) -> DateTime<Utc> {
    let Some(next) = day.checked_add_days(Days::new(1)) else { return DateTime::<Utc>::MAX_UTC };
    let midnight = next.and_time(NaiveTime::MIN);
    // Where clocks are put forward at midnight, the next day begins an hour later.
    let begins = [midnight, midnight + TimeDelta::hours(1)]
        .into_iter()
        .find_map(|local| settings.time_zone.from_local_datetime(&local).earliest());
    let begins = begins.map_or_else(|| midnight.and_utc(), |begins| begins.to_utc());
    begins - TimeDelta::microseconds(1)
}

/// The end of the command that was the last one at this moment, once it is known to lie in this
/// book's history. A time after the last event is its end as it is now.
pub async fn resolve(
    conn: &mut PgConnection,
    ledger: &Ledger,
    moment: Moment,
) -> Result<Cursor, AsOfError> {
    let settings = match moment {
        Moment::Time(When::Day(_)) => settings(conn, ledger).await?,
        Moment::Time(When::Instant(_)) | Moment::Point(_) => Settings::default(),
    };
    resolve_by(conn, ledger, moment, &settings).await
}

/// The same, with days as these settings have them.
pub(crate) async fn resolve_by(
    conn: &mut PgConnection,
    ledger: &Ledger,
    moment: Moment,
    settings: &Settings,
) -> Result<Cursor, AsOfError> {
    let book = ledger.book();
    let position = match moment {
        Moment::Point(point) => history::resolve(conn, book, &point).await?,
        Moment::Time(when) => eventstore::read::position_at(conn, book, when.end(settings)).await?,
    };
    let end = eventstore::read::command_end(conn, book, position).await?;
    Ok(cursor(conn, book, end.ok_or(HistoryError::NotReached)?).await?)
}

/// The cursor of a position that is there.
pub async fn cursor(
    conn: &mut PgConnection,
    book: BookId,
    position: Position,
) -> Result<Cursor, HistoryError> {
    let hash = eventstore::read::hash_at(conn, book, position).await?;
    Ok(Cursor::new(position, hash.ok_or(HistoryError::NotReached)?))
}

#[derive(Debug, thiserror::Error)]
pub enum AsOfError {
    #[error("{cause}: {asked} was asked for, and it ends at {end}")]
    Elsewhere { cause: HistoryError, asked: Point, end: Position },
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl From<sqlx::Error> for AsOfError {
    fn from(error: sqlx::Error) -> Self {
        Self::History(HistoryError::Database(error))
    }
}

/// The book's settings in force, as this connection sees them.
pub async fn settings(conn: &mut PgConnection, ledger: &Ledger) -> Result<Settings, QueryError> {
    let (book, upcasters) = (ledger.book(), ledger.upcasters());
    let state = load::state(conn, book, upcasters, StreamKey::Settings).await?;
    Ok(held(&state))
}

/// The book's settings as they were.
pub(crate) async fn settings_at(
    conn: &mut PgConnection,
    ledger: &Ledger,
    position: Position,
) -> Result<Settings, QueryError> {
    let (book, upcasters) = (ledger.book(), ledger.upcasters());
    let state = load::state_at(conn, book, upcasters, StreamKey::Settings, position).await?;
    Ok(held(&state))
}

fn held(state: &State) -> Settings {
    let State::Settings(settings) = state else {
        unreachable!("{state:?} was loaded as the settings")
    };
    settings.clone()
}

/// A stream as it was, with the settings as they were.
pub async fn with_settings(
    ledger: &Ledger,
    stream: StreamKey,
    moment: Moment,
) -> Result<(Cursor, Arc<State>, Settings), AsOfError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let at = resolve(&mut tx, ledger, moment).await?;
    let (book, upcasters) = (ledger.book(), ledger.upcasters());
    let state = load::state_at(&mut tx, book, upcasters, stream, at.position)
        .await
        .map_err(QueryError::from)?;
    let settings = load::state_at(&mut tx, book, upcasters, StreamKey::Settings, at.position)
        .await
        .map_err(QueryError::from)?;
    tx.commit().await?;
    Ok((at, Arc::new(state), held(&settings)))
}

/// What the views held of a customer's wallets, by currency.
pub async fn wallets(
    ledger: &Ledger,
    customer: &CustomerId,
    moment: Moment,
) -> Result<(Cursor, Vec<Wallet>), AsOfError> {
    let (book, upcasters) = (ledger.book(), ledger.upcasters());
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let at = resolve(&mut tx, ledger, moment).await?;
    // No wallet ever goes away.
    let now = wallet_balances::of_customer(&mut tx, book, customer.as_str()).await?;
    let mut wallets = Vec::new();
    for row in now.value {
        let id = load::stream_id(StreamKey::Wallet(WalletId::new(row.wallet_id)));
        let (from, up_to) = (Version::ZERO, at.position);
        let events = eventstore::read::stream_up_to(&mut tx, book, &id, from, up_to).await?;
        let wallet = projections::as_of::wallet(&events, upcasters);
        wallets.push(wallet.map_err(QueryError::from)?);
    }
    tx.commit().await?;
    Ok((at, wallets))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_position_a_cursor_a_time_or_a_date() {
        let time = |text: &str| Moment::Time(When::Instant(text.parse().unwrap()));
        assert_eq!("7".parse(), Ok(Moment::Point("7".parse().unwrap())));
        assert_eq!("7.00c0ffee".parse(), Ok(Moment::Point("7.00c0ffee".parse().unwrap())));
        let noon = time("2025-11-20T09:00:00Z");
        assert_eq!("2025-11-20T12:00:00+03:00".parse(), Ok(noon));
        assert_eq!("2025-11-20T12:00:00 03:00".parse(), Ok(noon));
        let day = NaiveDate::from_ymd_opt(2025, 11, 20).unwrap();
        assert_eq!("2025-11-20".parse(), Ok(Moment::Time(When::Day(day))));
        for text in [
            "",
            "-1",
            "-5000-01-01",
            "+12345-01-01",
            "yesterday",
            "2025-11-20T12:00:00",
            "2025-13-01",
            "7.1",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(NotAMoment), "{text:?}");
        }
    }

    #[test]
    fn a_day_ends_when_the_next_one_begins_where_the_book_is() {
        let day = When::Day(NaiveDate::from_ymd_opt(2025, 11, 20).unwrap());
        let end = day.end(&Settings::default());
        assert_eq!(end, "2025-11-20T20:59:59.999999Z".parse::<DateTime<Utc>>().unwrap());
    }
}

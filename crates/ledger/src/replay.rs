//! Which book a replay shows: a place in its history, with what proves that it is that one, and what
//! is asked for there.

use chrono::{DateTime, Utc};
use domain::StreamKey;
use domain::id::{CustomerId, OrderId, OrderNumber, WalletId};
use domain::money::Currency;
use eventstore::{ChainHash, Cursor, Position, Version};
use projections::{customer_orders, wallet_balances};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::as_of::{self, AsOfError, Moment};
use crate::history::HistoryError;
use crate::ledger::Ledger;
use crate::load;

/// A place in the book's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    pub position: Position,
    /// The chain up to there: whoever kept it once knows by it that nothing before has changed.
    pub hash: ChainHash,
    /// Of the event there; none before the first.
    pub recorded_at: Option<DateTime<Utc>>,
}

impl At {
    pub fn cursor(&self) -> Cursor {
        Cursor::new(self.position, self.hash)
    }
}

/// The place that a moment means, or the end; within a command it is the command's end. What lies
/// beyond the end is refused.
pub async fn at(
    conn: &mut PgConnection,
    ledger: &Ledger,
    moment: Option<Moment>,
) -> Result<At, AsOfError> {
    let book = ledger.book();
    let position = if let Some(moment) = moment {
        match (as_of::resolve(conn, ledger, moment).await, moment) {
            (Err(AsOfError::History(cause)), Moment::Point(asked))
                if !matches!(cause, HistoryError::Database(_)) =>
            {
                let end = eventstore::read_end(conn, book).await;
                let end = end.map_err(crate::queries::QueryError::from)?.0;
                return Err(AsOfError::Elsewhere { cause, asked, end });
            }
            (resolved, _) => resolved?.position,
        }
    } else {
        let end = eventstore::read_end(conn, book).await;
        end.map_err(crate::queries::QueryError::from)?.0
    };
    let hash = eventstore::read::hash_at(conn, book, position).await?;
    let event = eventstore::read::event_at(conn, book, position).await?;
    Ok(At {
        position,
        hash: hash.ok_or(HistoryError::NotReached)?,
        recorded_at: event.map(|event| event.recorded_at),
    })
}

/// Two places cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum BetweenError {
    #[error("the first position, {from}, lies after the second, {to}: name the earlier one first")]
    Backwards { from: Position, to: Position },
    #[error(transparent)]
    AsOf(#[from] AsOfError),
}

/// Two places, the earlier one first; without the second, the end.
pub async fn between(
    conn: &mut PgConnection,
    ledger: &Ledger,
    from: Moment,
    to: Option<Moment>,
) -> Result<(At, At), BetweenError> {
    let from = at(conn, ledger, Some(from)).await?;
    let to = at(conn, ledger, to).await?;
    if from.position > to.position {
        return Err(BetweenError::Backwards { from: from.position, to: to.position });
    }
    Ok((from, to))
}

/// An order cannot be told from what was said of it.
#[derive(Debug, thiserror::Error)]
pub enum FindOrderError {
    #[error("there is no order {0}: an order is named by its id, or by its number as it is now")]
    Unknown(String),
    #[error("{number} is the number of several orders, name one by its id: {}", list(.orders))]
    Ambiguous { number: String, orders: Vec<Uuid> },
    #[error("could not look the order up")]
    Database(#[from] sqlx::Error),
}

fn list(orders: &[Uuid]) -> String {
    orders.iter().map(Uuid::to_string).collect::<Vec<_>>().join(", ")
}

/// The order of an id, or of a number as the view has it now. What is shown of it is folded.
pub async fn find_order(
    conn: &mut PgConnection,
    ledger: &Ledger,
    text: &str,
) -> Result<OrderId, FindOrderError> {
    if let Ok(id) = text.parse() {
        return Ok(id);
    }
    let unknown = || FindOrderError::Unknown(text.to_owned());
    let number = OrderNumber::new(text).map_err(|_| unknown())?;
    let found = customer_orders::find_by_number(conn, ledger.book(), number.as_str()).await?.value;
    match found.as_slice() {
        [] => Err(unknown()),
        [one] => Ok(OrderId::new(one.order_id)),
        several => Err(FindOrderError::Ambiguous {
            number: text.to_owned(),
            orders: several.iter().map(|order| order.order_id).collect(),
        }),
    }
}

/// The wallet of an id, or of a customer, `94` or `94:USD`: without a currency the one in IQD.
pub fn wallet_of(text: &str) -> Option<WalletId> {
    if let Ok(id) = text.parse() {
        return Some(id);
    }
    let (customer, currency) = customer_and_currency(text);
    Some(WalletId::of(&CustomerId::new(customer).ok()?, currency))
}

fn customer_and_currency(text: &str) -> (&str, Currency) {
    let in_currency = text.rsplit_once(':').and_then(|(customer, currency)| {
        Some((customer, Currency::from_code(&currency.to_ascii_uppercase())?))
    });
    in_currency.unwrap_or((text, Currency::IQD))
}

/// A wallet cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum FindWalletError {
    #[error("{0} is no wallet: it is named by its customer, by CUSTOMER:CURRENCY or by its id")]
    NotAName(String),
    #[error("wallet {name} was not there at position {position}{}", besides(.others))]
    NotThere { name: String, position: Position, others: Vec<String> },
    #[error("could not look the wallet up")]
    Database(#[from] sqlx::Error),
}

fn besides(others: &[String]) -> String {
    if others.is_empty() { String::new() } else { format!("; there was {}", others.join(", ")) }
}

/// The wallet of an id, or of a customer, if it was there; otherwise those that the customer had.
pub async fn find_wallet(
    conn: &mut PgConnection,
    ledger: &Ledger,
    text: &str,
    position: Position,
) -> Result<WalletId, FindWalletError> {
    let not_a_name = || FindWalletError::NotAName(text.to_owned());
    let wallet = wallet_of(text).ok_or_else(not_a_name)?;
    if was_there(conn, ledger, wallet, position).await? {
        return Ok(wallet);
    }
    let (customer, asked) = customer_and_currency(text);
    let is_id = text.parse::<WalletId>().is_ok();
    let name = if is_id { text.to_owned() } else { format!("{customer}:{}", asked.code()) };
    let mut others = Vec::new();
    if !is_id {
        // No wallet ever goes away.
        let now = wallet_balances::of_customer(conn, ledger.book(), customer).await?;
        for row in now.value {
            if was_there(conn, ledger, WalletId::new(row.wallet_id), position).await? {
                others.push(format!("{customer}:{}", row.currency));
            }
        }
    }
    Err(FindWalletError::NotThere { name, position, others })
}

async fn was_there(
    conn: &mut PgConnection,
    ledger: &Ledger,
    wallet: WalletId,
    position: Position,
) -> Result<bool, sqlx::Error> {
    let id = load::stream_id(StreamKey::Wallet(wallet));
    let first = eventstore::read::stream_page(conn, ledger.book(), &id, Version::ZERO, 1).await?;
    Ok(first.first().is_some_and(|first| first.position <= position))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wallet_is_named_by_its_customer_their_currency_or_its_id() {
        let of =
            |customer: &str, currency| WalletId::of(&CustomerId::new(customer).unwrap(), currency);
        assert_eq!(wallet_of("94"), Some(of("94", Currency::IQD)));
        assert_eq!(wallet_of("94:USD"), Some(of("94", Currency::USD)));
        assert_eq!(wallet_of("94:usd"), Some(of("94", Currency::USD)));
        assert_eq!(wallet_of("shop:94"), Some(of("shop:94", Currency::IQD)));
        assert_eq!(wallet_of("shop:94:USD"), Some(of("shop:94", Currency::USD)));
        let id = of("94", Currency::IQD);
        assert_eq!(wallet_of(&id.to_string()), Some(id));
        assert_eq!(wallet_of(""), None);
    }
}

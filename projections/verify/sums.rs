//! What the items of the accounts hold that must be explained item by item, as the journal goes on.

use std::collections::BTreeMap;

use eventstore::{BookId, Generation, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;

/// The accounts whose items are followed.
pub(super) const WALLETS: &str = "2100";
pub(super) const UNALLOCATED: &str = "2120";
pub(super) const PREPAYMENTS: &str = "2200";
pub(super) const SUSPENSE: &str = "9010";

const FOLLOWED: [&str; 4] = [WALLETS, UNALLOCATED, PREPAYMENTS, SUSPENSE];

/// An item in one currency.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Item {
    pub(super) account: String,
    pub(super) id: String,
    pub(super) currency: String,
}

/// What an item holds, credits less debits, and the event that last moved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum {
    pub(super) amount: Decimal,
    pub(super) position: Position,
}

/// The items that hold something: one that returned to zero takes no room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Sums(BTreeMap<Item, Sum>);

impl Sums {
    /// As the journal stands after an event.
    pub(super) async fn load(
        conn: &mut PgConnection,
        book: BookId,
        journal: Generation,
        up_to: Position,
    ) -> Result<Self, sqlx::Error> {
        if up_to == Position::ZERO {
            return Ok(Self::default());
        }
        let rows: Vec<(String, String, String, Decimal, Position)> =
            sqlx::query_as(include_str!("../sql/verify/sum_items.sql"))
                .bind(book)
                .bind(journal)
                .bind(up_to)
                .bind(FOLLOWED.as_slice())
                .fetch_all(conn)
                .await?;
        let sums = rows.into_iter().map(|(account, id, currency, amount, position)| {
            (Item { account, id, currency }, Sum { amount, position })
        });
        Ok(Self(sums.collect()))
    }

    /// Takes a line; what the item held before and holds now, if it is followed.
    pub(super) fn add(
        &mut self,
        item: Item,
        credited: Decimal,
        position: Position,
    ) -> Option<(Decimal, Decimal)> {
        if !FOLLOWED.contains(&item.account.as_str()) {
            return None;
        }
        let before = self.0.get(&item).map_or(Decimal::ZERO, |sum| sum.amount);
        let amount = before + credited;
        if amount.is_zero() {
            self.0.remove(&item);
        } else {
            self.0.insert(item, Sum { amount, position });
        }
        Some((before, amount))
    }

    pub(super) fn amount(&self, item: &Item) -> Decimal {
        self.0.get(item).map_or(Decimal::ZERO, |sum| sum.amount)
    }

    /// Takes the items of one account out.
    pub(super) fn take(&mut self, account: &str) -> BTreeMap<(String, String), Sum> {
        let taken = std::mem::take(&mut self.0);
        let (of_account, others): (BTreeMap<_, _>, _) =
            taken.into_iter().partition(|(item, _)| item.account == account);
        self.0 = others;
        of_account.into_iter().map(|(item, sum)| ((item.id, item.currency), sum)).collect()
    }
}

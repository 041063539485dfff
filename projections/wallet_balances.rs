//! What each wallet holds, and what its customer owes.

use eventstore::{BookId, Position};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::at::{self, At};
use crate::fact::{Fact, FoldError};
use crate::projection::{Maker, Projection, Rows, Sql, sql};
use crate::row::row;

pub(crate) const SQL: Sql = sql!("wallet_balances");

/// The fold.
#[derive(Debug)]
pub struct WalletBalances;

row! {
    /// A row of `wallet_balances`.
    "daftar.wallet_balances_row", WalletBalance {
        wallet_id: Uuid,
        customer_id: String,
        currency: String,
        balance: Decimal,
        /// What the customer owes: account 1100 in this currency.
        debt: Decimal,
        /// It takes credits, and pays nothing.
        frozen: bool,
        closed: bool,
        version: i64,
        position: Position,
    }
}

impl Projection for WalletBalances {
    const NAME: &'static str = "wallet_balances";
    const FOLD_VERSION: i32 = 1;
    const SQL: Sql = SQL;
    const KEY: &'static [&'static str] = &["wallet_id"];
    const MAKER: Maker = Maker::Of { aggregate_type: "wallet", column: "wallet_id" };
    const SUMS: &'static [&'static str] = &["balance", "debt"];
    type Key = Uuid;
    type Row = WalletBalance;

    fn key(row: &WalletBalance) -> Uuid {
        row.wallet_id
    }

    fn fold(fact: &Fact<'_>, rows: &mut Rows<Self>) -> Result<(), FoldError> {
        let Some((wallet_id, _, facts)) = fact.wallet() else { return Ok(()) };
        rows.put(WalletBalance {
            wallet_id,
            customer_id: facts.customer.to_string(),
            currency: facts.currency.code().to_owned(),
            balance: facts.balance.amount(),
            debt: facts.debt.amount(),
            frozen: facts.frozen.is_some(),
            closed: facts.closed,
            version: fact.version(),
            position: fact.position(),
        });
        Ok(())
    }
}

/// The wallet of an id.
pub async fn find(
    conn: &mut PgConnection,
    book: BookId,
    wallet: Uuid,
) -> Result<At<Option<WalletBalance>>, sqlx::Error> {
    at::one(conn, at::on(include_str!("wallet_balances/find.sql"), book).bind(wallet)).await
}

/// A customer's wallets, one a currency.
pub async fn of_customer(
    conn: &mut PgConnection,
    book: BookId,
    customer: &str,
) -> Result<At<Vec<WalletBalance>>, sqlx::Error> {
    let sql = include_str!("wallet_balances/of_customer.sql");
    at::many(conn, at::on(sql, book).bind(customer.to_owned())).await
}

//! Reads the old tables, whatever state they are in.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use sqlx::{Connection, PgConnection};

use crate::{
    columns::Columns,
    field::Fields,
    rows::keep,
    shop::{Absence, Lack, Oddity, Order, Shop, Table},
};

/// Why nothing could be read. Odd rows and absent tables are no reason.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("could not read the old shop")]
    Database(#[from] sqlx::Error),
    #[error("no schema named {0:?} holds any of the old tables")]
    NothingThere(String),
    #[error("a row of {table} did not arrive as an object")]
    Row {
        table: Table,
        #[source]
        cause: serde_json::Error,
    },
}

/// Reads all old tables in `schema` as they are at one moment.
///
/// Begins and ends a read-only transaction of its own, so the connection must not be in one.
pub async fn read(conn: &mut PgConnection, schema: &str) -> Result<Shop, Error> {
    let mut tx = conn.begin_with("begin isolation level repeatable read read only").await?;
    sqlx::query(include_str!("sql/look_in_schema.sql")).bind(schema).execute(&mut *tx).await?;
    let columns = list_columns(&mut tx, schema).await?;
    if Table::ALL.iter().all(|table| !columns.contains_key(table.name())) {
        return Err(Error::NothingThere(schema.to_owned()));
    }
    let mut shop = Shop { absences: absences(&columns), ..Shop::default() };
    for table in Table::ALL {
        if columns.contains_key(table.name()) {
            read_table(&mut tx, table, &mut shop).await?;
        }
    }
    tx.rollback().await?;
    number_epochs(&mut shop.orders);
    Ok(shop)
}

type Found = BTreeMap<String, BTreeMap<String, String>>;

async fn list_columns(conn: &mut PgConnection, schema: &str) -> Result<Found, sqlx::Error> {
    let rows: Vec<(String, String, String)> =
        sqlx::query_as(include_str!("sql/list_columns.sql")).bind(schema).fetch_all(conn).await?;
    let mut columns = Found::new();
    for (table, column, data_type) in rows {
        columns.entry(table).or_default().insert(column, data_type);
    }
    Ok(columns)
}

/// Money is taken only from types that keep it exactly.
fn is_exact(data_type: &str) -> bool {
    matches!(data_type, "numeric" | "integer" | "bigint" | "smallint")
}

fn absences(columns: &Found) -> Vec<Absence> {
    let mut absences = Vec::new();
    for table in Table::ALL {
        let Some(present) = columns.get(table.name()) else {
            absences.push(Absence { table, column: None, lack: Lack::Missing });
            continue;
        };
        let wanted = Columns::of(table);
        for column in wanted.plain.iter().chain(wanted.money).chain(wanted.personal) {
            if !present.contains_key(*column) {
                absences.push(Absence { table, column: Some(column), lack: Lack::Missing });
            }
        }
        for column in wanted.money {
            if let Some(data_type) = present.get(*column).filter(|found| !is_exact(found)) {
                let lack = Lack::NotExact { data_type: data_type.clone() };
                absences.push(Absence { table, column: Some(column), lack });
            }
        }
    }
    absences
}

fn select(table: Table) -> &'static str {
    match table {
        Table::CustomerOrders => include_str!("sql/read_customer_orders.sql"),
        Table::OrderManagement => include_str!("sql/read_order_management.sql"),
        Table::OrderItems => include_str!("sql/read_order_items.sql"),
        Table::CustomerWallets => include_str!("sql/read_customer_wallets.sql"),
        Table::WalletTransactions => include_str!("sql/read_wallet_transactions.sql"),
        Table::PaymentReceipts => include_str!("sql/read_payment_receipts.sql"),
        Table::OrderStatusHistory => include_str!("sql/read_order_status_history.sql"),
    }
}

async fn read_table(conn: &mut PgConnection, table: Table, shop: &mut Shop) -> Result<(), Error> {
    let inexact: Vec<&'static str> = shop
        .absences
        .iter()
        .filter(|absence| absence.table == table && absence.lack != Lack::Missing)
        .filter_map(|absence| absence.column)
        .collect();
    let mut rows = sqlx::query_scalar::<_, String>(select(table)).fetch(conn);
    let mut findings = Vec::new();
    let mut seen = BTreeSet::new();
    while let Some(json) = rows.try_next().await? {
        let mut fields = Fields::new(table, &json, &mut findings)
            .map_err(|cause| Error::Row { table, cause })?;
        for column in &inexact {
            fields.forget(column);
        }
        let Some(id) = fields.row_id() else { continue };
        if !seen.insert(id) {
            fields.note("id", Oddity::RepeatedId);
            continue;
        }
        keep(table, id, &mut fields, shop);
    }
    drop(rows);
    findings.sort();
    shop.findings.append(&mut findings);
    match table {
        Table::CustomerOrders => shop.orders.sort_by_key(|row| row.id),
        Table::OrderManagement => shop.managements.sort_by_key(|row| row.id),
        Table::OrderItems => shop.items.sort_by_key(|row| row.id),
        Table::CustomerWallets => shop.wallets.sort_by_key(|row| row.id),
        Table::WalletTransactions => shop.transactions.sort_by_key(|row| row.id),
        Table::PaymentReceipts => shop.receipts.sort_by_key(|row| row.id),
        Table::OrderStatusHistory => shop.history.sort_by_key(|row| row.id),
    }
    Ok(())
}

/// Numbers were used again after every wipe: the nth order in time that bears one is its epoch n.
fn number_epochs(orders: &mut [Order]) {
    let mut by_number: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, order) in orders.iter().enumerate() {
        if let Some(number) = &order.number {
            by_number.entry(number.clone()).or_default().push(at);
        }
    }
    for mut places in by_number.into_values() {
        places.sort_by_key(|&at| {
            let order = &orders[at];
            (order.created_at.is_none(), order.created_at, order.id)
        });
        for (epoch, at) in (1..).zip(places) {
            orders[at].epoch = epoch;
        }
    }
}

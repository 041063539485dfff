//! Reads the old tables, whatever state they are in.

use std::collections::{BTreeMap, BTreeSet};

use futures::TryStreamExt;
use sqlx::{Connection, PgConnection};

use crate::{
    field::Fields,
    link::order_number_in,
    method::Method,
    shop::{
        Absence, Change, Item, Lack, Management, Oddity, Order, Receipt, Shop, Table, Transaction,
        Wallet,
    },
    status::{CustomerStatus, ManagementStatus, PaymentStatus},
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

type Columns = BTreeMap<String, BTreeMap<String, String>>;

async fn list_columns(conn: &mut PgConnection, schema: &str) -> Result<Columns, sqlx::Error> {
    let rows: Vec<(String, String, String)> =
        sqlx::query_as(include_str!("sql/list_columns.sql")).bind(schema).fetch_all(conn).await?;
    let mut columns = Columns::new();
    for (table, column, data_type) in rows {
        columns.entry(table).or_default().insert(column, data_type);
    }
    Ok(columns)
}

/// What each table should have: names that are read, and those of them that are money.
struct Expected {
    read: &'static [&'static str],
    money: &'static [&'static str],
    personal: &'static [&'static str],
}

fn expected(table: Table) -> Expected {
    match table {
        Table::CustomerOrders => Expected {
            read: &[
                "id",
                "order_number",
                "customer_id",
                "status",
                "currency",
                "payment_status",
                "payment_method",
                "delivery_method",
                "tracking_number",
                "vat_rate",
                "surcharge_rate",
                "shipped_at",
                "delivered_at",
                "created_at",
                "updated_at",
            ],
            money: &["total_amount", "shipping_cost", "vat_amount", "surcharge_amount"],
            personal: &[
                "shipping_address",
                "billing_address",
                "notes",
                "internal_notes",
                "guest_email",
                "guest_name",
                "receipt_path",
                "delivery_notes",
                "recipient_name",
                "recipient_phone",
                "recipient_address",
                "recipient_mobile",
                "second_delivery_address",
                "second_delivery_city",
                "second_delivery_province",
                "second_delivery_postal_code",
                "active_delivery_info",
                "gps_latitude",
                "gps_longitude",
                "location_accuracy",
                "rejection_reason",
                "additional_documents_note",
            ],
        },
        Table::OrderManagement => Expected {
            read: &[
                "id",
                "customer_order_id",
                "current_status",
                "payment_method",
                "financial_reviewed_at",
                "payment_grace_period_start",
                "payment_grace_period_end",
                "tracking_number",
                "created_at",
                "updated_at",
            ],
            money: &["wallet_amount_used", "bank_amount_paid", "excess_amount_credited"],
            personal: &[
                "delivery_code",
                "financial_notes",
                "payment_receipt_url",
                "payment_source_label",
                "warehouse_notes",
                "logistics_notes",
                "delivery_person_name",
                "delivery_person_phone",
                "sync_notes",
            ],
        },
        Table::OrderItems => Expected {
            read: &[
                "id",
                "order_id",
                "product_id",
                "product_name",
                "product_sku",
                "quantity",
                "unit",
            ],
            money: &["unit_price", "total_price"],
            personal: &["product_snapshot", "specifications", "notes"],
        },
        Table::CustomerWallets => Expected {
            read: &["id", "customer_id", "currency", "status", "created_at", "updated_at"],
            money: &["balance", "credit_limit"],
            personal: &[],
        },
        Table::WalletTransactions => Expected {
            read: &[
                "id",
                "wallet_id",
                "customer_id",
                "transaction_type",
                "currency",
                "reference_type",
                "reference_id",
                "status",
                "created_at",
            ],
            money: &["amount", "balance_before", "balance_after"],
            personal: &["description", "notes", "metadata"],
        },
        Table::PaymentReceipts => Expected {
            read: &[
                "id",
                "customer_order_id",
                "customer_id",
                "file_size",
                "mime_type",
                "uploaded_at",
            ],
            money: &[],
            personal: &["receipt_url", "original_file_name", "notes"],
        },
        Table::OrderStatusHistory => Expected {
            read: &[
                "id",
                "order_management_id",
                "from_status",
                "to_status",
                "changed_by",
                "changed_by_department",
                "created_at",
            ],
            money: &[],
            personal: &["notes"],
        },
    }
}

/// Money is taken only from types that keep it exactly.
fn is_exact(data_type: &str) -> bool {
    matches!(data_type, "numeric" | "integer" | "bigint" | "smallint")
}

fn absences(columns: &Columns) -> Vec<Absence> {
    let mut absences = Vec::new();
    for table in Table::ALL {
        let Some(present) = columns.get(table.name()) else {
            absences.push(Absence { table, column: None, lack: Lack::Missing });
            continue;
        };
        let wanted = expected(table);
        for column in wanted.read.iter().chain(wanted.money).chain(wanted.personal) {
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

fn keep(table: Table, id: i64, fields: &mut Fields<'_>, shop: &mut Shop) {
    let personal = fields.personal(expected(table).personal);
    match table {
        Table::CustomerOrders => {
            let (method, personal) = method(fields, personal);
            let status = CustomerStatus::parse(&fields.expected_text("status").unwrap_or_default());
            if matches!(status, CustomerStatus::Other(_)) {
                fields.note("status", Oddity::Unlisted);
            }
            let payment_status =
                PaymentStatus::parse(&fields.expected_text("payment_status").unwrap_or_default());
            if matches!(payment_status, PaymentStatus::Other(_)) {
                fields.note("payment_status", Oddity::Unlisted);
            }
            shop.orders.push(Order {
                id,
                number: fields.text("order_number").filter(|number| !number.trim().is_empty()),
                epoch: 1,
                customer: fields.expected_id("customer_id"),
                total: fields.expected_amount("total_amount"),
                currency: fields.text("currency"),
                status,
                payment_status,
                method,
                delivery_method: fields.text("delivery_method"),
                tracking_number: fields.text("tracking_number"),
                shipping_cost: fields.decimal("shipping_cost"),
                vat_rate: fields.decimal("vat_rate"),
                vat_amount: fields.decimal("vat_amount"),
                surcharge_rate: fields.decimal("surcharge_rate"),
                surcharge_amount: fields.decimal("surcharge_amount"),
                has_receipt_path: personal.get("receipt_path").is_some(),
                shipped_at: fields.time("shipped_at"),
                delivered_at: fields.time("delivered_at"),
                created_at: fields.expected_time("created_at"),
                updated_at: fields.time("updated_at"),
                personal,
            });
        }
        Table::OrderManagement => {
            let (method, personal) = method(fields, personal);
            let status = ManagementStatus::parse(
                &fields.expected_text("current_status").unwrap_or_default(),
            );
            if matches!(status, ManagementStatus::Other(_)) {
                fields.note("current_status", Oddity::Unlisted);
            }
            shop.managements.push(Management {
                id,
                order: fields.expected_id("customer_order_id"),
                status,
                method,
                wallet_amount_used: fields.decimal("wallet_amount_used"),
                bank_amount_paid: fields.decimal("bank_amount_paid"),
                excess_amount_credited: fields.decimal("excess_amount_credited"),
                financial_reviewed_at: fields.time("financial_reviewed_at"),
                grace_period_start: fields.time("payment_grace_period_start"),
                grace_period_end: fields.time("payment_grace_period_end"),
                tracking_number: fields.text("tracking_number"),
                has_receipt_url: personal.get("payment_receipt_url").is_some(),
                created_at: fields.time("created_at"),
                updated_at: fields.time("updated_at"),
                personal,
            });
        }
        Table::OrderItems => shop.items.push(Item {
            id,
            order: fields.expected_id("order_id"),
            product: fields.id("product_id"),
            name: fields.expected_text("product_name"),
            sku: fields.text("product_sku"),
            quantity: fields.expected_amount("quantity"),
            unit: fields.text("unit"),
            unit_price: fields.expected_amount("unit_price"),
            total_price: fields.expected_amount("total_price"),
            personal,
        }),
        Table::CustomerWallets => shop.wallets.push(Wallet {
            id,
            customer: fields.expected_id("customer_id"),
            balance: fields.expected_amount("balance"),
            currency: fields.text("currency"),
            status: fields.text("status"),
            credit_limit: fields.decimal("credit_limit"),
            created_at: fields.time("created_at"),
            updated_at: fields.time("updated_at"),
        }),
        Table::WalletTransactions => shop.transactions.push(Transaction {
            id,
            wallet: fields.expected_id("wallet_id"),
            customer: fields.expected_id("customer_id"),
            kind: fields.expected_text("transaction_type"),
            amount: fields.expected_amount("amount"),
            currency: fields.text("currency"),
            balance_before: fields.decimal("balance_before"),
            balance_after: fields.decimal("balance_after"),
            reference_type: fields.text("reference_type"),
            reference_id: fields.id("reference_id"),
            names_order: personal.get("description").and_then(order_number_in),
            status: fields.text("status"),
            created_at: fields.expected_time("created_at"),
            personal,
        }),
        Table::PaymentReceipts => shop.receipts.push(Receipt {
            id,
            order: fields.expected_id("customer_order_id"),
            customer: fields.expected_id("customer_id"),
            file_size: fields.id("file_size"),
            mime_type: fields.text("mime_type"),
            uploaded_at: fields.time("uploaded_at"),
            personal,
        }),
        Table::OrderStatusHistory => shop.history.push(Change {
            id,
            management: fields.expected_id("order_management_id"),
            from: fields.text("from_status").map(|text| ManagementStatus::parse(&text)),
            to: fields.expected_text("to_status").map(|text| ManagementStatus::parse(&text)),
            changed_by: fields.id("changed_by"),
            department: fields.text("changed_by_department"),
            created_at: fields.expected_time("created_at"),
            personal,
        }),
    }
}

/// A method; where the stored text is not one of the codes it may hold a name, so the whole text
/// goes with the personal data.
fn method(
    fields: &mut Fields<'_>,
    mut personal: crate::shop::Personal,
) -> (Option<Method>, crate::shop::Personal) {
    let Some(text) = fields.text("payment_method") else { return (None, personal) };
    let method = Method::parse(&text);
    if matches!(method, Method::Other(_)) {
        fields.note("payment_method", Oddity::Unlisted);
    }
    if method.code() != Some(text.as_str()) {
        personal.fields.insert("payment_method", text);
    }
    (Some(method), personal)
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

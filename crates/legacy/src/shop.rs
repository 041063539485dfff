//! The old shop as it was read: every row with its ids, and notes on what was absent or odd.

use std::{collections::BTreeMap, fmt};

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;

use crate::{
    method::Method,
    status::{CustomerStatus, ManagementStatus, PaymentStatus},
};

/// Everything that was read. Rows are in the order of their ids.
#[derive(Debug, Clone, Default)]
pub struct Shop {
    pub orders: Vec<Order>,
    pub managements: Vec<Management>,
    pub items: Vec<Item>,
    pub wallets: Vec<Wallet>,
    pub transactions: Vec<Transaction>,
    pub receipts: Vec<Receipt>,
    pub history: Vec<Change>,
    pub absences: Vec<Absence>,
    pub findings: Vec<Finding>,
}

impl Shop {
    /// Whether a table, or this column of it, could not be read.
    pub fn lacks(&self, table: Table, column: &str) -> bool {
        self.absences.iter().any(|absence| {
            absence.table == table && absence.column.is_none_or(|absent| absent == column)
        })
    }
}

/// The tables an import reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    CustomerOrders,
    OrderManagement,
    OrderItems,
    CustomerWallets,
    WalletTransactions,
    PaymentReceipts,
    OrderStatusHistory,
}

impl Table {
    pub const ALL: [Self; 7] = [
        Self::CustomerOrders,
        Self::OrderManagement,
        Self::OrderItems,
        Self::CustomerWallets,
        Self::WalletTransactions,
        Self::PaymentReceipts,
        Self::OrderStatusHistory,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::CustomerOrders => "customer_orders",
            Self::OrderManagement => "order_management",
            Self::OrderItems => "order_items",
            Self::CustomerWallets => "customer_wallets",
            Self::WalletTransactions => "wallet_transactions",
            Self::PaymentReceipts => "payment_receipts",
            Self::OrderStatusHistory => "order_status_history",
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A row of `customer_orders`.
#[derive(Debug, Clone)]
pub struct Order {
    pub id: i64,
    pub number: Option<String>,
    /// Which use of its number this is, from 1, by time; 1 for an order without a number.
    pub epoch: u32,
    pub customer: Option<i64>,
    pub total: Option<Decimal>,
    pub currency: Option<String>,
    pub status: CustomerStatus,
    pub payment_status: PaymentStatus,
    pub method: Option<Method>,
    pub delivery_method: Option<String>,
    pub tracking_number: Option<String>,
    pub shipping_cost: Option<Decimal>,
    pub vat_rate: Option<Decimal>,
    pub vat_amount: Option<Decimal>,
    pub surcharge_rate: Option<Decimal>,
    pub surcharge_amount: Option<Decimal>,
    pub has_receipt_path: bool,
    pub shipped_at: Option<DateTime<Utc>>,
    pub delivered_at: Option<DateTime<Utc>>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
    pub personal: Personal,
}

/// A row of `order_management`.
#[derive(Debug, Clone)]
pub struct Management {
    pub id: i64,
    pub order: Option<i64>,
    pub status: ManagementStatus,
    pub method: Option<Method>,
    pub wallet_amount_used: Option<Decimal>,
    pub bank_amount_paid: Option<Decimal>,
    pub excess_amount_credited: Option<Decimal>,
    pub financial_reviewed_at: Option<DateTime<Utc>>,
    pub grace_period_start: Option<DateTime<Utc>>,
    pub grace_period_end: Option<DateTime<Utc>>,
    pub tracking_number: Option<String>,
    pub has_receipt_url: bool,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
    pub personal: Personal,
}

/// A row of `order_items`.
#[derive(Debug, Clone)]
pub struct Item {
    pub id: i64,
    pub order: Option<i64>,
    pub product: Option<i64>,
    pub name: Option<String>,
    pub sku: Option<String>,
    pub quantity: Option<Decimal>,
    pub unit: Option<String>,
    pub unit_price: Option<Decimal>,
    pub total_price: Option<Decimal>,
    pub personal: Personal,
}

/// A row of `customer_wallets`.
#[derive(Debug, Clone)]
pub struct Wallet {
    pub id: i64,
    pub customer: Option<i64>,
    pub balance: Option<Decimal>,
    pub currency: Option<String>,
    pub status: Option<String>,
    pub credit_limit: Option<Decimal>,
    pub created_at: Option<DateTime<Utc>>,
    pub updated_at: Option<DateTime<Utc>>,
}

/// A row of `wallet_transactions`.
#[derive(Debug, Clone)]
pub struct Transaction {
    pub id: i64,
    pub wallet: Option<i64>,
    pub customer: Option<i64>,
    pub kind: Option<String>,
    pub amount: Option<Decimal>,
    pub currency: Option<String>,
    pub balance_before: Option<Decimal>,
    pub balance_after: Option<Decimal>,
    pub reference_type: Option<String>,
    pub reference_id: Option<i64>,
    /// The one order number the description names; none if it names none or several.
    pub names_order: Option<String>,
    pub status: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub personal: Personal,
}

/// A row of `payment_receipts`. What its notes claim was paid is not read.
#[derive(Debug, Clone)]
pub struct Receipt {
    pub id: i64,
    pub order: Option<i64>,
    pub customer: Option<i64>,
    pub file_size: Option<i64>,
    pub mime_type: Option<String>,
    pub uploaded_at: Option<DateTime<Utc>>,
    pub personal: Personal,
}

/// A row of `order_status_history`.
#[derive(Debug, Clone)]
pub struct Change {
    pub id: i64,
    pub management: Option<i64>,
    pub from: Option<ManagementStatus>,
    pub to: Option<ManagementStatus>,
    pub changed_by: Option<i64>,
    pub department: Option<String>,
    pub created_at: Option<DateTime<Utc>>,
    pub personal: Personal,
}

/// Names, phones, addresses and free text of one row, by column, for encrypted tables only.
///
/// Its `Debug` names the columns and hides what they hold, so that a row can be logged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Personal {
    pub fields: BTreeMap<&'static str, String>,
}

impl Personal {
    pub fn get(&self, column: &str) -> Option<&str> {
        self.fields.get(column).map(String::as_str)
    }

    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }
}

impl fmt::Debug for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.fields.keys()).finish()
    }
}

/// A table or column that an import would have read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Absence {
    pub table: Table,
    /// None if the whole table could not be read.
    pub column: Option<&'static str>,
    pub lack: Lack,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lack {
    Missing,
    /// Money in a column whose type rounds or is text; its values are not taken.
    NotExact {
        data_type: String,
    },
}

impl fmt::Display for Absence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.table.name())?;
        if let Some(column) = self.column {
            write!(f, ".{column}")?;
        }
        match &self.lack {
            Lack::Missing => f.write_str(" is missing"),
            Lack::NotExact { data_type } => write!(f, " holds money as {data_type}"),
        }
    }
}

/// An odd value in one row. The row was kept, unless the oddity is its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub table: Table,
    pub id: Option<i64>,
    pub column: &'static str,
    pub oddity: Oddity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Null where the row means nothing without a value.
    Null,
    /// Not a number, or one too large or too fine to be kept exactly.
    NotANumber,
    NotATime,
    Negative,
    /// A status or method in no list.
    Unlisted,
    /// Not a whole number: the row cannot be named and was left out.
    UnusableId,
    /// Another row has the id: this one was left out.
    RepeatedId,
}

impl Oddity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "is null",
            Self::NotANumber => "is not a number that can be kept exactly",
            Self::NotATime => "is not a time",
            Self::Negative => "is negative",
            Self::Unlisted => "is in no list",
            Self::UnusableId => "cannot serve as an id",
            Self::RepeatedId => "is the id of another row",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            Some(id) => write!(f, "{}/{id}.{} {}", self.table, self.column, self.oddity.name()),
            None => write!(f, "{}.{} {}", self.table, self.column, self.oddity.name()),
        }
    }
}

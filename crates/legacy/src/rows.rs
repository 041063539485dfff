//! One old row as the record it is kept as.

use crate::{
    columns::Columns,
    field::Fields,
    link::order_number_in,
    method::Method,
    shop::{
        Change, Item, Management, Oddity, Order, Personal, Receipt, Shop, Table, Transaction,
        Wallet,
    },
    status::{CustomerStatus, ManagementStatus, PaymentStatus},
};

/// Puts a row that has an id of its own into the shop.
pub(crate) fn keep(table: Table, id: i64, fields: &mut Fields<'_>, shop: &mut Shop) {
    let personal = fields.personal(Columns::of(table).personal);
    match table {
        Table::CustomerOrders => shop.orders.push(order(id, fields, personal)),
        Table::OrderManagement => shop.managements.push(management(id, fields, personal)),
        Table::OrderItems => shop.items.push(item(id, fields, personal)),
        Table::CustomerWallets => shop.wallets.push(wallet(id, fields)),
        Table::WalletTransactions => shop.transactions.push(transaction(id, fields, personal)),
        Table::PaymentReceipts => shop.receipts.push(receipt(id, fields, personal)),
        Table::OrderStatusHistory => shop.history.push(change(id, fields, personal)),
    }
}

fn order(id: i64, fields: &mut Fields<'_>, personal: Personal) -> Order {
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
    Order {
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
    }
}

fn management(id: i64, fields: &mut Fields<'_>, personal: Personal) -> Management {
    let (method, personal) = method(fields, personal);
    let status =
        ManagementStatus::parse(&fields.expected_text("current_status").unwrap_or_default());
    if matches!(status, ManagementStatus::Other(_)) {
        fields.note("current_status", Oddity::Unlisted);
    }
    Management {
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
    }
}

fn item(id: i64, fields: &mut Fields<'_>, personal: Personal) -> Item {
    Item {
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
    }
}

fn wallet(id: i64, fields: &mut Fields<'_>) -> Wallet {
    Wallet {
        id,
        customer: fields.expected_id("customer_id"),
        balance: fields.expected_amount("balance"),
        currency: fields.text("currency"),
        status: fields.text("status"),
        credit_limit: fields.decimal("credit_limit"),
        created_at: fields.time("created_at"),
        updated_at: fields.time("updated_at"),
    }
}

fn transaction(id: i64, fields: &mut Fields<'_>, personal: Personal) -> Transaction {
    Transaction {
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
    }
}

fn receipt(id: i64, fields: &mut Fields<'_>, personal: Personal) -> Receipt {
    Receipt {
        id,
        order: fields.expected_id("customer_order_id"),
        customer: fields.expected_id("customer_id"),
        file_size: fields.id("file_size"),
        mime_type: fields.text("mime_type"),
        uploaded_at: fields.time("uploaded_at"),
        personal,
    }
}

fn change(id: i64, fields: &mut Fields<'_>, personal: Personal) -> Change {
    Change {
        id,
        management: fields.expected_id("order_management_id"),
        from: fields.text("from_status").map(|text| ManagementStatus::parse(&text)),
        to: fields.expected_text("to_status").map(|text| ManagementStatus::parse(&text)),
        changed_by: fields.id("changed_by"),
        department: fields.text("changed_by_department"),
        created_at: fields.expected_time("created_at"),
        personal,
    }
}

/// A method; where the stored text is not one of the codes it may hold a name, so the whole text
/// goes with the personal data.
fn method(fields: &mut Fields<'_>, mut personal: Personal) -> (Option<Method>, Personal) {
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

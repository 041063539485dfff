//! What each old table should have, by what is done with it.

use crate::shop::Table;

/// The columns of a table that an import reads.
pub(crate) struct Columns {
    pub(crate) plain: &'static [&'static str],
    /// Taken only where the column's type keeps money exactly.
    pub(crate) money: &'static [&'static str],
    /// Kept apart from the record.
    pub(crate) personal: &'static [&'static str],
}

impl Columns {
    pub(crate) fn of(table: Table) -> &'static Self {
        match table {
            Table::CustomerOrders => &CUSTOMER_ORDERS,
            Table::OrderManagement => &ORDER_MANAGEMENT,
            Table::OrderItems => &ORDER_ITEMS,
            Table::CustomerWallets => &CUSTOMER_WALLETS,
            Table::WalletTransactions => &WALLET_TRANSACTIONS,
            Table::PaymentReceipts => &PAYMENT_RECEIPTS,
            Table::OrderStatusHistory => &ORDER_STATUS_HISTORY,
        }
    }
}

const CUSTOMER_ORDERS: Columns = Columns {
    plain: &[
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
};

const ORDER_MANAGEMENT: Columns = Columns {
    plain: &[
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
};

const ORDER_ITEMS: Columns = Columns {
    plain: &["id", "order_id", "product_id", "product_name", "product_sku", "quantity", "unit"],
    money: &["unit_price", "total_price"],
    personal: &["product_snapshot", "specifications", "notes"],
};

const CUSTOMER_WALLETS: Columns = Columns {
    plain: &["id", "customer_id", "currency", "status", "created_at", "updated_at"],
    money: &["balance", "credit_limit"],
    personal: &[],
};

const WALLET_TRANSACTIONS: Columns = Columns {
    plain: &[
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
};

const PAYMENT_RECEIPTS: Columns = Columns {
    plain: &["id", "customer_order_id", "customer_id", "file_size", "mime_type", "uploaded_at"],
    money: &[],
    personal: &["receipt_url", "original_file_name", "notes"],
};

const ORDER_STATUS_HISTORY: Columns = Columns {
    plain: &[
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
};

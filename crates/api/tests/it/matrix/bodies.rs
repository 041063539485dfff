//! A body that each command takes, with the names of what it is about in braces.

use serde_json::{Value, json};

use crate::service::iqd;

const BECAUSE: &str = r#"{"reason":"why"}"#;
const NOTHING: &str = "{}";
const GOVERN: &str = r#"{"currency":"IQD","reason":"why"}"#;
const SHIPMENT: &str = r#"{"shipment":"00000000-0000-4000-8000-00000000dead"}"#;

/// The body as text; none for a command without one.
pub(super) fn of(route: &str) -> Option<String> {
    let (_, path) = route.split_once(' ').unwrap();
    let lines = json!([{ "line": 1, "quantity": "1" }]);
    let goods = json!([{ "sku": "ACID-1", "quantity": "1", "unit_price": iqd("10") }]);
    let transfer = json!({ "account": "rafidain-1", "date": "2025-11-21", "reference": "T-1" });
    let text = |body: Value| Some(body.to_string());
    let last = path.rsplit('/').next().unwrap();
    match path {
        "/api/orders" => text(json!({
            "customer": "{customer}", "method": "bank_transfer_grace", "lines": goods, "total": iqd("10"),
        })),
        "/api/payments" => text(json!({
            "amount": iqd("1"), "kind": { "cash": {} }, "customer": "{customer}",
        })),
        "/api/statement-lines" => text(json!({
            "account": "rafidain-1", "line": "L-new", "date": "2025-11-21", "amount": iqd("1"),
        })),
        "/api/statement-lines/{statement_line}/match" => text(json!({ "payments": ["{payment}"] })),
        "/api/suspense-items" => {
            text(json!({ "currency": "IQD", "owner": "finance", "reason": "why" }))
        }
        "/api/suspense-items/{item}/explain" => {
            text(json!({ "against": "write_off", "reason": "why" }))
        }
        "/api/payments/{payment}/allocate" => text(json!({ "to": { "order": "{order}" } })),
        "/api/payments/{payment}/bank" => text(json!({ "account": "rafidain-1" })),
        "/api/payments/{payment}/correct" => text(json!({ "reason": "why", "ticket": "T-1" })),
        "/api/payments/{payment}/repay-debt" => text(json!({ "customer": "{customer}" })),
        "/api/customers/{customer}/wallet/adjustments" => text(json!({
            "amount": iqd("1"), "direction": "credit", "item": "{item}", "reason": "why",
        })),
        "/api/customers/{customer}/wallet/corrections" => text(json!({
            "currency": "IQD", "sequence": 1, "reason": "why", "ticket": "T-1",
        })),
        "/api/customers/{customer}/wallet/debt/repay" => text(json!({ "currency": "IQD" })),
        "/api/customers/{customer}/wallet/debt/write-off" => Some(GOVERN.to_owned()),
        "/api/customers/{customer}/wallet/deposits" => {
            text(json!({ "amount": iqd("1"), "payment": { "cash": {} } }))
        }
        "/api/customers/{customer}/wallet/goodwill" => {
            text(json!({ "amount": iqd("1"), "reason": "why" }))
        }
        "/api/customers/{customer}/wallet/withdrawals" => text(json!({
            "amount": iqd("1"),
            "destination": { "iban": "IQ98NBIQ850123456789012", "holder": "Layla" },
        })),
        "/api/wallet-top-ups/{request}/approve"
        | "/api/orders/{order}/receipts/{receipt}/approve" => {
            text(json!({ "transfer": transfer, "verified": iqd("1") }))
        }
        "/api/wallet-withdrawals/{request}/pay" => {
            text(json!({ "account": "rafidain-1", "reference": "P-1" }))
        }
        "/api/orders/{order}/corrections" => {
            text(json!({ "sequence": 1, "reason": "why", "ticket": "T-1" }))
        }
        "/api/orders/{order}/cancel-lines" | "/api/orders/{order}/returns" => {
            text(json!({ "lines": lines, "reason": "why" }))
        }
        "/api/orders/{order}/refunds" => text(json!({ "fees": false, "reason": "why" })),
        "/api/orders/{order}/edit" => text(json!({ "lines": goods, "total": iqd("10") })),
        "/api/orders/{order}/dispatch" => text(json!({ "carrier": "taxi" })),
        "/api/orders/{order}/hold" => {
            text(json!({ "department": "{department}", "reason": "why" }))
        }
        "/api/orders/{order}/lift-hold" => text(json!({ "department": "{department}" })),
        "/api/orders/{order}/fail-delivery" => text(json!({
            "shipment": "00000000-0000-4000-8000-00000000dead", "reason": "why",
        })),
        "/api/admin/book-settings" => text(json!({ "payment_minutes": 45, "reason": "why" })),
        "/api/admin/principals" => {
            text(json!({ "id": "{new}", "kind": "service", "role": "client" }))
        }
        "/api/admin/keys" => text(json!({ "principal": "shop", "customers": ["c-a"] })),
        "/api/admin/emergency-order-fix" => {
            text(json!({ "orders": ["{order}"], "ticket": "T-1", "reason": "why" }))
        }
        "/api/admin/jobs/{job}/cancel" | "/api/admin/alerts/{alert}/acknowledge" => {
            Some(NOTHING.to_owned())
        }
        _ => match last {
            "cancel" | "reject" | "reject-stock" | "fail" | "reverse" => Some(BECAUSE.to_owned()),
            "freeze" | "unfreeze" | "close" | "reopen" if path.contains("/wallet/") => {
                Some(GOVERN.to_owned())
            }
            "retry-delivery" | "return-to-origin" | "receive-back" | "delivery-codes" => {
                Some(SHIPMENT.to_owned())
            }
            "approve" | "complete" | "deliver" | "leave-on-account" | "pack"
            | "pay-from-wallet" | "release" | "reopen" | "start-processing" | "rotate"
            | "rotate-secret" | "disable" | "enable" | "test" | "retry" | "rebuild" | "verify"
            | "switch" => Some(NOTHING.to_owned()),
            "webhooks" | "update" => text(json!({ "url": "https://8.8.8.8/daftar" })),
            "replay" => text(json!({ "from": "0" })),
            _ => None,
        },
    }
}

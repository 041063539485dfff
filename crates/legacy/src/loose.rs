//! Rows that belong to no order and no wallet that exists.

use std::collections::BTreeSet;

use crate::{
    class::{Class, Evidence},
    index::Index,
    shop::{Shop, Table},
};

/// Rows whose order, wallet or management row is not there.
pub(crate) fn loose(shop: &Shop, index: &Index<'_>) -> Vec<Evidence> {
    let mut findings = Vec::new();
    let mut note = |class: Class, text: String| findings.push(Evidence { class, text });
    let is_gone = |order: Option<i64>| order.is_none_or(|id| !index.orders.contains_key(&id));
    for row in shop.managements.iter().filter(|row| is_gone(row.order)) {
        note(Class::OrphanManagement, format!("{}/{}", Table::OrderManagement, row.id));
    }
    for row in shop.items.iter().filter(|row| is_gone(row.order)) {
        note(Class::OrphanRow, format!("{}/{}", Table::OrderItems, row.id));
    }
    for row in shop.receipts.iter().filter(|row| is_gone(row.order)) {
        note(Class::OrphanRow, format!("{}/{}", Table::PaymentReceipts, row.id));
    }
    let wallets: BTreeSet<i64> = shop.wallets.iter().map(|wallet| wallet.id).collect();
    for row in &shop.transactions {
        if row.wallet.is_none_or(|wallet| !wallets.contains(&wallet)) {
            note(Class::OrphanRow, format!("{}/{}", Table::WalletTransactions, row.id));
        }
    }
    for wallet in shop.wallets.iter().filter(|wallet| wallet.customer.is_none()) {
        note(Class::NoCustomer, format!("{}/{}", Table::CustomerWallets, wallet.id));
    }
    let managements: BTreeSet<i64> = shop.managements.iter().map(|row| row.id).collect();
    let dangling = shop
        .history
        .iter()
        .filter(|row| row.management.is_none_or(|id| !managements.contains(&id)))
        .count();
    if dangling > 0 {
        let text = format!("{dangling} rows of {}", Table::OrderStatusHistory);
        note(Class::DanglingHistory, text);
    }
    findings.sort();
    findings
}

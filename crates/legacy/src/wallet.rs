//! What a wallet's own rows explain of the balance it holds.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::{
    class::{Class, Evidence, code},
    link::reference_of,
    shop::{Shop, Table, Transaction, Wallet},
};

/// A wallet's stored balance, which wins, against its rows, which are evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalletAssessment {
    pub wallet: i64,
    pub customer: Option<i64>,
    pub currency: Option<String>,
    /// None if the balance could not be read.
    pub stored: Option<Decimal>,
    /// What the rows that name this wallet and its customer add up to.
    pub explained: Decimal,
    pub unexplained: Option<Decimal>,
    pub rows_counted: usize,
    pub findings: Vec<Evidence>,
}

impl WalletAssessment {
    pub fn has(&self, class: Class) -> bool {
        self.findings.iter().any(|evidence| evidence.class == class)
    }
}

/// What one row did to its wallet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Movement {
    /// Signed: more is positive.
    Done(Decimal),
    /// Pending, failed or undone: it moved nothing.
    NotDone,
    /// No amount, or a type that says nothing and no balances that do.
    Unclear,
}

pub(crate) fn movement(row: &Transaction) -> Movement {
    let done = row.status.as_deref().is_none_or(|status| {
        matches!(status.trim(), "completed" | "approved" | "success" | "successful")
    });
    if !done {
        return Movement::NotDone;
    }
    let Some(amount) = row.amount.map(|amount| amount.abs()) else { return Movement::Unclear };
    let kind = row.kind.as_deref().map(str::trim);
    match kind {
        Some("credit" | "refund") => Movement::Done(amount),
        Some("debit") => Movement::Done(-amount),
        // Adjustments and the rest say nothing of the direction; the balances beside them do.
        _ => match (row.balance_before, row.balance_after) {
            (Some(before), Some(after)) if after > before => Movement::Done(amount),
            (Some(before), Some(after)) if after < before => Movement::Done(-amount),
            _ if kind == Some("payment") => Movement::Done(-amount),
            _ => Movement::Unclear,
        },
    }
}

/// Weighs every wallet.
pub(crate) fn assess_wallets(shop: &Shop, currency: &str) -> Vec<WalletAssessment> {
    let mut by_wallet: BTreeMap<i64, Vec<&Transaction>> = BTreeMap::new();
    let mut by_customer: BTreeMap<i64, Vec<&Transaction>> = BTreeMap::new();
    for row in &shop.transactions {
        if let Some(wallet) = row.wallet {
            by_wallet.entry(wallet).or_default().push(row);
        }
        if let Some(customer) = row.customer {
            by_customer.entry(customer).or_default().push(row);
        }
    }
    let none = Vec::new();
    shop.wallets
        .iter()
        .map(|wallet| {
            let named = by_wallet.get(&wallet.id).unwrap_or(&none);
            let of_customer =
                wallet.customer.and_then(|customer| by_customer.get(&customer)).unwrap_or(&none);
            assess_wallet(wallet, named, of_customer, currency)
        })
        .collect()
}

fn assess_wallet(
    wallet: &Wallet,
    named: &[&Transaction],
    of_customer: &[&Transaction],
    currency: &str,
) -> WalletAssessment {
    let mut findings = Vec::new();
    let row = |id: i64| format!("{}/{id}", Table::WalletTransactions);
    let here = format!("{}/{}", Table::CustomerWallets, wallet.id);
    let mut note = |class: Class, text: String| findings.push(Evidence { class, text });

    let mut own: Vec<&Transaction> = Vec::new();
    for other in named {
        if other.customer == wallet.customer {
            own.push(other);
        } else {
            note(
                Class::CustomerMismatch,
                format!("{} names {here} and another customer", row(other.id)),
            );
        }
    }
    for other in of_customer.iter().filter(|other| other.wallet != Some(wallet.id)) {
        note(
            Class::CustomerMismatch,
            format!("{} is this customer's in another wallet", row(other.id)),
        );
    }
    own.sort_by_key(|row| (row.created_at.is_none(), row.created_at, row.id));

    let mut explained = Decimal::ZERO;
    let mut rows_counted = 0;
    let mut credited: BTreeMap<(String, i64), Vec<i64>> = BTreeMap::new();
    for entry in &own {
        let signed = match movement(entry) {
            Movement::NotDone => continue,
            Movement::Done(signed) => signed,
            Movement::Unclear => {
                note(Class::UnclearRow, format!("{} has no amount or no direction", row(entry.id)));
                continue;
            }
        };
        if entry.currency.as_deref().is_some_and(|found| found.trim() != currency) {
            note(Class::CurrencyMismatch, format!("{} is not in {currency}", row(entry.id)));
            continue;
        }
        let Some(sum) = explained.checked_add(signed) else {
            note(Class::UnclearRow, format!("{} is too large to be added", row(entry.id)));
            continue;
        };
        explained = sum;
        rows_counted += 1;
        if entry.balance_after.is_some_and(|after| after < Decimal::ZERO) {
            note(Class::NegativeBalance, format!("{} left the balance negative", row(entry.id)));
        }
        let reference = reference_of(entry);
        if signed < Decimal::ZERO && reference.is_none() {
            note(Class::ReferenceMissing, format!("{} names no order by id", row(entry.id)));
        }
        if let Some(reference) = reference.filter(|_| signed > Decimal::ZERO) {
            credited.entry((reference.kind, reference.id)).or_default().push(entry.id);
        }
    }
    for pair in own.windows(2) {
        let (before, after) = (pair[0], pair[1]);
        let differs = matches!(
            (before.balance_after, after.balance_before),
            (Some(left), Some(right)) if left != right
        );
        if differs {
            note(
                Class::ChainBreak,
                format!("{} does not begin where {} ended", row(after.id), row(before.id)),
            );
        }
    }
    for ((kind, id), rows) in credited.into_iter().filter(|(_, rows)| rows.len() > 1) {
        let rows: Vec<String> = rows.into_iter().map(row).collect();
        note(Class::RepeatedCredit, format!("{} for {}/{id}", rows.join(", "), code(&kind)));
    }

    match wallet.balance {
        None => note(Class::BadAmount, format!("{here}.balance cannot be read")),
        Some(balance) if balance < Decimal::ZERO => {
            note(Class::NegativeBalance, format!("{here}.balance={balance}"));
        }
        Some(_) => {}
    }
    if wallet.currency.as_deref().is_some_and(|found| found.trim() != currency) {
        note(Class::CurrencyMismatch, format!("{here} is not in {currency}"));
    }
    let unexplained = wallet.balance.and_then(|balance| balance.checked_sub(explained));
    if let Some(rest) = unexplained.filter(|rest| !rest.is_zero()) {
        note(Class::UnexplainedBalance, format!("{here}: {rest} of the balance has no row"));
    }
    findings.sort();
    WalletAssessment {
        wallet: wallet.id,
        customer: wallet.customer,
        currency: wallet.currency.clone(),
        stored: wallet.balance,
        explained,
        unexplained,
        rows_counted,
        findings,
    }
}

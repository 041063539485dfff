//! What an import says afterwards: what came over, by which proof, what disagrees, what stays open.

use std::collections::BTreeMap;
use std::fmt;

use domain::money::{Currency, Money};
use domain::order::status::Phase;
use legacy::{Assessment, Links, Shop};
use rust_decimal::Decimal;
use serde::Serialize;

use super::convert::Taken;
use super::{Options, Row};

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Imported,
    /// It was here already, and says the same.
    There,
    /// It was here already, and said something else then. What is here stays.
    Changed,
    Refused(String),
}

/// The report of one run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub source: String,
    pub dry_run: bool,
    /// How many rows were read, by table.
    pub rows: BTreeMap<&'static str, usize>,
    pub wallets: Tally,
    pub orders: Tally,
    /// Orders by the phase they landed in.
    pub phases: BTreeMap<&'static str, usize>,
    /// The stored balances that were taken over.
    pub balances: Money,
    /// What of them no old row explains; it stands in suspense until a person explains it.
    pub unexplained: Money,
    /// The money proven for orders that are not finished.
    pub proven: Money,
    /// Debits that were linked to orders, by proof.
    pub linked: BTreeMap<&'static str, Linked>,
    /// Debits of the old system that paid for an order once more.
    pub double_charges: Linked,
    /// Debits that several orders claim, or that only name an order: a person decides.
    pub undecided_debits: usize,
    pub unlinked_debits: usize,
    /// How many orders each class was found in.
    pub classes: BTreeMap<&'static str, usize>,
    /// The orders with findings, each with where it landed.
    pub findings: Vec<OrderLine>,
    pub wallet_findings: Vec<WalletLine>,
    /// Rows that belong to no order and no wallet.
    pub loose: Vec<String>,
    /// Tables and columns that are not there.
    pub absences: Vec<String>,
    /// Odd values, each with its row.
    pub oddities: Vec<String>,
    /// Rows that were not taken over.
    pub refused: Vec<Refused>,
    /// The numbers of orders that wait for a person.
    pub open: Vec<String>,
}

/// How many rows went which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    pub imported: usize,
    pub there_already: usize,
    pub changed: usize,
    pub refused: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Linked {
    pub debits: usize,
    pub amount: Money,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrderLine {
    pub order: String,
    pub number: String,
    pub phase: &'static str,
    pub classes: Vec<String>,
    pub findings: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WalletLine {
    pub wallet: String,
    pub findings: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    pub row: String,
    pub why: String,
}

impl Report {
    pub(super) fn new(
        options: &Options,
        shop: &Shop,
        links: &Links,
        assessment: &Assessment,
        taken: &Taken,
    ) -> Self {
        let zero = Money::zero(Currency::IQD);
        let mut report = Self {
            source: options.source.clone(),
            dry_run: options.dry_run,
            rows: rows_read(shop),
            wallets: Tally::default(),
            orders: Tally::default(),
            phases: BTreeMap::new(),
            balances: zero,
            unexplained: zero,
            proven: zero,
            linked: BTreeMap::new(),
            double_charges: Linked { debits: 0, amount: zero },
            undecided_debits: links.ties.len() + links.doubts.len(),
            unlinked_debits: links.unlinked_debits.len(),
            classes: BTreeMap::new(),
            findings: Vec::new(),
            wallet_findings: Vec::new(),
            loose: assessment.loose.iter().map(ToString::to_string).collect(),
            absences: shop.absences.iter().map(ToString::to_string).collect(),
            oddities: shop.findings.iter().map(ToString::to_string).collect(),
            refused: Vec::new(),
            open: Vec::new(),
        };
        let amounts: BTreeMap<i64, Decimal> =
            shop.debits().into_iter().map(|debit| (debit.id, debit.amount)).collect();
        let amount = |debit: i64| {
            let amount = amounts.get(&debit).copied().unwrap_or_default();
            Money::rounded(amount, Currency::IQD).unwrap_or(zero)
        };
        for link in &links.linked {
            let linked = report.linked.entry(link.proof.name());
            linked.or_insert(Linked { debits: 0, amount: zero }).add(amount(link.debit));
        }
        for charge in &links.double_charges {
            report.double_charges.add(amount(charge.second));
        }
        for order in &assessment.orders {
            for class in order.classes() {
                *report.classes.entry(class.name()).or_default() += 1;
            }
        }
        for wallet in assessment.wallets.iter().filter(|wallet| !wallet.findings.is_empty()) {
            report.wallet_findings.push(WalletLine {
                wallet: super::convert::row(legacy::Table::CustomerWallets, wallet.wallet),
                findings: wallet.findings.iter().map(ToString::to_string).collect(),
            });
        }
        for (row, why) in &taken.left {
            report.wallets.refused += 1;
            report.refused.push(Refused { row: row.clone(), why: why.clone() });
        }
        report
    }

    pub(super) fn add(&mut self, row: Row, outcome: Outcome) {
        let is_here = matches!(outcome, Outcome::Imported | Outcome::There);
        let (tally, name) = match &row {
            Row::Wallet(wallet) => (&mut self.wallets, &wallet.row),
            Row::Order(order) => (&mut self.orders, &order.row),
        };
        match outcome {
            Outcome::Imported => tally.imported += 1,
            Outcome::There => tally.there_already += 1,
            Outcome::Changed => {
                tally.changed += 1;
                let why = "the row says something else than when it was imported".to_owned();
                self.refused.push(Refused { row: name.clone(), why });
            }
            Outcome::Refused(why) => {
                tally.refused += 1;
                self.refused.push(Refused { row: name.clone(), why });
            }
        }
        match row {
            Row::Wallet(wallet) if is_here => {
                let opening = &wallet.opening;
                let rest = opening.balance.checked_sub(opening.explained);
                self.balances = sum(self.balances, opening.balance);
                self.unexplained = sum(self.unexplained, rest.unwrap_or(self.unexplained));
            }
            Row::Order(order) if is_here => {
                *self.phases.entry(order.phase.as_str()).or_default() += 1;
                let imported = &order.imported;
                if !imported.stage.finished() {
                    self.proven = sum(self.proven, imported.proven);
                }
                if matches!(order.phase, Phase::ImportReview | Phase::PaymentReview) {
                    self.open.push(imported.number.to_string());
                }
                if !imported.evidence.findings.is_empty() {
                    self.findings.push(OrderLine {
                        order: order.order.to_string(),
                        number: imported.number.to_string(),
                        phase: order.phase.as_str(),
                        classes: imported
                            .evidence
                            .classes
                            .iter()
                            .map(ToString::to_string)
                            .collect(),
                        findings: imported.evidence.findings.clone(),
                    });
                }
            }
            Row::Wallet(_) | Row::Order(_) => {}
        }
    }

    /// Rows are answered in any order; a report is read in one.
    pub(super) fn finish(&mut self) {
        self.findings.sort_by(|left, right| left.number.cmp(&right.number));
        self.refused.sort_by(|left, right| left.row.cmp(&right.row));
        self.open.sort();
    }
}

/// The report for people.
impl fmt::Display for Report {
    fn fmt(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows: Vec<String> =
            self.rows.iter().map(|(table, count)| format!("{count} {table}")).collect();
        let mode = if self.dry_run { " (dry run: nothing was changed)" } else { "" };
        writeln!(text, "Import of {}{mode}", self.source)?;
        writeln!(text, "  read: {}", rows.join(", "))?;
        for absence in &self.absences {
            writeln!(text, "  {absence}")?;
        }
        for (what, tally) in [("wallets", self.wallets), ("orders", self.orders)] {
            writeln!(
                text,
                "  {what}: {} imported, {} there already, {} changed since, {} refused",
                tally.imported, tally.there_already, tally.changed, tally.refused
            )?;
        }
        let phases: Vec<String> =
            self.phases.iter().map(|(phase, count)| format!("{count} {phase}")).collect();
        writeln!(text, "  landed in: {}", phases.join(", "))?;
        writeln!(text, "  balances taken over: {}", self.balances)?;
        writeln!(text, "  of them not explained by any row: {}", self.unexplained)?;
        writeln!(text, "  proven for open orders: {}", self.proven)?;
        for (proof, linked) in &self.linked {
            let Linked { debits, amount } = linked;
            writeln!(text, "  linked by {proof}: {debits} debits, {amount}")?;
        }
        let Linked { debits, amount } = self.double_charges;
        writeln!(text, "  charged twice in the old system: {debits} debits, {amount}")?;
        writeln!(
            text,
            "  debits that belong to no order: {}, that a person has to decide on: {}",
            self.unlinked_debits, self.undecided_debits
        )?;
        for line in &self.findings {
            writeln!(text, "{} ({})", line.number, line.phase)?;
            for finding in &line.findings {
                writeln!(text, "  {finding}")?;
            }
        }
        for line in &self.wallet_findings {
            writeln!(text, "{}", line.wallet)?;
            for finding in &line.findings {
                writeln!(text, "  {finding}")?;
            }
        }
        for (title, lines) in
            [("Rows that belong to nothing", &self.loose), ("Odd values", &self.oddities)]
        {
            if !lines.is_empty() {
                writeln!(text, "{title}")?;
            }
            for line in lines {
                writeln!(text, "  {line}")?;
            }
        }
        for refused in &self.refused {
            writeln!(text, "Not taken over: {}, {}", refused.row, refused.why)?;
        }
        write!(text, "Open: {}", self.open.join(", "))
    }
}

impl Linked {
    fn add(&mut self, amount: Money) {
        self.debits += 1;
        self.amount = sum(self.amount, amount);
    }
}

/// A total for a report stays where it is once it would leave the range.
fn sum(left: Money, right: Money) -> Money {
    left.checked_add(right).unwrap_or(left)
}

fn rows_read(shop: &Shop) -> BTreeMap<&'static str, usize> {
    legacy::Table::ALL
        .into_iter()
        .map(|table| {
            let count = match table {
                legacy::Table::CustomerOrders => shop.orders.len(),
                legacy::Table::OrderManagement => shop.managements.len(),
                legacy::Table::OrderItems => shop.items.len(),
                legacy::Table::CustomerWallets => shop.wallets.len(),
                legacy::Table::WalletTransactions => shop.transactions.len(),
                legacy::Table::PaymentReceipts => shop.receipts.len(),
                legacy::Table::OrderStatusHistory => shop.history.len(),
            };
            (table.name(), count)
        })
        .collect()
}

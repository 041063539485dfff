//! Turns old rows and what they prove into commands. Pure.

use std::collections::BTreeMap;

use chrono::DateTime;
use domain::decide::{Circumstances, Command, decide};
use domain::id::{Code, CustomerId, OrderId, OrderNumber, Reason, ReceiptId, Text};
use domain::memory::Memory;
use domain::money::{Amount, Currency, Money};
use domain::order::Receipt;
use domain::order::import::{DoubleCharge, Evidence, Imported, LinkedDebit, Stage};
use domain::order::status::{Channel, Ended, Method, Phase, Warehouse};
use domain::order::totals::{LineItem, Quantity, Totals};
use domain::wallet::Opening;
use domain::{State, number};
use legacy::{Assessment, Landing, Links, OrderAssessment, Shop, Table};
use rust_decimal::Decimal;

/// The old shop traded in one currency, whatever its column defaults said.
const CURRENCY: Currency = Currency::IQD;
/// A row has one id whatever other rows there are. Which use of its number it is, is no part of it:
/// that changes once an earlier bearer is deleted. An old database that counts its rows from the
/// start again is another source.
const ROW_EPOCH: &str = "1";
/// An order with more lines is taken over with one that stands for them all.
const LINES_MAX: usize = 500;
const SKU_LENGTH_MAX: usize = 64;

/// Everything that is to be submitted, and what cannot be.
pub(super) struct Taken {
    pub(super) wallets: Vec<TakenWallet>,
    pub(super) orders: Vec<TakenOrder>,
    /// Wallets that cannot be taken over, each with why.
    pub(super) left: Vec<(String, String)>,
}

pub(super) struct TakenWallet {
    pub(super) row: String,
    pub(super) customer: CustomerId,
    pub(super) currency: Currency,
    pub(super) opening: Opening,
}

pub(super) struct TakenOrder {
    pub(super) row: String,
    pub(super) order: OrderId,
    pub(super) imported: Imported,
    /// What follows the import at once.
    pub(super) then: Vec<Command>,
    /// All that the order's rows hold of persons, as JSON.
    pub(super) personal: Option<String>,
    /// Where it lands.
    pub(super) phase: Phase,
}

pub(super) fn convert(
    source: &str,
    prefix: &str,
    shop: &Shop,
    links: &Links,
    assessment: &Assessment,
) -> Taken {
    let (wallets, left) = wallets(assessment);
    let rows = Rows::new(source, prefix, shop, links);
    let assessed: BTreeMap<i64, &OrderAssessment> =
        assessment.orders.iter().map(|order| (order.order, order)).collect();
    let orders = shop
        .orders
        .iter()
        .filter_map(|order| Some(rows.order(order, assessed.get(&order.id)?)))
        .collect();
    Taken { wallets, orders, left }
}

fn wallets(assessment: &Assessment) -> (Vec<TakenWallet>, Vec<(String, String)>) {
    let mut taken = Vec::new();
    let mut left = Vec::new();
    for wallet in &assessment.wallets {
        let row = row(Table::CustomerWallets, wallet.wallet);
        let other_currency =
            wallet.currency.as_deref().is_some_and(|code| code.trim() != CURRENCY.code());
        let balance = wallet.stored.and_then(|stored| Money::rounded(stored, CURRENCY).ok());
        let explained = Money::rounded(wallet.explained, CURRENCY).ok();
        let why = match (wallet.customer, balance, explained) {
            (None, ..) => "it names no customer",
            (_, None, _) | (_, _, None) => "its balance cannot be used",
            _ if other_currency => "it is not in IQD",
            (Some(customer), Some(balance), Some(explained)) => {
                let opening = Opening { row: code(&row), balance, explained };
                let customer = customer_id(customer);
                taken.push(TakenWallet { row, customer, currency: CURRENCY, opening });
                continue;
            }
        };
        left.push((row, why.to_owned()));
    }
    (taken, left)
}

/// The shop's rows by the order they belong to.
struct Rows<'a> {
    source: &'a str,
    prefix: &'a str,
    /// Debits that several orders claim, or that only name the order.
    undecided: BTreeMap<i64, Vec<i64>>,
    managements: BTreeMap<i64, Vec<&'a legacy::Management>>,
    items: BTreeMap<i64, Vec<&'a legacy::Item>>,
    receipts: BTreeMap<i64, Vec<&'a legacy::Receipt>>,
    changes: BTreeMap<i64, Vec<&'a legacy::Change>>,
    transactions: BTreeMap<i64, &'a legacy::Transaction>,
}

fn group<T>(rows: &[T], of: impl Fn(&T) -> Option<i64>) -> BTreeMap<i64, Vec<&T>> {
    let mut grouped: BTreeMap<i64, Vec<&T>> = BTreeMap::new();
    for row in rows {
        if let Some(id) = of(row) {
            grouped.entry(id).or_default().push(row);
        }
    }
    grouped
}

fn rows_of<T>(rows: &BTreeMap<i64, Vec<T>>, id: i64) -> &[T] {
    rows.get(&id).map_or(&[], Vec::as_slice)
}

impl<'a> Rows<'a> {
    fn new(source: &'a str, prefix: &'a str, shop: &'a Shop, links: &Links) -> Self {
        let mut undecided: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
        for tie in &links.ties {
            for order in &tie.orders {
                undecided.entry(*order).or_default().push(tie.debit);
            }
        }
        for doubt in &links.doubts {
            undecided.entry(doubt.order).or_default().push(doubt.debit);
        }
        Self {
            source,
            prefix,
            undecided,
            managements: group(&shop.managements, |row| row.order),
            items: group(&shop.items, |row| row.order),
            receipts: group(&shop.receipts, |row| row.order),
            changes: group(&shop.history, |row| row.management),
            transactions: shop.transactions.iter().map(|row| (row.id, row)).collect(),
        }
    }

    fn order(&self, order: &legacy::Order, assessed: &OrderAssessment) -> TakenOrder {
        let here = row(Table::CustomerOrders, order.id);
        let epoch = order.epoch.to_string();
        let id = OrderId::imported(self.source, &here, ROW_EPOCH);
        let (stage, receipt_rejected) = stage(assessed.landing());
        let mut imported = self.imported(order, assessed, &here, &epoch);
        imported.stage = stage;
        let waits = assessed.has(legacy::Class::ReceiptWaiting) || receipt_rejected;
        imported.receipt = (waits && !stage.finished()).then(|| Receipt {
            receipt: ReceiptId::imported(id),
            claimed: None,
            file: None,
            stored: None,
            repeats: None,
        });
        let then = if receipt_rejected { vec![reject(id)] } else { Vec::new() };
        let wanted = match assessed.landing() {
            Landing::Phase(phase) => phase.name(),
            Landing::PaymentReview => Phase::PaymentReview.as_str(),
            Landing::ImportReview => Phase::ImportReview.as_str(),
        };
        let personal = self.personal(order, assessed);
        match lands(id, &imported, &then) {
            Some(phase) if phase.as_str() == wanted => {
                TakenOrder { row: here, order: id, imported, then, personal, phase }
            }
            // The records agree on something that cannot be stated from them: a person has to.
            Some(_) | None => {
                imported.stage = Stage::Review;
                let finding = format!("{here}: what its rows say cannot be taken over as it is");
                imported.evidence.findings.push(finding);
                let phase = Phase::ImportReview;
                TakenOrder { row: here, order: id, imported, then: Vec::new(), personal, phase }
            }
        }
    }

    fn imported(
        &self,
        order: &legacy::Order,
        assessed: &OrderAssessment,
        here: &str,
        epoch: &str,
    ) -> Imported {
        let managements = rows_of(&self.managements, order.id);
        let management = managements.first();
        let method = method(assessed.method.as_ref());
        let totals = totals(order, assessed.due);
        let number = order.number.as_deref().and_then(|number| OrderNumber::new(number).ok());
        let series = number.as_ref().and_then(|text| number::parse(self.prefix, text.as_str()));
        let number = number.unwrap_or_else(|| fallback_number(order.id));
        let customer = order.customer.map_or_else(
            || CustomerId::new(format!("unknown:{here}")).expect("a row's name is short"),
            customer_id,
        );
        let wallet_part = assessed.wallet_part.and_then(|part| money(part).as_amount());
        let placed_at = [order.created_at, management.and_then(|row| row.created_at)]
            .into_iter()
            .flatten()
            .next()
            .unwrap_or(DateTime::UNIX_EPOCH);
        let (debits, double_charges) = self.debits(assessed);
        Imported {
            number,
            series,
            epoch: Code::new(epoch).ok(),
            customer,
            method,
            channel: channel(method, wallet_part, totals.due),
            currency: CURRENCY,
            lines: self.lines(order.id),
            totals,
            placed_at,
            proven: money(assessed.proven_amount.max(Decimal::ZERO)),
            debits,
            stage: Stage::Review,
            receipt: None,
            evidence: Evidence {
                rows: self.rows(order.id, assessed, here),
                customer_status: plain_code(order.status.code()),
                payment_status: plain_code(order.payment_status.code()),
                management_status: management.and_then(|row| plain_code(row.status.code())),
                payment_method: assessed
                    .method
                    .as_ref()
                    .and_then(legacy::Method::code)
                    .and_then(plain_code),
                classes: assessed.classes().iter().map(|class| code(class.name())).collect(),
                findings: assessed.findings.iter().map(ToString::to_string).collect(),
                wallet_part: wallet_part.map(Amount::money),
                double_charges,
            },
            personal: None,
            // The book's settings at the time of its recording say it.
            deadline: None,
        }
    }

    fn debits(&self, assessed: &OrderAssessment) -> (Vec<LinkedDebit>, Vec<DoubleCharge>) {
        let amount = |id: i64| {
            let amount = self.transactions.get(&id).and_then(|row| row.amount)?;
            money(amount.abs()).as_amount()
        };
        let linked = assessed.link.and_then(|link| {
            Some(LinkedDebit {
                debit: debit_code(link.debit),
                amount: amount(link.debit)?,
                proof: code(link.proof.name()),
            })
        });
        let doubles = assessed.double_charges.iter().filter_map(|charge| {
            Some(DoubleCharge {
                first: debit_code(charge.first),
                second: debit_code(charge.second),
                amount: amount(charge.second)?,
            })
        });
        (linked.into_iter().collect(), doubles.collect())
    }

    /// The old items as lines; none, so that one line stands for them, if any of them cannot be
    /// used as it is.
    fn lines(&self, order: i64) -> Vec<LineItem> {
        let items = rows_of(&self.items, order);
        if items.len() > LINES_MAX {
            return Vec::new();
        }
        let lines: Option<Vec<LineItem>> =
            (1..).zip(items).map(|(line, item)| line_item(line, item)).collect();
        lines.unwrap_or_default()
    }

    fn rows(&self, order: i64, assessed: &OrderAssessment, here: &str) -> Vec<Code> {
        let mut rows = vec![code(here)];
        let managements = rows_of(&self.managements, order).iter();
        rows.extend(managements.map(|found| code(&row(Table::OrderManagement, found.id))));
        let items = rows_of(&self.items, order).iter().take(LINES_MAX);
        rows.extend(items.map(|found| code(&row(Table::OrderItems, found.id))));
        let receipts = rows_of(&self.receipts, order).iter();
        rows.extend(receipts.map(|found| code(&row(Table::PaymentReceipts, found.id))));
        rows.extend(assessed.link.map(|link| debit_code(link.debit)));
        rows.extend(assessed.double_charges.iter().map(|charge| debit_code(charge.second)));
        rows.extend(rows_of(&self.undecided, order).iter().map(|debit| debit_code(*debit)));
        rows
    }

    /// Names, addresses and free text of all the order's rows, what customers claimed on receipts
    /// included, as one JSON object by row and column.
    fn personal(&self, order: &legacy::Order, assessed: &OrderAssessment) -> Option<String> {
        let mut texts = BTreeMap::new();
        let mut add = |table, id, personal: &legacy::Personal| {
            if !personal.is_empty() {
                texts.insert(row(table, id), personal.fields.clone());
            }
        };
        add(Table::CustomerOrders, order.id, &order.personal);
        for management in rows_of(&self.managements, order.id) {
            add(Table::OrderManagement, management.id, &management.personal);
            for change in rows_of(&self.changes, management.id) {
                add(Table::OrderStatusHistory, change.id, &change.personal);
            }
        }
        for item in rows_of(&self.items, order.id) {
            add(Table::OrderItems, item.id, &item.personal);
        }
        for receipt in rows_of(&self.receipts, order.id) {
            add(Table::PaymentReceipts, receipt.id, &receipt.personal);
        }
        let doubles = assessed.double_charges.iter().map(|charge| charge.second);
        let debits = assessed.link.map(|link| link.debit).into_iter().chain(doubles);
        for debit in debits {
            if let Some(transaction) = self.transactions.get(&debit) {
                add(Table::WalletTransactions, debit, &transaction.personal);
            }
        }
        if texts.is_empty() { None } else { serde_json::to_string(&texts).ok() }
    }
}

/// How far the order had come, and whether its last receipt was refused.
fn stage(landing: Landing) -> (Stage, bool) {
    let phase = match landing {
        Landing::PaymentReview => return (Stage::Open, false),
        Landing::ImportReview => return (Stage::Review, false),
        Landing::Phase(phase) => phase,
    };
    let stage = match phase {
        legacy::Phase::AwaitingPayment
        | legacy::Phase::PaymentReview
        | legacy::Phase::PaymentRejected
        | legacy::Phase::FinanceReview => Stage::Open,
        legacy::Phase::WarehouseReady => Stage::Released { warehouse: Warehouse::Waiting },
        legacy::Phase::WarehouseProcessing => Stage::Released { warehouse: Warehouse::Processing },
        legacy::Phase::StockRejected => Stage::Released { warehouse: Warehouse::StockRejected },
        legacy::Phase::Packed => Stage::Released { warehouse: Warehouse::Packed },
        legacy::Phase::Dispatched => Stage::Dispatched,
        legacy::Phase::Delivered => Stage::Delivered,
        legacy::Phase::Completed => Stage::Completed,
        legacy::Phase::Cancelled => Stage::Ended(Ended::Cancelled),
        legacy::Phase::Expired => Stage::Ended(Ended::Expired),
        // Which lines went out or came back stands in no old row.
        legacy::Phase::PartlyShipped
        | legacy::Phase::DeliveryFailed
        | legacy::Phase::ReturningToOrigin
        | legacy::Phase::Returned => Stage::Review,
    };
    (stage, phase == legacy::Phase::PaymentRejected)
}

fn reject(order: OrderId) -> Command {
    Command::RejectReceipt {
        order,
        receipt: ReceiptId::imported(order),
        reason: Reason::new("refused in the old system").expect("a sentence is a reason"),
    }
}

/// The phase in which the order would stand.
fn lands(id: OrderId, imported: &Imported, then: &[Command]) -> Option<Phase> {
    let command = Command::ImportOrder { order: id, imported: Box::new(imported.clone()) };
    let mut memory = Memory::default();
    let mut phase = None;
    for command in std::iter::once(command).chain(then.iter().cloned()) {
        let changes = decide(&memory, Circumstances::at(DateTime::UNIX_EPOCH), command).ok()?;
        for change in &changes {
            if let State::Order(order) = &*change.state {
                phase = order.facts().map(domain::order::Facts::phase);
            }
        }
        memory.apply(&changes);
    }
    phase
}

fn method(method: Option<&legacy::Method>) -> Method {
    match method {
        Some(legacy::Method::WalletFull) => Method::WalletFull,
        Some(legacy::Method::WalletPartial) => Method::WalletPartial,
        Some(legacy::Method::OnlinePayment) => Method::OnlinePayment,
        // An order without a usable method is in review; finance has to see how it was paid.
        Some(legacy::Method::BankTransferGrace | legacy::Method::Other(_)) | None => {
            Method::BankTransferGrace
        }
    }
}

fn channel(method: Method, wallet_part: Option<Amount>, due: Money) -> Channel {
    match method {
        Method::WalletFull => Channel::Wallet,
        Method::WalletPartial => {
            let covers = wallet_part.is_some_and(|part| part.money().covers(due));
            // The old shop took the rest of a wallet order through its gateway.
            if covers { Channel::Wallet } else { Channel::Gateway }
        }
        Method::OnlinePayment => Channel::Gateway,
        Method::BankTransferGrace => Channel::BankTransfer,
    }
}

fn totals(order: &legacy::Order, due: Option<Decimal>) -> Totals {
    let part = |amount: Option<Decimal>| money(amount.unwrap_or_default().max(Decimal::ZERO));
    let total = money(due.unwrap_or_default());
    let parts = Totals::imported(
        total,
        part(order.shipping_cost),
        part(order.surcharge_amount),
        part(order.vat_amount),
    );
    parts.unwrap_or_else(|_| Totals { items: total, due: total, ..Totals::zero(CURRENCY) })
}

fn line_item(line: u16, item: &legacy::Item) -> Option<LineItem> {
    let quantity = Quantity::new(item.quantity?).ok()?;
    let total = item.total_price.filter(|total| *total >= Decimal::ZERO)?;
    let unit_price = match item.unit_price.filter(|price| *price >= Decimal::ZERO) {
        Some(price) => price,
        None => total.checked_div(quantity.value())?,
    };
    let sku: String =
        item.sku.as_deref().unwrap_or_default().chars().take(SKU_LENGTH_MAX).collect();
    let sku = Text::new(sku).or_else(|_| Text::new("unknown")).ok()?;
    let unit_price = Money::rounded(unit_price, CURRENCY).ok()?;
    let total = Money::rounded(total, CURRENCY).ok()?;
    Some(LineItem { line, sku, quantity, unit_price, total })
}

/// Money of an old column. What is out of range was never due; such orders are in review.
fn money(amount: Decimal) -> Money {
    Money::rounded(amount, CURRENCY).unwrap_or_else(|_| Money::zero(CURRENCY))
}

fn customer_id(customer: i64) -> CustomerId {
    CustomerId::new(customer.to_string()).expect("a number is a text")
}

fn fallback_number(row: i64) -> OrderNumber {
    OrderNumber::new(format!("row-{row}")).expect("a number is a text")
}

/// How events and findings name an old row.
pub(super) fn row(table: Table, id: i64) -> String {
    format!("{table}:{id}")
}

fn debit_code(id: i64) -> Code {
    code(&row(Table::WalletTransactions, id))
}

fn code(text: &str) -> Code {
    Code::new(text).expect("names of rows, classes and proofs are codes")
}

/// A stored status as an event may hold it: none if it is not a plain code, since it may be a name
/// or a sentence.
fn plain_code(text: &str) -> Option<Code> {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | '-');
    if text.chars().all(is_plain) { Code::new(text).ok() } else { None }
}

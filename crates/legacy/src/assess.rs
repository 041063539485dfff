//! What the old records prove of each order, and what is wrong with them.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use rust_decimal::Decimal;

use crate::{
    class::{Class, Evidence, code},
    index::{Index, rows_of},
    link::{DoubleCharge, Link, Links, are_close, taken_by, wallet_part},
    loose::loose,
    method::Method,
    phase::Phase,
    shop::{Item, Management, Order, Receipt, Shop, Table, Transaction},
    status::{CustomerStatus, ManagementStatus, PaymentStatus},
    wallet::{Movement, WalletAssessment, assess_wallets, movement},
};

/// The old shop traded in one currency, whatever its column defaults said.
const CURRENCY: &str = "IQD";
/// Old line totals were rounded to two digits.
const LINE_GAP_MAX: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
const TOGETHER: TimeDelta = TimeDelta::seconds(2);

/// Everything that can be said without a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assessment {
    pub orders: Vec<OrderAssessment>,
    pub wallets: Vec<WalletAssessment>,
    /// What belongs to no order and no wallet that exists.
    pub loose: Vec<Evidence>,
}

impl Assessment {
    pub fn order(&self, id: i64) -> Option<&OrderAssessment> {
        self.orders.iter().find(|order| order.order == id)
    }
}

/// Where an order lands when it is taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Landing {
    /// Both records agree and the money is proven.
    Phase(Phase),
    /// A receipt waits for finance and nothing else is wrong.
    PaymentReview,
    /// A person has to say what is true.
    ImportReview,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderAssessment {
    pub order: i64,
    pub number: Option<String>,
    pub epoch: u32,
    pub customer: Option<i64>,
    pub management: Option<i64>,
    pub method: Option<Method>,
    /// The phase both statuses name; none if they name none in common.
    pub agreed: Option<Phase>,
    /// What the order costs; none if its total cannot be used.
    pub due: Option<Decimal>,
    /// What the wallet was to pay of it; none if nothing.
    pub wallet_part: Option<Decimal>,
    /// Money that the rows prove was paid and not given back.
    pub proven_amount: Decimal,
    /// Whether every payment that the records claim is proven. True if they claim none.
    pub proven: bool,
    pub link: Option<Link>,
    pub double_charges: Vec<DoubleCharge>,
    /// All its receipt rows. What customers claimed on them is not read and disproves nothing.
    pub receipts: Vec<i64>,
    pub waits_for_finance: bool,
    pub findings: Vec<Evidence>,
}

impl OrderAssessment {
    pub fn has(&self, class: Class) -> bool {
        self.findings.iter().any(|evidence| evidence.class == class)
    }

    pub fn classes(&self) -> BTreeSet<Class> {
        self.findings.iter().map(|evidence| evidence.class).collect()
    }

    pub fn landing(&self) -> Landing {
        if self.waits_for_finance {
            return Landing::PaymentReview;
        }
        let blocked = self.findings.iter().any(|evidence| evidence.class.blocks());
        match self.agreed.filter(|_| self.proven && !blocked) {
            Some(phase) => Landing::Phase(phase),
            None => Landing::ImportReview,
        }
    }
}

/// Weighs every record of a shop against the links between its debits and its orders.
pub fn assess(shop: &Shop, links: &Links) -> Assessment {
    let index = Index::new(shop, links);
    Assessment {
        orders: shop.orders.iter().map(|order| assess_order(order, &index)).collect(),
        wallets: assess_wallets(shop, CURRENCY),
        loose: loose(shop, &index),
    }
}

/// One order while it is weighed.
struct Weighing<'a> {
    index: &'a Index<'a>,
    order: &'a Order,
    management: Option<&'a Management>,
    method: Option<&'a Method>,
    due: Option<Decimal>,
    wallet_part: Option<Decimal>,
    agreed: Option<Phase>,
    receipt_open: bool,
    findings: Vec<Evidence>,
}

fn assess_order(order: &Order, index: &Index<'_>) -> OrderAssessment {
    let managements = rows_of(&index.managements, order.id);
    let management = managements.first().copied();
    let receipt_open = is_receipt_open(order, management, rows_of(&index.receipts, order.id));
    let mut weighing = Weighing {
        index,
        order,
        management,
        method: order.method.as_ref().or_else(|| management.and_then(|row| row.method.as_ref())),
        due: order.total.filter(|total| *total > Decimal::ZERO),
        wallet_part: wallet_part(order, management.and_then(|row| row.wallet_amount_used)),
        agreed: management.and_then(|row| agreed(order, row, receipt_open)),
        receipt_open,
        findings: Vec::new(),
    };
    weighing.identity(managements);
    weighing.statuses();
    weighing.totals();
    weighing.history();
    let (proven_amount, proven) = weighing.money();
    weighing.finish(proven_amount, proven)
}

impl Weighing<'_> {
    fn note(&mut self, class: Class, text: String) {
        self.findings.push(Evidence { class, text });
    }

    /// The order's row, as evidence names it.
    fn here(&self) -> String {
        format!("{}/{}", Table::CustomerOrders, self.order.id)
    }

    fn identity(&mut self, managements: &[&Management]) {
        let here = self.here();
        match self.order.number.as_deref() {
            None => self.note(Class::NoNumber, format!("{here}.order_number is null")),
            Some(number) => {
                let uses = self.index.numbers.get(number).copied().unwrap_or(1);
                if uses > 1 {
                    let epoch = self.order.epoch;
                    let text = format!("{here} is use {epoch} of {uses} of {}", code(number));
                    self.note(Class::NumberRepeated, text);
                }
            }
        }
        if self.order.customer.is_none() {
            self.note(Class::NoCustomer, format!("{here}.customer_id is null"));
        }
        if managements.is_empty() {
            self.note(Class::Orphan, format!("no {} row names {here}", Table::OrderManagement));
        }
        if managements.len() > 1 {
            let rows: Vec<String> = managements.iter().map(|row| row.id.to_string()).collect();
            let rows = rows.join(", ");
            let text = format!("{} rows {rows} name {here}", Table::OrderManagement);
            self.note(Class::ManagementRepeated, text);
        }
        for receipt in rows_of(&self.index.receipts, self.order.id) {
            if receipt.customer.is_some() && receipt.customer != self.order.customer {
                let text = format!("{}/{} of {here}", Table::PaymentReceipts, receipt.id);
                self.note(Class::CustomerMismatch, text);
            }
        }
        for row in rows_of(&self.index.referring, self.order.id) {
            if row.customer.is_some() && row.customer != self.order.customer {
                let text = format!("{}/{} refers to {here}", Table::WalletTransactions, row.id);
                self.note(Class::CustomerMismatch, text);
            }
        }
        match self.method {
            Some(Method::Other(_)) | None => {
                self.note(Class::UnknownMethod, format!("{here}.payment_method"));
            }
            Some(method) => {
                if self.order.method.is_some()
                    && self.order.personal.get("payment_method").is_some()
                    && let Some(name) = method.code()
                {
                    self.note(Class::MethodLabel, format!("{here}.payment_method read as {name}"));
                }
            }
        }
    }

    fn statuses(&mut self) {
        let here = self.here();
        let customer = code(self.order.status.code());
        if matches!(self.order.status, CustomerStatus::Other(_)) {
            self.note(Class::UnknownStatus, format!("{here}.status={customer}"));
        }
        if matches!(self.order.payment_status, PaymentStatus::Other(_)) {
            let payment = code(self.order.payment_status.code());
            self.note(Class::UnknownStatus, format!("{here}.payment_status={payment}"));
        }
        let Some(management) = self.management else { return };
        let row = format!("{}/{}", Table::OrderManagement, management.id);
        let departments = code(management.status.code());
        if matches!(management.status, ManagementStatus::Other(_)) {
            self.note(Class::UnknownStatus, format!("{row}.current_status={departments}"));
        }
        if self.agreed.is_none() {
            let text = format!("{here}.status={customer}, {row}.current_status={departments}");
            self.note(Class::StatusMismatch, text);
        }
    }

    fn totals(&mut self) {
        let here = self.here();
        if self.due.is_none() {
            self.note(Class::BadAmount, format!("{here}.total_amount cannot be used"));
        }
        let currency = self.order.currency.as_deref().map(str::trim);
        if currency != Some(CURRENCY)
            && !(currency.is_none() && self.index.shop.lacks(Table::CustomerOrders, "currency"))
        {
            let found = currency.map_or("null", code);
            self.note(Class::CurrencyMismatch, format!("{here}.currency={found}"));
        }
        let items = rows_of(&self.index.items, self.order.id);
        if items.is_empty() {
            self.note(Class::NoItems, format!("no {} row names {here}", Table::OrderItems));
            return;
        }
        for item in items {
            let usable = [item.quantity, item.total_price]
                .iter()
                .all(|amount| amount.is_some_and(|amount| amount >= Decimal::ZERO));
            if !usable {
                let text = format!("{}/{} quantity or total_price", Table::OrderItems, item.id);
                self.note(Class::BadAmount, text);
            } else if line_disagrees(item) {
                let text = format!(
                    "{}/{}: quantity times unit_price is not total_price",
                    Table::OrderItems,
                    item.id
                );
                self.note(Class::TotalsDisagree, text);
            }
        }
        let parts = items.iter().map(|item| item.total_price.unwrap_or_default()).chain(
            [self.order.shipping_cost, self.order.vat_amount, self.order.surcharge_amount]
                .map(Option::unwrap_or_default),
        );
        let sum = parts.into_iter().try_fold(Decimal::ZERO, Decimal::checked_add);
        let (Some(due), Some(sum)) = (self.due, sum) else { return };
        if due != sum {
            let class =
                if are_close(due, sum) { Class::TotalsRounded } else { Class::TotalsDisagree };
            self.note(class, format!("{here}.total_amount={due}, its parts are {sum}"));
        }
    }

    fn history(&mut self) {
        let Some(management) = self.management else { return };
        let mut changes = rows_of(&self.index.history, management.id).to_vec();
        changes.sort_by_key(|change| (change.created_at.is_none(), change.created_at, change.id));
        let broken = changes.windows(2).find(|pair| pair[1].from != pair[0].to);
        if let Some([before, after]) = broken {
            let table = Table::OrderStatusHistory;
            let text = format!("{table}/{} does not follow {table}/{}", after.id, before.id);
            self.note(Class::HistoryBroken, text);
        }
        if let Some(last) =
            changes.last().filter(|last| last.to.as_ref() != Some(&management.status))
        {
            let text = format!(
                "{}/{} is the last and does not end at {}/{}.current_status",
                Table::OrderStatusHistory,
                last.id,
                Table::OrderManagement,
                management.id
            );
            self.note(Class::HistoryBroken, text);
        }
    }

    /// What is proven to have been paid, and whether that is all the records claim.
    fn money(&mut self) -> (Decimal, bool) {
        let link = self.index.linked.get(&self.order.id).copied();
        self.doubtful_links();
        if self.agreed.is_some_and(Phase::is_void) {
            return self.money_of_void(link);
        }
        let (wallet_amount, wallet_proven) = self.wallet_money(link);
        let (rest_amount, rest_proven) = self.other_money();
        let amount = wallet_amount.checked_add(rest_amount).unwrap_or_default();
        let here = self.here();
        let paid_in_full = self.due.is_some_and(|due| amount >= due);
        let says_paid = self.order.payment_status == PaymentStatus::Paid;
        if self.agreed.is_some_and(Phase::is_before_payment) && (paid_in_full || says_paid) {
            let payment = code(self.order.payment_status.code());
            let text = format!("{here}.payment_status={payment}, {amount} is proven");
            self.note(Class::PaidButPending, text);
        }
        let delivered = self.names(Phase::is_delivered);
        if delivered && !paid_in_full {
            self.note(Class::DeliveredUnpaid, format!("{here}: {amount} of its total is proven"));
        }
        (amount, wallet_proven && rest_proven)
    }

    fn doubtful_links(&mut self) {
        let here = self.here();
        let table = Table::WalletTransactions;
        for charge in rows_of(&self.index.double_charges, self.order.id) {
            let text =
                format!("{table}/{} paid for {here} after {table}/{}", charge.second, charge.first);
            self.note(Class::DoubleCharge, text);
        }
        for debit in rows_of(&self.index.ties, self.order.id) {
            self.note(Class::LinkTie, format!("{table}/{debit} is claimed by {here} and others"));
        }
        for debit in rows_of(&self.index.doubts, self.order.id) {
            let text = format!("{table}/{debit} names the number of {here}, without a proof");
            self.note(Class::LinkDoubt, text);
        }
    }

    fn wallet_money(&mut self, link: Option<Link>) -> (Decimal, bool) {
        let Some(wanted) = self.wallet_part else { return (Decimal::ZERO, true) };
        let here = self.here();
        let customer = self.order.customer;
        if customer.is_some_and(|customer| !self.index.wallets.contains_key(&customer)) {
            self.note(Class::NoWallet, format!("no {} row for {here}", Table::CustomerWallets));
        }
        let row = link.and_then(|link| self.index.transactions.get(&link.debit).copied());
        let Some((row, taken)) = row.and_then(|row| Some((row, taken_by(row)?))) else {
            self.wallet_issue(wanted);
            return (Decimal::ZERO, false);
        };
        let debit = format!("{}/{}", Table::WalletTransactions, row.id);
        if row.names_order.is_some() && row.names_order != self.order.number {
            let named = row.names_order.as_deref().map_or("", code);
            self.note(Class::DebitMislabelled, format!("{debit} of {here} names {named}"));
        }
        if taken < wanted {
            let text = format!("{debit}.amount={taken}, {here} wanted {wanted}");
            self.note(Class::Shortfall, text);
        } else if taken > wanted {
            self.note(Class::Excess, format!("{debit}.amount={taken}, {here} wanted {wanted}"));
        }
        (taken, taken >= wanted)
    }

    /// The debit is missing only if nothing that might be it is in sight.
    fn wallet_issue(&mut self, wanted: Decimal) {
        let here = self.here();
        let in_doubt = self.index.ties.contains_key(&self.order.id)
            || self.index.doubts.contains_key(&self.order.id);
        if !in_doubt {
            let text = format!("no {} row pays {wanted} of {here}", Table::WalletTransactions);
            self.note(Class::WalletIssue, text);
        }
        let foreign = self.index.shop.transactions.iter().filter(|row| {
            !self.index.spoken_for.contains(&row.id)
                && taken_by(row).is_some_and(|taken| are_close(taken, wanted))
                && is_together(self.order, row)
                && (row.customer != self.order.customer
                    || row.wallet.is_some_and(|wallet| !self.owns(wallet)))
        });
        let foreign: Vec<i64> = foreign.map(|row| row.id).collect();
        for id in foreign {
            let text = format!(
                "{}/{id} took the amount of {here} in its second from another customer",
                Table::WalletTransactions
            );
            self.note(Class::CustomerMismatch, text);
        }
    }

    fn owns(&self, wallet: i64) -> bool {
        let own = self.order.customer.and_then(|customer| self.index.wallets.get(&customer));
        own.is_some_and(|own| own.id == wallet)
    }

    /// What bank or gateway paid: all that the wallet was not to pay.
    fn other_money(&mut self) -> (Decimal, bool) {
        let Some(due) = self.due else { return (Decimal::ZERO, false) };
        let rest = due.checked_sub(self.wallet_part.unwrap_or_default()).unwrap_or_default();
        if rest <= Decimal::ZERO {
            return (Decimal::ZERO, true);
        }
        let unlisted = matches!(self.method, Some(Method::Other(_)) | None);
        let says_paid = self.order.payment_status == PaymentStatus::Paid;
        let past = self.management.is_some_and(|row| {
            is_past_finance(
                self.order.status.phases(&self.order.payment_status),
                self.order.status == CustomerStatus::FinancialApproved,
            ) && is_past_finance(row.status.phases(), is_approved(&row.status))
        });
        if past && says_paid && !unlisted {
            return (rest, true);
        }
        let part_paid = self.order.payment_status == PaymentStatus::Partial;
        let claims = self.names(|phase| !phase.is_before_payment() && !phase.is_void());
        if claims || says_paid || (part_paid && self.wallet_part.is_none()) {
            let text = format!(
                "{}.payment_status={}, {rest} is not proven by both rows",
                self.here(),
                code(self.order.payment_status.code())
            );
            self.note(Class::PaymentUnproven, text);
            return (Decimal::ZERO, false);
        }
        (Decimal::ZERO, true)
    }

    /// Whether either status can only mean such phases.
    fn names(&self, such: impl Fn(Phase) -> bool) -> bool {
        let customer = self.order.status.phases(&self.order.payment_status);
        let departments = self.management.map_or(&[][..], |row| row.status.phases());
        [customer, departments]
            .iter()
            .any(|phases| !phases.is_empty() && phases.iter().all(|phase| such(*phase)))
    }

    /// An order that was given up: what was taken from the wallet must have come back.
    fn money_of_void(&mut self, link: Option<Link>) -> (Decimal, bool) {
        let here = self.here();
        let mut kept = Decimal::ZERO;
        let row = link.and_then(|link| self.index.transactions.get(&link.debit).copied());
        if let Some((row, taken)) = row.and_then(|row| Some((row, taken_by(row)?))) {
            let came_back = rows_of(&self.index.referring, self.order.id).iter().any(|back| {
                let Movement::Done(signed) = movement(back) else { return false };
                back.customer == self.order.customer && are_close(signed, taken)
            });
            if !came_back {
                kept = taken;
                let text = format!("{}/{} of {here}", Table::WalletTransactions, row.id);
                self.note(Class::CancelledUnrefunded, text);
            }
        }
        let rest = self
            .due
            .unwrap_or_default()
            .checked_sub(self.wallet_part.unwrap_or_default())
            .unwrap_or_default();
        let claims_rest = rest > Decimal::ZERO && self.order.payment_status == PaymentStatus::Paid;
        if claims_rest {
            self.note(Class::CancelledUnrefunded, format!("{here}.payment_status=paid"));
        }
        (kept, !claims_rest)
    }

    fn finish(mut self, proven_amount: Decimal, proven: bool) -> OrderAssessment {
        if self.receipt_open {
            let ids: Vec<String> = rows_of(&self.index.receipts, self.order.id)
                .iter()
                .map(|receipt| format!("{}/{}", Table::PaymentReceipts, receipt.id))
                .collect();
            let payment = code(self.order.payment_status.code());
            let text =
                format!("{}.payment_status={payment}, receipts: {}", self.here(), ids.join(", "));
            self.note(Class::ReceiptWaiting, text);
        }
        let blocked = self.findings.iter().any(|evidence| evidence.class.blocks());
        let before_payment =
            matches!(self.agreed, Some(Phase::AwaitingPayment | Phase::PaymentReview));
        self.findings.sort();
        self.findings.dedup();
        let order = self.order;
        OrderAssessment {
            order: order.id,
            number: order.number.clone(),
            epoch: order.epoch,
            customer: order.customer,
            management: self.management.map(|row| row.id),
            method: self.method.cloned(),
            agreed: self.agreed,
            due: self.due,
            wallet_part: self.wallet_part,
            proven_amount,
            proven,
            link: self.index.linked.get(&order.id).copied(),
            double_charges: rows_of(&self.index.double_charges, order.id).to_vec(),
            receipts: rows_of(&self.index.receipts, order.id).iter().map(|row| row.id).collect(),
            waits_for_finance: self.receipt_open && before_payment && proven && !blocked,
            findings: self.findings,
        }
    }
}

/// The one phase both statuses name.
///
/// Where they share several, an open receipt means that it waits for finance; else it is the
/// earliest, which asserts least.
fn agreed(order: &Order, management: &Management, receipt_open: bool) -> Option<Phase> {
    let departments = management.status.phases();
    let mut shared: Vec<Phase> = order
        .status
        .phases(&order.payment_status)
        .iter()
        .copied()
        .filter(|phase| departments.contains(phase))
        .collect();
    shared.sort_unstable();
    if receipt_open && shared.contains(&Phase::PaymentReview) {
        return Some(Phase::PaymentReview);
    }
    shared
        .iter()
        .copied()
        .find(|phase| *phase != Phase::PaymentReview)
        .or_else(|| shared.first().copied())
}

fn is_receipt_open(order: &Order, management: Option<&Management>, rows: &[&Receipt]) -> bool {
    let uploaded = !rows.is_empty()
        || order.has_receipt_path
        || order.payment_status == PaymentStatus::ReceiptUploaded
        || management.is_some_and(|row| {
            row.has_receipt_url || row.status == ManagementStatus::PaymentUploaded
        });
    let unanswered = match order.payment_status {
        PaymentStatus::Pending
        | PaymentStatus::Unpaid
        | PaymentStatus::GracePeriod
        | PaymentStatus::Processing
        | PaymentStatus::Partial
        | PaymentStatus::ReceiptUploaded => true,
        PaymentStatus::AdditionalDocumentsRequired
        | PaymentStatus::Paid
        | PaymentStatus::Rejected
        | PaymentStatus::Failed
        | PaymentStatus::Refunded
        | PaymentStatus::PartialRefund
        | PaymentStatus::Other(_) => false,
    };
    let may_wait = |phases: &[Phase]| {
        phases.iter().any(|phase| matches!(phase, Phase::AwaitingPayment | Phase::PaymentReview))
    };
    uploaded
        && unanswered
        && may_wait(order.status.phases(&order.payment_status))
        && management.is_none_or(|row| may_wait(row.status.phases()))
}

/// Whether a status can only have been written after finance had approved.
fn is_past_finance(phases: &[Phase], approved: bool) -> bool {
    let past = |phase: &Phase| *phase > Phase::FinanceReview && !phase.is_void();
    approved || (!phases.is_empty() && phases.iter().all(past))
}

fn is_approved(status: &ManagementStatus) -> bool {
    matches!(
        status,
        ManagementStatus::FinancialApproved
            | ManagementStatus::FinancialAutoApproved
            | ManagementStatus::AutoApproved
    )
}

fn is_together(order: &Order, row: &Transaction) -> bool {
    matches!(
        (order.created_at, row.created_at),
        (Some(order), Some(row)) if order.signed_duration_since(row).abs() <= TOGETHER
    )
}

fn line_disagrees(item: &Item) -> bool {
    let (Some(quantity), Some(price), Some(total)) =
        (item.quantity, item.unit_price, item.total_price)
    else {
        return false;
    };
    let gap = quantity.checked_mul(price).and_then(|product| product.checked_sub(total));
    gap.is_none_or(|gap| gap.abs() > LINE_GAP_MAX)
}

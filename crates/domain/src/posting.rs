//! The posting table: what each event does to the accounts. One rule an event type, or none.
//!
//! A movement that touches a wallet (2100) is posted by the wallet's event; else by the order's;
//! else by the payment's.

use crate::account::{Account, EntryError, JournalEntry, Posting, Side, SuspenseItem};
use crate::event::{Event, StreamKey};
use crate::id::{OrderId, PaymentId, WalletId};
use crate::money::Money;
use crate::order;
use crate::order::totals::Totals;
use crate::payment;
use crate::settings;
use crate::suspense;
use crate::wallet;

/// The version of these rules. It is pinned in each event: a changed rule applies forward only.
pub const RULE_VERSION: &str = "1";

/// The journal entry of an event of this stream; empty where it moves no money.
pub fn entry(stream: StreamKey, event: &Event) -> Result<JournalEntry, EntryError> {
    match (stream, event) {
        (StreamKey::Order(id), Event::Order(event)) => order_entry(id, event),
        (StreamKey::Wallet(id), Event::Wallet(event)) => wallet_entry(id, event),
        (StreamKey::Payment(id), Event::Payment(event)) => payment_entry(id, event),
        (StreamKey::Suspense(_), Event::Suspense(event)) => suspense_entry(event),
        // What money a statement's line or a receipt's file tells of is posted by the payment.
        (StreamKey::StatementLine(_), Event::StatementLine(_))
        | (StreamKey::ReceiptFile(_), Event::ReceiptFile(_)) => Ok(JournalEntry::default()),
        (StreamKey::Settings, Event::Settings(settings::Event::Changed { .. })) => {
            Ok(JournalEntry::default())
        }
        (stream, event) => panic!("corrupt stream: {event:?} stands in {stream}"),
    }
}

fn order_entry(id: OrderId, event: &order::Event) -> Result<JournalEntry, EntryError> {
    match event {
        order::Event::PaymentReceived { amount, source: order::Source::Payment(payment) } => {
            move_money(Account::Unallocated(*payment), Account::Prepayment(id), amount.money())
        }
        order::Event::PaymentTakenBack { payment, amount, .. } => {
            move_money(Account::Prepayment(id), Account::Unallocated(*payment), amount.money())
        }
        order::Event::ShortfallForgiven { amount } => {
            move_money(Account::Rounding, Account::Prepayment(id), amount.money())
        }
        order::Event::ForgivenessTakenBack { amount } => {
            move_money(Account::Prepayment(id), Account::Rounding, amount.money())
        }
        order::Event::Delivered { earned, .. } => earn(id, earned),
        order::Event::ImportResolved(resolution) => match &resolution.delivered {
            Some(earned) => earn(id, earned),
            None => Ok(JournalEntry::default()),
        },
        order::Event::Corrected(corrected) => match &corrected.earned {
            Some(earned) => Ok(earn(id, earned)?.mirrored()),
            None => Ok(JournalEntry::default()),
        },
        order::Event::Imported(imported) => {
            if imported.stage.finished() {
                return Ok(JournalEntry::default());
            }
            move_money(Account::OpeningOrder(id), Account::Prepayment(id), imported.proven)
        }
        // Returned goods that cost nothing in all: no wallet takes part.
        order::Event::Refunded { parts, .. } if parts.due.is_zero() => refund(id, None, parts),
        order::Event::LegacyDebitLinked { amount, .. } => {
            move_money(Account::OpeningOrder(id), Account::Prepayment(id), amount.money())
        }
        order::Event::LeftOnAccount { amount, customer } => {
            let customer = Account::Receivable(customer.clone());
            move_money(customer, Account::Prepayment(id), amount.money())
        }
        // Posted by the wallet.
        order::Event::PaymentReceived { source: order::Source::Wallet(_), .. }
        | order::Event::Cancelled { .. }
        | order::Event::LinesCancelled { .. }
        | order::Event::Edited { .. }
        | order::Event::Refunded { .. }
        | order::Event::Expired { .. }
        // Moves no money.
        | order::Event::Placed(_)
        | order::Event::ReceiptUploaded(_)
        | order::Event::ReceiptApproved(_)
        | order::Event::ReceiptRejected { .. }
        | order::Event::Reminded { .. }
        | order::Event::Released
        | order::Event::ProcessingStarted
        | order::Event::Packed
        | order::Event::StockRejected { .. }
        | order::Event::Dispatched { .. }
        | order::Event::DeliveryCodeIssued { .. }
        | order::Event::DeliveryCodeRefused { .. }
        | order::Event::DeliveryFailed { .. }
        | order::Event::DeliveryRetried { .. }
        | order::Event::ReturningToOrigin { .. }
        | order::Event::ReceivedBack { .. }
        | order::Event::GoodsReturned { .. }
        | order::Event::Completed
        | order::Event::Reopened { .. }
        | order::Event::PutOnHold { .. }
        | order::Event::HoldLifted { .. } => Ok(JournalEntry::default()),
    }
}

fn wallet_entry(id: WalletId, event: &wallet::Event) -> Result<JournalEntry, EntryError> {
    let wallet = Account::Wallet(id);
    match event {
        wallet::Event::Opened { opening: Some(opening), customer, .. } => {
            let debt = opening.spendable().checked_sub(opening.balance)?;
            let unexplained = opening.balance.checked_sub(opening.explained)?;
            let mut lines = Lines::default();
            lines.credit(wallet, opening.spendable());
            lines.debit(Account::Receivable(customer.clone()), debt);
            lines.debit(Account::OpeningWallet(id), opening.explained);
            lines.debit(Account::Suspense(SuspenseItem::Wallet(id)), unexplained);
            lines.entry()
        }
        wallet::Event::ToppedUp { amount, payment, .. } => {
            move_money(Account::Unallocated(*payment), wallet, amount.money())
        }
        wallet::Event::Credited { source: wallet::Source::Refund { order, parts }, .. } => {
            refund(*order, Some(wallet), parts)
        }
        wallet::Event::Credited { amount, source, .. } => {
            let from = match source {
                wallet::Source::Excess { payment, .. } | wallet::Source::Late { payment, .. } => {
                    Account::Unallocated(*payment)
                }
                wallet::Source::Cancelled { order } | wallet::Source::Expired { order } => {
                    Account::Prepayment(*order)
                }
                wallet::Source::Refund { order, .. } => Account::Returns(*order),
                wallet::Source::Goodwill { .. } => Account::Goodwill,
                wallet::Source::Adjustment { item, .. } => Account::Suspense(*item),
                wallet::Source::DoubleCharge { .. } => Account::OpeningWallet(id),
            };
            move_money(from, wallet, amount.money())
        }
        wallet::Event::Debited { amount, purpose, .. } => {
            let to = match purpose {
                wallet::Purpose::OrderPayment { order } | wallet::Purpose::Shortfall { order } => {
                    Account::Prepayment(*order)
                }
                wallet::Purpose::Adjustment { item, .. } => Account::Suspense(*item),
                wallet::Purpose::PaymentReversed { payment } => Account::Unallocated(*payment),
            };
            move_money(wallet, to, amount.money())
        }
        wallet::Event::Corrected { movement, .. } => match movement {
            wallet::Movement::Goodwill { amount } => {
                move_money(wallet, Account::Goodwill, amount.money())
            }
            wallet::Movement::AdjustmentUp { amount, item } => {
                move_money(wallet, Account::Suspense(*item), amount.money())
            }
            wallet::Movement::AdjustmentDown { amount, item } => {
                move_money(Account::Suspense(*item), wallet, amount.money())
            }
        },
        wallet::Event::WithdrawalRequested { request, amount, .. } => {
            move_money(wallet, Account::Payout(*request), amount.money())
        }
        wallet::Event::WithdrawalPaid { request, amount, account, .. } => {
            move_money(Account::Payout(*request), Account::Bank(account.clone()), amount.money())
        }
        wallet::Event::WithdrawalFailed { request, amount, .. } => {
            move_money(Account::Payout(*request), wallet, amount.money())
        }
        wallet::Event::DebtRepaid { customer, amount, from } => {
            let from = match from {
                wallet::Repayment::Wallet => wallet,
                wallet::Repayment::Payment(payment) => Account::Unallocated(*payment),
            };
            move_money(from, Account::Receivable(customer.clone()), amount.money())
        }
        wallet::Event::DebtWrittenOff { customer, amount, .. } => {
            let owed = Account::Receivable(customer.clone());
            move_money(Account::WriteOffs, owed, amount.money())
        }
        // Posted by the order or the payment.
        wallet::Event::DebtRecorded { .. }
        | wallet::Event::DeliveryCorrected { .. }
        | wallet::Event::PaymentTakenOut { .. }
        // Moves no money.
        | wallet::Event::Opened { opening: None, .. }
        | wallet::Event::TopUpRequested(_)
        | wallet::Event::TopUpApproved { .. }
        | wallet::Event::TopUpRejected { .. }
        | wallet::Event::Frozen { .. }
        | wallet::Event::Unfrozen { .. }
        | wallet::Event::Closed
        | wallet::Event::Reopened => Ok(JournalEntry::default()),
    }
}

fn suspense_entry(event: &suspense::Event) -> Result<JournalEntry, EntryError> {
    match event {
        suspense::Event::Explained { item, amount, against, .. } => {
            let against = match against {
                suspense::Against::OpeningBalance(wallet) => Account::OpeningWallet(*wallet),
                suspense::Against::WriteOff => Account::WriteOffs,
                suspense::Against::Goodwill => Account::Goodwill,
                suspense::Against::Rounding => Account::Rounding,
            };
            move_money(against, Account::Suspense(*item), *amount)
        }
        // Posted by the wallet, or moves no money.
        suspense::Event::Booked { .. } | suspense::Event::Opened { .. } => {
            Ok(JournalEntry::default())
        }
    }
}

fn payment_entry(id: PaymentId, event: &payment::Event) -> Result<JournalEntry, EntryError> {
    let received = |kind: &payment::Kind| held(id, &payment::Held::received(kind));
    match event {
        payment::Event::Recorded { kind, amount, .. } => {
            move_money(received(kind), Account::Unallocated(id), amount.money())
        }
        // Posted by the order or the wallet.
        payment::Event::Allocated { .. } => Ok(JournalEntry::default()),
        payment::Event::Corrected { kind, amount, .. } => {
            move_money(Account::Unallocated(id), received(kind), amount.money())
        }
        payment::Event::Matched { held: from, account, amount, fee, .. } => {
            let (from, to) = (held(id, from), Account::Bank(account.clone()));
            let mut lines = Lines::default();
            if from == to {
                // It was banked before the bank told of it: only the fee leaves the account.
                lines.credit(to, *fee);
            } else {
                lines.debit(to, amount.money().checked_sub(*fee)?);
                lines.credit(from, amount.money());
            }
            lines.debit(Account::BankFees, *fee);
            lines.entry()
        }
        payment::Event::Banked { account, amount } => {
            move_money(Account::Bank(account.clone()), Account::Cash(id), amount.money())
        }
        payment::Event::Reversed { held: from, amount, debts, .. } => {
            let mut there = amount.money();
            let mut lines = Lines::default();
            for debt in debts {
                there = there.checked_sub(debt.amount.money())?;
                lines.debit(Account::Receivable(debt.customer.clone()), debt.amount.money());
            }
            lines.debit(Account::Unallocated(id), there);
            lines.credit(held(id, from), amount.money());
            lines.entry()
        }
    }
}

/// The account that holds a payment's money.
fn held(id: PaymentId, held: &payment::Held) -> Account {
    match held {
        payment::Held::BankClearing => Account::BankClearing(id),
        payment::Held::GatewayClearing => Account::GatewayClearing(id),
        payment::Held::Cash => Account::Cash(id),
        payment::Held::Bank(account) => Account::Bank(account.clone()),
    }
}

/// Delivered: the prepayment becomes income, with the tax and the discount it carries.
fn earn(id: OrderId, earned: &Totals) -> Result<JournalEntry, EntryError> {
    let mut lines = Lines::default();
    lines.debit(Account::Prepayment(id), earned.due);
    lines.debit(Account::Discounts(id), earned.discount);
    lines.credit(Account::Sales(id), earned.items);
    lines.credit(Account::DeliveryFees(id), earned.delivery);
    lines.credit(Account::Surcharges(id), earned.surcharge);
    lines.credit(Account::TaxPayable, earned.tax);
    lines.credit(Account::Rounding, earned.rounding);
    lines.entry()
}

/// Refunded: the mirror image of what was earned, but for the sales, which stand as returns.
fn refund(
    id: OrderId,
    wallet: Option<Account>,
    parts: &Totals,
) -> Result<JournalEntry, EntryError> {
    let mut lines = Lines::default();
    lines.debit(Account::Returns(id), parts.items);
    lines.debit(Account::TaxPayable, parts.tax);
    lines.debit(Account::DeliveryFees(id), parts.delivery);
    lines.debit(Account::Surcharges(id), parts.surcharge);
    lines.debit(Account::Rounding, parts.rounding);
    lines.credit(Account::Discounts(id), parts.discount);
    if let Some(wallet) = wallet {
        lines.credit(wallet, parts.due);
    }
    lines.entry()
}

/// Dr `debit` / Cr `credit`.
fn move_money(debit: Account, credit: Account, money: Money) -> Result<JournalEntry, EntryError> {
    let mut lines = Lines::default();
    lines.debit(debit, money);
    lines.credit(credit, money);
    lines.entry()
}

/// Collects postings: nothing is posted for zero, and a negative sum stands on the other side.
#[derive(Default)]
struct Lines(Vec<Posting>);

impl Lines {
    fn debit(&mut self, account: Account, money: Money) {
        self.post(account, Side::Debit, money);
    }

    fn credit(&mut self, account: Account, money: Money) {
        self.post(account, Side::Credit, money);
    }

    fn post(&mut self, account: Account, side: Side, money: Money) {
        let (side, money) =
            if money.is_negative() { (side.opposite(), money.negated()) } else { (side, money) };
        if let Some(amount) = money.as_amount() {
            self.0.push(Posting { account, side, amount });
        }
    }

    fn entry(self) -> Result<JournalEntry, EntryError> {
        JournalEntry::new(self.0)
    }
}

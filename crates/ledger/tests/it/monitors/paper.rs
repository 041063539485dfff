//! What customers send and finance answers, and what comes of it in the alerts.

use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use domain::decide::{Allocation, ApproveReceipt, Command, Transfer};
use domain::id::{Code, PaymentId, ReceiptId, RequestId};
use domain::money::{Amount, Currency};
use domain::order::Receipt;
use domain::wallet::TopUpRequested;
use ledger::alerts::Synced;
use ledger::monitors;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::watched::Watched;
use crate::book::{amount, ask, because, code, customer, id, noon, order, wallet};

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

impl Watched {
    /// Sets the clock: seconds after noon.
    pub(crate) fn after(&self, seconds: i64) {
        self.book.hands.store(seconds, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.node.clock().now()
    }

    /// Answers what the refusal said.
    pub(crate) async fn is_refused(&self, number: u64, command: Command) -> String {
        let answer = self.node.submit(ask(id(2_000_000 + number), command)).await.unwrap();
        assert!(!answer.is_accepted(), "{answer:?}");
        answer.body.unwrap()
    }

    /// What the monitor changes.
    pub(crate) async fn synced(&self, monitor: &str) -> Synced {
        let monitor = monitors::find(monitor).unwrap();
        monitors::look_once(&self.node, monitor).await.unwrap()
    }

    pub(crate) async fn sees_nothing(&self, monitor: &str) {
        assert_eq!(self.look(monitor).await, []);
    }

    /// What is said of those that are open.
    pub(crate) async fn told(&self, monitor: &str) -> Vec<String> {
        self.look(monitor).await.into_iter().map(|alert| alert.says).collect()
    }
}

pub(crate) fn receipt(number: u64) -> ReceiptId {
    ReceiptId::new(Uuid::from_u64_pair(0xE, number))
}

pub(crate) fn request(number: u64) -> RequestId {
    RequestId::new(Uuid::from_u64_pair(0xF, number))
}

/// A receipt for an order, which claims a sum.
pub(crate) fn claims(order_number: u64, number: u64, claimed: Option<Amount>) -> Command {
    sends(order_number, number, claimed, None)
}

/// A receipt for an order, with a picture.
pub(crate) fn uploads(order_number: u64, number: u64, picture: &str) -> Command {
    sends(order_number, number, None, Some(picture))
}

fn sends(order_number: u64, number: u64, claimed: Option<Amount>, file: Option<&str>) -> Command {
    let receipt = Receipt {
        receipt: receipt(number),
        claimed,
        file: file.map(digest),
        stored: None,
        repeats: None,
    };
    Command::UploadReceipt { order: order(order_number), receipt }
}

/// Of a picture's file.
pub(crate) fn digest(picture: &str) -> Code {
    code(&hex::encode(Sha256::digest(picture)))
}

/// A top-up that somebody asks for, with a picture.
pub(crate) fn asks_top_up(name: &str, number: u64, picture: &str) -> Command {
    let asked = TopUpRequested {
        request: request(number),
        claimed: Some(amount(100)),
        file: Some(digest(picture)),
        stored: None,
        repeats: None,
    };
    Command::RequestTopUp { customer: customer(name), currency: Currency::IQD, asked }
}

pub(crate) fn refuses(order_number: u64, number: u64) -> Command {
    Command::RejectReceipt {
        order: order(order_number),
        receipt: receipt(number),
        reason: because(),
    }
}

pub(crate) fn refuses_top_up(name: &str, number: u64) -> Command {
    Command::RejectTopUp { wallet: wallet(name), request: request(number), reason: because() }
}

/// A transfer to our account.
pub(crate) fn transfer(reference: &str, sum: i64) -> Transfer {
    Transfer {
        account: code("RAFIDAIN"),
        reference: code(reference),
        date: noon().date_naive(),
        amount: amount(sum),
    }
}

pub(crate) fn paid_by(reference: &str) -> PaymentId {
    PaymentId::transfer("RAFIDAIN", reference)
}

pub(crate) fn approves(
    order_number: u64,
    number: u64,
    verified: i64,
    transfer: Transfer,
) -> Command {
    Command::ApproveReceipt(Box::new(ApproveReceipt {
        order: order(order_number),
        receipt: receipt(number),
        verified: amount(verified),
        transfer,
    }))
}

/// Puts what came in into a wallet.
pub(crate) fn allocates(payment: PaymentId, sum: Option<i64>, name: &str) -> Command {
    Command::AllocatePayment {
        payment,
        amount: sum.map(amount),
        to: Allocation::Customer(customer(name)),
    }
}

/// A sum as evidence has it.
pub(crate) fn dinars(sum: &str) -> Value {
    json!({ "amount": sum, "currency": "IQD" })
}

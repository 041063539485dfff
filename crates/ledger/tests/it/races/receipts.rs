//! Receipts and the transfers that they show.

use domain::decide::{ApproveReceipt, Command, Transfer};
use domain::id::{PaymentId, ReceiptId};
use domain::order::Receipt;
use uuid::Uuid;

use crate::book::{amount, code, noon, order};

const ACCOUNT: &str = "rafidain";

/// The one receipt of an order.
pub(super) fn receipt(number: u64) -> ReceiptId {
    ReceiptId::new(Uuid::from_u64_pair(0xE, number))
}

pub(super) fn upload(number: u64) -> Command {
    let receipt = Receipt {
        receipt: receipt(number),
        claimed: None,
        file: None,
        stored: None,
        repeats: None,
    };
    Command::UploadReceipt { order: order(number), receipt }
}

/// Approves so much of a transfer for an order.
pub(super) fn approve(number: u64, verified: i64, reference: &str, sum: i64) -> Command {
    Command::ApproveReceipt(Box::new(ApproveReceipt {
        order: order(number),
        receipt: receipt(number),
        verified: amount(verified),
        transfer: Transfer {
            account: code(ACCOUNT),
            reference: code(reference),
            date: noon().date_naive(),
            amount: amount(sum),
        },
    }))
}

pub(super) fn transfer(reference: &str) -> PaymentId {
    PaymentId::transfer(ACCOUNT, reference)
}

//! One file, one transfer: a file that was uploaded before is flagged, one that paid is refused.

use crate::event::{Event, StreamKey};
use crate::id::{Code, OrderId, PaymentId, ReceiptFileId};
use crate::order::{self, Receipt};
use crate::receipt_file::{Command, On};
use crate::rejection::Rejection;

use super::{Decision, Undecided};

/// Uploads a receipt for an order.
pub(super) fn upload(
    decision: &mut Decision<'_>,
    id: OrderId,
    mut receipt: Receipt,
) -> Result<(), Undecided> {
    let on = On::Order { order: id, receipt: receipt.receipt };
    let file = receipt.file.clone();
    receipt.repeats = None;
    // The order's own refusals come first.
    decision.order(id)?.decide(order::Command::UploadReceipt(receipt.clone()))?;
    if let Some(file) = &file {
        receipt.repeats = repeats(decision, file)?;
    }
    decision.order_decides(id, order::Command::UploadReceipt(receipt))?;
    match file {
        Some(file) => note(decision, file, on),
        None => Ok(()),
    }
}

/// What the file was uploaded for before; refused once it is on an approved receipt.
pub(super) fn repeats(decision: &Decision<'_>, file: &Code) -> Result<Option<On>, Undecided> {
    Ok(decision.receipt_file(ReceiptFileId::of(file.as_str()))?.repeats()?)
}

/// Keeps in mind what a file was uploaded for.
pub(super) fn note(decision: &mut Decision<'_>, file: Code, on: On) -> Result<(), Undecided> {
    file_decides(decision, ReceiptFileId::of(file.as_str()), Command::Upload { file, on })
}

/// Refuses a receipt whose file was approved as showing another payment.
pub(super) fn must_show(
    decision: &Decision<'_>,
    file: Option<&Code>,
    payment: PaymentId,
) -> Result<(), Undecided> {
    let Some(file) = file else {
        return Ok(());
    };
    let file = decision.receipt_file(ReceiptFileId::of(file.as_str()))?;
    match file.approved {
        Some(shown) if shown != payment => Err(Rejection::ReceiptFileUsed.into()),
        Some(_) | None => Ok(()),
    }
}

/// Keeps in mind that the file of an approved receipt shows this payment.
pub(super) fn approve(
    decision: &mut Decision<'_>,
    file: Option<&Code>,
    on: On,
    payment: PaymentId,
) -> Result<(), Undecided> {
    let Some(file) = file else {
        return Ok(());
    };
    let file = ReceiptFileId::of(file.as_str());
    if !decision.receipt_file(file)?.uploads.contains(&on) {
        // It was uploaded before files were watched, or taken over.
        return Ok(());
    }
    file_decides(decision, file, Command::Approve { on, payment })
}

fn file_decides(
    decision: &mut Decision<'_>,
    id: ReceiptFileId,
    command: Command,
) -> Result<(), Undecided> {
    for event in decision.receipt_file(id)?.decide(command)? {
        decision.emit(StreamKey::ReceiptFile(id), Event::ReceiptFile(event))?;
    }
    Ok(())
}

//! Receipts' files: one picture, one transfer.

use domain::Rejection;
use domain::decide::Command;
use domain::order::Receipt;
use domain::order::import::Stage;
use domain::order::status::{Channel, Method, Phase};
use domain::receipt_file::On;

use crate::book::{Book, given};
use crate::build::{
    approval, approve, by_transfer, cancel, code, import, old_order, order, place, receipt, reject,
    transfer, upload,
};

/// Uploads the one file under this receipt's number, for the order of that number.
fn same_file(number: u64) -> Command {
    let receipt = Receipt {
        receipt: receipt(number),
        claimed: None,
        file: Some(code("f00d")),
        stored: None,
        repeats: None,
    };
    Command::UploadReceipt { order: order(number), receipt }
}

/// Three orders, and one file on the receipts of these.
fn three(with_file: &[u64]) -> Book {
    let book = given([1, 2, 3].map(|number| place(by_transfer(number, "94", "30"))));
    with_file.iter().fold(book, |book, number| book.and(same_file(*number)))
}

fn repeats(book: &mut Book, command: Command) -> Option<On> {
    let changes = book.take(command).unwrap();
    let domain::Event::Order(domain::order::Event::ReceiptUploaded(uploaded)) = &changes[0].event
    else {
        panic!("{changes:?}");
    };
    uploaded.repeats
}

#[test]
fn a_file_that_was_uploaded_before_is_flagged_with_where() {
    let mut book = three(&[]);
    assert_eq!(repeats(&mut book, same_file(1)), None);
    let first = On::Order { order: order(1), receipt: receipt(1) };
    assert_eq!(repeats(&mut book, same_file(2)), Some(first));
    assert_eq!(repeats(&mut book, same_file(3)), Some(first));
    assert_eq!(repeats(&mut book, upload(3, 9)), None);
}

#[test]
fn what_a_caller_says_a_file_repeats_is_not_believed() {
    let mut book = three(&[]);
    let Command::UploadReceipt { order, mut receipt } = same_file(1) else { unreachable!() };
    receipt.repeats = Some(On::Order { order, receipt: receipt.receipt });
    assert_eq!(repeats(&mut book, Command::UploadReceipt { order, receipt }), None);
}

#[test]
fn a_file_on_an_approved_receipt_is_not_uploaded_again() {
    three(&[1])
        .when(approve(1, 1, "30"))
        .then(&[
            "payment.recorded",
            "order.receipt_approved",
            "receipt_file.approved",
            "payment.allocated",
            "order.payment_received",
        ])
        .when(same_file(2))
        .then_refused(Rejection::ReceiptFileUsed)
        .expect_phase(order(2), Phase::AwaitingPayment)
        .when(upload(2, 2))
        .then(&["order.receipt_uploaded", "receipt_file.uploaded"]);
}

#[test]
fn a_file_on_a_rejected_receipt_may_be_uploaded_again() {
    let mut book = three(&[1]).and(reject(1, 1));
    assert!(repeats(&mut book, same_file(2)).is_some());
}

#[test]
fn one_file_may_show_the_one_transfer_that_pays_several_orders_and_no_other() {
    let part = |number: u64, reference: &str| {
        let approval = approval(number, number, "30", transfer(reference, "60"));
        Command::ApproveReceipt(Box::new(approval))
    };
    three(&[1, 2, 3])
        .and(part(1, "R"))
        .and(part(2, "R"))
        .expect_phase(order(2), Phase::FinanceReview)
        .when(part(3, "another"))
        .then_refused(Rejection::ReceiptFileUsed)
        // Of the one transfer nothing is left for the third.
        .when(part(3, "R"))
        .then_code("payment-used-up");
}

#[test]
fn a_file_for_an_order_that_takes_no_receipt_is_not_kept_in_mind() {
    let mut book = three(&[]).and(cancel(1));
    book = book.when(same_file(1)).then_code("wrong-phase");
    assert_eq!(repeats(&mut book, same_file(2)), None);
}

#[test]
fn the_receipt_of_an_old_order_shows_no_payment_that_its_file_was_not_approved_for() {
    let mut old = old_order("M2400007", "94", "30");
    old.stage = Stage::Open;
    (old.method, old.channel) = (Method::BankTransferGrace, Channel::BankTransfer);
    let Command::UploadReceipt { receipt, .. } = same_file(7) else { unreachable!() };
    old.receipt = Some(receipt);
    three(&[1])
        .and(approve(1, 1, "30"))
        .and(import(7, old))
        .expect_phase(order(7), Phase::PaymentReview)
        .when(approve(7, 7, "30"))
        .then_refused(Rejection::ReceiptFileUsed);
}

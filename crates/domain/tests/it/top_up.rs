//! A customer says that money was sent; finance decides, once, on what it saw.

use domain::decide::Command;
use domain::money::Currency;
use domain::receipt_file::On;
use domain::wallet::TopUp;
use domain::{Event, Rejection};

use crate::book::{Book, given};
use crate::build::{
    amount, approve_top_up, ask_top_up, close, code, customer, iqd, record_transfer, reject_top_up,
    request, transfer_id, wallet,
};

#[test]
fn a_request_opens_the_wallet_and_moves_nothing() {
    let book = Book::new()
        .when(ask_top_up("94", 1, "100"))
        .then(&["wallet.opened", "wallet.top_up_requested", "receipt_file.uploaded"])
        .expect_balance("94", "0");
    let (claimed, file) = (Some(amount("100")), Some(code("top-up 1")));
    let open = TopUp::Open { claimed, file };
    assert_eq!(book.wallet(wallet("94")).unwrap().top_ups[&request(1)], open);
}

#[test]
fn what_finance_saw_counts_and_not_what_was_claimed() {
    let book = given([ask_top_up("94", 1, "100")])
        .when(approve_top_up("94", 1, "90", "120"))
        .then(&[
            "payment.recorded",
            "wallet.top_up_approved",
            "receipt_file.approved",
            "payment.allocated",
            "wallet.topped_up",
        ])
        .expect_balance("94", "90")
        .expect_total("1020", "-120")
        .expect_total("2120", "30");
    assert_eq!(book.payment(transfer_id("W1")).unwrap().left, iqd("30"));
}

#[test]
fn a_request_is_approved_once() {
    given([ask_top_up("94", 1, "100"), approve_top_up("94", 1, "90", "120")])
        .when(approve_top_up("94", 1, "90", "120"))
        .then_nothing()
        .when(approve_top_up("94", 1, "30", "120"))
        .then_refused(Rejection::RequestDecided)
        .when(reject_top_up("94", 1))
        .then_refused(Rejection::RequestDecided)
        .when(ask_top_up("94", 1, "100"))
        .then_refused(Rejection::RequestExists)
        .expect_balance("94", "90");
}

#[test]
fn a_rejected_request_stays_rejected() {
    given([ask_top_up("94", 1, "100")])
        .when(reject_top_up("94", 1))
        .then(&["wallet.top_up_rejected"])
        .when(reject_top_up("94", 1))
        .then_nothing()
        .when(approve_top_up("94", 1, "100", "100"))
        .then_refused(Rejection::RequestDecided)
        .expect_balance("94", "0");
}

#[test]
fn a_transfer_tops_up_no_more_than_it_brought() {
    given([ask_top_up("94", 1, "100")])
        .when(approve_top_up("94", 1, "101", "100"))
        .then_code("payment-used-up")
        .when(approve_top_up("94", 2, "100", "100"))
        .then_refused(Rejection::RequestNotFound);
}

#[test]
fn a_closed_wallet_takes_no_request_before_it_is_opened_again() {
    let open = Command::OpenWallet { customer: customer("94"), currency: Currency::IQD };
    given([open.clone(), close("94")])
        .when(ask_top_up("94", 1, "100"))
        .then_refused(Rejection::WalletClosed)
        .when(open)
        .then(&["wallet.reopened"])
        .and(ask_top_up("94", 1, "100"))
        .when(close("94"))
        .then_code("wallet-in-use");
}

#[test]
fn a_file_that_was_credited_once_is_refused_and_one_that_waits_twice_is_flagged() {
    let again = |number| {
        let mut again = ask_top_up("94", number, "100");
        let Command::RequestTopUp { asked, .. } = &mut again else { panic!("{again:?}") };
        asked.file = Some(code("top-up 1"));
        again
    };
    let mut book = given([ask_top_up("94", 1, "100")]);
    let changes = book.take(again(2)).unwrap();
    let Event::Wallet(domain::wallet::Event::TopUpRequested(asked)) = &changes[0].event else {
        panic!("{changes:?}")
    };
    let first = On::TopUp { wallet: wallet("94"), request: request(1) };
    assert_eq!(asked.repeats, Some(first));
    book.and(approve_top_up("94", 1, "100", "100"))
        .when(approve_top_up("94", 2, "100", "100"))
        .then_refused(Rejection::ReceiptFileUsed)
        .when(again(3))
        .then_refused(Rejection::ReceiptFileUsed);
}

#[test]
fn money_of_another_customer_needs_a_second_person() {
    given([record_transfer("W1", "100", Some("95")), ask_top_up("94", 1, "100")])
        .when(approve_top_up("94", 1, "100", "100"))
        .then_code("payment-for-another")
        .and(approve_top_up("94", 1, "100", "100"))
        .expect_balance("94", "100");
}

//! Receipts that finance does not answer in its time.

use domain::decide::{ApproveReceipt, ApproveTopUp, Command, Transfer};
use domain::id::{ReceiptId, RequestId};
use domain::money::Currency;
use domain::order::Receipt;
use domain::settings::Setting;
use domain::wallet::TopUpRequested;
use ledger::alerts::Severity;
use uuid::Uuid;

use super::watched::Watched;
use crate::book::{amount, because, by_transfer, code, customer, order, top_up, wallet};

const MONITOR: &str = "receipt-waiting";

fn receipt(number: u64) -> ReceiptId {
    ReceiptId::new(Uuid::from_u64_pair(0xE, number))
}

fn request(number: u64) -> RequestId {
    RequestId::new(Uuid::from_u64_pair(0xF, number))
}

fn upload(number: u64) -> Command {
    let receipt = Receipt {
        receipt: receipt(number),
        claimed: Some(amount(100)),
        file: None,
        stored: None,
        repeats: None,
    };
    Command::UploadReceipt { order: order(number), receipt }
}

fn ask_top_up(number: u64) -> Command {
    let asked = TopUpRequested {
        request: request(number),
        claimed: Some(amount(70)),
        file: None,
        stored: None,
        repeats: None,
    };
    Command::RequestTopUp { customer: customer("anna"), currency: Currency::IQD, asked }
}

fn transfer(reference: &str) -> Transfer {
    Transfer {
        account: code("rafidain"),
        reference: code(reference),
        date: "2025-11-20".parse().unwrap(),
        amount: amount(100),
    }
}

#[tokio::test]
async fn a_receipt_waits_from_its_upload_on_and_an_answer_resolves_it() {
    let watched = Watched::open().await;
    for number in [1, 2] {
        watched.send(by_transfer(number, "anna", 100)).await;
    }
    // Work is over, and tomorrow is Friday.
    watched.at("11-20 18:00");
    for number in [1, 2] {
        watched.send(upload(number)).await;
    }
    for early in ["11-21 18:00", "11-23 16:59"] {
        watched.at(early);
        assert_eq!(watched.look(MONITOR).await, [], "{early}");
    }
    watched.at("11-23 17:00");
    let late = watched.look(MONITOR).await;
    assert_eq!(late.len(), 2);
    assert!(late[0].says.ends_with(
        "has a receipt that has not been answered for 8 working hours, since 2025-11-20 18:00"
    ));
    assert_eq!((late[0].severity, late[0].owner.as_str()), (Severity::Warning, "finance"));
    assert_eq!(late[0].evidence["phase"], "payment_review");

    watched
        .send(Command::ApproveReceipt(Box::new(ApproveReceipt {
            order: order(1),
            receipt: receipt(1),
            verified: amount(100),
            transfer: transfer("T-1"),
        })))
        .await;
    let left = watched.one(MONITOR).await;
    assert_eq!(left.subject, format!("order/{}", order(2)));
    let (order, receipt) = (order(2), receipt(2));
    watched.send(Command::RejectReceipt { order, receipt, reason: because() }).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn a_top_up_waits_like_an_orders_receipt() {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    watched.send(ask_top_up(1)).await;
    watched.at("11-20 16:00");
    watched.send(ask_top_up(2)).await;
    watched.at("11-23 12:00");
    let late = watched.one(MONITOR).await;
    assert_eq!(late.subject, format!("request/{}", request(1)));
    assert_eq!(
        late.says,
        "a top-up that customer anna asked for has not been answered for 8 working hours, \
         since 2025-11-20 12:00"
    );
    assert_eq!(late.evidence["claimed"], serde_json::to_value(amount(70).money()).unwrap());

    let (wallet, request) = (wallet("anna"), request(1));
    let approved = ApproveTopUp { wallet, request, amount: amount(70), transfer: transfer("T-2") };
    watched.send(Command::ApproveTopUp(Box::new(approved))).await;
    assert_eq!(watched.look(MONITOR).await, []);
    watched.at("11-23 16:00");
    let later = watched.one(MONITOR).await;
    let request = super::receipt_waiting::request(2);
    assert_eq!(later.subject, format!("request/{request}"));
    watched.send(Command::RejectTopUp { wallet, request, reason: because() }).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn how_long_finance_has_is_as_the_book_has_it() {
    let watched = Watched::open().await;
    watched.send(by_transfer(1, "anna", 100)).await;
    watched.send(upload(1)).await;
    watched.at("11-20 14:00");
    assert_eq!(watched.look(MONITOR).await, []);
    watched.change(Setting::ReceiptHours(2)).await;
    assert_eq!(watched.look(MONITOR).await.len(), 1);
    watched.change(Setting::ReceiptHours(3)).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

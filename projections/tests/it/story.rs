//! A story that touches every view: orders paid each way, one that ends, wallets, and records that
//! were taken over.

use chrono::NaiveDate;
use domain::decide::{ApproveReceipt, Command, OrderedLine, PlaceOrder, ResolvedFacts, Transfer};
use domain::id::{
    Code, CustomerId, OrderId, OrderNumber, PaymentId, PersonalDataId, Reason, ReceiptId,
    RequestId, ShipmentId, StatementLineId, Text, WalletId,
};
use domain::money::{Amount, Currency, Money};
use domain::order::import::{Evidence, Imported, LinkedDebit, Stage};
use domain::order::status::{Channel, Method, Warehouse};
use domain::order::totals::{Charges, LineItem, Percent, Quantity, Totals};
use domain::order::{DeliveryProof, PersonalRef, Receipt};
use domain::payment::Kind;
use domain::wallet::{Opening, Source, TopUpRequested};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::book::{Book, at};

pub(crate) const WALLET_ORDER: u128 = 0x11;
pub(crate) const TRANSFER_ORDER: u128 = 0x12;
pub(crate) const WAITING_ORDER: u128 = 0x13;
pub(crate) const EXPIRED_ORDER: u128 = 0x14;
pub(crate) const REVIEWED_ORDER: u128 = 0x15;
pub(crate) const RESOLVED_ORDER: u128 = 0x16;

pub(crate) fn money(text: &str) -> Money {
    Money::parse(text, Currency::IQD).unwrap()
}

pub(crate) fn amount(text: &str) -> Amount {
    money(text).as_amount().unwrap()
}

pub(crate) fn customer() -> CustomerId {
    Text::new("94").unwrap()
}

pub(crate) fn order(id: u128) -> OrderId {
    OrderId::new(Uuid::from_u128(id))
}

pub(crate) fn wallet() -> WalletId {
    WalletId::of(&customer(), Currency::IQD)
}

fn code(text: &str) -> Code {
    Text::new(text).unwrap()
}

fn reason(text: &str) -> Reason {
    Text::new(text).unwrap()
}

pub(crate) fn top_up(number: u128, sum: &str) -> Command {
    Command::TopUpWallet {
        customer: customer(),
        payment: PaymentId::new(Uuid::from_u128(number)),
        kind: Kind::Cash { note: None },
        amount: amount(sum),
    }
}

pub(crate) fn place(id: u128, method: Method, price: &str) -> Command {
    Command::PlaceOrder(Box::new(PlaceOrder {
        order: order(id),
        customer: customer(),
        method,
        remainder: None,
        wallet_part: None,
        lines: vec![OrderedLine {
            sku: Text::new("acetone").unwrap(),
            quantity: Quantity::new(Decimal::ONE).unwrap(),
            unit_price: money(price),
        }],
        discount: money("0"),
        delivery: money("0"),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: money(price),
        recipient: None,
    }))
}

pub(crate) fn imported(id: u128, number: &str, stage: Stage, proven: &str) -> Command {
    let line = LineItem::price(
        1,
        Text::new("acetone").unwrap(),
        Quantity::new(Decimal::ONE).unwrap(),
        money("151126.17"),
    )
    .unwrap();
    let charges = Charges {
        discount: money("0"),
        delivery: money("0"),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
    };
    let totals =
        Totals::compute(std::slice::from_ref(&line), &charges, Decimal::ZERO, Currency::IQD);
    Command::ImportOrder {
        order: order(id),
        imported: Box::new(Imported {
            number: OrderNumber::new(number).unwrap(),
            series: Some((code("M25"), 11_135)),
            epoch: Some(code(&format!("{id}"))),
            customer: customer(),
            method: Method::WalletPartial,
            channel: Channel::BankTransfer,
            currency: Currency::IQD,
            lines: vec![line],
            totals: totals.unwrap(),
            placed_at: at(-86_400),
            proven: money(proven),
            debits: vec![LinkedDebit {
                debit: code("wallet_transactions:17"),
                amount: amount("11"),
                proof: code("created within 2 s"),
            }],
            stage,
            receipt: None,
            evidence: Evidence {
                rows: vec![code("customer_orders:35"), code("order_management:35")],
                customer_status: Some(code("pending")),
                payment_status: Some(code("partial")),
                management_status: Some(code("warehouse_processing")),
                payment_method: Some(code("wallet_partial")),
                classes: vec![code("status_mismatch")],
                findings: vec!["pending beside \"warehouse_processing\", {so}".to_owned()],
                wallet_part: None,
                double_charges: vec![],
            },
            personal: None,
            deadline: None,
        }),
    }
}

/// Tells all of it.
pub(crate) async fn tell(book: &mut Book) {
    book.run(Command::ImportWallet {
        customer: customer(),
        currency: Currency::IQD,
        opening: Opening {
            row: code("customer_wallets:3"),
            balance: money("1000"),
            explained: money("900"),
        },
    })
    .await;
    book.run(top_up(0x1001, "500000")).await;
    wallet_order(book).await;
    transfer_order(book).await;
    book.run(place(WAITING_ORDER, Method::BankTransferGrace, "81431.3")).await;

    let gateway_order = place(EXPIRED_ORDER, Method::OnlinePayment, "777");
    book.run(gateway_order).await;
    book.run(Command::Cancel { order: order(EXPIRED_ORDER), reason: reason("out of stock") }).await;
    book.run(Command::GatewayCallback {
        gateway: code("zain"),
        gateway_id: code("z-1"),
        amount: amount("777"),
        order: Some(order(EXPIRED_ORDER)),
        customer: None,
    })
    .await;
    book.run(Command::RecordPayment {
        payment: PaymentId::transfer("rafidain", "r-2"),
        kind: Kind::BankTransfer {
            account: code("rafidain"),
            reference: code("r-2"),
            date: NaiveDate::from_ymd_opt(2026, 11, 20).unwrap(),
        },
        amount: amount("300"),
        customer: None,
    })
    .await;

    book.run(Command::CreditWallet {
        wallet: wallet(),
        amount: amount("5"),
        source: Source::Goodwill { reason: reason("late") },
    })
    .await;

    wallet_requests(book).await;

    book.run(imported(REVIEWED_ORDER, "M2511135", Stage::Review, "0")).await;
    book.run(imported(RESOLVED_ORDER, "M2511135", Stage::Review, "151126.17")).await;
    book.run(Command::ResolveImport {
        order: order(RESOLVED_ORDER),
        facts: ResolvedFacts {
            released: true,
            warehouse: Warehouse::Waiting,
            shipped: true,
            delivered: true,
        },
    })
    .await;

    bank_statements(book).await;
}

/// Paid from the wallet and delivered; the placing, paying and releasing are one batch.
async fn wallet_order(book: &mut Book) {
    let id = order(WALLET_ORDER);
    let shipment = ShipmentId::new(Uuid::from_u128(0x2001));
    book.run(place(WALLET_ORDER, Method::WalletFull, "360960.16")).await;
    book.run_all(vec![
        Command::Release { order: id },
        Command::StartProcessing { order: id },
        Command::Pack { order: id },
    ])
    .await;
    book.run(Command::Dispatch {
        order: id,
        shipment,
        lines: None,
        carrier: code("post"),
        tracking: None,
        code: None,
    })
    .await;
    book.run(Command::Deliver { order: id, shipment: Some(shipment), proof: DeliveryProof::None })
        .await;
    book.run(Command::CorrectOrder {
        order: id,
        sequence: 7,
        reason: reason("wrong house"),
        ticket: code("T-1"),
    })
    .await;
    book.run(Command::Deliver { order: id, shipment: Some(shipment), proof: DeliveryProof::None })
        .await;
    book.run(Command::Complete { order: id }).await;
}

/// One of each kind that waits, and a withdrawal that was paid.
async fn wallet_requests(book: &mut Book) {
    let request = |number| RequestId::new(Uuid::from_u128(number));
    let asked = TopUpRequested {
        request: request(0x4001),
        claimed: Some(amount("700")),
        file: None,
        stored: None,
        repeats: None,
    };
    let currency = Currency::IQD;
    book.run(Command::RequestTopUp { customer: customer(), currency, asked }).await;
    for number in [0x4002, 0x4003] {
        book.run(Command::RequestWithdrawal {
            wallet: wallet(),
            request: request(number),
            amount: amount("50"),
            destination: (number == 0x4003).then(|| PersonalRef {
                id: PersonalDataId::new(Uuid::from_u128(0x5003)),
                digest: code("salted"),
            }),
        })
        .await;
    }
    book.run(Command::PayWithdrawal {
        wallet: wallet(),
        request: request(0x4003),
        account: code("rafidain"),
        reference: code("p-1"),
    })
    .await;
}

/// A transfer that the bank confirms, a gateway's payment less its fee, a line that nothing explains,
/// and cash: banked, and found to be forged.
async fn bank_statements(book: &mut Book) {
    let date = NaiveDate::from_ymd_opt(2026, 11, 21).unwrap();
    for (line, sum, reference) in
        [("l-1", "171126.17", Some("r-1")), ("l-2", "770.5", None), ("l-3", "12", Some("r-9"))]
    {
        book.run(Command::RecordStatementLine {
            account: code("rafidain"),
            line: code(line),
            date,
            amount: amount(sum),
            reference: reference.map(code),
        })
        .await;
    }
    let gateway = Kind::Gateway { gateway: code("zain"), gateway_id: code("z-1") };
    book.run(Command::MatchStatementLine {
        line: StatementLineId::of("rafidain", "l-2"),
        payments: vec![gateway.payment_id().unwrap()],
        fee: money("6.5"),
    })
    .await;
    let cash = PaymentId::new(Uuid::from_u128(0x6001));
    book.run(Command::RecordPayment {
        payment: cash,
        kind: Kind::Cash { note: None },
        amount: amount("40"),
        customer: None,
    })
    .await;
    book.run(Command::BankCash { payment: cash, account: code("rafidain") }).await;
    book.run(Command::ReversePayment { payment: cash, reason: reason("forged notes") }).await;
}

/// Paid by a transfer of more than it costs.
async fn transfer_order(book: &mut Book) {
    let id = order(TRANSFER_ORDER);
    let receipt = ReceiptId::new(Uuid::from_u128(0x3001));
    book.run(place(TRANSFER_ORDER, Method::BankTransferGrace, "151126.17")).await;
    let uploaded = Receipt {
        receipt,
        claimed: Some(amount("171126.17")),
        file: None,
        stored: None,
        repeats: None,
    };
    book.run(Command::UploadReceipt { order: id, receipt: uploaded }).await;
    book.run(Command::ApproveReceipt(Box::new(ApproveReceipt {
        order: id,
        receipt,
        verified: amount("171126.17"),
        transfer: Transfer {
            account: code("rafidain"),
            reference: code("r-1"),
            date: NaiveDate::from_ymd_opt(2026, 11, 19).unwrap(),
            amount: amount("171126.17"),
        },
    })))
    .await;
}

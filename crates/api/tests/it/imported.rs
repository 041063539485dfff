//! Wallets, receipts and orders as the old system left them: what no route makes.

use std::sync::Arc;

use domain::actor::{Actor, ActorKind, Role};
use domain::decide::Command;
use domain::id::{Code, CustomerId, OrderId, ReceiptId, Text};
use domain::money::{Currency, Money};
use domain::order::Receipt;
use domain::order::import::{Evidence, Imported, Stage};
use domain::order::status::{Channel, Method};
use domain::order::totals::{LineItem, Quantity, Totals};
use domain::wallet::Opening;
use ledger::{Provenance, Reply, Submission};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::service::Service;

/// The wallet of `c1` with its old balance, and what its old rows add up to.
pub(crate) async fn import_wallet(service: &Service, balance: &str, explained: &str) {
    let sum = |text| Money::parse(text, Currency::IQD).unwrap();
    let row = Code::new("customer_wallets:1").unwrap();
    let opening = Opening { row, balance: sum(balance), explained: sum(explained) };
    let customer = CustomerId::new("c1").unwrap();
    let command = Command::ImportWallet { customer, currency: Currency::IQD, opening };
    submit(service, command).await;
}

/// A receipt as the old shop left it: nothing is kept of its file. Its id.
pub(crate) async fn receipt_without_file(service: &Service, order: &str) -> String {
    let id = Uuid::from_u128(0x1e6b);
    let receipt = ReceiptId::new(id);
    let receipt = Receipt { receipt, claimed: None, file: None, stored: None, repeats: None };
    submit(service, Command::UploadReceipt { order: order.parse().unwrap(), receipt }).await;
    id.to_string()
}

/// An order as the old shop left it, of whose price nothing is known to be paid: its id.
pub(crate) async fn old_order(service: &Service, stage: Stage, price: &str) -> String {
    let zero = Money::zero(Currency::IQD);
    let price = Money::parse(price, Currency::IQD).unwrap();
    let quantity = Quantity::new(Decimal::ONE).unwrap();
    let line = LineItem::price(1, Text::new("ACID-1").unwrap(), quantity, price).unwrap();
    let imported = Imported {
        number: Text::new("M2511130").unwrap(),
        series: None,
        epoch: Some(Code::new("old shop").unwrap()),
        customer: CustomerId::new("c1").unwrap(),
        method: Method::BankTransferGrace,
        channel: Channel::BankTransfer,
        currency: Currency::IQD,
        lines: vec![line],
        totals: Totals::imported(price, zero, zero, zero).unwrap(),
        placed_at: service.ledger.clock().now(),
        proven: zero,
        debits: Vec::new(),
        stage,
        receipt: None,
        evidence: Evidence {
            rows: Vec::new(),
            customer_status: None,
            payment_status: None,
            management_status: None,
            payment_method: None,
            classes: Vec::new(),
            findings: Vec::new(),
            wallet_part: None,
            double_charges: Vec::new(),
        },
        personal: None,
        deadline: None,
    };
    let id = Uuid::from_u128(0x1e6c);
    let order = OrderId::new(id);
    submit(service, Command::ImportOrder { order, imported: Box::new(imported) }).await;
    id.to_string()
}

async fn submit(service: &Service, command: Command) {
    let importer = Actor {
        kind: ActorKind::System,
        id: Text::new("import").unwrap(),
        role: Role::Admin,
        department: None,
        on_behalf_of: None,
    };
    let submission = Submission {
        command_id: Uuid::from_u128(0x1e6a),
        fingerprint: Vec::new(),
        is_unrepeatable: false,
        keeps_refusal: true,
        commands: vec![command],
        fresh: Vec::new(),
        expected: Vec::new(),
        provenance: Provenance::of(importer),
        render: Arc::new(|_| Reply {
            status: 200,
            body: "{}".to_owned(),
            resource: None,
            version: None,
        }),
    };
    let answer = service.ledger.submit(submission).await.unwrap();
    assert!(answer.is_accepted());
}

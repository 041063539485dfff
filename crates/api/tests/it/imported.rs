//! Wallets as the old system left them: what no route makes.

use std::sync::Arc;

use domain::actor::{Actor, ActorKind, Role};
use domain::decide::Command;
use domain::id::{Code, CustomerId, Text};
use domain::money::{Currency, Money};
use domain::wallet::Opening;
use ledger::{Provenance, Reply, Submission};
use uuid::Uuid;

use crate::service::Service;

/// The wallet of `c1` with its old balance, and what its old rows add up to.
pub(crate) async fn import_wallet(service: &Service, balance: &str, explained: &str) {
    let sum = |text| Money::parse(text, Currency::IQD).unwrap();
    let row = Code::new("customer_wallets:1").unwrap();
    let opening = Opening { row, balance: sum(balance), explained: sum(explained) };
    let customer = CustomerId::new("c1").unwrap();
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
        commands: vec![Command::ImportWallet { customer, currency: Currency::IQD, opening }],
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

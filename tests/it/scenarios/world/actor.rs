//! Somebody who works with the shop, and what they do all day. Whether they may is not decided
//! here: the service decides it by their key.

use serde_json::{Value, json};

use super::cart::{Cart, iqd};
use super::money::ACCOUNT;
use super::step::{About, Proposal};
use super::{Order, Step, World};
use crate::daftar::Ticket;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Actor<'w> {
    world: &'w World,
    name: &'static str,
}

/// A transfer as the bank tells of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Transfer<'a> {
    pub(crate) reference: &'a str,
    pub(crate) amount: &'a str,
}

impl Transfer<'_> {
    pub(super) fn body(self) -> Value {
        json!({ "account": ACCOUNT, "reference": self.reference, "date": "2026-03-02" })
    }
}

impl<'w> Actor<'w> {
    pub(super) fn new(world: &'w World, name: &'static str) -> Self {
        Self { world, name }
    }

    /// A command to be sent as it is, for those who send many at once.
    pub(crate) fn ticket(self, path: String, body: Value) -> Ticket {
        Ticket {
            idempotency_key: self.world.next_key(),
            bearer: self.world.key(self.name).to_owned(),
            path,
            body,
        }
    }

    pub(crate) fn about(self, order: &Order, what: &str, body: Value) -> Step<'w> {
        let ticket = self.ticket(format!("/api/orders/{}/{what}", order.id), body);
        Step::send(self.world, About::Order(order.id.clone()), ticket)
    }

    pub(crate) fn sends_raw(
        self,
        order: &Order,
        what: &str,
        headers: Vec<(&'static str, String)>,
        body: impl Into<Vec<u8>>,
    ) -> Step<'w> {
        let ticket = self.ticket(format!("/api/orders/{}/{what}", order.id), Value::Null);
        Step::raw(self.world, About::Order(order.id.clone()), ticket, headers, body.into())
    }

    pub(super) fn sends_raw_about(
        self,
        customer: &str,
        path: String,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Step<'w> {
        let ticket = self.ticket(path, Value::Null);
        Step::raw(self.world, About::Customer(customer.to_owned()), ticket, headers, body)
    }

    pub(crate) fn money(self, customer: &str, path: String, body: Value) -> Step<'w> {
        let ticket = self.ticket(path, body);
        Step::send(self.world, About::Customer(customer.to_owned()), ticket)
    }

    pub(crate) fn places(self, cart: &Cart) -> Step<'w> {
        let ticket = self.ticket("/api/orders".to_owned(), cart.body());
        Step::send(self.world, About::NewOrder, ticket)
    }

    /// Shows a receipt; `file` tells one from another.
    pub(crate) fn uploads(self, order: &Order, file: &str, claimed: &str) -> Step<'w> {
        let what = format!("receipts?claimed={claimed}&currency=IQD");
        let media_type = ("Content-Type", "application/pdf".to_owned());
        self.sends_raw(order, &what, vec![media_type], pdf(file))
    }

    pub(crate) fn pays_from_the_wallet(self, order: &Order) -> Step<'w> {
        self.about(order, "pay-from-wallet", json!({}))
    }

    pub(crate) fn cancels(self, order: &Order, reason: &str) -> Step<'w> {
        self.about(order, "cancel", json!({ "reason": reason }))
    }

    /// Money over the counter, into a wallet.
    pub(crate) fn tops_up(self, customer: &str, amount: &str) -> Step<'w> {
        let body = json!({ "amount": iqd(amount), "payment": { "cash": {} } });
        self.money(customer, format!("/api/customers/{customer}/wallet/deposits"), body)
    }

    /// Approves the last receipt: so much of this transfer is for this order.
    pub(crate) fn approves(
        self,
        order: &Order,
        verified: &str,
        transfer: Transfer<'_>,
    ) -> Step<'w> {
        let body = json!({
            "verified": iqd(verified),
            "transfer": transfer.body(),
            "transfer_amount": iqd(transfer.amount),
        });
        self.about(order, &format!("receipts/{}/approve", self.receipt(order)), body)
    }

    /// Rejects the last receipt.
    pub(crate) fn rejects(self, order: &Order, reason: &str) -> Step<'w> {
        let what = format!("receipts/{}/reject", self.receipt(order));
        self.about(order, &what, json!({ "reason": reason }))
    }

    fn receipt(self, order: &Order) -> String {
        let known = self.world.known(&order.id).expect("the order was placed here");
        known.receipt().to_owned()
    }

    pub(crate) fn releases(self, order: &Order) -> Step<'w> {
        self.about(order, "release", json!({}))
    }

    pub(crate) fn reopens(self, order: &Order) -> Step<'w> {
        self.about(order, "reopen", json!({}))
    }

    /// Enters a transfer that the bank tells of; it waits to be allocated.
    pub(crate) fn records(self, customer: &str, transfer: Transfer<'_>) -> Step<'w> {
        let body = json!({
            "amount": iqd(transfer.amount),
            "kind": { "bank_transfer": transfer.body() },
            "customer": customer,
        });
        self.money(customer, "/api/payments".to_owned(), body)
    }

    /// Says that all that is left of a payment is for this order.
    pub(crate) fn allots_to(self, order: &Order, payment: &Value) -> Step<'w> {
        let payment = payment["payment"]["id"].as_str().expect("a payment has an id");
        let body = json!({ "to": { "order": order.id } });
        self.money(&order.customer, format!("/api/payments/{payment}/allocate"), body)
    }

    /// Agrees, as a second person, to what somebody has proposed.
    pub(crate) fn agrees(self, proposal: &Proposal) -> Step<'w> {
        let ticket = self.ticket(format!("/api/approvals/{}/approve", proposal.id), json!({}));
        Step::send(self.world, proposal.about.clone(), ticket)
    }

    pub(crate) fn starts(self, order: &Order) -> Step<'w> {
        self.about(order, "start-processing", json!({}))
    }

    pub(crate) fn packs(self, order: &Order) -> Step<'w> {
        self.about(order, "pack", json!({}))
    }

    /// Hands everything to a carrier.
    pub(crate) fn dispatches(self, order: &Order) -> Step<'w> {
        self.about(order, "dispatch", json!({ "carrier": "taxi", "with_code": false }))
    }

    pub(crate) fn delivers(self, order: &Order) -> Step<'w> {
        self.about(order, "deliver", json!({}))
    }

    pub(crate) fn completes(self, order: &Order) -> Step<'w> {
        self.about(order, "complete", json!({}))
    }
}

/// A file that is taken for a receipt.
pub(crate) fn pdf(text: &str) -> Vec<u8> {
    format!("%PDF-1.4\n% {text}\n%%EOF\n").into_bytes()
}

//! A payment gateway, which has no key but signs what it tells.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use super::cart::iqd;
use super::step::About;
use super::{Order, Step, World};
use crate::daftar::{Installation, Ticket};

const NAME: &str = "qi-card";

/// What it shares with the shop.
#[derive(Debug)]
pub(super) struct Secret {
    secret: String,
    path: String,
}

impl Secret {
    pub(super) fn agree(installation: &Installation) -> Self {
        let made = installation.json(&["gateways", "add", NAME, "--as", "owner"]);
        let text = |name: &str| made[name].as_str().expect("it is shown once").to_owned();
        Self { secret: text("secret"), path: text("path") }
    }

    fn sign(&self, seconds: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes())
            .expect("an HMAC takes a key of any length");
        mac.update(format!("{seconds}.").as_bytes());
        mac.update(body);
        format!("t={seconds},v1={}", hex::encode(mac.finalize().into_bytes()))
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Gateway<'w> {
    pub(super) world: &'w World,
}

impl<'w> Gateway<'w> {
    /// Tells of a payment for an order, under its own id of it.
    pub(crate) fn reports(self, order: &Order, id: &str, amount: &str) -> Step<'w> {
        let body = told(order, id, amount);
        let signature = self.world.gateway.sign(self.world.seconds(), &body);
        self.sends(order, body, Some(signature))
    }

    /// Somebody else tells of one.
    pub(crate) fn reports_unsigned(self, order: &Order, id: &str, amount: &str) -> Step<'w> {
        self.sends(order, told(order, id, amount), None)
    }

    /// What it signed is not what arrives.
    pub(crate) fn reports_altered(self, order: &Order, id: &str, amount: &str) -> Step<'w> {
        let signed = told(order, "another", amount);
        let signature = self.world.gateway.sign(self.world.seconds(), &signed);
        self.sends(order, told(order, id, amount), Some(signature))
    }

    /// It signed an hour ago.
    pub(crate) fn reports_late(self, order: &Order, id: &str, amount: &str) -> Step<'w> {
        let body = told(order, id, amount);
        let signature = self.world.gateway.sign(self.world.seconds() - 3_600, &body);
        self.sends(order, body, Some(signature))
    }

    fn sends(self, order: &Order, body: Vec<u8>, signature: Option<String>) -> Step<'w> {
        let secret = &self.world.gateway;
        let ticket = Ticket {
            idempotency_key: self.world.next_key(),
            bearer: String::new(),
            path: secret.path.clone(),
            body: Value::Null,
        };
        let mut headers = vec![("Content-Type", "application/json".to_owned())];
        headers.extend(signature.map(|signature| ("Daftar-Signature", signature)));
        Step::raw(self.world, About::Order(order.id.clone()), ticket, headers, body)
    }
}

fn told(order: &Order, id: &str, amount: &str) -> Vec<u8> {
    json!({ "id": id, "amount": iqd(amount), "order": order.id }).to_string().into_bytes()
}

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
        let body = json!({ "id": id, "amount": iqd(amount), "order": order.id });
        let body = body.to_string().into_bytes();
        let secret = &self.world.gateway;
        let ticket = Ticket {
            idempotency_key: self.world.next_key(),
            bearer: String::new(),
            path: secret.path.clone(),
            body: Value::Null,
        };
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("Daftar-Signature", secret.sign(self.world.seconds(), &body)),
        ];
        Step::raw(self.world, About::Order(order.id.clone()), ticket, headers, body)
    }
}

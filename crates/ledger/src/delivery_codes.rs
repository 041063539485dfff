//! The codes by which shipments are handed over: made anew from a key each time, and kept nowhere.
//!
//! Whoever has the key can say which code a shipment has; events hold only what a code is known
//! by, from which nobody without the key can try out the million that there are.

use std::fmt;
use std::str::FromStr;

use domain::id::{Code, OrderId, ShipmentId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

const KEY_LENGTH: usize = 32;
const DIGITS: usize = 6;
/// How many codes there are.
const CODES: u32 = 1_000_000;
/// The most numbers of 32 bits that share out evenly among the codes.
const EVEN: u32 = u32::MAX / CODES * CODES;

/// A code of six digits, as the customer tells it at the door.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DeliveryCode(u32);

#[derive(Debug, thiserror::Error)]
#[error("a delivery code is {DIGITS} digits")]
pub struct NotACode;

impl fmt::Display for DeliveryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:0DIGITS$}", self.0)
    }
}

impl fmt::Debug for DeliveryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeliveryCode")
    }
}

impl FromStr for DeliveryCode {
    type Err = NotACode;

    fn from_str(text: &str) -> Result<Self, NotACode> {
        // A number's own parser would take a sign.
        if text.len() != DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotACode);
        }
        text.parse().map(Self).map_err(|_| NotACode)
    }
}

/// The delivery codes of one book.
#[derive(Clone)]
pub struct DeliveryCodes {
    key: [u8; KEY_LENGTH],
    /// Another book's shipment may have the same id, and must not have the same code. So may another
    /// order's: whoever sends it out chooses its id.
    book: Uuid,
}

impl fmt::Debug for DeliveryCodes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeliveryCodes")
    }
}

impl DeliveryCodes {
    pub fn new(key: [u8; KEY_LENGTH], book: Uuid) -> Self {
        Self { key, book }
    }

    /// The code that a shipment got when one was issued for it for the n-th time.
    pub fn issue(&self, order: OrderId, shipment: ShipmentId, issue: u32) -> DeliveryCode {
        // What does not share out evenly is thrown away: every code is as likely as any other.
        let mut draws = (0_u32..)
            .map(|round| self.draw(order, shipment, issue, round))
            .filter(|draw| *draw < EVEN);
        DeliveryCode(draws.next().expect("some draw counts") % CODES)
    }

    /// What events know a shipment's code by.
    pub fn digest(&self, order: OrderId, shipment: ShipmentId, code: DeliveryCode) -> Code {
        let mac = self.mac(b"delivery code", order, shipment).chain_update(code.to_string());
        Code::new(hex::encode(mac.finalize().into_bytes())).expect("a hex digest is a code")
    }

    fn draw(&self, order: OrderId, shipment: ShipmentId, issue: u32, round: u32) -> u32 {
        let mac = self
            .mac(b"delivery code issue", order, shipment)
            .chain_update(issue.to_be_bytes())
            .chain_update(round.to_be_bytes());
        let [a, b, c, d, ..] = <[u8; 32]>::from(mac.finalize().into_bytes());
        u32::from_be_bytes([a, b, c, d])
    }

    fn mac(&self, purpose: &[u8], order: OrderId, shipment: ShipmentId) -> Hmac<Sha256> {
        // The purpose's length keeps two inputs from reading as one; all that follows is as long
        // for every shipment.
        Hmac::<Sha256>::new_from_slice(&self.key)
            .expect("an HMAC takes a key of any length")
            .chain_update([u8::try_from(purpose.len()).unwrap_or(u8::MAX)])
            .chain_update(purpose)
            .chain_update(self.book.as_bytes())
            .chain_update(order.uuid().as_bytes())
            .chain_update(shipment.uuid().as_bytes())
    }
}

//! `Daftar-Signature`: how a gateway proves that a callback is its own, and new.
//!
//! `t=<unix seconds>,v1=<hex>`, where `v1` is HMAC-SHA256 under the gateway's secret of `t`, a dot
//! and the raw body. A sender that is about to change its secret may give several `v1`.

use axum::http::HeaderMap;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use ledger::gateways::GatewaySecret;
use sha2::Sha256;

const HEADER: &str = "daftar-signature";
/// How far the sender's clock may be from the service's, and how long a callback may be under way.
const TOLERANCE: TimeDelta = TimeDelta::minutes(5);
const MACS_MAX: usize = 4;
const MAC_BYTES: usize = 32;

/// A signature as it was sent.
#[derive(Debug)]
pub(crate) struct Signature<'a> {
    /// As it was written, since that is what was signed.
    timestamp: &'a str,
    at: DateTime<Utc>,
    macs: Vec<[u8; MAC_BYTES]>,
}

impl<'a> Signature<'a> {
    /// None if there is no such header, or not of this form.
    pub(crate) fn of(headers: &'a HeaderMap) -> Option<Self> {
        Self::parse(headers.get(HEADER)?.to_str().ok()?)
    }

    fn parse(header: &'a str) -> Option<Self> {
        let (mut timestamp, mut macs) = (None, Vec::new());
        for part in header.split(',') {
            match part.trim().split_once('=')? {
                ("t", text) if timestamp.is_none() => timestamp = Some(text),
                ("v1", text) if macs.len() < MACS_MAX => {
                    let mut mac = [0; MAC_BYTES];
                    hex::decode_to_slice(text, &mut mac).ok()?;
                    macs.push(mac);
                }
                ("t" | "v1", _) => return None,
                // A later version beside this one.
                _ => {}
            }
        }
        let timestamp = timestamp.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        let at = DateTime::from_timestamp(timestamp.parse().ok()?, 0)?;
        Some(Self { timestamp, at, macs })
    }

    /// Whether it was made about now, with one of these secrets, for this body.
    pub(crate) fn is_by(&self, secrets: &[GatewaySecret], body: &[u8], now: DateTime<Utc>) -> bool {
        let is_about_now = now.signed_duration_since(self.at).abs() <= TOLERANCE;
        // Every pair is compared, each in the same time whatever differs.
        let matches = secrets.iter().fold(false, |found, secret| {
            let mac = self.mac(secret, body);
            self.macs
                .iter()
                .fold(found, |found, given| found | mac.clone().verify_slice(given).is_ok())
        });
        is_about_now && matches
    }

    fn mac(&self, secret: &GatewaySecret, body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes())
            .expect("an HMAC takes a key of any length");
        mac.update(self.timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac
    }
}

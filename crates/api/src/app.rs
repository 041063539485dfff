//! What every handler works with: the ledger, the limits, and where ids and randomness come from.

use std::fmt;
use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use ledger::Ledger;
use ledger::delivery_codes::DeliveryCodes;
use ledger::personal::Vault;
use ledger::principals::RANDOM_BYTES;
use ledger::webhooks::Allow;
use sha2::Sha256;
use uuid::Uuid;

use crate::lifecycle::Lifecycle;
use crate::limits::{Gate, Limits, Place};
use crate::metrics::Metrics;
use crate::operation::Turns;
use crate::problem::Problem;
use crate::refusals::Refusals;
use crate::routes::health::Readiness;

/// Everything that a handler may use. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct App {
    pub ledger: Ledger,
    pub limits: Limits,
    pub sources: Sources,
    pub secrets: Secrets,
    /// The codes by which shipments of this book are handed over.
    pub delivery_codes: DeliveryCodes,
    /// Whether this node is about to stop.
    pub lifecycle: Lifecycle,
    pub metrics: Metrics,
    /// To which addresses webhooks may be sent.
    pub webhooks: Allow,
    pub(crate) gate: Gate,
    pub(crate) readiness: Readiness,
    pub(crate) refusals: Refusals,
    pub(crate) turns: Turns,
}

impl App {
    pub fn new(ledger: Ledger, secrets: Secrets) -> Self {
        let delivery_codes = DeliveryCodes::new(secrets.delivery_code_key, ledger.book_uuid());
        let limits = Limits::default();
        Self {
            lifecycle: Lifecycle::default(),
            metrics: Metrics::new(&ledger),
            gate: Gate::new(&limits),
            readiness: Readiness::default(),
            ledger,
            limits,
            sources: Sources::system(),
            secrets,
            delivery_codes,
            webhooks: Allow::Open,
            refusals: Refusals::default(),
            turns: Turns::default(),
        }
    }

    /// Counts a request of whoever was recognised, and that it is under way.
    pub(crate) fn let_principal(
        &self,
        principal: &str,
        place: Option<&Place>,
    ) -> Result<(), Problem> {
        let is_let = self.gate.let_principal(principal);
        is_let.inspect_err(|_| self.metrics.rate_limited("principal"))?;
        let Some(place) = place else { return Ok(()) };
        let shared = self.gate.share(place, principal);
        shared.inspect_err(|_| self.metrics.shed("principal"))
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        Self { gate: Gate::new(&limits), limits, ..self }
    }
}

type NextId = Arc<dyn Fn() -> Uuid + Send + Sync>;
type NextRandom = Arc<dyn Fn() -> [u8; RANDOM_BYTES] + Send + Sync>;

/// Where new ids and the bytes of new keys come from.
#[derive(Clone)]
pub struct Sources {
    next_id: NextId,
    next_random: NextRandom,
}

impl fmt::Debug for Sources {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sources")
    }
}

impl Sources {
    /// `UUIDv7` by the system's clock, and the system's randomness.
    #[expect(clippy::disallowed_methods, reason = "the one place where ids are made up")]
    pub fn system() -> Self {
        Self { next_id: Arc::new(Uuid::now_v7), next_random: Arc::new(rand::random) }
    }

    #[must_use]
    pub fn with_ids(mut self, next_id: impl Fn() -> Uuid + Send + Sync + 'static) -> Self {
        self.next_id = Arc::new(next_id);
        self
    }

    pub(crate) fn id(&self) -> Uuid {
        (self.next_id)()
    }

    pub(crate) fn random(&self) -> [u8; RANDOM_BYTES] {
        (self.next_random)()
    }
}

/// What must not be known outside. All of it lives outside the database.
#[derive(Clone)]
pub struct Secrets {
    fingerprint_key: [u8; 32],
    delivery_code_key: [u8; 32],
    pub(crate) vault: Vault,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secrets")
    }
}

impl Secrets {
    /// `fingerprint_key` keeps the stored fingerprints of requests from being guessed backwards;
    /// from `delivery_code_key` come the codes of shipments; the vault encrypts personal data.
    /// Every node of a book needs the same ones.
    pub fn new(fingerprint_key: [u8; 32], delivery_code_key: [u8; 32], vault: Vault) -> Self {
        Self { fingerprint_key, delivery_code_key, vault }
    }

    pub(crate) fn mac(&self, parts: &[&str]) -> Vec<u8> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.fingerprint_key)
            .expect("an HMAC takes a key of any length");
        for part in parts {
            // The length keeps two parts from reading as one.
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().to_vec()
    }
}

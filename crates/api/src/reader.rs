//! Those who read the log for as long as they like: where they begin, what of it they want, and for
//! how long they may.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use futures::FutureExt as _;
use ledger::event_types::Chosen;
use ledger::history::Point;
use ledger::principals::Token;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, Interval, MissedTickBehavior};
use tracing::{info, warn};

use crate::app::App;
use crate::caller;
use crate::limits::Place;
use crate::problem::Problem;
use crate::scope::{self, Scope};

/// How often a reader's key is looked at: a key that is revoked, on whatever node, reads on for no
/// longer than this.
const CHECK_EVERY: Duration = Duration::from_secs(1);
/// How long a key is trusted that cannot be looked at.
const UNCHECKED_MAX: Duration = Duration::from_secs(10);

/// Where a reader begins: after a position, or after a cursor.
#[derive(Debug, Clone, Copy)]
pub(crate) struct After(pub(crate) Point);

impl Default for After {
    fn default() -> Self {
        Self(Point::ZERO)
    }
}

impl<'de> Deserialize<'de> for After {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(Self)
            .map_err(|error| serde::de::Error::custom(format!("`after`: {error}")))
    }
}

/// The types of events that a reader wants.
#[derive(Debug, Clone)]
pub(crate) struct Types(pub(crate) Chosen);

impl<'de> Deserialize<'de> for Types {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Self).map_err(|error| serde::de::Error::custom(format!("`type`: {error}")))
    }
}

/// A query in which `type` may stand several times.
#[derive(Debug)]
pub(crate) struct Repeating<T>(pub(crate) T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Repeating<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut types: Option<String> = None;
        let mut pairs = Vec::<(String, String)>::deserialize(deserializer)?;
        pairs.retain(|(name, value)| {
            if name != "type" {
                return true;
            }
            match &mut types {
                Some(types) => *types = format!("{types},{value}"),
                None => types = Some(value.clone()),
            }
            false
        });
        pairs.extend(types.map(|types| ("type".to_owned(), types)));
        let written = serde_urlencoded::to_string(pairs).map_err(serde::de::Error::custom)?;
        serde_urlencoded::from_str(&written).map(Self).map_err(serde::de::Error::custom)
    }
}

/// What a reader's request says beside its query.
#[derive(Debug)]
pub(crate) struct Reader {
    token: Option<Token>,
    /// The `Last-Event-ID`, if it is not empty.
    last_seen: Option<String>,
    place: Option<Place>,
}

impl FromRequestParts<App> for Reader {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Infallible> {
        let last_seen = parts.headers.get("last-event-id").filter(|value| !value.is_empty());
        let last_seen = last_seen.map(|value| String::from_utf8_lossy(value.as_bytes()).into());
        let place = parts.extensions.get().cloned();
        Ok(Self { token: caller::token(&parts.headers), last_seen, place })
    }
}

impl Reader {
    /// The `Last-Event-ID`.
    pub(crate) fn last_seen(&self) -> Option<&str> {
        self.last_seen.as_deref()
    }

    /// The place that the reader has seen last, which goes before what its address says.
    pub(crate) fn after(&self, asked: Option<After>) -> Result<Point, Problem> {
        let Some(last_seen) = &self.last_seen else { return Ok(asked.unwrap_or_default().0) };
        last_seen.parse().map_err(|error| {
            Problem::new("invalid-header").fault("Last-Event-ID", "invalid-value").detail(error)
        })
    }

    /// Lets it read, if there is room for one more.
    pub(crate) fn begin(self, app: &App, scope: Scope) -> Result<Reading, Problem> {
        // The caller was let in by it.
        let token = self.token.ok_or_else(|| Problem::new("unauthenticated"))?;
        let mut checks = tokio::time::interval_at(Instant::now() + CHECK_EVERY, CHECK_EVERY);
        checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let metrics = app.ledger.metrics();
        let place = app.gate.reader().inspect_err(|_| metrics.reader_refused())?;
        // It reads for as long as it likes: it does not count as a request any more.
        if let Some(request) = &self.place {
            request.leave();
        }
        Ok(Reading {
            app: app.clone(),
            token,
            scope,
            checks,
            checked_at: Instant::now(),
            _place: place,
            _counted: metrics.reader(),
        })
    }
}

/// A reader's leave to read, which holds its place among the readers until it is dropped.
pub(crate) struct Reading {
    app: App,
    token: Token,
    scope: Scope,
    checks: Interval,
    checked_at: Instant,
    _place: OwnedSemaphorePermit,
    _counted: ledger::metrics::Reader,
}

impl Reading {
    /// It did not take what was ready for it.
    pub(crate) fn cut(&self) {
        self.app.ledger.metrics().reader_cut();
    }
}

impl Reading {
    /// Returns when the key has to be looked at, with true, or when the node stops, with false.
    /// Cancelled, nothing is lost.
    pub(crate) async fn is_due(&mut self) -> bool {
        let closing = self.app.lifecycle.closing();
        tokio::select! {
            biased;
            () = closing.cancelled() => false,
            _ = self.checks.tick() => true,
        }
    }

    /// Whether the reader may read on, looked at as often as it has to be.
    pub(crate) async fn goes_on(&mut self) -> bool {
        match self.is_due().now_or_never() {
            Some(true) => self.is_held().await,
            Some(false) => false,
            None => true,
        }
    }

    /// Whether the key is still what it was.
    pub(crate) async fn is_held(&mut self) -> bool {
        match self.app.ledger.find_by_key(&self.token).await {
            Ok(Some(held)) => {
                self.checked_at = Instant::now();
                scope::of(held.role) & self.scope != 0 && held.customers.is_none()
            }
            Ok(None) => {
                info!("a reader's key is not valid any more");
                false
            }
            Err(error) => {
                warn!(%error, "a reader's key cannot be checked");
                self.checked_at.elapsed() < UNCHECKED_MAX
            }
        }
    }
}

//! What is counted of requests, and the text in which all that is counted is shown.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use ledger::Ledger;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

pub(crate) const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const SECONDS: [f64; 11] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The route as it is written in the code, never the path that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: &'static str,
}

/// Counters of one node's HTTP service. Cloning is cheap, and a clone counts the same.
#[derive(Debug, Clone)]
pub struct Metrics {
    requests: Family<Request, Counter>,
    durations: Family<Route, Histogram>,
    in_flight: Gauge,
    connections: Gauge,
    shed: Family<What, Counter>,
    rate_limited: Family<What, Counter>,
    registry: Arc<Registry>,
}

impl Metrics {
    /// Of a service over this ledger, whose own counters are shown beside.
    pub(crate) fn new(ledger: &Ledger) -> Self {
        let requests = Family::<Request, Counter>::default();
        let durations: Family<Route, Histogram> =
            Family::new_with_constructor(|| Histogram::new(SECONDS));
        let (in_flight, connections) = (Gauge::default(), Gauge::default());
        let shed = Family::<What, Counter>::default();
        let rate_limited = Family::<What, Counter>::default();
        for what in ["requests", "connections"] {
            shed.get_or_create(&What { what }).inc_by(0);
        }
        for what in ["peer", "principal"] {
            rate_limited.get_or_create(&What { what }).inc_by(0);
        }
        let started: Gauge = Gauge::default();
        started.set(ledger.clock().now().timestamp());
        let build = Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]);

        let mut registry = Registry::default();
        registry.register("daftar_build", "What was built", build);
        let help = "When the process began, in seconds since 1970";
        registry.register("daftar_process_start_time_seconds", help, started);
        let help = "Requests that were answered, by class of status";
        registry.register("daftar_http_requests", help, requests.clone());
        let help = "Time from the request's header to the reply's";
        registry.register("daftar_http_request_duration_seconds", help, durations.clone());
        let help = "Requests that are under way";
        registry.register("daftar_http_requests_in_flight", help, in_flight.clone());
        registry.register("daftar_http_connections", "Open connections", connections.clone());
        let help = "What was turned away because there was too much to do";
        registry.register("daftar_http_shed", help, shed.clone());
        let help = "Requests that were turned away because one caller asked too often";
        registry.register("daftar_http_rate_limited", help, rate_limited.clone());
        ledger.metrics().register(&mut registry);
        let registry = Arc::new(registry);
        Self { requests, durations, in_flight, connections, shed, rate_limited, registry }
    }

    /// A request is under way until what is handed out is dropped.
    pub(crate) fn begun(&self) -> Held {
        Held::new(&self.in_flight)
    }

    /// A connection is open until what is handed out is dropped.
    pub fn connection(&self) -> Held {
        Held::new(&self.connections)
    }

    /// `what` is one of the code's own words.
    pub fn shed(&self, what: &'static str) {
        self.shed.get_or_create(&What { what }).inc();
    }

    pub(crate) fn rate_limited(&self, what: &'static str) {
        self.rate_limited.get_or_create(&What { what }).inc();
    }

    pub(crate) fn answered(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        took: Duration,
    ) {
        let (method, route) = (known(method), route.to_owned());
        let status = class(status);
        self.requests.get_or_create(&Request { method, route: route.clone(), status }).inc();
        self.durations.get_or_create(&Route { method, route }).observe(took.as_secs_f64());
    }

    /// Everything that is counted, in the text format of `OpenMetrics`.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// Methods are anyone's to invent.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "2xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "other",
    }
}

/// Something that is counted as long as it lasts.
#[derive(Debug)]
pub struct Held(Gauge);

impl Held {
    fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.dec();
    }
}

//! What the service lets its callers take, from flags or the environment.

use std::str::FromStr;
use std::time::Duration;

use api::{Limits, Rate, RateError};
use clap::Args;

use crate::server::Connections;

/// How much the service takes at once, and of whom.
#[derive(Debug, Clone, Args)]
pub(crate) struct LimitArgs {
    /// Requests a second that one principal may send, and how many at once after a pause; off for
    /// no limit.
    #[arg(
        long,
        env = "DAFTAR_RATE_LIMIT",
        default_value = "1000/2000",
        value_name = "RATE[/BURST]"
    )]
    rate_limit: Limit,

    /// The same for one address, whoever it says it is. A proxy in front of daftar is one address:
    /// then let the proxy do it, and turn this off.
    #[arg(
        long,
        env = "DAFTAR_PEER_RATE_LIMIT",
        default_value = "5000/10000",
        value_name = "RATE[/BURST]"
    )]
    peer_rate_limit: Limit,

    /// Requests under way at once; one more is answered with 503.
    #[arg(long, env = "DAFTAR_REQUESTS_MAX", default_value_t = 512, value_name = "COUNT")]
    requests_max: usize,

    /// How many of them may be one principal's; a quarter, if not said.
    #[arg(long, env = "DAFTAR_PRINCIPAL_REQUESTS_MAX", value_name = "COUNT")]
    principal_requests_max: Option<usize>,

    /// How long a request may take, with the sending of its body.
    #[arg(long, env = "DAFTAR_REQUEST_SECONDS", default_value_t = 30, value_name = "SECONDS")]
    request_seconds: u64,

    /// Connections at once, readers of the event stream among them; one more is answered with 503.
    #[arg(long, env = "DAFTAR_CONNECTIONS_MAX", default_value_t = 4096, value_name = "COUNT")]
    connections_max: usize,

    /// Readers of the event stream, and exports, at once; one more is answered with 503.
    #[arg(long, env = "DAFTAR_READERS_MAX", default_value_t = 64, value_name = "COUNT")]
    readers_max: usize,

    /// How long a connection may be silent between requests, or take to send a header.
    #[arg(long, env = "DAFTAR_HEADER_SECONDS", default_value_t = 60, value_name = "SECONDS")]
    header_seconds: u64,

    /// How long /readyz says no before the service stops listening: as long as a load balancer
    /// takes to notice.
    #[arg(long, env = "DAFTAR_DRAIN_SECONDS", default_value_t = 0, value_name = "SECONDS")]
    drain_seconds: u64,
}

/// A rate, or none.
#[derive(Debug, Clone, Copy)]
struct Limit(Option<Rate>);

impl FromStr for Limit {
    type Err = RateError;

    fn from_str(text: &str) -> Result<Self, RateError> {
        if text == "off" { Ok(Self(None)) } else { text.parse().map(Some).map(Self) }
    }
}

impl LimitArgs {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            principal_rate: self.rate_limit.0,
            peer_rate: self.peer_rate_limit.0,
            requests_max: self.requests_max,
            principal_requests_max: self
                .principal_requests_max
                .unwrap_or_else(|| self.requests_max.div_ceil(4)),
            readers_max: self.readers_max,
            timeout: Duration::from_secs(self.request_seconds),
            ..Limits::default()
        }
    }

    pub(crate) fn connections(&self) -> Connections {
        Connections {
            max: self.connections_max,
            header_within: Duration::from_secs(self.header_seconds),
        }
    }

    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }
}

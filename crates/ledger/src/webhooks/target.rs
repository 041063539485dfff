//! Where a webhook's messages go: an address that somebody wrote, understood once.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use super::address;

/// The longest address.
const LENGTH_MAX: usize = 2_048;

/// Which addresses may be sent to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Allow {
    /// The open internet, over TLS.
    #[default]
    Open,
    /// Private networks and this machine too, and without TLS: for tests, and where every one who
    /// may name an address may reach all that this machine can.
    Private,
}

impl Allow {
    pub(crate) fn admits(self, address: IpAddr) -> bool {
        match self {
            Self::Open => address::is_open(address),
            Self::Private => !address.is_unspecified() && !address.is_multicast(),
        }
    }
}

/// Why nothing is sent to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressRefused {
    #[error("this is no web address")]
    NotAnAddress,
    #[error("the address is too long")]
    TooLong,
    #[error("the address has to begin with https://")]
    NotHttps,
    #[error("a name or password in the address is refused")]
    HasCredentials,
    #[error("a part after # is never sent")]
    HasFragment,
    #[error("the address is private, or of this machine")]
    Private,
}

/// An address that may be tried.
#[derive(Clone, PartialEq, Eq)]
pub struct Target(Url);

impl fmt::Debug for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A path may hold a token of the receiver's.
        write!(formatter, "Target({})", self.host())
    }
}

impl Target {
    /// Refuses what can be seen to be wrong without asking any name server; where a name leads is
    /// looked at again at each attempt.
    pub fn parse(text: &str, allow: Allow) -> Result<Self, AddressRefused> {
        if text.len() > LENGTH_MAX {
            return Err(AddressRefused::TooLong);
        }
        let url = Url::parse(text).map_err(|_| AddressRefused::NotAnAddress)?;
        let is_fine = match allow {
            Allow::Open => url.scheme() == "https",
            Allow::Private => matches!(url.scheme(), "https" | "http"),
        };
        if !is_fine {
            return Err(AddressRefused::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressRefused::HasCredentials);
        }
        if url.fragment().is_some() {
            return Err(AddressRefused::HasFragment);
        }
        let literal = match url.host() {
            None => return Err(AddressRefused::NotAnAddress),
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                if allow == Allow::Open && (name == "localhost" || name.ends_with(".localhost")) {
                    return Err(AddressRefused::Private);
                }
                None
            }
        };
        if literal.is_some_and(|address| !allow.admits(address)) {
            return Err(AddressRefused::Private);
        }
        Ok(Self(url))
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The name or address, without the brackets of an IPv6 one.
    pub(crate) fn host(&self) -> String {
        match self.0.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => String::new(),
        }
    }

    /// The address, if one is written instead of a name.
    pub(crate) fn literal(&self) -> Option<IpAddr> {
        match self.0.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// What the request's `Host` says.
    pub(crate) fn authority(&self) -> String {
        let host = self.0.host_str().unwrap_or_default();
        self.0.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    pub(crate) fn path_and_query(&self) -> String {
        match self.0.query() {
            Some(query) => format!("{}?{query}", self.0.path()),
            None => self.0.path().to_owned(),
        }
    }
}

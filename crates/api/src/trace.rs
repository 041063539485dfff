//! What names a request: its own id, and the trace that it is part of.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use ledger::principals::RANDOM_BYTES;
use uuid::Uuid;

use crate::app::App;

const REQUEST_ID_MAX: usize = 64;

/// The flags that version 00 knows: sampled, and that the trace id is random.
const FLAGS: u8 = 0b11;

/// A request's names, kept beside it from the first layer on.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_field_names, reason = "each is named as its header and its member are")]
pub(crate) struct Trace {
    pub(crate) request_id: String,
    pub(crate) trace_id: String,
    /// This request as a part of its trace: what its events and its reply name.
    pub(crate) traceparent: String,
    /// The path that was asked for.
    pub(crate) instance: String,
}

impl Trace {
    pub(crate) fn of(
        headers: &HeaderMap,
        uri: &Uri,
        (id, random): (Uuid, [u8; RANDOM_BYTES]),
    ) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let request_id = text("x-request-id")
            .filter(|text| !text.is_empty() && text.len() <= REQUEST_ID_MAX)
            .filter(|text| text.bytes().all(is_plain))
            .map_or_else(|| id.to_string(), str::to_owned);
        let parent = text("traceparent").and_then(Parent::parse);
        let Parent { trace_id, flags } =
            parent.unwrap_or_else(|| Parent { trace_id: id.simple().to_string(), flags: 0 });
        // Not all zeros: that would be none.
        let span_id = hex::encode(&random[..8]).replace("0000000000000000", "0000000000000001");
        let traceparent = format!("00-{trace_id}-{span_id}-{flags:02x}");
        let instance = uri.path().chars().take(200).collect();
        Self { request_id, trace_id, traceparent, instance }
    }
}

/// Whether it may stand in a log as it came: a key never does.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

impl FromRequestParts<App> for Trace {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _app: &App) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// What is taken over of a W3C trace context.
#[derive(Debug, PartialEq, Eq)]
struct Parent {
    trace_id: String,
    flags: u8,
}

impl Parent {
    /// `00-<32 hex>-<16 hex>-<2 hex>`. A later version may go on after that; an all-zero id is none.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let mut hex = |length: usize| {
            let part = parts.next().filter(|part| part.len() == length)?;
            let is_hex = part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            is_hex.then_some(part)
        };
        let (version, trace_id, span_id, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
        let is_id = |part: &str| part.bytes().any(|byte| byte != b'0');
        let is_longer = parts.next().is_some();
        if version == "ff" || version == "00" && is_longer || !is_id(trace_id) || !is_id(span_id) {
            return None;
        }
        let flags = u8::from_str_radix(flags, 16).ok()? & FLAGS;
        Some(Self { trace_id: trace_id.to_owned(), flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    #[test]
    fn a_trace_is_taken_over_with_its_flags() {
        for (version, rest, flags, taken) in [
            ("00", "", "01", 1),
            ("00", "", "00", 0),
            ("00", "", "ff", 3),
            ("cc", "-more", "01", 1),
        ] {
            let parent = Parent::parse(&format!("{version}-{TRACE}-{SPAN}-{flags}{rest}"));
            assert_eq!(parent, Some(Parent { trace_id: TRACE.to_owned(), flags: taken }));
        }
    }

    #[test]
    fn what_is_not_well_formed_is_no_trace() {
        let (no_trace, no_span) = ("0".repeat(32), "0".repeat(16));
        for text in [
            String::new(),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{no_trace}-{SPAN}-01"),
            format!("00-{TRACE}-{no_span}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}x-{SPAN}-01"),
            format!("0-{TRACE}-{SPAN}-01"),
        ] {
            assert_eq!(Parent::parse(&text), None, "{text}");
        }
    }
}

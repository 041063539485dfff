//! `If-Match`: the version that a caller has seen and insists on.
//!
//! A strong comparison, as RFC 9110 asks for. Taken are one tag of ours, `"v12"`, and `*`, which any
//! version matches. What could never match or would match one of several is refused as malformed,
//! so that nobody takes a typing error for a race that was lost.

use axum::http::HeaderMap;
use axum::http::header::IF_MATCH;

use crate::problem::Problem;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// `*`: it has to be there.
    Anything,
    Version(u64),
}

pub(crate) fn read(headers: &HeaderMap) -> Result<Option<IfMatch>, Problem> {
    let mut values = headers.get_all(IF_MATCH).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(invalid("one-version-only"));
    }
    let text = value.to_str().map_err(|_| invalid("invalid-value"))?.trim();
    parse(text).map(Some).map_err(invalid)
}

fn parse(text: &str) -> Result<IfMatch, &'static str> {
    if text == "*" {
        return Ok(IfMatch::Anything);
    }
    if text.starts_with("W/") {
        return Err("weak-tag");
    }
    if text.contains(',') {
        return Err("one-version-only");
    }
    let version = text.strip_prefix("\"v").and_then(|text| text.strip_suffix('"'));
    let digits = version.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let digits = digits.filter(|text| *text == "0" || !text.starts_with('0'));
    let version = digits.and_then(|text| text.parse().ok());
    version.map(IfMatch::Version).ok_or("invalid-value")
}

/// The header cannot be taken, and why.
pub(crate) fn invalid(code: &'static str) -> Problem {
    Problem::new("invalid-header").fault("If-Match", code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_strong_tag_of_ours_is_taken_and_nothing_like_it() {
        assert_eq!(parse("\"v12\""), Ok(IfMatch::Version(12)));
        assert_eq!(parse("\"v0\""), Ok(IfMatch::Version(0)));
        assert_eq!(parse("*"), Ok(IfMatch::Anything));
        assert_eq!(parse("W/\"v12\""), Err("weak-tag"));
        assert_eq!(parse("\"v1\", \"v2\""), Err("one-version-only"));
        let bad = ["", "v1", "\"v1", "\"1\"", "\"v+1\"", "\"v01\"", "\"v-1\"", "\"v\"", "\"V1\""];
        for text in bad {
            assert_eq!(parse(text), Err("invalid-value"), "{text}");
        }
        assert_eq!(parse("\"v18446744073709551616\""), Err("invalid-value"));
    }
}

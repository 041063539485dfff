//! `If-None-Match`: a reader that knows the version already is told so, and nothing else.
//!
//! Weak comparison, as RFC 9110 asks for on reads: a tag that was made weak on its way counts.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;

/// Marks a reply that may change while its version stays: it is always told whole.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ShowsMore;

/// What the caller says that it knows.
#[derive(Debug, PartialEq, Eq)]
enum Known {
    Anything,
    /// Opaque tags, quotes included.
    Tags(Vec<String>),
}

/// The reply, or 304 if it would show what the caller knows.
pub(crate) async fn answer(request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let known = if is_read { read(request.headers()) } else { Ok(None) };
    let mut response = next.run(request).await;
    let known = match known {
        Ok(Some(known)) => known,
        // Whoever may not read is told that first.
        Err(problem) if response.status().is_success() => return problem.into_response(),
        Ok(None) | Err(_) => return response,
    };
    let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
    let is_known = tag.is_some_and(|tag| known.holds(tag))
        && response.extensions().get::<ShowsMore>().is_none();
    if response.status() == StatusCode::OK && is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(CONTENT_TYPE);
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    response
}

impl Known {
    fn holds(&self, tag: &str) -> bool {
        match self {
            Self::Anything => true,
            Self::Tags(tags) => tags.iter().any(|known| known == tag),
        }
    }
}

fn read(headers: &HeaderMap) -> Result<Option<Known>, Problem> {
    let mut tags = Vec::new();
    let mut is_there = false;
    for value in headers.get_all(IF_NONE_MATCH) {
        is_there = true;
        let text = value.to_str().ok().map(str::trim);
        if text == Some("*") {
            return Ok(Some(Known::Anything));
        }
        let listed = text.and_then(parse);
        let invalid = || Problem::new("invalid-header").fault("If-None-Match", "invalid-value");
        tags.extend(listed.ok_or_else(invalid)?);
    }
    Ok(is_there.then_some(Known::Tags(tags)))
}

/// `"a", W/"b"`: a tag may hold a comma, and no quote.
fn parse(text: &str) -> Option<Vec<String>> {
    let mut tags = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let after = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let (tag, after) = after.split_once('"')?;
        tags.push(format!("\"{tag}\""));
        let after = after.trim_start();
        rest = match after.strip_prefix(',') {
            Some(after) => after.trim_start(),
            None if after.is_empty() => after,
            None => return None,
        };
    }
    (!tags.is_empty()).then_some(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_weakly_and_what_is_none_is_refused() {
        let tags = |text: &str| parse(text).map(|tags| tags.join(" "));
        assert_eq!(tags("\"v1\"").as_deref(), Some("\"v1\""));
        assert_eq!(tags("W/\"v1\",\"a,b\" , \"\"").as_deref(), Some("\"v1\" \"a,b\" \"\""));
        for text in ["", "v1", "\"v1", "\"v1\" \"v2\"", "w/\"v1\"", ", "] {
            assert_eq!(tags(text), None, "{text}");
        }
    }
}

//! Replies of reads: the value, and the position that it reflects.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use eventstore::Cursor;
use serde::Serialize;

use crate::command::POSITION;
use crate::extract::Json;
use crate::if_none_match::ShowsMore;

/// What was read, in the book as of a position.
#[derive(Debug)]
pub(crate) struct View<T> {
    pub(crate) at: Cursor,
    pub(crate) value: T,
    pub(crate) version: Option<u64>,
    /// It shows more than what the version tells apart, and may change without it.
    pub(crate) shows_more: bool,
    /// Where the next page is.
    pub(crate) next: Option<String>,
}

#[derive(Serialize)]
struct Body<T> {
    #[serde(flatten)]
    value: T,
    position: i64,
}

impl<T> View<T> {
    pub(crate) fn new(at: Cursor, value: T) -> Self {
        Self { at, value, version: None, shows_more: false, next: None }
    }

    pub(crate) fn at_version(mut self, version: u64) -> Self {
        self.version = Some(version);
        self
    }

    /// At a version, if it has one that tells it apart.
    pub(crate) fn at_any_version(self, version: Option<u64>) -> Self {
        Self { version, ..self }
    }

    pub(crate) fn showing_more(mut self, shows_more: bool) -> Self {
        self.shows_more = shows_more;
        self
    }

    pub(crate) fn with_next(mut self, next: Option<String>) -> Self {
        self.next = next;
        self
    }
}

impl<T: Serialize> IntoResponse for View<T> {
    fn into_response(self) -> Response {
        let Self { at, value, version, shows_more, next } = self;
        let mut response = Json(Body { value, position: at.position.get() }).into_response();
        if shows_more {
            response.extensions_mut().insert(ShowsMore);
        }
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&at.to_string()) {
            headers.insert(POSITION, value);
        }
        if let Some(version) = version
            && let Ok(tag) = HeaderValue::from_str(&format!("\"v{version}\""))
        {
            headers.insert(header::ETAG, tag);
        }
        if let Some(next) = next
            && let Ok(link) = HeaderValue::from_str(&format!("<{next}>; rel=\"next\""))
        {
            headers.insert(header::LINK, link);
        }
        response
    }
}

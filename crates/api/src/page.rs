//! Pages: an opaque cursor that names the last row and the list that it belongs to, and a bounded
//! size.

use std::fmt::Write as _;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::problem::Problem;

/// How much of the list's digest a cursor carries: enough to tell lists apart by accident.
const MARK_BYTES: usize = 6;
const SIZE: u32 = 50;
const SIZE_MAX: u32 = 200;

/// The size of a page, as asked for.
pub(crate) fn size(limit: Option<u32>) -> Result<u32, Problem> {
    match limit {
        None => Ok(SIZE),
        Some(limit @ 1..=SIZE_MAX) => Ok(limit),
        Some(_) => {
            let problem = Problem::new("invalid-query").fault("limit", "out-of-range");
            Err(problem.member("limit_max", SIZE_MAX))
        }
    }
}

fn write_cursor(last: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(last).unwrap_or_default())
}

fn read_cursor<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let read =
        URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|text| serde_json::from_slice(&text).ok());
    read.map(Some).ok_or_else(|| Problem::new("invalid-query").fault("cursor", "invalid-value"))
}

/// The filters of a list, by name; what is left out does not filter.
pub(crate) type Filters<'a> = &'a [(&'a str, Option<String>)];

/// The parameters of a list that has no filters.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    pub(crate) cursor: Option<String>,
    pub(crate) limit: Option<u32>,
}

/// What is asked of a list: one page after a row.
#[derive(Debug)]
pub(crate) struct Page<K> {
    size: u32,
    after: Option<K>,
    /// The list's own address, filters included.
    address: String,
    mark: String,
}

/// Where the next page is: its cursor for the body, its address for the header. None on the last.
#[derive(Debug, Default)]
pub(crate) struct Next {
    pub(crate) cursor: Option<String>,
    pub(crate) link: Option<String>,
}

impl Next {
    /// A reply that tells where the next page is.
    pub(crate) fn onto(&self, reply: impl IntoResponse) -> Response {
        let mut response = reply.into_response();
        let link = self.link.as_ref().map(|link| format!("<{link}>; rel=\"next\""));
        if let Some(Ok(link)) = link.map(HeaderValue::try_from) {
            response.headers_mut().insert(header::LINK, link);
        }
        response
    }
}

/// What a cursor says: to which list it belongs, and after which row the page begins.
#[derive(Debug, Serialize, Deserialize)]
struct Written<K>(String, K);

impl<K: Serialize + DeserializeOwned> Page<K> {
    /// A cursor belongs to its path and filters; with others it is refused.
    pub(crate) fn asked(
        path: &str,
        filters: Filters<'_>,
        cursor: Option<&str>,
        limit: Option<u32>,
    ) -> Result<Self, Problem> {
        let size = size(limit)?;
        let given: Vec<(&str, &str)> =
            filters.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        let query = serde_urlencoded::to_string(given).map_err(Problem::unreadable)?;
        let address = format!("{path}?{query}{}", if query.is_empty() { "" } else { "&" });
        let digest = Sha256::digest(&address);
        let mark = URL_SAFE_NO_PAD.encode(digest.get(..MARK_BYTES).unwrap_or_default());
        let invalid = |code| Problem::new("invalid-query").fault("cursor", code);
        // Lists may have keys of other shapes: whose it is comes first.
        let written: Option<Written<Value>> = read_cursor(cursor)?;
        let after = match written {
            Some(Written(of, _)) if of != mark => return Err(invalid("other-list")),
            Some(Written(_, key)) => {
                Some(serde_json::from_value(key).map_err(|_| invalid("invalid-value"))?)
            }
            None => None,
        };
        Ok(Self { size, after, address, mark })
    }

    pub(crate) fn after(&mut self) -> Option<K> {
        self.after.take()
    }

    /// How many rows to read: one more than the page holds, which tells whether another follows.
    pub(crate) const fn rows(&self) -> u32 {
        self.size.saturating_add(1)
    }

    /// How many rows the page holds.
    pub(crate) const fn size(&self) -> u32 {
        self.size
    }

    /// Takes away the row that is too many, and says where the next page is if there was one.
    pub(crate) fn cut<T>(&self, rows: &mut Vec<T>, key: impl FnOnce(&T) -> K) -> Next {
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        if rows.len() <= size {
            return Next::default();
        }
        rows.truncate(size);
        rows.last().map(|last| self.next(key(last))).unwrap_or_default()
    }

    /// The page after a row.
    pub(crate) fn next(&self, key: K) -> Next {
        let cursor = write_cursor(&Written(self.mark.clone(), key));
        let link = format!("{}cursor={cursor}&limit={}", self.address, self.size);
        Next { cursor: Some(cursor), link: Some(link) }
    }
}

/// A part of a path, as it is written in an address.
pub(crate) fn segment(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            written.push(char::from(byte));
        } else {
            // Writing into a string cannot fail.
            write!(written, "%{byte:02X}").ok();
        }
    }
    written
}

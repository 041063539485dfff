//! Pages: an opaque cursor that names the last row, and a bounded size.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

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

pub(crate) fn write_cursor(last: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(last).unwrap_or_default())
}

pub(crate) fn read_cursor<T: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let read =
        URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|text| serde_json::from_slice(&text).ok());
    read.map(Some).ok_or_else(|| Problem::new("invalid-query").fault("cursor", "invalid-value"))
}

/// Whether a page came back full, so that another may follow.
pub(crate) fn is_full(rows: usize, size: u32) -> bool {
    u32::try_from(rows).is_ok_and(|rows| rows >= size)
}

//! A delivery code as somebody tells it.

use std::fmt;

use ledger::delivery_codes::{DeliveryCode, NotACode};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct ToldCode(pub(crate) DeliveryCode);

impl fmt::Debug for ToldCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ToldCode")
    }
}

impl TryFrom<String> for ToldCode {
    type Error = NotACode;
    fn try_from(text: String) -> Result<Self, NotACode> {
        text.parse().map(Self)
    }
}

impl From<ToldCode> for String {
    fn from(code: ToldCode) -> Self {
        code.0.to_string()
    }
}

//! JSON as the exact text that is stored: never parsed, never written anew.

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef};
use sqlx::{Decode, Encode, Postgres, Type};

/// The oid of `json` in every Postgres.
const JSON: PgTypeInfo = PgTypeInfo::with_oid(Oid(114));

#[derive(Debug)]
pub(crate) struct JsonText<T>(pub(crate) T);

impl<T> Type<Postgres> for JsonText<T> {
    fn type_info() -> PgTypeInfo {
        JSON
    }
}

impl<T: AsRef<str>> Encode<'_, Postgres> for JsonText<T> {
    fn encode_by_ref(&self, buffer: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        buffer.extend_from_slice(self.0.as_ref().as_bytes());
        Ok(IsNull::No)
    }

    fn size_hint(&self) -> usize {
        self.0.as_ref().len()
    }
}

impl<'r> Decode<'r, Postgres> for JsonText<String> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Ok(Self(value.as_str()?.to_owned()))
    }
}

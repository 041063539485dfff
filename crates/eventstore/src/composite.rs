//! Rows on their way to the database, as elements of an array of a composite type.

/// Lets a struct be bound as an element of an array of a composite type of the database, its
/// fields in the type's order. (`sqlx::Type` derives the way back too, which borrowed fields do
/// not have.)
#[macro_export]
macro_rules! composite_type {
    ($name:literal, $row:ident $(<$lifetime:lifetime>)? { $($field:ident),+ $(,)? }) => {
        impl $(<$lifetime>)? ::sqlx::Type<::sqlx::Postgres> for $row $(<$lifetime>)? {
            fn type_info() -> ::sqlx::postgres::PgTypeInfo {
                ::sqlx::postgres::PgTypeInfo::with_name($name)
            }
        }

        impl $(<$lifetime>)? ::sqlx::postgres::PgHasArrayType for $row $(<$lifetime>)? {
            fn array_type_info() -> ::sqlx::postgres::PgTypeInfo {
                ::sqlx::postgres::PgTypeInfo::array_of($name)
            }
        }

        impl $(<$lifetime>)? ::sqlx::Encode<'_, ::sqlx::Postgres> for $row $(<$lifetime>)? {
            fn encode_by_ref(
                &self,
                buffer: &mut ::sqlx::postgres::PgArgumentBuffer,
            ) -> ::std::result::Result<::sqlx::encode::IsNull, ::sqlx::error::BoxDynError> {
                let mut encoder = ::sqlx::postgres::types::PgRecordEncoder::new(buffer);
                $(encoder.encode(&self.$field)?;)+
                encoder.finish();
                Ok(::sqlx::encode::IsNull::No)
            }
        }
    };
}

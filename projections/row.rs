//! A row of a read model: bound as an element of an array, read back by column.

use std::fmt;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use eventstore::Position;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::FromRow;
use sqlx::postgres::{PgHasArrayType, PgRow};
use sqlx::{Encode, Postgres, Type};
use uuid::Uuid;

/// What every projection's row can do.
pub trait Row:
    Clone
    + PartialEq
    + fmt::Debug
    + Send
    + Sync
    + Unpin
    + for<'r> FromRow<'r, PgRow>
    + for<'q> Encode<'q, Postgres>
    + Type<Postgres>
    + PgHasArrayType
{
    /// The names of its fields, which are those of its columns.
    const COLUMNS: &'static [&'static str];

    /// The columns that hold money.
    fn money_columns() -> Vec<&'static str>;

    /// The amounts of money that it holds, by column.
    fn money(&self) -> Vec<(&'static str, Decimal)>;

    /// Every column with its value, as it is written in JSON: amounts and times as text.
    fn values(&self) -> Vec<(&'static str, Value)>;

    /// What a column of text holds.
    fn text(&self, column: &str) -> Option<&str>;

    /// The columns in which another row differs: this one's value, then the other's.
    fn differences(&self, other: &Self) -> Vec<(&'static str, Value, Value)>;

    /// The event that last changed it.
    fn position(&self) -> Position;
}

/// A column's value as it is read.
pub(crate) trait Stored: Sized {
    /// The one spelling: a column pads its decimals with zeros.
    #[must_use]
    fn canonical(self) -> Self {
        self
    }

    /// Whether values of this type are amounts of money.
    const IS_MONEY: bool = false;

    /// An amount of money, if it is one.
    fn money(&self) -> Option<Decimal> {
        None
    }

    /// Text, if it is that.
    fn text(&self) -> Option<&str> {
        None
    }

    fn json(&self) -> Value;
}

macro_rules! stored_as_json {
    ($($type:ty),+) => {
        $(impl Stored for $type {
            fn json(&self) -> Value {
                json!(self)
            }
        })+
    };
}

stored_as_json!(Uuid, Vec<String>, i32, i64, bool, NaiveDate);

impl Stored for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }

    fn json(&self) -> Value {
        json!(self)
    }
}

impl Stored for Position {
    fn json(&self) -> Value {
        json!(self.get())
    }
}

impl Stored for DateTime<Utc> {
    fn json(&self) -> Value {
        json!(self.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl Stored for Decimal {
    fn canonical(self) -> Self {
        self.normalize()
    }

    const IS_MONEY: bool = true;

    fn money(&self) -> Option<Decimal> {
        Some(*self)
    }

    fn json(&self) -> Value {
        json!(self.normalize().to_string())
    }
}

impl<T: Stored> Stored for Option<T> {
    fn canonical(self) -> Self {
        self.map(T::canonical)
    }

    const IS_MONEY: bool = T::IS_MONEY;

    fn money(&self) -> Option<Decimal> {
        self.as_ref().and_then(T::money)
    }

    fn text(&self) -> Option<&str> {
        self.as_ref().and_then(T::text)
    }

    fn json(&self) -> Value {
        self.as_ref().map_or(Value::Null, T::json)
    }
}

/// A value as a person reads it: text without its quotes, columns one after the other.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(columns) => {
            let columns =
                columns.iter().map(|(column, value)| format!("{column} {}", text_of(value)));
            columns.collect::<Vec<_>>().join(" ")
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => value.to_string(),
    }
}

/// Declares a row: its fields are the columns of the table and, in this order, of its composite type.
macro_rules! row {
    (
        $(#[$doc:meta])*
        $type_name:literal, $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        ::eventstore::composite_type!($type_name, $name { $($field),+ });

        impl ::sqlx::FromRow<'_, ::sqlx::postgres::PgRow> for $name {
            fn from_row(row: &::sqlx::postgres::PgRow) -> Result<Self, ::sqlx::Error> {
                use ::sqlx::Row as _;
                Ok(Self {
                    $($field: $crate::row::Stored::canonical(row.try_get(stringify!($field))?),)+
                })
            }
        }

        impl $crate::row::Row for $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn money_columns() -> Vec<&'static str> {
                let all = [$((stringify!($field), <$type as $crate::row::Stored>::IS_MONEY)),+];
                all.into_iter().filter_map(|(column, is)| is.then_some(column)).collect()
            }

            fn money(&self) -> Vec<(&'static str, ::rust_decimal::Decimal)> {
                let all = [$((stringify!($field), $crate::row::Stored::money(&self.$field))),+];
                all.into_iter().filter_map(|(column, money)| Some((column, money?))).collect()
            }

            fn values(&self) -> Vec<(&'static str, ::serde_json::Value)> {
                vec![$((stringify!($field), $crate::row::Stored::json(&self.$field))),+]
            }

            fn text(&self, column: &str) -> Option<&str> {
                $(if column == stringify!($field) {
                    return $crate::row::Stored::text(&self.$field);
                })+
                None
            }

            fn differences(
                &self,
                other: &Self,
            ) -> Vec<(&'static str, ::serde_json::Value, ::serde_json::Value)> {
                let mut differences = Vec::new();
                $(if self.$field != other.$field {
                    differences.push((
                        stringify!($field),
                        $crate::row::Stored::json(&self.$field),
                        $crate::row::Stored::json(&other.$field),
                    ));
                })+
                differences
            }

            fn position(&self) -> ::eventstore::Position {
                self.position
            }
        }
    };
}

pub(crate) use row;

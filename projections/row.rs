//! A row of a read model: bound as an element of an array, read back by column.

use std::fmt;

use chrono::{DateTime, NaiveDate, Utc};
use eventstore::Position;
use rust_decimal::Decimal;
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

    /// The amounts of money that it holds, by column.
    fn money(&self) -> Vec<(&'static str, Decimal)>;

    /// Every column with its value, for a person to read.
    fn columns(&self) -> Vec<(&'static str, String)>;

    /// The columns in which another row differs: this one's value, then the other's.
    fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)>;

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

    /// An amount of money, if it is one.
    fn money(&self) -> Option<Decimal> {
        None
    }
}

impl Stored for Uuid {}
impl Stored for String {}
impl Stored for Vec<String> {}
impl Stored for i32 {}
impl Stored for i64 {}
impl Stored for bool {}
impl Stored for Position {}
impl Stored for DateTime<Utc> {}
impl Stored for NaiveDate {}

impl Stored for Decimal {
    fn canonical(self) -> Self {
        self.normalize()
    }

    fn money(&self) -> Option<Decimal> {
        Some(*self)
    }
}

impl<T: Stored> Stored for Option<T> {
    fn canonical(self) -> Self {
        self.map(T::canonical)
    }

    fn money(&self) -> Option<Decimal> {
        self.as_ref().and_then(T::money)
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

            fn money(&self) -> Vec<(&'static str, ::rust_decimal::Decimal)> {
                let all = [$((stringify!($field), $crate::row::Stored::money(&self.$field))),+];
                all.into_iter().filter_map(|(column, money)| Some((column, money?))).collect()
            }

            fn columns(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($field), format!("{:?}", self.$field))),+]
            }

            fn differences(&self, other: &Self) -> Vec<(&'static str, String, String)> {
                let mut differences = Vec::new();
                $(if self.$field != other.$field {
                    let (mine, others) = (&self.$field, &other.$field);
                    differences.push((
                        stringify!($field),
                        format!("{mine:?}"),
                        format!("{others:?}"),
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

//! A row of a read model: bound as an element of an array, read back by column.

use std::fmt;

use eventstore::Position;
use sqlx::FromRow;
use sqlx::postgres::{PgHasArrayType, PgRow};
use sqlx::{Encode, Postgres, Type};

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
    /// Every column with its value, for a person to compare.
    fn columns(&self) -> Vec<(&'static str, String)>;

    /// The event that last changed it.
    fn position(&self) -> Position;
}

/// Declares a row: its fields are the columns of the table and, in this order, of its composite type.
macro_rules! row {
    (
        $(#[$doc:meta])*
        $type_name:literal, $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),+ $(,)? }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, ::sqlx::FromRow)]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)+
        }

        ::eventstore::composite_type!($type_name, $name { $($field),+ });

        impl $crate::row::Row for $name {
            fn columns(&self) -> Vec<(&'static str, String)> {
                vec![$((stringify!($field), format!("{:?}", self.$field))),+]
            }

            fn position(&self) -> ::eventstore::Position {
                self.position
            }
        }
    };
}

pub(crate) use row;

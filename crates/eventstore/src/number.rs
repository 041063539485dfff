//! The log's numbers, one type each, so that a position is never passed for a version.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize,
            Deserialize, sqlx::Type,
        )]
        #[serde(transparent)]
        #[sqlx(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// Before the first.
            pub const ZERO: Self = Self(0);

            /// Names the number.
            pub const fn new(number: $inner) -> Self {
                Self(number)
            }

            /// The bare number.
            pub const fn get(self) -> $inner {
                self.0
            }

            /// The one after this.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl From<$name> for $inner {
            fn from(number: $name) -> Self {
                number.0
            }
        }
    };
}

number!(
    /// Which book.
    BookId,
    i32
);
number!(
    /// The place of an event in its book's one order: gapless, in commit order, from 1.
    Position,
    i64
);
number!(
    /// How many events a stream holds: 1 after the first.
    Version,
    i64
);
number!(
    /// How many batches a book has committed, refusals included.
    Revision,
    i64
);
number!(
    /// Which build of a read model a row belongs to.
    Generation,
    i32
);

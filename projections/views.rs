//! All projections together: what a batch, or a whole history, folds to.

use eventstore::append::Call;
use eventstore::{AppendFunction, Generation, ProjectionState};

use crate::fact::{Fact, FoldError};
use crate::fit::Live;
use crate::projection::{Projection, Rows};

/// Lists every projection, in the order of the append's arguments: the one place to add another.
macro_rules! each_projection {
    ($with:ident) => {
        $with! {
            customer_orders: $crate::customer_orders::CustomerOrders,
            order_management: $crate::order_management::OrderManagement,
            wallet_balances: $crate::wallet_balances::WalletBalances,
            wallet_lines: $crate::wallet_lines::WalletLines,
            payments: $crate::payments::Payments,
            journal_lines: $crate::journal_lines::JournalLines,
            timeline: $crate::timeline::Timeline,
            imported_orders: $crate::imported_orders::ImportedOrders,
            deadlines: $crate::deadlines::Deadlines,
            wallet_requests: $crate::wallet_requests::WalletRequests,
            suspense_items: $crate::suspense_items::SuspenseItems,
            statement_lines: $crate::statement_lines::StatementLines,
        }
    };
}

pub(crate) use each_projection;

macro_rules! define_views {
    ($($field:ident: $projection:ty,)+) => {
        /// The rows of every projection that a run of events left; the last state of a key wins.
        #[derive(Debug, Clone, Default)]
        pub struct Views {
            $(pub(crate) $field: Rows<$projection>,)+
        }

        impl Views {
            /// Folds one more event. After an error the whole batch is void.
            pub fn fold(&mut self, fact: &Fact<'_>) -> Result<(), FoldError> {
                self.fold_chosen(fact, Chosen::ALL)
            }

            /// As [`Views::fold`], into the chosen projections: the others get no rows.
            pub(crate) fn fold_chosen(
                &mut self,
                fact: &Fact<'_>,
                chosen: Chosen,
            ) -> Result<(), FoldError> {
                $(if chosen.$field && is_built::<$projection>() {
                    <$projection>::fold(fact, &mut self.$field)?;
                })+
                #[cfg(debug_assertions)]
                if chosen.customer_orders {
                    crate::variant::spoil(fact, self);
                }
                Ok(())
            }

            /// Binds one array a projection, as the function of [`append_function`] takes them. Of
            /// one that is still to be filled nothing is written: no reader sees it, and whoever
            /// fills it folds these events as well.
            pub fn bind(&self, call: Call, live: &Live) -> Call {
                $(let is_live = live.has(<$projection>::NAME);
                let call = call.bind(self.$field.to_write().filter(|_| is_live).collect::<Vec<_>>());)+
                call
            }

            /// Takes over the rows of other streams.
            pub(crate) fn absorb(&mut self, other: Self) {
                $(self.$field.absorb(other.$field);)+
            }

            /// Hands over the rows that no later event can change.
            pub(crate) fn move_final(&mut self, to: &mut Self) {
                $(if <$projection>::APPEND_ONLY {
                    to.$field.absorb(std::mem::take(&mut self.$field));
                })+
            }

            /// How many rows there are, of all projections.
            pub fn len(&self) -> usize {
                0 $(+ self.$field.len())+
            }

            pub fn is_empty(&self) -> bool {
                true $(&& self.$field.is_empty())+
            }
        }

        /// Which projections are folded. To make rows that nobody asked for costs more than all the
        /// rest of a fold.
        #[derive(Debug, Clone, Copy)]
        pub(crate) struct Chosen {
            $($field: bool,)+
        }

        impl Chosen {
            pub(crate) const ALL: Self = Self { $($field: true,)+ };

            /// Those of these names.
            pub(crate) fn of(is_chosen: impl Fn(&str) -> bool) -> Self {
                Self { $($field: is_chosen(<$projection>::NAME),)+ }
            }

            /// Those of them in whose rows an event within a stream is seen.
            pub(crate) fn within(self) -> Self {
                Self { $($field: self.$field && !<$projection>::OF_STATE,)+ }
            }
        }

        /// The projections of this build, as a new book begins with them.
        pub fn projections() -> Vec<ProjectionState> {
            let mut projections = Vec::new();
            $(if is_built::<$projection>() {
                projections.push(ProjectionState {
                    name: <$projection>::NAME.to_owned(),
                    generation: Generation(1),
                    fold_version: fold_version::<$projection>(),
                });
            })+
            projections
        }

        /// The projections whose code is here, in the order of the append's arguments.
        #[cfg(debug_assertions)]
        pub(crate) const CODED: &[&str] = &[$(<$projection>::NAME),+];
    };
}

each_projection!(define_views);

/// Whether this build has the projection: it has all there is code for, unless a test asks for
/// another build.
#[cfg(debug_assertions)]
pub(crate) fn is_built<P: Projection>() -> bool {
    crate::variant::has(P::NAME)
}

/// Whether this build has the projection.
#[cfg(not(debug_assertions))]
pub(crate) const fn is_built<P: Projection>() -> bool {
    true
}

/// The version of this build's fold, unless a test asks for another build.
#[cfg(debug_assertions)]
pub(crate) fn fold_version<P: Projection>() -> i32 {
    crate::variant::version(P::NAME).unwrap_or(P::FOLD_VERSION)
}

/// The version of this build's fold.
#[cfg(not(debug_assertions))]
pub(crate) const fn fold_version<P: Projection>() -> i32 {
    P::FOLD_VERSION
}

/// The function that writes a batch together with every read model of this build.
pub fn append_function() -> AppendFunction {
    Live::all().append_function()
}

//! All projections together: what a batch, or a whole history, folds to.

use eventstore::append::Call;
use eventstore::{AppendFunction, Generation, ProjectionState, fold_set};

use crate::fact::{Fact, FoldError};
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
                $(<$projection>::fold(fact, &mut self.$field)?;)+
                Ok(())
            }

            /// Binds one array a projection, as the function of [`append_function`] takes them.
            pub fn bind(&self, call: Call) -> Call {
                $(let call = call.bind(self.$field.iter().collect::<Vec<_>>());)+
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

        /// The projections of this build, as a new book begins with them.
        pub fn projections() -> Vec<ProjectionState> {
            vec![$(ProjectionState {
                name: <$projection>::NAME.to_owned(),
                generation: Generation(1),
                fold_version: <$projection>::FOLD_VERSION,
            }),+]
        }
    };
}

each_projection!(define_views);

/// The function that writes a batch together with every read model.
pub fn append_function() -> AppendFunction {
    let projections = projections();
    let names = projections.iter().map(|state| (state.name.as_str(), state.fold_version));
    AppendFunction { sql: include_str!("sql/call_append.sql"), fold_set: fold_set(names) }
}

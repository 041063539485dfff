//! The read models. One projection a pair: its fold in `<name>.rs`, its table and SQL in `<name>/`.
//!
//! A fold is a function of an event and of its stream's state after it, and of nothing else. So the
//! same fold runs within the append, in a rebuild and in a verification: there is no second path.

mod append;
pub mod as_of;
mod at;
pub mod customer_orders;
pub mod deadlines;
mod fact;
mod fit;
pub mod imported_orders;
pub mod journal_lines;
mod keeper;
mod metadata;
mod migrations;
pub mod order_management;
pub mod past;
pub mod payments;
mod progress;
mod projection;
pub mod rebuild;
pub mod repair;
mod replay;
mod row;
mod saved;
pub mod statement_lines;
pub mod suspense_items;
pub mod timeline;
#[cfg(debug_assertions)]
pub mod variant;
mod verify;
mod views;
pub mod wallet_balances;
pub mod wallet_lines;
pub mod wallet_requests;
mod whole;

pub use at::{At, PAGE_SIZE_MAX};
pub use fact::{Fact, FoldError};
pub use fit::{Differing, Live, Misfit, fit};
pub use keeper::{GoOn, Keeper, Looked, Unkept};
pub use metadata::Metadata;
pub use migrations::migrations;
pub use progress::{Progress, Told};
pub use projection::{Maker, Projection, Rows, Sql, columns, select_list};
pub use rebuild::{RebuildError, Rebuilt, RebuiltProjection, rebuild_now};
pub use replay::{DecodeError, Replay, ReplayError, decode, evolve, upcasters};
pub use row::{Row, text_of};
pub use saved::SNAPSHOT_FORMAT;
pub use verify::{
    Beside, Check, CurrencySums, Finding, NothingBeside, Options, Report, StreamReport,
    Verification, VerifyError, guards, verify, verify_beside, verify_now, verify_stream,
};
pub use views::{Views, append_function, projections};
pub use whole::{Folded, Quarantined, Whole};

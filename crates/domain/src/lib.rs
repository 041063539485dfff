//! The rules of daftar: money, orders, wallets, payments and accounts.
//!
//! Everything here is pure and synchronous. Time, ids, prices and policy come in with the command;
//! nothing is read and nothing is written.

#![deny(clippy::arithmetic_side_effects)]

pub mod account;
pub mod actor;
mod aggregate;
pub mod decide;
pub mod event;
pub mod four_eyes;
pub mod id;
pub mod memory;
pub mod money;
pub mod number;
pub mod order;
pub mod payment;
pub mod posting;
pub mod receipt_file;
pub mod rejection;
#[cfg(feature = "schema")]
pub mod schema;
pub mod settings;
pub mod statement_line;
pub mod suspense;
pub mod wallet;
pub mod working_week;

pub use event::{Event, State, StreamKey};
pub use rejection::Rejection;

//! What tests need: a database each, on one private Postgres that a whole run of tests shares.
//!
//! For tests only: what goes wrong here panics, with what to do next.

#![warn(missing_docs)]

mod cluster;
mod database;
mod sweep;
mod template;
mod trade;

pub use cluster::cluster;
pub use database::Database;
pub use trade::{Loaded, Trade};

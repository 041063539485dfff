//! Starts and owns a private Postgres: found on the machine, kept durable, reached by a Unix socket.
//!
//! Every process that uses a cluster holds a shared lock on it; the last one out stops Postgres.
//! A process that is killed leaves Postgres running, and the next one adopts it. Nothing here reads
//! the environment: what the caller read there comes in a [`Config`].

pub mod binaries;
mod cluster;
mod config;
pub mod durability;
mod error;
mod initdb;
mod keeper;
mod lock;
mod owner;
mod process;
mod server;
mod url;

pub use cluster::LocalPg;
pub use config::Config;
pub use error::Error;

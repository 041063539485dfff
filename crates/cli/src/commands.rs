//! The subcommands, one a file.

pub(crate) mod alerts;
pub(crate) mod book;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod event;
pub(crate) mod fix;
pub(crate) mod gateways;
pub(crate) mod import;
pub(crate) mod inconsistencies;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod migrate;
pub(crate) mod monitors;
pub(crate) mod rebuild;
pub(crate) mod replay;
pub(crate) mod serve;
pub(crate) mod verify;
pub(crate) mod webhooks;

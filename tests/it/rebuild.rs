//! Books that are rebuilt and verified while everything goes on, and while whoever does it dies.

mod cancelled;
mod deaths;
mod jobs;
mod readers;
mod rows;
mod serving;
mod traded;
mod verifying;
mod writers;

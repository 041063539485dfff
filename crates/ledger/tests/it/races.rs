//! Races: contestants sent at once to two nodes on one Postgres, in whatever order its writers take
//! them. Every legal outcome comes up and no other does.

mod arena;
mod deadline;
mod facts;
mod history;
mod one_key;
mod one_transfer;
mod one_wallet;
mod packing;
mod receipts;
mod refunds;
mod review;
mod tally;

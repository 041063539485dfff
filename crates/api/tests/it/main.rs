//! The API over real HTTP, on a real Postgres.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod allowed;
#[cfg(test)]
mod approvals;
#[cfg(test)]
mod as_of;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod conditional;
#[cfg(test)]
mod described;
#[cfg(test)]
mod document;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod feeds;
#[cfg(test)]
mod fix;
#[cfg(test)]
mod gateways;
#[cfg(test)]
mod goods;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod imported;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod matrix;
#[cfg(test)]
mod min_position;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod ops;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod payments;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod receipts;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod replayed;
#[cfg(test)]
mod scrubber;
#[cfg(test)]
mod service;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod stopped;
#[cfg(test)]
mod suspense;
#[cfg(test)]
mod top_ups;
#[cfg(test)]
mod viewer;
#[cfg(test)]
mod wallet_states;
#[cfg(test)]
mod webhooks;
#[cfg(test)]
mod withdrawals;

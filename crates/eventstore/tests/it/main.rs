//! The log against a real Postgres.

#[cfg(test)]
mod append;
#[cfg(test)]
mod chain;
#[cfg(test)]
mod connect;
#[cfg(test)]
mod cursor;
#[cfg(test)]
mod digests;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod heads;
#[cfg(test)]
mod log;
#[cfg(test)]
mod migrate;
#[cfg(test)]
mod postgres_es;
#[cfg(test)]
mod read;
#[cfg(test)]
mod script;
#[cfg(test)]
mod snapshots;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod upcast;
#[cfg(test)]
mod verify;

//! Tests of the whole: what stands where in the sources, and what the binary does from outside.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod app_login;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod book_settings;
#[cfg(test)]
mod connections;
#[cfg(test)]
mod daftar;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod drain;
// They set the clock of the service, which a release does not let them.
#[cfg(all(test, debug_assertions))]
mod failures;
#[cfg(test)]
mod feeds;
#[cfg(test)]
mod gateways;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod kill_postgres;
#[cfg(test)]
mod kill_service;
#[cfg(test)]
mod legacy;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod load;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod ordinary_user;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod overdraw;
#[cfg(test)]
mod overload;
// They set the clock of the service, which a release does not let them.
#[cfg(all(test, debug_assertions))]
mod pages;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod rebuild;
#[cfg(test)]
mod replay;
#[cfg(test)]
mod restore;
#[cfg(test)]
mod retry;
// Another build is asked for by the environment, which a release does not look at.
#[cfg(all(test, debug_assertions))]
mod rollout;
// They set the clock of the service, which a release does not let them.
#[cfg(all(test, debug_assertions))]
mod scenarios;
#[cfg(test)]
mod scrubber;
#[cfg(test)]
mod secret;
#[cfg(test)]
mod two_nodes;
#[cfg(test)]
mod verify_memory;

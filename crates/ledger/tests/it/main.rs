//! Executing commands, against a real Postgres.

#[cfg(test)]
mod ahead;
#[cfg(test)]
mod alerts;
#[cfg(test)]
mod alerts_page;
#[cfg(test)]
mod answers;
#[cfg(test)]
mod approvals;
#[cfg(test)]
mod batches;
#[cfg(test)]
mod book;
#[cfg(test)]
mod book_settings;
#[cfg(test)]
mod cold;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod defects;
#[cfg(test)]
mod delivery_codes;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod fix;
#[cfg(test)]
mod formats;
#[cfg(test)]
mod import;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod lost;
#[cfg(test)]
mod monitors;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod old_shop;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod personal;
#[cfg(test)]
mod personal_faults;
#[cfg(test)]
mod privileges;
#[cfg(test)]
mod processes;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod races;
#[cfg(test)]
mod rollout;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod scrubber;
#[cfg(test)]
mod stock;
#[cfg(test)]
mod stopped;
#[cfg(test)]
mod time;
#[cfg(test)]
mod verification;
#[cfg(test)]
mod workers;

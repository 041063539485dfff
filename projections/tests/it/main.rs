//! The read models against a real Postgres.

#[cfg(test)]
mod append;
#[cfg(test)]
mod book;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod diary;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod past;
#[cfg(test)]
mod queries;
#[cfg(test)]
mod rebuild;
#[cfg(test)]
mod repair;
#[cfg(test)]
mod story;
#[cfg(test)]
mod verify;
#[cfg(test)]
mod whole;

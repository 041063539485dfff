//! The test databases, tested.

#[cfg(test)]
mod databases;
#[cfg(test)]
mod trades;

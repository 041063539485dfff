//! The test databases, tested.

#[cfg(test)]
mod databases;

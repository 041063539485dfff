//! The stored formats that this build understands.
//!
//! A book says which reader it needs at least and which forms are written in it now; both are
//! compared inside the append, so a node that has fallen behind stops instead of writing.

/// The newest stored format that this build can read.
pub const FORMAT_READER: i32 = 1;

/// The newest stored format that this build can write.
pub const FORMAT_WRITER: i32 = 1;

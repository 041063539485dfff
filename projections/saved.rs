//! Saved states: in which form they are written, which readers and verifications go by.

/// The form of the states that this build saves. Raise it whenever a state changes its shape; one of
/// another form is not used.
pub const SNAPSHOT_FORMAT: i32 = 1;

//! What stands where: dependencies point inward, SQL stays at home, bans hold, documents are true.
//!
//! Each rule is a function from the tree's files to what is wrong with them, tried on a made-up
//! tree beside it, so that we know that it can fail.

mod bans;
mod documents;
mod edges;
mod sql;
mod tree;

use tree::Tree;

/// Says every fault at once: one run is enough to mend them all.
fn assert_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

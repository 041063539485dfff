//! The old shop: taken over and put right on the command line.

mod books;
mod fix;
mod import;
mod large_shop;

use books::Books;

/// The three data sets of customer 94.
const SAMPLES: [&str; 3] = ["missing", "mislabelled", "repaired"];

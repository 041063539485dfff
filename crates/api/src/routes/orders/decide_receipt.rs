//! What the routes that decide on a receipt share.

use domain::id::ReceiptId;

use crate::problem::Problem;

pub(crate) fn receipt(text: &str) -> Result<ReceiptId, Problem> {
    text.parse().map_err(|_| Problem::new("receipt-not-found"))
}

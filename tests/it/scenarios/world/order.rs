//! An order, as it stood in the last reply about it.

use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) customer: String,
    pub(super) shown: Value,
}

impl Order {
    pub(super) fn read(shown: &Value) -> Self {
        let text = |name: &str| {
            let text = shown[name].as_str();
            text.unwrap_or_else(|| panic!("an order has a {name}: {shown:#}")).to_owned()
        };
        let (id, number, customer) = (text("id"), text("number"), text("customer"));
        Self { id, number, customer, shown: shown.clone() }
    }

    /// Until when it has to be paid; empty if nothing runs.
    pub(crate) fn deadline(&self) -> &str {
        self.shown["deadline"].as_str().unwrap_or_default()
    }

    /// What it still owes.
    pub(crate) fn owed(&self) -> &str {
        self.shown["owed"]["amount"].as_str().expect("an order owes something or 0")
    }

    /// What it costs as it is now.
    pub(crate) fn due(&self) -> &str {
        self.shown["totals"]["due"]["amount"].as_str().expect("an order costs something or 0")
    }

    pub(crate) fn is_held_by(&self, department: &str) -> bool {
        let holds = self.shown["holds"].as_array().expect("holds are a list");
        holds.iter().any(|hold| hold["department"] == department)
    }

    /// How many of its events there were.
    pub(crate) fn version(&self) -> u64 {
        self.shown["version"].as_u64().expect("an order has a version")
    }

    /// The receipt that was uploaded last.
    pub(crate) fn receipt(&self) -> &str {
        let receipts = self.shown["receipts"].as_array().expect("receipts are a list");
        let last = receipts.last().expect("a receipt was uploaded");
        last["id"].as_str().expect("a receipt has an id")
    }

    /// `customer's status | departments' status · department | payment status`
    pub(super) fn views(&self) -> String {
        let text = |name: &str| self.shown[name].as_str().unwrap_or("–");
        write_views(
            text("customer_status"),
            text("management_status"),
            text("department"),
            text("payment_status"),
        )
    }
}

pub(super) fn write_views(
    customer: &str,
    management: &str,
    department: &str,
    payment: &str,
) -> String {
    format!("{customer} | {management} · {department} | {payment}")
}

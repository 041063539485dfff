//! What happens to goods: sent in part, handed over, cancelled, brought back, held up.

use serde_json::{Map, Value, json};

use super::{Actor, Cart, Order, Step};

/// How much of which lines.
type Lines<'a> = &'a [(u16, &'a str)];

impl<'w> Actor<'w> {
    /// Hands everything to a carrier, against a delivery code.
    pub(crate) fn dispatches_against_a_code(self, order: &Order) -> Step<'w> {
        self.about(order, "dispatch", json!({ "carrier": "taxi" }))
    }

    /// Hands some of it to a carrier.
    pub(crate) fn dispatches_some(self, order: &Order, lines: Lines<'_>) -> Step<'w> {
        let body = json!({ "carrier": "taxi", "with_code": false, "lines": write(lines) });
        self.about(order, "dispatch", body)
    }

    /// The receiver tells a code, right or wrong.
    pub(crate) fn delivers_with_code(self, order: &Order, code: &str) -> Step<'w> {
        self.about(order, "deliver", json!({ "code": code }))
    }

    /// Hands it over although nobody tells the code.
    pub(crate) fn delivers_without_the_code(self, order: &Order, reason: &str) -> Step<'w> {
        self.about(order, "deliver", json!({ "override_reason": reason }))
    }

    pub(crate) fn cancels_lines(self, order: &Order, lines: Lines<'_>, reason: &str) -> Step<'w> {
        let body = json!({ "lines": write(lines), "reason": reason });
        self.about(order, "cancel-lines", body)
    }

    /// Takes back goods that were delivered.
    pub(crate) fn takes_back(self, order: &Order, lines: Lines<'_>, reason: &str) -> Step<'w> {
        self.about(order, "returns", json!({ "lines": write(lines), "reason": reason }))
    }

    /// Pays back what came back, without delivery fee and surcharge.
    pub(crate) fn refunds(self, order: &Order, reason: &str) -> Step<'w> {
        self.about(order, "refunds", json!({ "fees": false, "reason": reason }))
    }

    /// The same, of these lines and with their share of the fees.
    pub(crate) fn refunds_with_fees(
        self,
        order: &Order,
        lines: Lines<'_>,
        reason: &str,
    ) -> Step<'w> {
        let body = json!({ "lines": write(lines), "fees": true, "reason": reason });
        self.about(order, "refunds", body)
    }

    /// Other goods instead, as the order was when it was last seen.
    pub(crate) fn edits(self, order: &Order, cart: &Cart) -> Step<'w> {
        self.edits_version(order, cart, order.version())
    }

    pub(crate) fn edits_version(self, order: &Order, cart: &Cart, version: u64) -> Step<'w> {
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("If-Match", format!("\"v{version}\"")),
        ];
        self.sends_raw(order, "edit", headers, Value::Object(cart.goods()).to_string())
    }

    pub(crate) fn holds(self, order: &Order, department: &str, reason: &str) -> Step<'w> {
        self.about(order, "hold", json!({ "department": department, "reason": reason }))
    }

    pub(crate) fn lifts_the_hold(self, order: &Order, department: &str) -> Step<'w> {
        self.about(order, "lift-hold", json!({ "department": department }))
    }
}

fn write(lines: Lines<'_>) -> Vec<Map<String, Value>> {
    let line = |&(line, quantity): &(u16, &str)| {
        Map::from_iter([("line".to_owned(), json!(line)), ("quantity".to_owned(), json!(quantity))])
    };
    lines.iter().map(line).collect()
}

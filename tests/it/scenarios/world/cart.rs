//! What the shop's server sends when a customer checks out.

use serde_json::{Map, Value, json};

/// An order to be placed.
#[derive(Debug, Clone)]
pub(crate) struct Cart {
    pub(super) customer: String,
    lines: Vec<Value>,
    more: Map<String, Value>,
}

impl Cart {
    pub(crate) fn of(customer: &str) -> Self {
        Self { customer: customer.to_owned(), lines: Vec::new(), more: Map::new() }
    }

    /// `quantity` of something at a price each.
    pub(crate) fn line(mut self, sku: &str, quantity: &str, price: &str) -> Self {
        let line = json!({ "sku": sku, "quantity": quantity, "unit_price": iqd(price) });
        self.lines.push(line);
        self
    }

    pub(crate) fn discount(self, amount: &str) -> Self {
        self.with("discount", iqd(amount))
    }

    pub(crate) fn delivery(self, amount: &str) -> Self {
        self.with("delivery", iqd(amount))
    }

    /// Per hundred.
    pub(crate) fn tax(self, rate: &str) -> Self {
        self.with("tax_rate", json!(rate))
    }

    /// What the shop's server computed.
    pub(crate) fn total(self, amount: &str) -> Self {
        self.with("total", iqd(amount))
    }

    pub(crate) fn paid_from_the_wallet(self) -> Self {
        self.with("method", json!("wallet_full"))
    }

    pub(crate) fn by_bank_transfer(self) -> Self {
        self.with("method", json!("bank_transfer_grace"))
    }

    pub(crate) fn online(self) -> Self {
        self.with("method", json!("online_payment"))
    }

    /// A part from the wallet, the rest by bank transfer or gateway.
    pub(crate) fn partly_from_the_wallet(self, part: &str, remainder: &str) -> Self {
        self.with("method", json!("wallet_partial"))
            .with("wallet_part", iqd(part))
            .with("remainder", json!(remainder))
    }

    fn with(mut self, name: &str, value: Value) -> Self {
        self.more.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn body(&self) -> Value {
        let mut body = self.goods();
        body.insert("customer".to_owned(), json!(self.customer));
        Value::Object(body)
    }

    /// All but whose it is.
    pub(super) fn goods(&self) -> Map<String, Value> {
        let mut goods = self.more.clone();
        goods.insert("lines".to_owned(), json!(self.lines));
        goods
    }
}

/// Dinars, as the API takes them.
pub(crate) fn iqd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "IQD" })
}

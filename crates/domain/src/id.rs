//! Ids: a type for each kind, so that one cannot stand where another belongs.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::money::Currency;

/// The root of every id that is derived from a value (`UUIDv5`).
const NAMESPACE: Uuid = Uuid::from_u128(0x6461_6674_6172_5f6e_a1d5_0000_0000_0001);

/// The id that a value always has: `UUIDv5` of its kind and parts, unambiguous whatever they hold.
fn derived(kind: &str, parts: &[&str]) -> Uuid {
    let mut name = String::from(kind);
    for part in parts {
        name.push('\u{1f}');
        name.push_str(&part.len().to_string());
        name.push(':');
        name.push_str(part);
    }
    Uuid::new_v5(&NAMESPACE, name.as_bytes())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn new(id: Uuid) -> Self {
                Self(id)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(formatter)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// An order; `UUIDv7`, or `UUIDv5` of the old row for an imported one.
    OrderId
}
id! {
    /// A customer's money in one currency; always derived from the two.
    WalletId
}
id! {
    /// Money that came in; derived where the outside world names it (a transfer, a gateway).
    PaymentId
}
id! {
    /// A receipt that a customer sent for an order.
    ReceiptId
}
id! {
    /// A shipment of an order.
    ShipmentId
}
id! {
    /// What a customer asks of a wallet: a top-up or a withdrawal.
    RequestId
}
id! {
    /// A suspense item; derived for the one of an imported wallet.
    SuspenseId
}
id! {
    /// A line of a bank's statement; always derived from the account and the bank's own id.
    StatementLineId
}
id! {
    /// A receipt's file; always derived from its SHA-256.
    ReceiptFileId
}
id! {
    /// A row of personal data kept outside the log.
    PersonalDataId
}

impl OrderId {
    /// The id of an order taken over from an old system.
    pub fn imported(source: &str, row: &str, epoch: &str) -> Self {
        Self(derived("imported-order", &[source, row, epoch]))
    }
}

impl WalletId {
    pub fn of(customer: &CustomerId, currency: Currency) -> Self {
        Self(derived("wallet", &[customer.as_str(), currency.code()]))
    }
}

impl SuspenseId {
    /// The item of what an imported wallet's own rows do not explain.
    pub fn of_wallet(wallet: WalletId) -> Self {
        Self(derived("suspense-wallet", &[&wallet.to_string()]))
    }
}

impl PaymentId {
    /// A bank transfer is the same one whoever tells of it.
    pub fn transfer(bank_account: &str, reference: &str) -> Self {
        Self(derived("transfer", &[bank_account, reference]))
    }

    /// A gateway's payment is the same one however often it calls back.
    pub fn gateway(gateway: &str, gateway_id: &str) -> Self {
        Self(derived("gateway", &[gateway, gateway_id]))
    }
}

impl StatementLineId {
    /// A statement's line is the same one however often it is entered or imported.
    pub fn of(bank_account: &str, line: &str) -> Self {
        Self(derived("statement-line", &[bank_account, line]))
    }
}

impl ReceiptFileId {
    /// A file is the same one whoever uploads it, under whatever name.
    pub fn of(sha256: &str) -> Self {
        Self(derived("receipt-file", &[sha256]))
    }
}

impl ReceiptId {
    /// The receipt of an imported order.
    pub fn imported(order: OrderId) -> Self {
        Self(derived("imported-receipt", &[&order.to_string()]))
    }
}

impl ShipmentId {
    /// The one shipment that an import or its resolution knows of.
    pub fn imported(order: OrderId) -> Self {
        Self(derived("imported-shipment", &[&order.to_string()]))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    #[error("the text is empty")]
    Empty,
    #[error("the text is longer than {0} characters")]
    TooLong(usize),
    #[error("the text holds a control character")]
    ControlCharacter,
}

/// Refuses what may not enter an event: nothing, too much, or control characters (NUL among them).
pub fn check_text(text: &str, length_max: usize) -> Result<(), TextError> {
    if text.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > length_max {
        return Err(TextError::TooLong(length_max));
    }
    if text.chars().any(|character| character.is_control() && character != '\n') {
        return Err(TextError::ControlCharacter);
    }
    Ok(())
}

/// A bounded, visible text: `Text<64>` is never empty, never longer than 64 characters, and holds
/// no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text<const MAX: usize>(String);

impl<const MAX: usize> Text<MAX> {
    pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
        let text = text.into();
        check_text(&text, MAX)?;
        Ok(Self(text))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MAX: usize> TryFrom<String> for Text<MAX> {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        Self::new(text)
    }
}

impl<const MAX: usize> From<Text<MAX>> for String {
    fn from(text: Text<MAX>) -> Self {
        text.0
    }
}

impl<const MAX: usize> fmt::Display for Text<MAX> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl<const MAX: usize> FromStr for Text<MAX> {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        Self::new(text)
    }
}

/// The shop's own, opaque name of a customer.
pub type CustomerId = Text<64>;
/// An order's number as people say it: `M2511128`.
pub type OrderNumber = Text<32>;
/// A short code: a reason, an sku, a carrier, a bank account, a reference.
pub type Code = Text<128>;
/// A sentence for people: why something was done.
pub type Reason = Text<500>;

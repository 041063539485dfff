//! A receipt's file: which receipts it stands on, so that one picture cannot pay twice unseen.
//!
//! One transfer may pay several orders, so that one file may stand on several receipts; but all of
//! them that are approved name that one transfer, and once one is approved nobody uploads the file
//! anew.

use serde::{Deserialize, Serialize};

use crate::id::{Code, OrderId, PaymentId, ReceiptId, RequestId, WalletId};
use crate::rejection::Rejection;

/// What has happened to a file. Stored for ever: add variants, never change one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A file was uploaded as a receipt.
    Uploaded {
        /// SHA-256 of the file, in hex.
        file: Code,
        on: On,
    },
    /// Finance approved a receipt with this file, as showing this payment.
    Approved { on: On, payment: PaymentId },
}

/// What a file was uploaded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum On {
    Order {
        order: OrderId,
        receipt: ReceiptId,
    },
    /// A request to top a wallet up.
    TopUp {
        wallet: WalletId,
        request: RequestId,
    },
}

/// A wish that concerns one file and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    Upload { file: Code, on: On },
    Approve { on: On, payment: PaymentId },
}

/// The state of a file's stream; nothing was uploaded at first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptFile {
    /// How many events the stream holds.
    pub version: u64,
    /// What it was uploaded for, first to last.
    pub uploads: Vec<On>,
    /// The payment that it was approved as showing.
    pub approved: Option<PaymentId>,
}

impl ReceiptFile {
    /// How many events the stream holds.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What the file was uploaded for before; refused once it is on an approved receipt.
    pub fn repeats(&self) -> Result<Option<On>, Rejection> {
        match self.approved {
            Some(_) => Err(Rejection::ReceiptFileUsed),
            None => Ok(self.uploads.first().copied()),
        }
    }

    /// Decides a command. No events means: what was asked for is already so.
    pub fn decide(&self, command: Command) -> Result<Vec<Event>, Rejection> {
        match command {
            Command::Upload { on, .. } if self.uploads.contains(&on) => Ok(vec![]),
            Command::Upload { file, on } => {
                self.repeats()?;
                Ok(vec![Event::Uploaded { file, on }])
            }
            Command::Approve { on, payment } => match self.approved {
                Some(shown) if shown != payment => Err(Rejection::ReceiptFileUsed),
                Some(_) | None => Ok(vec![Event::Approved { on, payment }]),
            },
        }
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        self.version = self.version.checked_add(1).expect("fewer than 2^64 events");
        match event {
            Event::Uploaded { on, .. } => self.uploads.push(*on),
            Event::Approved { on, payment } => {
                assert!(self.uploads.contains(on), "corrupt stream: approved before uploaded");
                assert!(
                    self.approved.is_none_or(|shown| shown == *payment),
                    "corrupt stream: one file shows two payments"
                );
                self.approved = Some(*payment);
            }
        }
    }
}

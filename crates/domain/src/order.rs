//! An order: what a customer wants, what it costs, what has been paid, and where the goods are.
//!
//! What the order alone can decide stands in [`Order::decide`]. A rule that needs a wallet or a
//! payment too is a function of both states, in [`crate::decide`].

use serde::{Deserialize, Serialize};

use crate::rejection::Rejection;

mod decide;
mod event;
mod evolve;
mod facts;
pub mod guard;
pub mod hold;
pub mod import;
mod line;
mod share;
mod shipment;
pub mod status;
pub mod totals;

pub use decide::{Command, Delivery, DeliveryProof, Dispatch, Extension, ResolveImport};
pub use event::{
    Corrected, Event, LineQuantity, PersonalRef, Placed, Proof, Receipt, ReceiptApproved, Source,
};
pub use facts::{Correctable, Done, Facts, ReceiptState, Review};
pub use guard::Step;
pub use hold::Department;
pub use line::Line;
pub use shipment::{Shipment, ShipmentStage};

/// The state of an order's stream.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    #[default]
    Unplaced,
    Placed(Box<Facts>),
}

impl Order {
    pub fn facts(&self) -> Option<&Facts> {
        match self {
            Self::Unplaced => None,
            Self::Placed(facts) => Some(facts),
        }
    }

    /// The facts of an order that must exist.
    pub fn placed(&self) -> Result<&Facts, Rejection> {
        self.facts().ok_or(Rejection::OrderNotFound)
    }

    /// How many events the stream holds.
    pub fn version(&self) -> u64 {
        self.facts().map_or(0, |facts| facts.version)
    }

    /// Applies an event. Panics when the history is impossible: a ledger stops, it never skips.
    pub fn evolve(&mut self, event: &Event) {
        match (&mut *self, event) {
            (Self::Unplaced, Event::Placed(placed)) => {
                *self = Self::Placed(Box::new(Facts::placed(placed)));
            }
            (Self::Unplaced, Event::Imported(imported)) => {
                *self = Self::Placed(Box::new(Facts::imported(imported)));
            }
            (Self::Placed(facts), event) => {
                facts.version = facts.version.checked_add(1).expect("fewer than 2^64 events");
                facts
                    .evolve(event)
                    .unwrap_or_else(|error| panic!("corrupt stream: {event:?}: {error}"));
                assert!(
                    !facts.held().is_negative(),
                    "corrupt stream: {event:?} takes more than order {} holds",
                    facts.number
                );
            }
            (Self::Unplaced, event) => panic!("corrupt stream: {event:?} before the order exists"),
        }
    }
}

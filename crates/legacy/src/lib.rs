//! Reads the old shop's tables and works out what they prove.
//!
//! [`read`] copies rows into a [`Shop`] and survives whatever it meets, [`link`] finds which old
//! wallet debit paid which order, [`assess`] says of each order whether its two records agree,
//! whether its money is proven and what is wrong with it. Only `read` touches a database, and it
//! only reads; the other two are functions of their arguments.

mod assess;
mod class;
mod columns;
mod field;
mod index;
mod link;
mod loose;
mod method;
mod phase;
mod read;
mod rows;
pub mod sample;
mod shop;
mod status;
mod wallet;

pub use assess::{Assessment, Landing, OrderAssessment, assess};
pub use class::{Class, Evidence};
pub use link::{
    Claimant, Debit, DoubleCharge, Doubt, Link, Links, Proof, Reference, Tie, link, previous_number,
};
pub use method::Method;
pub use phase::Phase;
pub use read::{Error, read};
pub use shop::{
    Absence, Change, Finding, Item, Lack, Management, Oddity, Order, Personal, Receipt, Shop,
    Table, Transaction, Wallet,
};
pub use status::{CustomerStatus, ManagementStatus, PaymentStatus};
pub use wallet::WalletAssessment;

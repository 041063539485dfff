//! One command of a plan, as it is stored.

use std::fmt;

use chrono::NaiveDate;
use domain::decide::{Allocation, ApproveReceipt, Command, ResolvedFacts, Transfer, WalletPurpose};
use domain::id::{Code, CustomerId, OrderId, PaymentId, Reason, ReceiptId, ShipmentId};
use domain::money::Amount;
use domain::order::DeliveryProof;
use domain::order::status::Warehouse;
use domain::payment::Kind;
use serde::{Deserialize, Serialize};

/// A command that would run. Names and meanings are those of the ordinary commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "snake_case")]
pub enum Step {
    /// The old system charged twice: the second charge goes back to the wallet.
    ReturnDoubleCharge {
        first: Code,
        second: Code,
        amount: Amount,
    },
    /// The wallet transaction that is missing.
    PayFromWallet {
        amount: Amount,
    },
    /// What the linked debit lacks.
    TakeShortfall {
        amount: Amount,
    },
    ApproveReceipt {
        receipt: ReceiptId,
        verified: Amount,
        account: Code,
        reference: Code,
        date: NaiveDate,
        amount: Amount,
    },
    RecordTransfer {
        account: Code,
        reference: Code,
        date: NaiveDate,
        amount: Amount,
    },
    AllocatePayment {
        payment: PaymentId,
        amount: Amount,
    },
    ResolveImport {
        released: bool,
        warehouse: Warehouse,
        shipped: bool,
        delivered: bool,
    },
    Release,
    StartProcessing,
    Pack,
    Dispatch,
    Deliver,
    Cancel {
        reason: Reason,
    },
}

/// In words, for whoever reads the plan before it runs.
impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReturnDoubleCharge { first, second, amount } => {
                write!(formatter, "give back {amount}: {second} charged again what {first} paid")
            }
            Self::PayFromWallet { amount } => write!(formatter, "pay {amount} from the wallet"),
            Self::TakeShortfall { amount } => {
                write!(formatter, "take the lacking {amount} from the wallet")
            }
            Self::ApproveReceipt { verified, account, reference, .. } => {
                write!(formatter, "approve the receipt: {verified} by {account}/{reference}")
            }
            Self::RecordTransfer { account, reference, amount, .. } => {
                write!(formatter, "record {amount} by {account}/{reference}")
            }
            Self::AllocatePayment { amount, .. } => {
                write!(formatter, "allocate {amount} of the transfer")
            }
            Self::ResolveImport { released, shipped, delivered, .. } => {
                let stated = match (delivered, shipped, released) {
                    (true, ..) => "delivered",
                    (false, true, _) => "shipped",
                    (false, false, true) => "released to the warehouse",
                    (false, false, false) => "not released yet",
                };
                write!(formatter, "resolve the import: {stated}")
            }
            Self::Release => formatter.write_str("release to the warehouse"),
            Self::StartProcessing => formatter.write_str("start processing"),
            Self::Pack => formatter.write_str("pack"),
            Self::Dispatch => formatter.write_str("dispatch"),
            Self::Deliver => formatter.write_str("deliver"),
            Self::Cancel { .. } => formatter.write_str("cancel"),
        }
    }
}

/// The carrier of a shipment that a person states afterwards.
const CARRIER_UNKNOWN: &str = "not recorded";

impl Step {
    pub(super) fn command(&self, order: OrderId, customer: &CustomerId) -> Command {
        match self.clone() {
            Self::ReturnDoubleCharge { first, second, amount } => {
                Command::ReturnDoubleCharge { order, first, second, amount }
            }
            Self::PayFromWallet { amount } => Command::PayFromWallet {
                order,
                amount: Some(amount),
                purpose: WalletPurpose::Payment,
            },
            Self::TakeShortfall { amount } => Command::PayFromWallet {
                order,
                amount: Some(amount),
                purpose: WalletPurpose::Shortfall,
            },
            Self::ApproveReceipt { receipt, verified, account, reference, date, amount } => {
                Command::ApproveReceipt(Box::new(ApproveReceipt {
                    order,
                    receipt,
                    verified,
                    transfer: Transfer { account, reference, date, amount },
                }))
            }
            Self::RecordTransfer { account, reference, date, amount } => Command::RecordPayment {
                payment: PaymentId::transfer(account.as_str(), reference.as_str()),
                kind: Kind::BankTransfer { account, reference, date },
                amount,
                customer: Some(customer.clone()),
            },
            Self::AllocatePayment { payment, amount } => Command::AllocatePayment {
                payment,
                amount: Some(amount),
                to: Allocation::Order(order),
            },
            Self::ResolveImport { released, warehouse, shipped, delivered } => {
                let facts = ResolvedFacts { released, warehouse, shipped, delivered };
                Command::ResolveImport { order, facts }
            }
            Self::Release => Command::Release { order },
            Self::StartProcessing => Command::StartProcessing { order },
            Self::Pack => Command::Pack { order },
            Self::Dispatch => Command::Dispatch {
                order,
                shipment: ShipmentId::imported(order),
                lines: None,
                carrier: Code::new(CARRIER_UNKNOWN).expect("a phrase is a code"),
                tracking: None,
                code: None,
            },
            Self::Deliver => Command::Deliver { order, shipment: None, proof: DeliveryProof::None },
            Self::Cancel { reason } => Command::Cancel { order, reason },
        }
    }
}

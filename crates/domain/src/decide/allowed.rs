//! What may be done with an order now, and what refuses all else: found by deciding, for each step,
//! a command that asks for no more of it than anyone would.
//!
//! Nothing is foretold by a table beside the rules: what would be decided is decided, and thrown
//! away. Only what depends on how much is asked for may still go the other way: a refund that takes
//! two persons may be small enough for one.

use rust_decimal::Decimal;

use crate::id::{Code, OrderId, Reason, ReceiptId, ShipmentId, Text, WalletId};
use crate::money::{Amount, Money, minor_digits};
use crate::order::status::Warehouse;
use crate::order::totals::{Percent, Quantity};
use crate::order::{
    DeliveryProof, Department, Facts, Line, LineQuantity, Receipt, Shipment, ShipmentStage, Step,
};
use crate::rejection::Rejection;

use super::{
    ApproveReceipt, Circumstances, Command, Decision, EditOrder, OrderedLine, ResolvedFacts,
    States, Transfer, Undecided, WalletPurpose, decide,
};

/// How a step would go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prospect {
    Allowed,
    /// It would be accepted, and nothing would happen: it is so already.
    AlreadySo,
    Refused(Rejection),
}

/// How each step of an order would go. A hold is that of the department, or of any if none is said.
pub fn prospects(
    states: &dyn States,
    circumstances: Circumstances,
    order: OrderId,
    department: Option<Department>,
) -> Result<Vec<(Step, Prospect)>, Undecided> {
    let with = |step| Ok((step, prospect(states, circumstances, order, department, step)?));
    Step::ALL.into_iter().map(with).collect()
}

/// How one step would go.
pub fn prospect(
    states: &dyn States,
    circumstances: Circumstances,
    order: OrderId,
    department: Option<Department>,
    step: Step,
) -> Result<Prospect, Undecided> {
    let command = representative(states, circumstances, order, department, step)?;
    match decide(states, circumstances, command) {
        Ok(changes) if changes.is_empty() => Ok(Prospect::AlreadySo),
        Ok(_) => Ok(Prospect::Allowed),
        Err(Undecided::Refused(rejection)) => Ok(Prospect::Refused(rejection)),
        Err(missing @ Undecided::Missing(_)) => Err(missing),
    }
}

/// The command that stands for a step: about what is there, and otherwise about nothing, so that
/// the rules say what is wrong.
pub fn representative(
    states: &dyn States,
    circumstances: Circumstances,
    order: OrderId,
    department: Option<Department>,
    step: Step,
) -> Result<Command, Undecided> {
    let decision = Decision::new(states, circumstances);
    let state = decision.order(order)?;
    let facts = state.placed()?;
    let reason = reason();
    Ok(match step {
        Step::Pay => {
            let amount = payable(&decision, facts)?;
            Command::PayFromWallet { order, amount, purpose: WalletPurpose::Payment }
        }
        Step::UploadReceipt => Command::UploadReceipt { order, receipt: no_receipt(order) },
        Step::ApproveReceipt => {
            let verified = least(facts)?;
            let transfer = Transfer {
                account: nothing(),
                reference: Text::new(order.to_string())?,
                date: circumstances.now.date_naive(),
                amount: verified,
            };
            let receipt = receipt(order, facts);
            Command::ApproveReceipt(Box::new(ApproveReceipt { order, receipt, verified, transfer }))
        }
        Step::RejectReceipt => {
            Command::RejectReceipt { order, receipt: receipt(order, facts), reason }
        }
        Step::Release => Command::Release { order },
        Step::StartProcessing => Command::StartProcessing { order },
        Step::Pack => Command::Pack { order },
        Step::RejectStock => Command::RejectStock { order, reason },
        Step::Dispatch => Command::Dispatch {
            order,
            shipment: no_shipment(order),
            lines: None,
            carrier: nothing(),
            tracking: None,
            code: None,
        },
        Step::IssueDeliveryCode => {
            let shipment = shipment(order, facts, Shipment::is_out);
            Command::IssueDeliveryCode { order, shipment, code: nothing() }
        }
        Step::Deliver => {
            let proof = DeliveryProof::Override { reason };
            let under_way = |it: &Shipment| it.stage == ShipmentStage::UnderWay;
            let mut all = facts.shipments.iter();
            let shipment = all.find(|(_, shipment)| under_way(shipment)).map(|(id, _)| *id);
            Command::Deliver { order, shipment, proof }
        }
        Step::FailDelivery => {
            let shipment = shipment(order, facts, |it| it.stage == ShipmentStage::UnderWay);
            Command::FailDelivery { order, shipment, reason }
        }
        Step::RetryDelivery => {
            let shipment = shipment(order, facts, |it| it.stage == ShipmentStage::Failed);
            Command::RetryDelivery { order, shipment }
        }
        Step::ReturnToOrigin => {
            Command::ReturnToOrigin { order, shipment: shipment(order, facts, Shipment::is_out) }
        }
        Step::ReceiveBack => {
            let shipment = shipment(order, facts, |it| it.stage == ShipmentStage::Returning);
            Command::ReceiveBack { order, shipment }
        }
        Step::ReturnGoods => {
            Command::ReturnGoods { order, lines: some(facts, Line::returnable), reason }
        }
        Step::Refund => Command::Refund { order, lines: None, fees: true },
        Step::Complete => Command::Complete { order },
        Step::LeaveOnAccount => Command::LeaveOnAccount { order },
        Step::Edit => Command::EditOrder(Box::new(edit(order, facts))),
        Step::CancelLines => {
            Command::CancelLines { order, lines: some(facts, Line::unshipped), reason }
        }
        Step::Cancel => Command::Cancel { order, reason },
        Step::Expire => Command::Expire { order },
        Step::Remind => Command::Remind { order },
        Step::Reopen => Command::Reopen { order },
        Step::PutOnHold => {
            let free = Department::ALL.into_iter().find(|it| !facts.holds.contains_key(it));
            let department = department.or(free).unwrap_or(Department::Finance);
            Command::PutOnHold { order, department, reason }
        }
        Step::LiftHold => {
            let held = facts.holds.keys().next().copied();
            let department = department.or(held).unwrap_or(Department::Finance);
            Command::LiftHold { order, department }
        }
        Step::LinkLegacyDebit => {
            let amount = least(facts)?;
            Command::LinkLegacyDebit { order, debit: nothing(), amount, proof: nothing() }
        }
        Step::ResolveImport => {
            let warehouse = Warehouse::Waiting;
            let facts =
                ResolvedFacts { released: false, warehouse, shipped: false, delivered: false };
            Command::ResolveImport { order, facts }
        }
    })
}

/// What the wallet can pay of what is owed; none where it can pay nothing.
fn payable(decision: &Decision<'_>, facts: &Facts) -> Result<Option<Amount>, Undecided> {
    let wallet = decision.wallet(WalletId::of(&facts.customer, facts.currency))?;
    Ok(wallet.available(facts.currency).min(facts.owed())?.as_amount())
}

/// The smallest amount that there is.
fn least(facts: &Facts) -> Result<Amount, Undecided> {
    let smallest = Decimal::new(1, minor_digits(facts.currency));
    let smallest = Money::new(smallest, facts.currency)?.as_amount();
    Ok(smallest.expect("the smallest amount is more than nothing"))
}

/// The receipt that waits, or the last one, or one that is not there.
fn receipt(order: OrderId, facts: &Facts) -> ReceiptId {
    let last = facts.receipts.last().map(|state| state.receipt);
    facts.open_receipt().or(last).unwrap_or_else(|| no_receipt(order).receipt)
}

fn no_receipt(order: OrderId) -> Receipt {
    let receipt = ReceiptId::new(order.uuid());
    Receipt { receipt, claimed: None, file: None, stored: None, repeats: None }
}

/// The first shipment that fits, or the last one, or one that is not there.
fn shipment(order: OrderId, facts: &Facts, fits: fn(&Shipment) -> bool) -> ShipmentId {
    let mut all = facts.shipments.iter();
    let fitting = all.find(|(_, shipment)| fits(shipment));
    let last = || facts.shipments.iter().next_back();
    fitting.or_else(last).map_or_else(|| no_shipment(order), |(id, _)| *id)
}

fn no_shipment(order: OrderId) -> ShipmentId {
    ShipmentId::new(order.uuid())
}

/// All that there is of one line, or more than there is of the first one.
fn some(facts: &Facts, there: fn(&Line) -> Decimal) -> Vec<LineQuantity> {
    let one = facts.every(there).into_iter().next();
    let too_much = || {
        let line = facts.lines.first()?;
        Some(LineQuantity { line: line.item.line, quantity: line.item.quantity })
    };
    one.or_else(too_much).into_iter().collect()
}

/// Something else that costs nothing: what it would cost to edit is nobody's question here.
fn edit(order: OrderId, facts: &Facts) -> EditOrder {
    let zero = Money::zero(facts.currency);
    let quantity = Quantity::new(Decimal::ONE).expect("one is a quantity");
    EditOrder {
        order,
        lines: vec![OrderedLine {
            sku: Text::new("-").expect("a dash is a text"),
            quantity,
            unit_price: zero,
        }],
        discount: zero,
        delivery: zero,
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: zero,
    }
}

fn nothing() -> Code {
    Code::new("-").expect("a dash is a code")
}

fn reason() -> Reason {
    Reason::new("-").expect("a dash is a reason")
}

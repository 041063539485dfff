//! What would put one order right: out of the evidence alone, or of what a person has decided.

use std::collections::BTreeSet;

use domain::id::PaymentId;
use domain::money::{Amount, Money};
use domain::order::status::{Phase, Warehouse};
use legacy::{Class, CustomerStatus, ManagementStatus, PaymentStatus};

use super::Problem;
use super::refer::{Decision, StatedFacts, StatedTransfer};
use super::step::Step;
use crate::inconsistencies::case::Case;

/// Steps for one order, and what a person has to say before there can be more.
#[derive(Debug, Default)]
pub(super) struct Proposal {
    pub(super) steps: Vec<Step>,
    pub(super) question: Option<String>,
}

/// Classes that a charge of the wallet and the departments' status settle without a person.
const SETTLED_BY_EVIDENCE: &[Class] = &[
    Class::StatusMismatch,
    Class::WalletIssue,
    Class::Shortfall,
    Class::PaidButPending,
    Class::DeliveredUnpaid,
];

/// With one of these, money that looks missing may have been taken elsewhere, or may not be owed:
/// charging the wallet could charge the customer twice.
const FORBIDS_CHARGE: &[Class] = &[
    Class::LinkTie,
    Class::LinkDoubt,
    Class::CustomerMismatch,
    Class::NoCustomer,
    Class::NoWallet,
    Class::CurrencyMismatch,
    Class::BadAmount,
];

pub(super) fn propose(
    case: &Case,
    classes: &BTreeSet<Class>,
    decision: Option<&Decision>,
) -> Result<Proposal, Problem> {
    let mut proposal = Proposal::default();
    proposal.steps.extend(case.double_charges().map(|charge| Step::ReturnDoubleCharge {
        first: charge.first.clone(),
        second: charge.second.clone(),
        amount: charge.amount,
    }));
    match (case.facts.phase(), decision) {
        (Phase::ImportReview, Some(decision)) => decided(case, classes, decision, &mut proposal)?,
        (Phase::ImportReview, None) => from_evidence(case, classes, &mut proposal),
        (Phase::PaymentReview, None) => {
            proposal.question = Some("finance has to check its receipt".to_owned());
        }
        (phase, Some(decision)) => stated(case, phase, decision, &mut proposal)?,
        (_, None) => {}
    }
    Ok(proposal)
}

/// What the wallet was to pay and has not paid, as far as the records allow to charge it.
fn missing_wallet_part(case: &Case, classes: &BTreeSet<Class>) -> Option<Step> {
    let imported = case.imported.as_ref()?;
    let wanted = imported.evidence.wallet_part?;
    if FORBIDS_CHARGE.iter().any(|class| classes.contains(class)) {
        return None;
    }
    let lacking = wanted.checked_sub(case.facts.received).ok()?;
    let amount = lacking.min(case.facts.owed()).ok()?.as_amount()?;
    // The debit of an order that has one is there: only what it lacks is taken.
    if case.facts.legacy_debits.is_empty() {
        let is_proven_missing =
            imported.evidence.classes.iter().any(|name| name.as_str() == Class::WalletIssue.name());
        is_proven_missing.then_some(Step::PayFromWallet { amount })
    } else {
        Some(Step::TakeShortfall { amount })
    }
}

fn taken_by(step: Option<&Step>, zero: Money) -> Money {
    match step {
        Some(Step::PayFromWallet { amount } | Step::TakeShortfall { amount }) => amount.money(),
        _ => zero,
    }
}

fn from_evidence(case: &Case, classes: &BTreeSet<Class>, proposal: &mut Proposal) {
    let other: Vec<&str> = classes
        .iter()
        .filter(|class| class.blocks() && !SETTLED_BY_EVIDENCE.contains(class))
        .map(|class| class.name())
        .collect();
    if !other.is_empty() {
        proposal.question = Some(format!("a person has to look at: {}", other.join(", ")));
        return;
    }
    let Some(facts) = facts_of_departments(case) else {
        let question = "the records do not say how far the order is; a person has to state it";
        proposal.question = Some(question.to_owned());
        return;
    };
    let charge = missing_wallet_part(case, classes);
    let taken = taken_by(charge.as_ref(), Money::zero(case.facts.currency));
    let owed = case.facts.owed().checked_sub(taken).unwrap_or(taken);
    if owed.is_positive() {
        proposal.question = Some(format!("{owed} is owed and no record proves it was paid"));
        return;
    }
    proposal.steps.extend(charge);
    proposal.steps.push(resolve(facts));
}

/// How far the departments say the order is, unless the customer's side says it is further: what
/// they did with the goods stands in their status, what the customer saw lagged behind.
fn facts_of_departments(case: &Case) -> Option<StatedFacts> {
    let evidence = &case.imported.as_ref()?.evidence;
    let departments = ManagementStatus::parse(evidence.management_status.as_ref()?.as_str());
    let customer = CustomerStatus::parse(evidence.customer_status.as_ref()?.as_str());
    let payment = evidence.payment_status.as_ref().map_or("", |status| status.as_str());
    let payment = PaymentStatus::parse(payment);
    // Of several meanings the earliest asserts least.
    let reached = departments.phases().iter().min()?;
    let seen = customer.phases(&payment).iter().min()?;
    if seen > reached {
        return None;
    }
    let released = |warehouse| StatedFacts { released: true, warehouse, ..StatedFacts::default() };
    match reached {
        legacy::Phase::AwaitingPayment
        | legacy::Phase::PaymentReview
        | legacy::Phase::PaymentRejected
        | legacy::Phase::FinanceReview => Some(StatedFacts::default()),
        legacy::Phase::WarehouseReady => Some(released(Warehouse::Waiting)),
        legacy::Phase::WarehouseProcessing => Some(released(Warehouse::Processing)),
        legacy::Phase::StockRejected => Some(released(Warehouse::StockRejected)),
        legacy::Phase::Packed => Some(released(Warehouse::Packed)),
        legacy::Phase::Dispatched => {
            Some(StatedFacts { shipped: true, ..released(Warehouse::Packed) })
        }
        legacy::Phase::Delivered | legacy::Phase::Completed => {
            Some(StatedFacts { shipped: true, delivered: true, ..released(Warehouse::Packed) })
        }
        legacy::Phase::PartlyShipped
        | legacy::Phase::DeliveryFailed
        | legacy::Phase::ReturningToOrigin
        | legacy::Phase::Cancelled
        | legacy::Phase::Expired
        | legacy::Phase::Returned => None,
    }
}

fn resolve(facts: StatedFacts) -> Step {
    Step::ResolveImport {
        released: facts.released || facts.shipped || facts.delivered,
        warehouse: facts.warehouse,
        shipped: facts.shipped || facts.delivered,
        delivered: facts.delivered,
    }
}

/// A person has said what is true of an order in import review.
fn decided(
    case: &Case,
    classes: &BTreeSet<Class>,
    decision: &Decision,
    proposal: &mut Proposal,
) -> Result<(), Problem> {
    if decision.facts.cancelled {
        return cancel(decision, proposal);
    }
    proposal.steps.extend(missing_wallet_part(case, classes));
    let paid = verified(case, decision, proposal)?;
    proposal.steps.extend(paid);
    proposal.steps.push(resolve(decision.facts));
    Ok(())
}

fn cancel(decision: &Decision, proposal: &mut Proposal) -> Result<(), Problem> {
    let facts = decision.facts;
    if facts.released || facts.shipped || facts.delivered || decision.verified_amount.is_some() {
        let detail = "a cancelled order is not released, shipped, delivered or paid";
        return Err(Problem::new("contradiction", detail));
    }
    proposal.steps.push(Step::Cancel { reason: decision.reason.clone() });
    Ok(())
}

/// The way of a plain order, and the commands that lead along it.
const WAY: [Step; 5] =
    [Step::Release, Step::StartProcessing, Step::Pack, Step::Dispatch, Step::Deliver];

/// How far along the way an order is; none where it has left it.
fn reached(phase: Phase) -> Option<usize> {
    match phase {
        Phase::AwaitingPayment
        | Phase::PaymentReview
        | Phase::PaymentRejected
        | Phase::FinanceReview => Some(0),
        Phase::WarehouseReady | Phase::StockRejected => Some(1),
        Phase::WarehouseProcessing => Some(2),
        Phase::Packed => Some(3),
        Phase::Dispatched => Some(4),
        Phase::Delivered | Phase::Completed => Some(5),
        Phase::ImportReview
        | Phase::PartlyShipped
        | Phase::DeliveryFailed
        | Phase::ReturningToOrigin
        | Phase::Cancelled
        | Phase::Expired
        | Phase::Returned => None,
    }
}

/// How far along the way a person says it is.
fn stated_way(facts: StatedFacts) -> usize {
    if facts.delivered {
        5
    } else if facts.shipped {
        4
    } else {
        match facts.warehouse {
            Warehouse::Packed => 3,
            Warehouse::Processing => 2,
            Warehouse::Waiting | Warehouse::StockRejected => usize::from(facts.released),
        }
    }
}

/// A person has said what is true of an order outside the import review: ordinary commands bring it
/// there. What is so already needs none.
fn stated(
    case: &Case,
    phase: Phase,
    decision: &Decision,
    proposal: &mut Proposal,
) -> Result<(), Problem> {
    if decision.facts.cancelled {
        return cancel(decision, proposal);
    }
    let Some(reached) = reached(phase) else {
        let detail = format!("the order is in {}, where nothing has to be stated", phase.as_str());
        return Err(Problem::new("nothing-to-decide", detail));
    };
    let wanted = stated_way(decision.facts);
    let paid = verified(case, decision, proposal)?;
    if reached == 0 && wanted > 0 && paid.is_empty() && case.facts.open_receipt().is_some() {
        let detail = "a receipt is approved with verified_amount and transfer";
        return Err(Problem::new("receipt-not-verified", detail));
    }
    proposal.steps.extend(paid);
    proposal.steps.extend(WAY.into_iter().take(wanted).skip(reached));
    if wanted < reached {
        let text = format!("the order is in {} already, further than stated", phase.as_str());
        proposal.question = Some(text);
    }
    Ok(())
}

/// The verified money: against the open receipt if there is one. An order that owes nothing takes
/// none, so that a decision can be stated again.
fn verified(
    case: &Case,
    decision: &Decision,
    proposal: &mut Proposal,
) -> Result<Vec<Step>, Problem> {
    let (verified, transfer) = match (&decision.verified_amount, &decision.transfer) {
        (None, None) => return Ok(Vec::new()),
        (Some(verified), Some(transfer)) => (verified, transfer),
        (Some(_), None) | (None, Some(_)) => {
            let detail = "verified_amount and transfer are stated together";
            return Err(Problem::new("transfer-incomplete", detail));
        }
    };
    let amount = |text: &str| {
        Money::parse(text, case.facts.currency)
            .and_then(Amount::try_from)
            .map_err(|error| Problem::new("bad-amount", error.to_string()))
    };
    let verified = amount(verified)?;
    let StatedTransfer { account, reference, date, amount: whole } = transfer.clone();
    let amount = amount(&whole)?;
    if let Some(receipt) = case.facts.open_receipt() {
        return Ok(vec![Step::ApproveReceipt {
            receipt,
            verified,
            account,
            reference,
            date,
            amount,
        }]);
    }
    if case.facts.settled() {
        proposal.question = Some("nothing is owed, so the transfer is left alone".to_owned());
        return Ok(Vec::new());
    }
    let payment = PaymentId::transfer(account.as_str(), reference.as_str());
    Ok(vec![
        Step::RecordTransfer { account, reference, date, amount },
        Step::AllocatePayment { payment, amount: verified },
    ])
}

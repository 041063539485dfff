//! Every order in trouble: with what is wrong, from a closed set of classes, and the evidence.
//!
//! For orders taken over, that is what their old rows said, until a person has resolved it or the
//! money has gone back. For all others it is what cannot be and is checked anyway.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::id::{Code, OrderId, OrderNumber};
use domain::money::Money;
use domain::order::import::DoubleCharge;
use domain::order::status::{Channel, Phase, statuses};
use legacy::Class;
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::as_of::SNAPSHOT;
use crate::ledger::Ledger;
use crate::load::LoadError;

pub(crate) mod case;

use case::Case;

/// A receipt that finance has not answered for this long is trouble.
const RECEIPT_WAITS_MAX: TimeDelta = TimeDelta::hours(24);

/// An order in trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inconsistency {
    pub order: OrderId,
    pub number: OrderNumber,
    /// Which use of its number this is; none for a number allotted here.
    pub epoch: Option<Code>,
    pub customer: String,
    /// Both views' statuses, as they stand now.
    pub customer_status: Option<String>,
    pub management_status: Option<String>,
    pub payment_status: String,
    pub department: Option<String>,
    pub phase: Phase,
    /// What is wrong, by the documented names.
    pub classes: Vec<String>,
    /// The rows and values it was seen in.
    pub evidence: Vec<String>,
    /// What the old tables said, for an order that was taken over.
    pub old: Option<OldStatuses>,
    pub due: Money,
    pub paid: Money,
    pub owed: Money,
    /// What its customer is still to get back.
    pub double_charges: Vec<DoubleCharge>,
}

/// The statuses that the old tables had side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OldStatuses {
    pub customer_status: Option<Code>,
    pub payment_status: Option<Code>,
    pub management_status: Option<Code>,
    pub payment_method: Option<Code>,
    /// The old rows, as `table:id`.
    pub rows: Vec<Code>,
}

#[derive(Debug, thiserror::Error)]
pub enum InconsistencyError {
    #[error("could not read the views")]
    Database(#[from] sqlx::Error),
    #[error("could not read the orders")]
    Load(#[from] LoadError),
}

/// Every order in trouble, by number.
pub async fn list(ledger: &Ledger) -> Result<Vec<Inconsistency>, InconsistencyError> {
    let mut tx = ledger.pool().begin_with(SNAPSHOT).await?;
    let suspects = suspects(&mut tx, ledger).await?;
    let cases = case::load(&mut tx, ledger, &suspects).await?;
    tx.rollback().await?;
    let now = ledger.clock().now();
    let mut found: Vec<Inconsistency> =
        cases.iter().filter_map(|case| case.inconsistency(now)).collect();
    found.sort_by(|left, right| {
        (&left.number, &left.epoch, left.order).cmp(&(&right.number, &right.epoch, right.order))
    });
    Ok(found)
}

/// Orders that a query finds worth a closer look.
pub(crate) async fn suspects(
    conn: &mut PgConnection,
    ledger: &Ledger,
) -> Result<Vec<OrderId>, sqlx::Error> {
    let (phases, customer, management) = allowed_statuses();
    let ids: Vec<Uuid> = sqlx::query_scalar(include_str!("sql/find_suspects.sql"))
        .bind(ledger.book())
        .bind(phases)
        .bind(customer)
        .bind(management)
        .fetch_all(conn)
        .await?;
    Ok(ids.into_iter().map(OrderId::new).collect())
}

/// Every phase with the two statuses that it has, by channel.
pub(crate) fn allowed_statuses() -> (Vec<&'static str>, Vec<&'static str>, Vec<&'static str>) {
    let mut phases = Vec::new();
    let mut customer = Vec::new();
    let mut management = Vec::new();
    for phase in Phase::ALL {
        for channel in [Channel::Wallet, Channel::Gateway, Channel::BankTransfer] {
            let allowed = statuses(phase, channel);
            phases.push(phase.as_str());
            customer.push(allowed.customer);
            management.push(allowed.management);
        }
    }
    (phases, customer, management)
}

impl Case {
    /// What is wrong with the order now; none if nothing is.
    pub(crate) fn inconsistency(&self, now: DateTime<Utc>) -> Option<Inconsistency> {
        let mut evidence = Vec::new();
        let classes = self.classes(now, &mut evidence);
        if classes.is_empty() {
            return None;
        }
        let facts = &self.facts;
        let imported = self.imported.as_ref();
        Some(Inconsistency {
            order: self.order,
            number: facts.number.clone(),
            epoch: facts.epoch.clone(),
            customer: facts.customer.to_string(),
            customer_status: self.view.as_ref().and_then(|view| view.customer_status.clone()),
            management_status: self.view.as_ref().and_then(|view| view.management_status.clone()),
            payment_status: facts.payment_status().as_str().to_owned(),
            department: facts.statuses().department.map(ToOwned::to_owned),
            phase: facts.phase(),
            classes: classes.iter().map(ToString::to_string).collect(),
            evidence,
            old: imported.map(|imported| OldStatuses {
                customer_status: imported.evidence.customer_status.clone(),
                payment_status: imported.evidence.payment_status.clone(),
                management_status: imported.evidence.management_status.clone(),
                payment_method: imported.evidence.payment_method.clone(),
                rows: imported.evidence.rows.clone(),
            }),
            due: facts.totals.due,
            paid: facts.received,
            owed: facts.owed(),
            double_charges: self.double_charges().cloned().collect(),
        })
    }

    /// The classes that hold now, with what shows each.
    pub(crate) fn classes(
        &self,
        now: DateTime<Utc>,
        evidence: &mut Vec<String>,
    ) -> BTreeSet<Class> {
        let mut classes = self.recorded_classes();
        if let Some(imported) = &self.imported {
            let is_meant = |finding: &&String| {
                let name = finding.split_once(':').map_or("", |(name, _)| name);
                classes.iter().any(|class| class.name() == name)
                    || !Class::ALL.iter().any(|class| class.name() == name)
            };
            if !classes.is_empty() {
                evidence.extend(imported.evidence.findings.iter().filter(is_meant).cloned());
            }
        }
        self.live_classes(now, &mut classes, evidence);
        classes
    }

    /// What the old rows' classes still say of an order that was taken over.
    fn recorded_classes(&self) -> BTreeSet<Class> {
        let mut classes = BTreeSet::new();
        let Some(imported) = &self.imported else { return classes };
        let recorded: BTreeSet<Class> = imported
            .evidence
            .classes
            .iter()
            .filter_map(|name| Class::ALL.into_iter().find(|class| class.name() == name.as_str()))
            .collect();
        let facts = &self.facts;
        let phase = facts.phase();
        let waits_for_finance = phase == Phase::PaymentReview
            && imported.receipt.as_ref().map(|receipt| receipt.receipt) == facts.open_receipt();
        if phase == Phase::ImportReview || waits_for_finance {
            classes.extend(&recorded);
            if phase == Phase::ImportReview && !classes.iter().any(|class| class.blocks()) {
                // The records agree on something that only a person can state.
                classes.insert(Class::StatusMismatch);
            }
        }
        if facts.settled() {
            for paid in [
                Class::WalletIssue,
                Class::Shortfall,
                Class::DeliveredUnpaid,
                Class::PaymentUnproven,
            ] {
                classes.remove(&paid);
            }
        }
        if self.double_charges().next().is_some() {
            classes.insert(Class::DoubleCharge);
        } else {
            classes.remove(&Class::DoubleCharge);
        }
        let is_over = matches!(
            phase,
            Phase::Delivered
                | Phase::Completed
                | Phase::Cancelled
                | Phase::Expired
                | Phase::Returned
        );
        if recorded.contains(&Class::NumberRepeated) && !is_over {
            classes.insert(Class::NumberRepeated);
        }
        classes
    }

    /// What cannot be, and is looked at all the same.
    fn live_classes(
        &self,
        now: DateTime<Utc>,
        classes: &mut BTreeSet<Class>,
        evidence: &mut Vec<String>,
    ) {
        let facts = &self.facts;
        let phase = facts.phase();
        let expected = facts.statuses();
        let shown = self
            .view
            .as_ref()
            .map(|view| (view.customer_status.as_deref(), view.management_status.as_deref()));
        if shown != Some((Some(expected.customer), Some(expected.management))) {
            classes.insert(Class::StatusMismatch);
            let (customer, management) = shown.unwrap_or_default();
            evidence.push(format!(
                "status_mismatch: the views show {} and {}, the events say {} and {}",
                customer.unwrap_or("nothing"),
                management.unwrap_or("nothing"),
                expected.customer,
                expected.management
            ));
        }
        let waits_since = self.view.as_ref().and_then(|view| view.updated_at);
        if phase == Phase::PaymentReview
            && waits_since.is_some_and(|since| now.signed_duration_since(since) > RECEIPT_WAITS_MAX)
            && classes.insert(Class::ReceiptWaiting)
        {
            evidence.push("receipt_waiting: for more than a day".to_owned());
        }
        if matches!(phase, Phase::Delivered | Phase::Completed)
            && facts.owed().is_positive()
            && classes.insert(Class::DeliveredUnpaid)
        {
            evidence.push(format!("delivered_unpaid: {} is owed", facts.owed()));
        }
    }

    /// The old double charges that were not given back yet.
    pub(crate) fn double_charges(&self) -> impl Iterator<Item = &DoubleCharge> {
        let given_back = self.wallet.as_ref().map_or(&[][..], |wallet| &wallet.given_back);
        let recorded = self
            .imported
            .as_ref()
            .map_or(&[][..], |imported| imported.evidence.double_charges.as_slice());
        recorded.iter().filter(|charge| !given_back.contains(&charge.second))
    }
}

/// How many orders are in trouble, by class.
pub fn count(found: &[Inconsistency]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for class in found.iter().flat_map(|order| &order.classes) {
        *counts.entry(class.as_str()).or_default() += 1;
    }
    counts
}

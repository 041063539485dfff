//! Which old wallet debit paid which order: an assignment, not a search for each order.
//!
//! A debit can belong to an order only if both are of one customer and their amounts are less than
//! 1 dinar apart. Then it needs a proof: a reference to the order, or creation within 2 seconds of
//! it, or the order number before the order's own in its description (the old shop labelled debits
//! with the number of the previous order). A debit goes to the order with the best claim; equal
//! claims are a tie, which links nothing.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use rust_decimal::Decimal;

use crate::{
    method::{Method, normalise},
    shop::{Order, Shop, Transaction},
    wallet::{Movement, movement},
};

/// Amounts this far apart, or farther, are different amounts.
const GAP_LIMIT: Decimal = Decimal::ONE;
/// A debit was booked just before or just after its order.
const TIME_GAP_MAX: TimeDelta = TimeDelta::seconds(2);
/// Numbers were used again after every wipe, so a number alone says nothing about a debit that is
/// much older than the order.
const NAMED_BEFORE_MAX: TimeDelta = TimeDelta::days(1);

/// An order that wants money from its customer's wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimant {
    pub order: i64,
    pub number: Option<String>,
    pub epoch: u32,
    pub customer: i64,
    pub wanted: Decimal,
    pub created_at: Option<DateTime<Utc>>,
}

/// Money that left a customer's wallet, as a positive amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Debit {
    pub id: i64,
    pub customer: i64,
    pub amount: Decimal,
    pub created_at: Option<DateTime<Utc>>,
    pub reference: Option<Reference>,
    /// The order number its description names.
    pub names: Option<String>,
}

/// What a wallet row says it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub kind: String,
    pub id: i64,
}

impl Reference {
    /// The order it points at, if it points at an order.
    pub fn order(&self) -> Option<i64> {
        let kinds = [
            "order",
            "order_payment",
            "order_payment_correction",
            "order_adjustment",
            "payment_completion",
        ];
        kinds.contains(&self.kind.as_str()).then_some(self.id)
    }
}

/// Why a debit is taken for an order's. Ordered by weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Proof {
    PreviousNumber,
    Time,
    Reference,
}

impl Proof {
    pub fn name(self) -> &'static str {
        match self {
            Self::PreviousNumber => "previous_number",
            Self::Time => "time",
            Self::Reference => "reference",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    pub order: i64,
    pub debit: i64,
    pub proof: Proof,
}

/// An order that was charged again: `second` is what its customer is to get back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DoubleCharge {
    pub order: i64,
    pub first: i64,
    pub second: i64,
}

/// A debit that several orders claim and none can be given: a person decides.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tie {
    pub debit: i64,
    pub orders: Vec<i64>,
}

/// A debit that names an order and agrees in customer and amount, and has no proof beyond that.
/// Not enough to link it, too much to call the debit missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    pub order: i64,
    pub debit: i64,
}

/// The assignment. Every debit is in exactly one list, every order has a link or is unpaid.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    pub linked: Vec<Link>,
    pub double_charges: Vec<DoubleCharge>,
    pub ties: Vec<Tie>,
    pub doubts: Vec<Doubt>,
    pub unlinked_debits: Vec<i64>,
    pub unpaid_orders: Vec<i64>,
}

impl Links {
    pub fn of_order(&self, order: i64) -> Option<&Link> {
        self.linked.iter().find(|link| link.order == order)
    }
}

/// Assigns debits to orders. The result does not depend on the order of either list.
///
/// Ids must be unique in their list.
pub fn link(orders: &[Claimant], debits: &[Debit]) -> Links {
    let mut by_customer: BTreeMap<i64, Vec<&Claimant>> = BTreeMap::new();
    for order in orders {
        by_customer.entry(order.customer).or_default().push(order);
    }
    let mut links = Links::default();
    let mut owned: BTreeMap<i64, Vec<Owned<'_>>> = BTreeMap::new();
    for debit in debits {
        let same_customer = by_customer.get(&debit.customer).map_or(&[][..], Vec::as_slice);
        let claims: Vec<Claim> =
            same_customer.iter().filter_map(|order| Claim::of(order, debit)).collect();
        match decide(&claims) {
            Decision::Nobody => links.unlinked_debits.push(debit.id),
            Decision::Named(order) => links.doubts.push(Doubt { order, debit: debit.id }),
            Decision::Equal(orders) => links.ties.push(Tie { debit: debit.id, orders }),
            Decision::Owner { order, proof, others } => {
                owned.entry(order).or_default().push(Owned { debit, proof, others });
            }
        }
    }
    let paid: BTreeSet<i64> = owned.keys().copied().collect();
    for (order, debits) in owned {
        links.take_earliest(order, debits, &paid);
    }
    links.unpaid_orders =
        orders.iter().map(|order| order.order).filter(|order| !paid.contains(order)).collect();
    links.sort();
    links
}

/// A debit that belongs to an order, and who else could prove a claim to it.
struct Owned<'a> {
    debit: &'a Debit,
    proof: Proof,
    others: Vec<i64>,
}

impl Links {
    fn take_earliest(&mut self, order: i64, mut debits: Vec<Owned<'_>>, paid: &BTreeSet<i64>) {
        debits.sort_by_key(|owned| {
            (owned.debit.created_at.is_none(), owned.debit.created_at, owned.debit.id)
        });
        let mut debits = debits.into_iter();
        let Some(first) = debits.next() else { return };
        self.linked.push(Link { order, debit: first.debit.id, proof: first.proof });
        for later in debits {
            // Another order with a proof of its own and no debit at all may be what this one
            // paid; giving the money back would then be wrong.
            let mut claimants: Vec<i64> =
                later.others.into_iter().filter(|other| !paid.contains(other)).collect();
            if claimants.is_empty() {
                let second = later.debit.id;
                self.double_charges.push(DoubleCharge { order, first: first.debit.id, second });
            } else {
                claimants.push(order);
                claimants.sort_unstable();
                self.ties.push(Tie { debit: later.debit.id, orders: claimants });
            }
        }
    }

    fn sort(&mut self) {
        self.linked.sort_unstable();
        self.double_charges.sort_unstable();
        self.ties.sort_unstable();
        self.doubts.sort_unstable();
        self.unlinked_debits.sort_unstable();
        self.unpaid_orders.sort_unstable();
    }
}

/// What one order can say for one debit.
struct Claim {
    order: i64,
    /// The best proof; none if the debit only names the order.
    proof: Option<Proof>,
    /// All it can say, heaviest first, for comparison with others.
    weight: (bool, bool, bool),
}

impl Claim {
    fn of(order: &Claimant, debit: &Debit) -> Option<Self> {
        if order.customer != debit.customer || !are_close(order.wanted, debit.amount) {
            return None;
        }
        let referenced = debit.reference.as_ref().and_then(Reference::order) == Some(order.order);
        let together = matches!(
            (order.created_at, debit.created_at),
            (Some(order), Some(debit)) if order.signed_duration_since(debit).abs() <= TIME_GAP_MAX
        );
        let long_before = matches!(
            (order.created_at, debit.created_at),
            (Some(order), Some(debit)) if order.signed_duration_since(debit) > NAMED_BEFORE_MAX
        );
        let label_is = |number: Option<&str>| {
            !long_before && number.is_some() && debit.names.as_deref() == number
        };
        let number = order.number.as_deref();
        let after_named = label_is(number.and_then(previous_number).as_deref());
        let named = label_is(number);
        let proof = if referenced {
            Some(Proof::Reference)
        } else if together {
            Some(Proof::Time)
        } else {
            after_named.then_some(Proof::PreviousNumber)
        };
        // A debit may have been labelled right for once, so its own number weighs as much for an
        // order as the number before does for the next; but alone it proves nothing.
        let labelled = after_named || named;
        (proof.is_some() || named).then_some(Self {
            order: order.order,
            proof,
            weight: (referenced, together, labelled),
        })
    }
}

enum Decision {
    Nobody,
    Named(i64),
    Equal(Vec<i64>),
    Owner { order: i64, proof: Proof, others: Vec<i64> },
}

fn decide(claims: &[Claim]) -> Decision {
    let Some(best) = claims.iter().map(|claim| claim.weight).max() else {
        return Decision::Nobody;
    };
    let (winners, losers): (Vec<&Claim>, Vec<&Claim>) =
        claims.iter().partition(|claim| claim.weight == best);
    if let [winner] = winners.as_slice() {
        return match winner.proof {
            None => Decision::Named(winner.order),
            Some(proof) => {
                let others = losers.iter().filter(|claim| claim.proof.is_some());
                let others = others.map(|claim| claim.order).collect();
                Decision::Owner { order: winner.order, proof, others }
            }
        };
    }
    let mut orders: Vec<i64> = winners.iter().map(|claim| claim.order).collect();
    orders.sort_unstable();
    Decision::Equal(orders)
}

/// Whether two amounts are less than 1 dinar apart.
pub(crate) fn are_close(left: Decimal, right: Decimal) -> bool {
    left.checked_sub(right).is_some_and(|gap| gap.abs() < GAP_LIMIT)
}

/// The number allotted before this one in the same year: `M2511129` for `M2511130`.
pub fn previous_number(number: &str) -> Option<String> {
    let digits = number.strip_prefix('M')?;
    if digits.len() < 7 || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let (year, counter) = digits.split_at(2);
    let before = counter.parse::<u64>().ok()?.checked_sub(1)?;
    Some(format!("M{year}{before:05}"))
}

/// The order number that a text names, if it names exactly one.
pub(crate) fn order_number_in(text: &str) -> Option<String> {
    let plain = normalise(text).to_ascii_uppercase();
    let mut found = BTreeSet::new();
    for word in plain.split(|sign: char| !sign.is_ascii_alphanumeric()) {
        if previous_number(word).is_some() {
            found.insert(word.to_owned());
        }
    }
    let mut found = found.into_iter();
    let only = found.next();
    if found.next().is_some() { None } else { only }
}

impl Shop {
    /// The orders that want a wallet part.
    pub fn claimants(&self) -> Vec<Claimant> {
        let mut used: BTreeMap<i64, Decimal> = BTreeMap::new();
        for management in &self.managements {
            if let (Some(order), Some(amount)) = (management.order, management.wallet_amount_used) {
                used.entry(order).or_insert(amount);
            }
        }
        let wanted = |order: &Order| wallet_part(order, used.get(&order.id).copied());
        self.orders
            .iter()
            .filter_map(|order| {
                Some(Claimant {
                    order: order.id,
                    number: order.number.clone(),
                    epoch: order.epoch,
                    customer: order.customer?,
                    wanted: wanted(order)?,
                    created_at: order.created_at,
                })
            })
            .collect()
    }

    /// The completed movements out of a wallet, where the row and the wallet name one customer.
    pub fn debits(&self) -> Vec<Debit> {
        let owners: BTreeMap<i64, Option<i64>> =
            self.wallets.iter().map(|wallet| (wallet.id, wallet.customer)).collect();
        self.transactions
            .iter()
            .filter_map(|row| {
                let customer = row.customer?;
                let owner = row.wallet.and_then(|wallet| owners.get(&wallet).copied().flatten());
                if owner.is_some_and(|owner| owner != customer) {
                    return None;
                }
                Some(Debit {
                    id: row.id,
                    customer,
                    amount: taken_by(row)?,
                    created_at: row.created_at,
                    reference: reference_of(row),
                    names: row.names_order.clone(),
                })
            })
            .collect()
    }
}

/// What a row took out of its wallet, if it took anything.
pub(crate) fn taken_by(row: &Transaction) -> Option<Decimal> {
    match movement(row) {
        Movement::Done(signed) if signed < Decimal::ZERO => Some(signed.abs()),
        Movement::Done(_) | Movement::NotDone | Movement::Unclear => None,
    }
}

pub(crate) fn reference_of(row: &Transaction) -> Option<Reference> {
    Some(Reference { kind: row.reference_type.clone()?, id: row.reference_id? })
}

/// How much of an order its wallet was to pay: the split where it was stored, which it hardly ever
/// was, else all of it.
pub(crate) fn wallet_part(order: &Order, used: Option<Decimal>) -> Option<Decimal> {
    let stored = used.filter(|amount| *amount > Decimal::ZERO);
    let whole = order.total.filter(|_| order.method.as_ref().is_some_and(Method::is_wallet));
    stored.or(whole).filter(|amount| *amount > Decimal::ZERO)
}

//! What an order, a wallet or a payment is, after everything.

use std::collections::BTreeMap;

use domain::id::PaymentId;
use domain::money::Money;
use domain::order::{Facts, Order};
use domain::payment::Payment;
use domain::wallet::Wallet;
use domain::{State, StreamKey};

use crate::book::{iqd, order, wallet};

pub(super) type States = BTreeMap<StreamKey, State>;

pub(super) fn facts(states: &States, number: u64) -> &Facts {
    let Some(State::Order(Order::Placed(facts))) = states.get(&StreamKey::Order(order(number)))
    else {
        panic!("no order {number}");
    };
    facts
}

/// What a customer may spend; nothing without a wallet.
pub(super) fn balance(states: &States, name: &str) -> Money {
    match states.get(&StreamKey::Wallet(wallet(name))) {
        Some(State::Wallet(Wallet::Open(facts))) => facts.balance,
        _ => iqd(0),
    }
}

/// What of a payment has no place yet.
pub(super) fn left(states: &States, payment: PaymentId) -> Money {
    match states.get(&StreamKey::Payment(payment)) {
        Some(State::Payment(Payment::Recorded(facts))) => facts.left,
        other => panic!("no payment {payment}: {other:?}"),
    }
}

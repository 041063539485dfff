//! One attempt at what must be impossible: what it says is tried, in the order in which it says it.

use std::collections::VecDeque;
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::old_shop::Plant;
use super::way::{Outcome, Try};
use crate::daftar::{Answer, Reply};
use crate::scenarios::world::{Actor, Cart, Order, Step, Transfer, World};

pub(super) struct Attempt<'w> {
    pub(super) world: &'w World,
    id: &'static str,
    left: Mutex<VecDeque<Try>>,
    /// What is being tried.
    at: Mutex<&'static str>,
    planted: &'w [Plant<'w>],
}

impl<'w> Attempt<'w> {
    pub(super) fn new(
        world: &'w World,
        id: &'static str,
        tries: &[Try],
        planted: &'w [Plant<'w>],
    ) -> Self {
        Self {
            world,
            id,
            left: Mutex::new(tries.iter().copied().collect()),
            at: Mutex::new("what comes before"),
            planted,
        }
    }

    /// What was planted for it in the old records.
    pub(super) fn planted(&self) -> &'w Plant<'w> {
        let own = self.planted.iter().find(|plant| plant.id == self.id);
        own.unwrap_or_else(|| panic!("nothing is planted for {}", self.id))
    }

    /// A customer of this attempt alone.
    pub(super) fn customer(&self) -> String {
        self.id.to_lowercase()
    }

    fn next(&self) -> Try {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let next = left.pop_front();
        let next = next.unwrap_or_else(|| panic!("{} tries more than it says", self.id));
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = next.0;
        next
    }

    /// What it came to.
    pub(super) fn at(&self) -> &'static str {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tries a command, which must come to what is said of it.
    pub(super) async fn tries(&self, step: Step<'_>) -> Value {
        let Try(what, outcome) = self.next();
        match outcome {
            Outcome::Refused(status, code) => step.fails_with(status, code).await,
            Outcome::Counted(status, code) => step.counts_with(status, code).await,
            Outcome::Unknown(pointer) => {
                let said = step.fails_with(400, "invalid-body").await;
                assert_points(&said, pointer);
                said
            }
            Outcome::Nothing => {
                step.changes_nothing().await;
                Value::Null
            }
            Outcome::Guarded(_) | Outcome::So => panic!("{}: {what} is no command", self.id),
        }
    }

    /// The same of a request that is no command of anybody.
    pub(super) async fn hears(&self, answer: Answer) -> Value {
        let Try(what, outcome) = self.next();
        let Answer::Decided(Reply { status, body, .. }) = answer else {
            panic!("{}: {what} was not decided: {answer:?}", self.id)
        };
        let said: Value = serde_json::from_str(&body).unwrap_or_default();
        let expected = match outcome {
            Outcome::Refused(status, code) => (status, code),
            Outcome::Unknown(pointer) => {
                assert_points(&said, pointer);
                (400, "invalid-query")
            }
            Outcome::Counted(..) | Outcome::Nothing | Outcome::Guarded(_) | Outcome::So => {
                panic!("{}: {what} is no mere request", self.id)
            }
        };
        assert_eq!((status, said["code"].as_str()), (expected.0, Some(expected.1)), "{said:#}");
        let events = self.world.events_unaccounted().await;
        assert!(events.is_empty(), "{}: {what} does nothing: {events:?}", self.id);
        said
    }

    /// Tries a statement past the API, as somebody who holds the database.
    pub(super) async fn by_hand(&self, sql: &str) {
        let Try(what, outcome) = self.next();
        let Outcome::Guarded(words) = outcome else {
            panic!("{}: {what} is no statement", self.id)
        };
        let refused = self.world.by_hand(sql).await.expect_err(what);
        assert!(refused.contains(words), "{}: {what}: {refused}", self.id);
    }

    /// Changes a table as nobody may, with its guards off meanwhile.
    pub(super) async fn forces(&self, table: &str, sql: &str) {
        let off = format!("alter table daftar.{table} disable trigger user");
        let mut on =
            format!("alter table daftar.{table} enable always trigger only_functions_write");
        if table == "events" {
            on += "; alter table daftar.events enable always trigger never_changes";
        }
        let done = self.world.by_hand(&format!("begin; {off}; {sql}; {on}; commit")).await;
        done.unwrap_or_else(|error| panic!("{}: {error}: {sql}", self.id));
    }

    /// What was said of a try is so.
    pub(super) fn is_so(&self, holds: bool, seen: impl Debug) {
        let Try(what, outcome) = self.next();
        assert_eq!(outcome, Outcome::So, "{}: {what} comes to something", self.id);
        assert!(holds, "{}: it is not so that {what}: {seen:#?}", self.id);
    }

    /// Everything that it says was tried.
    pub(super) fn ends(&self) {
        let left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(left.is_empty(), "{} does not try {left:?}", self.id);
    }
}

fn assert_points(said: &Value, pointer: &str) {
    let errors = said["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    assert!(errors.iter().any(|error| error["pointer"] == pointer), "{pointer}: {said:#}");
}

/// What attempts begin with.
impl<'w> Attempt<'w> {
    /// The customer has this much to spend.
    pub(super) async fn fills_wallet(&self, amount: &str) {
        self.world.finance().tops_up(&self.customer(), amount).done().await;
    }

    /// One unit for this price.
    pub(super) fn cart(&self, price: &str) -> Cart {
        Cart::of(&self.customer()).line("LB-502", "1", price).total(price)
    }

    /// An order that is to be paid by bank transfer.
    pub(super) async fn bank_order(&self, price: &str) -> Order {
        self.places(&self.cart(price).by_bank_transfer()).leads_to().await
    }

    /// An order paid from the wallet, which is filled with just as much.
    pub(super) async fn paid_order(&self, price: &str) -> Order {
        self.fills_wallet(price).await;
        self.places(&self.cart(price).paid_from_the_wallet()).leads_to().await
    }

    /// A bank order with a receipt that waits for finance.
    pub(super) async fn reviewed_order(&self, price: &str) -> Order {
        let order = self.bank_order(price).await;
        self.client().uploads(&order, &self.file("receipt"), price).leads_to().await
    }

    pub(super) async fn packed_order(&self, price: &str) -> Order {
        let order = self.paid_order(price).await;
        self.world.finance().releases(&order).leads_to().await;
        self.world.warehouse().starts(&order).leads_to().await;
        self.world.warehouse().packs(&order).leads_to().await
    }

    pub(super) async fn dispatched_order(&self, price: &str) -> Order {
        let order = self.packed_order(price).await;
        self.world.logistics().dispatches(&order).leads_to().await
    }

    pub(super) async fn delivered_order(&self, price: &str) -> Order {
        let order = self.dispatched_order(price).await;
        self.world.logistics().delivers(&order).leads_to().await
    }

    pub(super) fn client(&self) -> Actor<'w> {
        self.world.client()
    }

    pub(super) fn places(&self, cart: &Cart) -> Step<'w> {
        self.client().places(cart)
    }

    /// The text of a file of this attempt alone.
    pub(super) fn file(&self, name: &str) -> String {
        format!("{} {name}", self.id)
    }

    /// A transfer's reference of this attempt alone.
    pub(super) fn reference(&self, name: &str) -> String {
        format!("{}-{name}", self.id)
    }

    /// A payment into the bank that waits for its place.
    pub(super) async fn payment(&self, name: &str, amount: &str) -> Value {
        let reference = self.reference(name);
        let transfer = Transfer { reference: &reference, amount };
        self.world.finance().records(&self.customer(), transfer).done().await
    }

    /// What the customer's wallet holds.
    pub(super) async fn wallet(&self) -> String {
        self.world.wallet(&self.customer()).await
    }
}

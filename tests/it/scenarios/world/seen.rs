//! What a scenario says of a command, and what there is to see of it.

use std::sync::atomic::Ordering;

use serde_json::Value;

use super::order::{Order, write_views};
use super::{World, journal};

const PAGE: &str = "limit=200";

/// What a command about an order did, and how things stand after it. Every part must be said.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// The events that it appended, in order.
    pub(crate) events: &'a str,
    /// `customer's status | departments' status · department | payment status`
    pub(crate) views: &'a str,
    /// An entry for each event that moved money: `Dr account:item / Cr account:item amount`.
    pub(crate) journal: &'a [&'a str],
    /// The balance of the customer's wallet; `none` before there is one.
    pub(crate) wallet: &'a str,
}

/// The same of a command that is about no order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Booked<'a> {
    pub(crate) events: &'a str,
    pub(crate) journal: &'a [&'a str],
    pub(crate) wallet: &'a str,
}

/// Line by line, so that a difference is shown as one.
pub(super) fn lines(
    events: &str,
    views: Option<&str>,
    journal: &[impl ToString],
    wallet: &str,
) -> Vec<String> {
    let mut lines = vec![format!("events  {events}")];
    lines.extend(views.map(|views| format!("views   {views}")));
    lines.extend(journal.iter().map(|entry| format!("journal {}", entry.to_string())));
    lines.push(format!("wallet  {wallet}"));
    lines
}

impl World {
    /// The events after a position, as the auditor reads them.
    pub(super) async fn events_after(&self, position: i64) -> Vec<Value> {
        let said = self.read(&format!("/api/events?after={position}&{PAGE}")).await;
        said["events"].as_array().expect("events are a list").clone()
    }

    /// The order by its own route, which both views must agree with.
    pub(super) async fn look_at(&self, id: &str) -> Order {
        let said = self.read(&format!("/api/orders/{id}")).await;
        let order = Order::read(&said["order"]);
        assert_eq!(self.views(&order).await, order.views(), "the views and {}", order.number);
        order
    }

    /// What both views show of an order, whatever it was seen as before.
    pub(crate) async fn views_of(&self, id: &str) -> String {
        let order = self.look_at(id).await;
        self.remember(&order);
        order.views()
    }

    /// An order's own events, once it has come to an end.
    pub(crate) async fn settled(&self, order: &Order) -> String {
        let said = self.read(&format!("/api/orders/{}/events", order.id)).await;
        names(said["events"].as_array().expect("events are a list"))
    }

    /// The events that nobody told of yet.
    pub(crate) async fn events_unaccounted(&self) -> Vec<String> {
        let events = self.events_after(self.accounted.load(Ordering::Relaxed)).await;
        events.iter().map(|event| names(std::slice::from_ref(event))).collect()
    }

    /// The events that a reply tells of.
    pub(crate) fn events_told(reply: &Value) -> String {
        names(reply["events"].as_array().expect("a reply tells of its events"))
    }

    /// Both views' rows of an order.
    async fn views(&self, order: &Order) -> String {
        let path = format!("/api/customers/{}/orders?{PAGE}", order.customer);
        let customers = self.read(&path).await;
        let managed = self.read(&format!("/api/management/orders?{PAGE}")).await;
        let (customers, managed) = (row(&customers, order), row(&managed, order));
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or("–").to_owned();
        assert_eq!(
            text(&customers, "payment_status"),
            text(&managed, "payment_status"),
            "both views tell the same of {}'s payment",
            order.number,
        );
        write_views(
            &text(&customers, "status"),
            &text(&managed, "status"),
            &text(&managed, "department"),
            &text(&customers, "payment_status"),
        )
    }

    /// The balance of a customer's wallet; `none` before there is one.
    pub(crate) async fn wallet(&self, customer: &str) -> String {
        let said = self.read(&format!("/api/customers/{customer}/wallet")).await;
        let wallets = said["wallets"].as_array().expect("wallets are a list");
        let Some(wallet) = wallets.first() else { return "none".to_owned() };
        wallet["balance"]["amount"].as_str().expect("a balance is a text").to_owned()
    }

    /// What a customer owes.
    pub(crate) async fn debt(&self, customer: &str) -> String {
        let said = self.read(&format!("/api/customers/{customer}/wallet")).await;
        let debt = said["wallets"][0]["debt"]["amount"].as_str();
        debt.unwrap_or_else(|| panic!("{customer} has a wallet: {said:#}")).to_owned()
    }

    /// The journal's entries after a position.
    pub(crate) async fn journal_after(&self, position: i64) -> Vec<String> {
        journal::entries_after(&mut *self.log.lock().await, position).await
    }

    pub(crate) async fn assert_balanced(&self) {
        let said = self.read("/api/audit/trial-balance").await;
        let differences = said["differences"].as_array().expect("differences are a list");
        for difference in differences {
            assert_eq!(difference["amount"], "0", "the trial balance is off: {said:#}");
        }
    }

    /// An account's debits less its credits.
    pub(crate) async fn account(&self, number: &str) -> String {
        let said = self.read("/api/audit/trial-balance").await;
        let accounts = said["accounts"].as_array().expect("accounts are a list");
        let account = accounts.iter().find(|account| account["number"] == number);
        let balance = account.map_or(Some("0"), |account| account["balance"]["amount"].as_str());
        balance.expect("a balance is a text").to_owned()
    }
}

fn row(page: &Value, order: &Order) -> Value {
    let rows = page["orders"].as_array().expect("orders are a list");
    let row = rows.iter().find(|row| row["id"] == order.id.as_str());
    row.unwrap_or_else(|| panic!("{} is missing in {page:#}", order.number)).clone()
}

/// `stream type` of each event.
pub(super) fn names(events: &[Value]) -> String {
    let text = |event: &Value, name: &str| event[name].as_str().unwrap_or_default().to_owned();
    let names: Vec<String> = events
        .iter()
        .map(|event| format!("{} {}", text(event, "stream"), text(event, "type")))
        .collect();
    names.join(", ")
}

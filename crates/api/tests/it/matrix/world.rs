//! What the matrix is asked about: everything twice, of two customers, and a key of every kind.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::actor::Role;
use domain::id::{CustomerId, Text};
use eventstore::BookId;
use ledger::Ledger;
use ledger::alerts::{self, Case, Filter, Severity};
use ledger::database::Database as Store;
use ledger::principals::{self, NewKey, NewPrincipal, PrincipalKind, Token};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::goods::{packed, step};
use crate::service::{BOOK, Service, iqd, transfer_order, wallet_order};

/// Whose it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// Of the customer that limited keys are limited to.
    Own,
    Others,
    /// Nobody's: it is not there.
    Nobodys,
}

pub(super) const CUSTOMER: &str = "c-a";
const OTHER: &str = "c-b-the-other";
pub(super) const UNKNOWN: &str = "00000000-0000-4000-8000-00000000dead";

/// An id that nothing has yet.
#[expect(clippy::disallowed_methods, reason = "tests make up ids like any caller")]
pub(super) fn fresh() -> Uuid {
    Uuid::now_v7()
}

pub(super) struct World {
    pub(super) service: Service,
    /// The keys of every role, by role.
    pub(super) whole: BTreeMap<&'static str, String>,
    /// The same, limited to one customer.
    pub(super) limited: BTreeMap<&'static str, String>,
    /// Keys that open nothing, by what is wrong with them.
    pub(super) dead: Vec<(&'static str, Option<String>)>,
    things: BTreeMap<(Whose, &'static str), String>,
    /// What must not be told to those who may not know of it.
    pub(super) secrets: Vec<String>,
}

impl World {
    pub(super) async fn make() -> Self {
        let service = Service::start().await;
        let mut world = Self {
            service,
            whole: BTreeMap::new(),
            limited: BTreeMap::new(),
            dead: Vec::new(),
            things: BTreeMap::new(),
            secrets: Vec::new(),
        };
        world.make_keys().await;
        world.make_dead_keys().await;
        for (whose, customer) in [(Whose::Own, CUSTOMER), (Whose::Others, OTHER)] {
            world.make_things_of(whose, customer).await;
        }
        world.make_common_things().await;
        for name in ["order", "receipt", "payment", "top_up", "withdrawal", "customer"] {
            world.secrets.push(world.things[&(Whose::Others, name)].clone());
        }
        world
    }

    /// The id that stands for a name, for a caller of a role.
    pub(super) fn thing(&self, whose: Whose, name: &str, route: &str, role: &str) -> String {
        let kind = match name {
            "request" if route.contains("/wallet-top-ups/") => "top_up",
            "request" => "withdrawal",
            "webhook" if route.starts_with("DELETE ") => "webhook to delete",
            "approval" if matches!(role, "warehouse" | "logistics") => "approval_of_goods",
            "job" if matches!(role, "finance" | "auditor") => "verification",
            "alert" if role == "warehouse" => "alert of the warehouse",
            "alert" if role == "logistics" => "alert of logistics",
            "department" => {
                let of_the_role = matches!(role, "finance" | "warehouse" | "logistics");
                return if of_the_role { role.to_owned() } else { "finance".to_owned() };
            }
            "new" => return fresh().to_string(),
            other => other,
        };
        if whose == Whose::Nobodys {
            return match kind {
                "customer" => "c-nobody",
                "plan" => "0000000000000000000000000000000000000000000000000000000000000000",
                "key" => "0000000000000000",
                "principal" => "nobody",
                "position" => "999999999",
                "account" => "9999",
                _ => UNKNOWN,
            }
            .to_owned();
        }
        let found = self.things.iter().find(|((of, name), _)| *of == whose && *name == kind);
        let found = found.or_else(|| self.things.iter().find(|((_, name), _)| *name == kind));
        found.unwrap_or_else(|| panic!("{route}: nothing is made for {name}")).1.clone()
    }

    /// What the role could not have asked for: a job, or a proposal; or another department's alert.
    pub(super) fn strangers_wish(&self, route: &str, role: &str) -> String {
        if route.contains("{job}") {
            return self.things[&(Whose::Own, "job")].clone();
        }
        if route.contains("{alert}") {
            let name = if role == "finance" { "alert of the warehouse" } else { "alert" };
            return self.things[&(Whose::Own, name)].clone();
        }
        let goods = !matches!(role, "warehouse" | "logistics");
        let name = if goods { "approval_of_goods" } else { "approval" };
        self.things[&(Whose::Own, name)].clone()
    }

    async fn make_keys(&mut self) {
        for role in Role::ALL {
            let name: &'static str = role.as_str();
            let limits = vec![CustomerId::new(CUSTOMER).unwrap()];
            let whole = key(&self.service.ledger, name, None, None).await;
            let limited = key(&self.service.ledger, name, Some(limits), None).await;
            self.whole.insert(name, whole.reveal());
            self.limited.insert(name, limited.reveal());
        }
    }

    async fn make_dead_keys(&mut self) {
        let ledger = &self.service.ledger;
        let mut conn = ledger.pool().acquire().await.unwrap();
        let now = ledger.clock().now();
        let live = key(ledger, "admin", None, None).await;
        let wrong = format!("dk_{}_{}", live.id(), "0".repeat(64));
        let revoked = key(ledger, "admin", None, None).await;
        principals::revoke(&mut conn, BOOK, revoked.id(), now).await.unwrap();
        let expired = key(ledger, "admin", None, Some(now)).await;
        principal(ledger, "gone", Role::Admin).await;
        let gone = key(ledger, "gone", None, None).await;
        principals::disable(&mut conn, BOOK, "gone", now).await.unwrap();
        let elsewhere = {
            let store = Store::at(&self.service.database.url(), None).unwrap();
            let book = BookId(2);
            store.create_book(book, "elsewhere", Uuid::from_u128(2), now).await.unwrap();
            let other = store.open(book, ledger.clock().clone()).await.unwrap();
            principal(&other, "admin", Role::Admin).await;
            key(&other, "admin", None, None).await
        };
        let bearer = |token: &Token| Some(format!("Bearer {}", token.reveal()));
        self.dead = vec![
            ("none", None),
            ("no key at all", Some("Bearer nonsense".to_owned())),
            ("another scheme", Some(format!("Basic {}", live.reveal()))),
            ("a wrong secret", Some(format!("Bearer {wrong}"))),
            ("revoked", bearer(&revoked)),
            ("expired", bearer(&expired)),
            ("of a disabled principal", bearer(&gone)),
            ("of another book", bearer(&elsewhere)),
        ];
    }

    async fn make_things_of(&mut self, whose: Whose, customer: &str) {
        let service = &self.service;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        service.top_up(customer, "1000").await;
        let placed = service.must("client", "/api/orders", &transfer_order(customer, "500")).await;
        let order = text(&placed["order"]["id"]);
        let shown = service.show_receipt(&order, "500").await;
        let paid = json!({ "amount": iqd("10"), "kind": { "cash": {} }, "customer": customer });
        let paid = service.must("finance", "/api/payments", &paid).await;
        let path = format!("/api/customers/{customer}/wallet/top-ups?claimed=5&currency=IQD");
        let file = [crate::service::PDF, customer.as_bytes()].concat();
        let asked = service.post(&path).by("client").key(customer).file("application/pdf", &file);
        let asked = asked.send().await;
        assert!(asked.status.is_success(), "{asked:?}");
        let destination = json!({ "iban": "IQ98NBIQ850123456789012", "holder": "Layla" });
        let withdrawal = json!({ "amount": iqd("5"), "destination": destination });
        let path = format!("/api/customers/{customer}/wallet/withdrawals");
        let withdrawal = service.must("client", &path, &withdrawal).await;
        let name = if whose == Whose::Own { CUSTOMER } else { OTHER };
        let new = json!({ "principal": "shop", "customers": [name] });
        let made = service.must("admin", "/api/admin/keys", &new).await;
        for (name, thing) in [
            ("customer", customer.to_owned()),
            ("wallet", format!("{customer}:IQD")),
            ("order", order),
            ("receipt", text(&shown["order"]["receipts"][0]["id"])),
            ("payment", text(&paid["payment"]["id"])),
            ("top_up", text(&asked.json()["request"])),
            ("withdrawal", text(&withdrawal["request"])),
            ("key", text(&made["id"])),
        ] {
            self.things.insert((whose, name), thing);
        }
    }

    /// What is nobody's own.
    async fn make_common_things(&mut self) {
        let service = &self.service;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let item = json!({ "currency": "IQD", "owner": "finance", "reason": "why" });
        let item = service.must("finance", "/api/suspense-items", &item).await;
        let line = json!({
            "account": "rafidain-1", "line": "L-1", "date": "2025-11-21", "amount": iqd("148"),
        });
        let line = service.must("finance", "/api/statement-lines", &line).await;

        let order = service.must("client", "/api/orders", &wallet_order(CUSTOMER, "60")).await;
        let path = format!("/api/orders/{}/release?propose=true", text(&order["order"]["id"]));
        let release = service.must("second", &path, &json!({})).await;
        let order = packed(service).await;
        let sent = json!({ "carrier": "taxi", "with_code": false });
        step(service, "logistics", &order, "dispatch", sent).await;
        step(service, "logistics", &order, "deliver", json!({})).await;
        let back = json!({ "lines": [{ "line": 1, "quantity": "1" }], "reason": "broken" });
        let path = format!("/api/orders/{order}/returns?propose=true");
        let returns = service.must("second", &path, &back).await;

        let hook = json!({ "url": "https://8.8.8.8/daftar" });
        let hook = service.must("admin", "/api/webhooks", &hook).await;
        let hook = text(&hook["webhook"]["id"]);
        let path = format!("/api/webhooks/{hook}/test");
        let delivery = service.must("admin", &path, &json!({})).await;
        let going = json!({ "url": "https://8.8.8.8/gone" });
        let going = service.must("admin", "/api/webhooks", &going).await;

        let plan = json!({ "ticket": "T-1", "reason": "a look" });
        let plan = service.must("second", "/api/admin/emergency-order-fix", &plan).await;
        principal(&service.ledger, "leaver", Role::Client).await;
        let path = "/api/admin/projections/timeline/rebuild";
        let rebuild = service.must("admin", path, &json!({ "preview": true })).await;
        let verification = service.must("auditor", "/api/admin/verify", &json!({})).await;
        let alerts = make_alerts(&service.ledger).await;
        for (name, thing) in alerts {
            self.things.insert((Whose::Own, name), thing);
        }
        for (name, thing) in [
            ("item", text(&item["suspense"]["id"])),
            ("statement_line", text(&line["statement_line"]["id"])),
            ("approval", text(&release["approval"]["id"])),
            ("approval_of_goods", text(&returns["approval"]["id"])),
            ("plan", text(&plan["digest"])),
            ("principal", "leaver".to_owned()),
            ("webhook", hook),
            ("webhook to delete", text(&going["webhook"]["id"])),
            ("delivery", text(&delivery["delivery"]["id"])),
            ("name", "wallet_balances".to_owned()),
            ("job", text(&rebuild["job"]["id"])),
            ("verification", text(&verification["job"]["id"])),
            ("position", "1".to_owned()),
            ("account", "1010".to_owned()),
        ] {
            self.things.insert((Whose::Own, name), thing);
        }
    }
}

/// An alert of each department, by what it is called here.
async fn make_alerts(ledger: &Ledger) -> Vec<(&'static str, String)> {
    let (mut conn, now) = (ledger.pool().acquire().await.unwrap(), ledger.clock().now());
    let departments = [
        ("alert", "finance"),
        ("alert of the warehouse", "warehouse"),
        ("alert of logistics", "logistics"),
    ];
    let cases = departments.map(|(_, owner)| Case {
        subject: format!("order/{owner}"),
        severity: Severity::Warning,
        owner: owner.to_owned(),
        says: "something waits".to_owned(),
        evidence: json!({}),
    });
    let book = ledger.book();
    alerts::sync(&mut conn, book, "receipt-waiting", cases.to_vec(), now).await.unwrap();
    let all = alerts::list(&mut conn, book, &Filter::default(), None, 9).await.unwrap();
    let id = |owner: &str| all.iter().find(|alert| alert.owner == owner).unwrap().id.to_string();
    departments.map(|(name, owner)| (name, id(owner))).to_vec()
}

async fn principal(ledger: &Ledger, name: &str, role: Role) {
    let (mut conn, now) = (ledger.pool().acquire().await.unwrap(), ledger.clock().now());
    let id = Text::new(name).unwrap();
    let kind = PrincipalKind::Person;
    let new = NewPrincipal { id, kind, role, department: None, owner: None };
    principals::create_principal(&mut conn, ledger.book(), &new, None, now).await.unwrap();
}

async fn key(
    ledger: &Ledger,
    principal: &str,
    customers: Option<Vec<CustomerId>>,
    expires_at: Option<DateTime<Utc>>,
) -> Token {
    let (mut conn, now) = (ledger.pool().acquire().await.unwrap(), ledger.clock().now());
    let new = NewKey { principal: Text::new(principal).unwrap(), customers, expires_at };
    let book = ledger.book();
    principals::create_key(&mut conn, book, &new, &rand::random(), None, now).await.unwrap()
}

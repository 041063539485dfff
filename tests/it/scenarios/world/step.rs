//! One command of a scenario, and the check of everything that it did.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::seen::{Booked, Seen, lines, names};
use super::{Order, World};
use crate::daftar::{Answer, Api, Reply, Ticket};

/// How long the service may take to do by itself what is due.
const FIRES_WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(50);

/// Something that is done once it is said what it does.
#[derive(Debug)]
#[must_use = "nothing is done before it is said what it does"]
pub(crate) struct Step<'w> {
    world: &'w World,
    act: Act,
    /// The order's id or the customer that it is about; a placed order's comes with the reply.
    about: About,
}

/// A command that waits for a second person.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub(super) id: String,
    pub(super) about: About,
}

#[derive(Debug)]
enum Act {
    Send(Ticket),
    /// With a body that is sent as it is.
    Raw {
        ticket: Ticket,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// The service does it by itself.
    Wait,
}

#[derive(Debug, Clone)]
pub(super) enum About {
    NewOrder,
    Order(String),
    Customer(String),
}

impl<'w> Step<'w> {
    pub(super) fn send(world: &'w World, about: About, ticket: Ticket) -> Self {
        Self { world, act: Act::Send(ticket), about }
    }

    pub(super) fn raw(
        world: &'w World,
        about: About,
        ticket: Ticket,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Self {
        Self { world, act: Act::Raw { ticket, headers, body }, about }
    }

    pub(super) fn wait(world: &'w World, order: &Order) -> Self {
        Self { world, act: Act::Wait, about: About::Order(order.id.clone()) }
    }

    /// It is accepted, does exactly this, and leaves the books in balance.
    pub(crate) async fn then(self, seen: Seen<'_>) -> Order {
        let reply = self.perform().await;
        self.shows(reply.as_ref(), seen).await
    }

    /// It is refused for this reason, and all that it does is that it was tried.
    pub(crate) async fn counts_as(self, status: u16, code: &str, seen: Seen<'_>) -> Order {
        let reply = self.attempt().await.expect("something is asked");
        let said = reply.json();
        assert_eq!((reply.status, said["code"].as_str()), (status, Some(code)), "{self}: {said:#}");
        self.shows(Some(&reply), seen).await
    }

    /// It is accepted, whatever it does: for what comes before the point.
    pub(crate) async fn done(self) -> Value {
        let before = self.world.accounted.load(Ordering::Relaxed);
        let reply = self.perform().await.expect("something is asked");
        self.appended(before, Some(&reply)).await;
        reply.json()
    }

    /// The same of a command about an order, which is shown by both views as it is then.
    pub(crate) async fn leads_to(self) -> Order {
        let (world, about) = (self.world, self.about.clone());
        let said = self.done().await;
        let id = match about {
            About::Order(id) => id,
            About::NewOrder | About::Customer(_) => Order::read(&said["order"]).id,
        };
        let order = world.look_at(&id).await;
        world.remember(&order);
        order
    }

    /// It is refused for this reason, and that it was tried is all that it appends.
    pub(crate) async fn counts_with(self, status: u16, code: &str) -> Value {
        let before = self.world.accounted.load(Ordering::Relaxed);
        let reply = self.attempt().await.expect("something is asked");
        let said = reply.json();
        assert_eq!((reply.status, said["code"].as_str()), (status, Some(code)), "{self}: {said:#}");
        assert_ne!(self.appended(before, Some(&reply)).await, "", "{self} is counted");
        if let About::Order(id) = &self.about {
            let order = self.world.look_at(id).await;
            self.world.remember(&order);
        }
        said
    }

    async fn shows(self, reply: Option<&Reply>, seen: Seen<'_>) -> Order {
        let (world, told) = (self.world, self.to_string());
        let before = world.accounted.load(Ordering::Relaxed);
        let id = match &self.about {
            About::Order(id) => id.clone(),
            About::NewOrder => {
                let said = reply.expect("placing is answered").json();
                Order::read(&said["order"]).id
            }
            About::Customer(customer) => panic!("{told} is about {customer} and no order"),
        };
        let events = self.appended(before, reply).await;
        let order = world.look_at(&id).await;
        let (journal, wallet) =
            (world.journal_after(before).await, world.wallet(&order.customer).await);
        assert_eq!(
            lines(&events, Some(&order.views()), &journal, &wallet),
            lines(seen.events, Some(seen.views), seen.journal, seen.wallet),
            "what is there (left) and what was said (right), after {told}, {}",
            order.number,
        );
        world.assert_balanced().await;
        world.remember(&order);
        order
    }

    /// The same of a command that is about a customer's money only.
    pub(crate) async fn books(self, booked: Booked<'_>) -> Value {
        let (world, told) = (self.world, self.to_string());
        let About::Customer(customer) = &self.about else { panic!("{told} is about an order") };
        let before = world.accounted.load(Ordering::Relaxed);
        let reply = self.perform().await;
        let events = self.appended(before, reply.as_ref()).await;
        let (journal, wallet) = (world.journal_after(before).await, world.wallet(customer).await);
        assert_eq!(
            lines(&events, None, &journal, &wallet),
            lines(booked.events, None, booked.journal, booked.wallet),
            "what is there (left) and what was said (right), after {told}",
        );
        world.assert_balanced().await;
        reply.map_or(Value::Null, |reply| reply.json())
    }

    /// It is accepted, because what it asks for is already so, and does nothing.
    pub(crate) async fn changes_nothing(self) {
        let told = self.to_string();
        let reply = self.undone().await;
        assert!(reply.is_accepted(), "{told}: {}", reply.body);
    }

    /// It is refused for this reason, and does nothing.
    pub(crate) async fn fails_with(self, status: u16, code: &str) -> Value {
        let told = self.to_string();
        let reply = self.undone().await;
        let said = reply.json();
        assert_eq!((reply.status, said["code"].as_str()), (status, Some(code)), "{told}: {said:#}");
        said
    }

    /// It is shown what it would do, and does nothing.
    pub(crate) async fn previews(mut self) -> Value {
        self.ask("dry_run=true");
        let told = self.to_string();
        let reply = self.undone().await;
        assert!(reply.is_accepted(), "{told}: {}", reply.body);
        reply.json()
    }

    /// It is put before a second person, and until somebody agrees it does nothing.
    pub(crate) async fn waits_for_agreement(mut self) -> Proposal {
        self.ask("propose=true");
        let (told, about) = (self.to_string(), self.about.clone());
        let reply = self.undone().await;
        assert_eq!(reply.status, 202, "{told}: {}", reply.body);
        let id = reply.json()["approval"]["id"].as_str().expect("a proposal has an id").to_owned();
        Proposal { id, about }
    }

    fn ask(&mut self, parameter: &str) {
        let (Act::Send(ticket) | Act::Raw { ticket, .. }) = &mut self.act else {
            panic!("nobody asks for {self}");
        };
        let join = if ticket.path.contains('?') { '&' } else { '?' };
        ticket.path.push(join);
        ticket.path.push_str(parameter);
    }

    /// Nothing is appended, and an order that was seen before is as it was.
    async fn undone(self) -> Reply {
        let (world, told) = (self.world, self.to_string());
        let before = world.accounted.load(Ordering::Relaxed);
        let reply = self.attempt().await.expect("something is asked");
        let events = world.events_after(before).await;
        assert_eq!(names(&events), "", "{told} does nothing: {}", reply.body);
        if let About::Order(id) = &self.about
            && let Some(known) = world.known(id)
        {
            assert_eq!(world.look_at(id).await, known, "after {told}");
        }
        world.assert_balanced().await;
        reply
    }

    /// Sends it to this node, whatever comes of it, for those who send several at once.
    pub(crate) async fn attempt_at(&self, node: &Api) -> Reply {
        self.send_to(node).await.expect("something is asked")
    }

    /// The reply, which is a success; none to what the service does by itself.
    async fn perform(&self) -> Option<Reply> {
        let reply = self.attempt().await;
        if let Some(reply) = &reply {
            assert!(reply.is_accepted(), "{self} was answered {}: {}", reply.status, reply.body);
        } else {
            self.await_events().await;
        }
        reply
    }

    async fn attempt(&self) -> Option<Reply> {
        self.send_to(&self.world.nodes[0]).await
    }

    async fn send_to(&self, node: &Api) -> Option<Reply> {
        let answer = match &self.act {
            Act::Send(ticket) => node.attempt(ticket).await,
            Act::Raw { ticket, headers, body } => node.send_raw(ticket, headers, body).await,
            Act::Wait => return None,
        };
        match answer {
            Answer::Decided(reply) => Some(reply),
            other @ (Answer::Unavailable(_) | Answer::Nothing(_) | Answer::Refused(_)) => {
                panic!("{self} was not decided: {other:?}")
            }
        }
    }

    async fn await_events(&self) {
        let before = self.world.accounted.load(Ordering::Relaxed);
        let begun = Instant::now();
        while self.world.events_after(before).await.is_empty() {
            assert!(begun.elapsed() < FIRES_WITHIN, "nothing happens: {self}");
            tokio::time::sleep(POLL).await;
        }
    }

    /// The next command's events, which are those that the reply tells of.
    async fn appended(&self, before: i64, reply: Option<&Reply>) -> String {
        let mut events = self.world.events_after(before).await;
        // What falls due meanwhile is told of by itself.
        if let Some(first) = events.first().map(|event| event["command_id"].clone()) {
            let alone = events.iter().take_while(|event| event["command_id"] == first).count();
            events.truncate(alone);
        }
        if let Some(last) = events.last() {
            let position = last["position"].as_i64().expect("a position is a number");
            self.world.accounted.store(position, Ordering::Relaxed);
        }
        let names = names(&events);
        if let Some(reply) = reply.filter(|reply| reply.is_accepted()) {
            let said = reply.json();
            let told = said["events"].as_array().expect("a reply tells of its events");
            assert_eq!(super::seen::names(told), names, "{self} tells of what it did");
        }
        names
    }
}

impl std::fmt::Display for Step<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.act {
            Act::Send(ticket) => write!(formatter, "POST {} {}", ticket.path, ticket.body),
            Act::Raw { ticket, .. } => write!(formatter, "POST {}", ticket.path),
            Act::Wait => write!(formatter, "what is due by itself"),
        }
    }
}

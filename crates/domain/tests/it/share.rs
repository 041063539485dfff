//! However an order is split into cancelled, delivered and returned parts, they sum to the whole.

use std::sync::Arc;

use domain::decide::{Circumstances, Missing, States, decide};
use domain::id::{Code, Text};
use domain::money::Currency;
use domain::order::status::Phase;
use domain::order::totals::{Charges, LineItem, Quantity, Totals};
use domain::order::{Command, Delivery, DeliveryProof, Dispatch, Facts, Line, LineQuantity, Order};
use domain::{Event, State, StreamKey, order};
use proptest::collection::vec;
use proptest::prelude::*;
use rust_decimal::Decimal;

use crate::build::{self, iqd};
use crate::sample::samples;

/// A placed order of these lines (thousandths of quantity and of price) and charges.
fn placed(lines: &[(i64, i64)], tax: u32, discounted: bool) -> Facts {
    let lines: Vec<LineItem> = (1_u16..)
        .zip(lines)
        .map(|(number, (quantity, price))| {
            let quantity = Quantity::new(Decimal::new(*quantity, 3)).unwrap();
            let price = iqd(&Decimal::new(*price, 3).to_string());
            LineItem::price(number, Text::new("acetone").unwrap(), quantity, price).unwrap()
        })
        .collect();
    let items = lines.iter().fold(iqd("0"), |sum, line| sum.checked_add(line.total).unwrap());
    let charges = Charges {
        discount: if discounted { items.min(iqd("0.777")).unwrap() } else { iqd("0") },
        delivery: iqd("3.333"),
        surcharge_rate: build::percent("1.25"),
        tax_rate: build::percent(&tax.to_string()),
    };
    let totals = Totals::compute(&lines, &charges, build::decimal("0.25"), Currency::IQD).unwrap();
    let (_, Event::Order(order::Event::Placed(sample))) = samples()["order.placed.1"].clone()
    else {
        panic!("the sample is not of an order placed");
    };
    let event = order::Event::Placed(order::Placed { lines, totals, ..sample });
    let mut order = Order::default();
    order.evolve(&event);
    let received = order::Event::PaymentReceived {
        amount: totals.due.as_amount().unwrap_or_else(|| build::amount("1")),
        source: order::Source::Payment(crate::sample::payment_id()),
    };
    order.evolve(&received);
    order.facts().unwrap().clone()
}

fn taking(order: &mut Order, event: order::Event) {
    let entry =
        domain::posting::entry(StreamKey::Order(build::order(1)), &Event::Order(event.clone()));
    entry.unwrap();
    order.evolve(&event);
}

/// What a roll takes of what there is: nothing, some of it or all.
fn some_of(facts: &Facts, roll: &[u32], there: fn(&Line) -> Decimal) -> Vec<LineQuantity> {
    let lines = facts.lines.iter().enumerate();
    let part = lines.filter_map(|(index, line)| {
        let quarters = Decimal::from(roll[index % roll.len()] % 5);
        let some = (there(line) * quarters / Decimal::from(4)).round_dp(3).min(there(line));
        Some(LineQuantity { line: line.item.line, quantity: Quantity::new(some).ok()? })
    });
    part.collect()
}

/// What has been done with the goods of an order, in money.
struct Story {
    order: Order,
    /// Given up by cancelling lines.
    cancelled: Totals,
    refunded: Totals,
    withheld: Totals,
    shipments: u64,
}

impl Story {
    fn of(facts: Facts) -> Self {
        let zero = Totals::zero(Currency::IQD);
        let order = Order::Placed(Box::new(facts));
        Self { order, cancelled: zero, refunded: zero, withheld: zero, shipments: 0 }
    }

    fn facts(&self) -> Facts {
        self.order.facts().unwrap().clone()
    }

    /// Lets the order decide, and takes what it says.
    fn take(&mut self, command: Command) {
        let events = self.order.decide(command).unwrap();
        for event in events {
            taking(&mut self.order, event);
        }
    }

    fn deliver(&mut self, lines: Vec<LineQuantity>) {
        if lines.is_empty() {
            return;
        }
        self.shipments += 1;
        let shipment = build::shipment(self.shipments);
        let (carrier, tracking, code) = (build::code("post"), None, None);
        let lines = Some(lines);
        self.take(Command::Dispatch(Dispatch { shipment, lines, carrier, tracking, code }));
        let shipment = Some(shipment);
        let (proof, return_until) = (DeliveryProof::None, build::noon());
        self.take(Command::Deliver(Delivery { shipment, proof, tries_allowed: 5, return_until }));
    }

    fn cancel(&mut self, lines: Vec<LineQuantity>) {
        let before = self.facts();
        let live: Decimal = before.lines.iter().map(Line::live).sum();
        let taken: Decimal = lines.iter().map(|line| line.quantity.value()).sum();
        if lines.is_empty() || taken == live {
            return;
        }
        let decided = decide_alone(
            &self.order,
            domain::decide::Command::CancelLines {
                order: build::order(1),
                lines,
                reason: build::because(),
            },
        );
        let (Event::Order(event), _) = &decided[0] else { panic!("{decided:?}") };
        taking(&mut self.order, event.clone());
        let given_up = before.totals.checked_sub(&self.facts().totals).unwrap();
        self.cancelled = self.cancelled.checked_add(&given_up).unwrap();
    }

    fn give_back(&mut self, lines: Vec<LineQuantity>, fees: bool) {
        if lines.is_empty() {
            return;
        }
        self.take(Command::ReturnGoods { lines, reason: build::because() });
        let decided = decide_alone(
            &self.order,
            domain::decide::Command::Refund { order: build::order(1), lines: None, fees },
        );
        let (Event::Order(event), _) = &decided[0] else { panic!("{decided:?}") };
        let order::Event::Refunded { parts, withheld, .. } = event else { panic!("{event:?}") };
        assert!(!parts.due.is_negative() && !parts.items.is_negative(), "{parts:?}");
        self.refunded = self.refunded.checked_add(parts).unwrap();
        if let Some(withheld) = withheld {
            self.withheld = self.withheld.checked_add(withheld).unwrap();
        }
        taking(&mut self.order, event.clone());
    }
}

/// The events of a command on an order that stands like this, in a book without anything else.
fn decide_alone(order: &Order, command: domain::decide::Command) -> Vec<(Event, StreamKey)> {
    let circumstances = Circumstances { now: build::noon(), second_person: true };
    let changes = decide(&Alone(order.clone()), circumstances, command).unwrap();
    changes.into_iter().map(|change| (change.event, change.stream)).collect()
}

struct Alone(Order);

impl States for Alone {
    fn state(&self, stream: StreamKey) -> Result<Arc<State>, Missing> {
        let order = matches!(stream, StreamKey::Order(_));
        let state = if order { State::Order(self.0.clone()) } else { State::initial(stream) };
        Ok(Arc::new(state))
    }

    fn last_counter(&self, _series: &Code) -> Result<u32, Missing> {
        Ok(0)
    }
}

/// An order on which the warehouse has done its part.
fn packed(facts: Facts) -> Facts {
    let mut order = Order::Placed(Box::new(facts));
    for step in [order::Event::Released, order::Event::ProcessingStarted, order::Event::Packed] {
        order.evolve(&step);
    }
    order.facts().unwrap().clone()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::cases()) })]

    #[test]
    fn cancelled_delivered_and_returned_parts_of_any_split_sum_to_the_whole(
        lines in vec((1_i64..50_000, 0_i64..5_000_000), 1..5),
        tax in 0_u32..30,
        discounted: bool,
        parts in vec((0_u32..4, vec(any::<u32>(), 1..5)), 0..9),
        fees: bool,
    ) {
        let ordered = placed(&lines, tax, discounted);
        let mut story = Story::of(packed(ordered.clone()));
        for (kind, roll) in &parts {
            let facts = story.facts();
            match kind {
                0 if facts.lines.iter().any(|line| !line.unshipped().is_zero()) => {
                    story.cancel(some_of(&facts, roll, Line::unshipped));
                }
                // Once everything is back, the order is over.
                1 if facts.phase() != Phase::Returned => {
                    story.give_back(some_of(&facts, roll, Line::returnable), fees);
                }
                _ => story.deliver(some_of(&facts, roll, Line::unshipped)),
            }
        }
        story.deliver(story.facts().every(Line::unshipped));
        let facts = story.facts();
        prop_assert_eq!(facts.earned, facts.totals);
        prop_assert!(facts.held().is_zero());
        prop_assert_eq!(facts.totals.checked_add(&story.cancelled).unwrap(), ordered.totals);

        story.give_back(story.facts().every(Line::returnable), fees);
        let facts = story.facts();
        prop_assert_eq!(facts.phase(), Phase::Returned);
        let given_back = story.refunded.checked_add(&story.withheld).unwrap();
        prop_assert_eq!(given_back, facts.earned);
        prop_assert_eq!(facts.refunded, story.refunded.due);
        if fees {
            prop_assert_eq!(story.refunded, facts.earned);
        }
        prop_assert!(facts.received.covers(facts.refunded));
    }

    #[test]
    fn due_is_the_sum_of_its_parts(
        lines in vec((1_i64..50_000, 0_i64..5_000_000), 1..5),
        tax in 0_u32..30,
        discounted: bool,
    ) {
        let totals = placed(&lines, tax, discounted).totals;
        let sum = totals.items.amount() - totals.discount.amount() + totals.delivery.amount()
            + totals.surcharge.amount() + totals.tax.amount() + totals.rounding.amount();
        prop_assert_eq!(totals.due.amount(), sum);
        prop_assert!((totals.due.amount() % build::decimal("0.25")).is_zero());
    }
}

#[test]
fn lines_that_cost_nothing_weigh_by_their_quantity() {
    let facts = placed(&[(2_000, 0)], 0, false);
    let half = [LineQuantity { line: 1, quantity: build::quantity("1") }];
    assert_eq!(facts.earns(&half).unwrap().delivery, iqd("1.667"));
    let whole = [LineQuantity { line: 1, quantity: build::quantity("2") }];
    assert_eq!(facts.earns(&whole).unwrap(), facts.totals);
}

#[test]
fn a_state_that_was_saved_is_the_state_that_is_loaded() {
    let facts = placed(&[(2_500, 333), (1, 7)], 7, true);
    let state = State::Order(Order::Placed(Box::new(facts)));
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
}

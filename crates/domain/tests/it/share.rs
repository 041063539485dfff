//! However an order is split into deliveries, the parts' revenue sums to the whole.

use domain::id::Text;
use domain::money::Currency;
use domain::order::totals::{Charges, LineItem, Quantity, Totals};
use domain::order::{Facts, LineQuantity, Order};
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

/// Delivers what these tell of each line, as a share of what is left of it, and then the rest.
fn deliver_in_parts(mut facts: Facts, parts: &[Vec<u32>]) -> Facts {
    let shares = parts.iter().map(|part| Some(part.clone())).chain([None]);
    for share in shares {
        let mut lines = Vec::new();
        for (index, line) in facts.lines.iter().enumerate() {
            let left = line.item.quantity.value() - line.delivered;
            let quantity = match &share {
                Some(part) => (left * Decimal::from(part[index % part.len()] % 5)
                    / Decimal::from(4))
                .round_dp(3),
                None => left,
            };
            if let Ok(quantity) = Quantity::new(quantity.min(left)) {
                lines.push(LineQuantity { line: line.item.line, quantity });
            }
        }
        let earned = facts.earns(&lines).unwrap();
        assert!(!earned.due.is_negative() && !earned.items.is_negative(), "{earned:?}");
        let event =
            order::Event::Delivered { shipment: build::shipment(1), lines: lines.clone(), earned };
        let entry = domain::posting::entry(StreamKey::Order(build::order(1)), &Event::Order(event));
        entry.unwrap();
        for line in &mut facts.lines {
            let delivered = lines.iter().find(|part| part.line == line.item.line);
            line.delivered += delivered.map_or(Decimal::ZERO, |part| part.quantity.value());
        }
        facts.earned = facts.earned.checked_add(&earned).unwrap();
    }
    facts
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(crate::cases()) })]

    #[test]
    fn the_parts_of_any_split_sum_to_the_whole(
        lines in vec((1_i64..50_000, 0_i64..5_000_000), 1..5),
        tax in 0_u32..30,
        discounted: bool,
        parts in vec(vec(any::<u32>(), 1..5), 0..5),
    ) {
        let facts = placed(&lines, tax, discounted);
        let done = deliver_in_parts(facts, &parts);
        prop_assert_eq!(done.earned, done.totals);
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
fn a_line_that_costs_nothing_earns_nothing_until_the_last_arrives() {
    let facts = placed(&[(2_000, 0)], 0, false);
    let half = [LineQuantity { line: 1, quantity: build::quantity("1") }];
    assert_eq!(facts.earns(&half).unwrap(), Totals::zero(Currency::IQD));
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

//! Linking, whatever the rows: laws that hold for all of them.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use legacy::{Claimant, Debit, Links, Reference, link};
use proptest::{collection::vec, option, prelude::*, sample::select};
use rust_decimal::Decimal;

fn at(milliseconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_753_900_000, 0).unwrap() + TimeDelta::milliseconds(milliseconds)
}

/// Few customers, amounts, times and numbers, so that claims collide.
fn any_amount() -> impl Strategy<Value = Decimal> {
    select(vec!["44", "44.50", "45", "45.99", "11"]).prop_map(|text| text.parse().unwrap())
}

fn any_time() -> impl Strategy<Value = Option<DateTime<Utc>>> {
    prop_oneof![
        1 => Just(None),
        9 => (0_i64..6_000).prop_map(|milliseconds| Some(at(milliseconds))),
        2 => Just(Some(at(40 * 24 * 3_600_000))),
    ]
}

fn any_number() -> impl Strategy<Value = Option<String>> {
    option::of((11_130_u32..11_135).prop_map(|counter| format!("M25{counter}")))
}

fn any_orders() -> impl Strategy<Value = Vec<Claimant>> {
    let order = (any_number(), 1_i64..3, any_amount(), any_time());
    vec(order, 0..8).prop_map(|orders| {
        (1..)
            .zip(orders)
            .map(|(id, (number, customer, wanted, created_at))| Claimant {
                order: id,
                number,
                epoch: 1,
                customer,
                wanted,
                created_at,
            })
            .collect()
    })
}

fn any_debits() -> impl Strategy<Value = Vec<Debit>> {
    let reference = option::of((select(vec!["order", "overpayment"]), 1_i64..8));
    let debit = (any_number(), 1_i64..3, any_amount(), any_time(), reference);
    vec(debit, 0..10).prop_map(|debits| {
        (100..)
            .zip(debits)
            .map(|(id, (names, customer, amount, created_at, reference))| Debit {
                id,
                customer,
                amount,
                created_at,
                reference: reference.map(|(kind, id)| Reference { kind: kind.to_owned(), id }),
                names,
            })
            .collect()
    })
}

fn any_records() -> impl Strategy<Value = (Vec<Claimant>, Vec<Debit>)> {
    (any_orders(), any_debits())
}

/// Every order and debit that the result puts together.
fn pairs(links: &Links) -> Vec<(i64, i64)> {
    let linked = links.linked.iter().map(|link| (link.order, link.debit));
    let twice = links.double_charges.iter().map(|charge| (charge.order, charge.second));
    linked.chain(twice).collect()
}

fn checked(
    orders: &[Claimant],
    debits: &[Debit],
    law: impl Fn(&Claimant, &Debit) -> bool,
) -> Result<(), TestCaseError> {
    let by_id: BTreeMap<i64, &Claimant> = orders.iter().map(|order| (order.order, order)).collect();
    let debit_by_id: BTreeMap<i64, &Debit> = debits.iter().map(|debit| (debit.id, debit)).collect();
    let links = link(orders, debits);
    let ties = links.ties.iter().flat_map(|tie| tie.orders.iter().map(|order| (*order, tie.debit)));
    let doubts = links.doubts.iter().map(|doubt| (doubt.order, doubt.debit));
    for (order, debit) in pairs(&links).into_iter().chain(ties).chain(doubts) {
        prop_assert!(law(by_id[&order], debit_by_id[&debit]), "order {order}, debit {debit}");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::cases()))]

    #[test]
    fn a_debit_belongs_to_one_order_and_an_order_has_one_link((orders, debits) in any_records()) {
        let links = link(&orders, &debits);
        let linked: BTreeSet<i64> = links.linked.iter().map(|link| link.order).collect();
        prop_assert_eq!(linked.len(), links.linked.len());
        let used: BTreeSet<i64> = pairs(&links).into_iter().map(|(_, debit)| debit).collect();
        prop_assert_eq!(used.len(), pairs(&links).len());
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_said_twice((orders, debits) in any_records()) {
        let links = link(&orders, &debits);
        let mut seen: Vec<i64> = pairs(&links).into_iter().map(|(_, debit)| debit).collect();
        seen.extend(links.ties.iter().map(|tie| tie.debit));
        seen.extend(links.doubts.iter().map(|doubt| doubt.debit));
        seen.extend(&links.unlinked_debits);
        seen.sort_unstable();
        prop_assert_eq!(seen, debits.iter().map(|debit| debit.id).collect::<Vec<_>>());
        let mut seen: Vec<i64> = links.linked.iter().map(|link| link.order).collect();
        seen.extend(&links.unpaid_orders);
        seen.sort_unstable();
        prop_assert_eq!(seen, orders.iter().map(|order| order.order).collect::<Vec<_>>());
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(
        ((orders, debits), (other_orders, other_debits)) in any_records().prop_flat_map(|records| {
            let (orders, debits) = records.clone();
            (Just(records), (Just(orders).prop_shuffle(), Just(debits).prop_shuffle()))
        })
    ) {
        prop_assert_eq!(link(&orders, &debits), link(&other_orders, &other_debits));
    }

    #[test]
    fn no_link_crosses_customers((orders, debits) in any_records()) {
        checked(&orders, &debits, |order, debit| order.customer == debit.customer)?;
    }

    #[test]
    fn linked_amounts_are_less_than_a_dinar_apart((orders, debits) in any_records()) {
        checked(&orders, &debits, |order, debit| (order.wanted - debit.amount).abs() < Decimal::ONE)?;
    }

    #[test]
    fn a_double_charge_is_never_earlier_than_what_it_repeats((orders, debits) in any_records()) {
        let time: BTreeMap<i64, _> =
            debits.iter().map(|debit| (debit.id, debit.created_at)).collect();
        for charge in link(&orders, &debits).double_charges {
            let (first, second) = (time[&charge.first], time[&charge.second]);
            prop_assert!(second.is_none() || first <= second);
        }
    }
}

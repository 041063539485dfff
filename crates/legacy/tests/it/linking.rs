//! Linking, case by case.

use chrono::{DateTime, TimeDelta, Utc};
use legacy::{
    Claimant, Debit, DoubleCharge, Doubt, Link, Proof, Reference, Tie, link, previous_number,
};

use crate::old_shop::dinars;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_753_900_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

fn order(id: i64, number: &str, wanted: &str, seconds: i64) -> Claimant {
    Claimant {
        order: id,
        number: Some(number.to_owned()),
        epoch: 1,
        customer: 94,
        wanted: dinars(wanted),
        created_at: Some(at(seconds)),
    }
}

fn debit(id: i64, amount: &str, seconds: i64) -> Debit {
    Debit {
        id,
        customer: 94,
        amount: dinars(amount),
        created_at: Some(at(seconds)),
        reference: None,
        names: None,
    }
}

fn naming(number: &str, debit: Debit) -> Debit {
    Debit { names: Some(number.to_owned()), ..debit }
}

fn referring(kind: &str, id: i64, debit: Debit) -> Debit {
    Debit { reference: Some(Reference { kind: kind.to_owned(), id }), ..debit }
}

#[test]
fn amounts_and_customer_alone_link_nothing() {
    let links = link(&[order(1, "M2511130", "44", 0)], &[debit(7, "44", 60)]);
    assert_eq!(links.linked, []);
    assert_eq!(links.unlinked_debits, [7]);
    assert_eq!(links.unpaid_orders, [1]);
}

#[test]
fn each_proof_links() {
    let orders = [order(1, "M2511130", "44", 0)];
    let cases = [
        (debit(7, "44", -2), Proof::Time),
        (debit(7, "44", 2), Proof::Time),
        (naming("M2511129", debit(7, "44", 600)), Proof::PreviousNumber),
        (referring("order", 1, debit(7, "44", 600)), Proof::Reference),
        (referring("order", 1, naming("M2511129", debit(7, "44", 0))), Proof::Reference),
    ];
    for (debit, proof) in cases {
        assert_eq!(link(&orders, &[debit]).linked, [Link { order: 1, debit: 7, proof }]);
    }
}

#[test]
fn a_gap_of_one_dinar_or_three_seconds_is_too_much() {
    let orders = [order(1, "M2511130", "44", 0)];
    for amount in ["43", "45", "44000"] {
        assert_eq!(link(&orders, &[debit(7, amount, 0)]).linked, [], "{amount}");
    }
    for amount in ["43.01", "44.99"] {
        assert_eq!(link(&orders, &[debit(7, amount, 0)]).linked.len(), 1, "{amount}");
    }
    assert_eq!(link(&orders, &[debit(7, "44", 3)]).linked, []);
    assert_eq!(link(&orders, &[debit(7, "44", -3)]).linked, []);
}

#[test]
fn another_customer_links_nothing_whatever_else_agrees() {
    let other =
        Debit { customer: 8, ..referring("order", 1, naming("M2511129", debit(7, "44", 0))) };
    assert_eq!(link(&[order(1, "M2511130", "44", 0)], &[other]).unlinked_debits, [7]);
}

#[test]
fn a_reference_to_something_else_is_none() {
    let links = link(
        &[order(1, "M2511130", "44", 0)],
        &[referring("recharge_request", 1, debit(7, "44", 60))],
    );
    assert_eq!(links.linked, []);
}

#[test]
fn the_earliest_of_several_is_linked_and_each_later_one_is_a_double_charge() {
    let orders = [order(1, "M2511133", "11", 0)];
    let debits = [
        referring("order", 1, naming("M2511133", debit(5, "11", 4000))),
        naming("M2511132", debit(9, "11", 0)),
        referring("order", 1, debit(4, "11.50", 9000)),
    ];
    let links = link(&orders, &debits);
    assert_eq!(links.linked, [Link { order: 1, debit: 9, proof: Proof::Time }]);
    assert_eq!(
        links.double_charges,
        [
            DoubleCharge { order: 1, first: 9, second: 4 },
            DoubleCharge { order: 1, first: 9, second: 5 },
        ]
    );
}

#[test]
fn the_number_before_yields_to_a_better_claim_of_the_order_that_bears_it() {
    let orders = [order(1, "M2511129", "44", 0), order(2, "M2511130", "44", 500)];
    let links = link(&orders, &[naming("M2511129", debit(7, "44", 1))]);
    assert_eq!(links.linked, [Link { order: 1, debit: 7, proof: Proof::Time }]);
    assert_eq!(links.unpaid_orders, [2]);
}

#[test]
fn a_label_that_fits_two_orders_and_nothing_else_is_a_tie() {
    let orders = [order(1, "M2511129", "44", 0), order(2, "M2511130", "44", 500)];
    let links = link(&orders, &[naming("M2511129", debit(7, "44", 250))]);
    assert_eq!(links.linked, []);
    assert_eq!(links.ties, [Tie { debit: 7, orders: vec![1, 2] }]);
}

#[test]
fn an_order_of_another_amount_does_not_keep_its_number_from_the_next() {
    let orders = [order(1, "M2511129", "900", 0), order(2, "M2511130", "44", 500)];
    let links = link(&orders, &[naming("M2511129", debit(7, "44", 250))]);
    assert_eq!(links.linked, [Link { order: 2, debit: 7, proof: Proof::PreviousNumber }]);
}

#[test]
fn two_orders_of_one_second_claim_a_debit_equally() {
    let orders = [order(1, "M2511130", "44", 0), order(2, "M2511150", "44.50", 1)];
    let links = link(&orders, &[debit(7, "44.20", 0)]);
    assert_eq!(links.ties, [Tie { debit: 7, orders: vec![1, 2] }]);
    assert_eq!(links.unpaid_orders, [1, 2]);
}

#[test]
fn labels_part_two_orders_of_one_second() {
    let orders = [order(1, "M2511130", "44", 0), order(2, "M2511150", "44", 1)];
    let debits = [naming("M2511149", debit(7, "44", 0)), naming("M2511129", debit(8, "44", 1))];
    let links = link(&orders, &debits);
    assert_eq!(
        links.linked,
        [
            Link { order: 1, debit: 8, proof: Proof::Time },
            Link { order: 2, debit: 7, proof: Proof::Time },
        ]
    );
}

#[test]
fn a_debit_that_names_the_order_itself_is_a_doubt() {
    let links = link(&[order(1, "M2511130", "44", 0)], &[naming("M2511130", debit(7, "44", 600))]);
    assert_eq!(links.linked, []);
    assert_eq!(links.doubts, [Doubt { order: 1, debit: 7 }]);
}

#[test]
fn a_label_on_a_debit_from_before_the_last_wipe_says_nothing() {
    let long_before = -40 * 24 * 3600;
    let links =
        link(&[order(1, "M2511130", "44", 0)], &[naming("M2511129", debit(7, "44", long_before))]);
    assert_eq!(links.unlinked_debits, [7]);
}

#[test]
fn a_second_charge_that_may_have_paid_another_order_is_a_tie() {
    let orders = [order(1, "M2511130", "44", 0), order(2, "M2511150", "44", 900)];
    let debits = [debit(7, "44", 0), referring("order", 1, debit(8, "44", 900))];
    let links = link(&orders, &debits);
    assert_eq!(links.linked, [Link { order: 1, debit: 7, proof: Proof::Time }]);
    assert_eq!(links.double_charges, []);
    assert_eq!(links.ties, [Tie { debit: 8, orders: vec![1, 2] }]);
}

#[test]
fn a_debit_whose_time_is_unknown_comes_after_those_whose_time_is_known() {
    let timeless = Debit { created_at: None, ..referring("order", 1, debit(1, "44", 0)) };
    let links = link(&[order(1, "M2511130", "44", 0)], &[timeless, debit(7, "44", 0)]);
    assert_eq!(links.double_charges, [DoubleCharge { order: 1, first: 7, second: 1 }]);
}

#[test]
fn the_number_before_stays_in_its_year() {
    assert_eq!(previous_number("M2511130").as_deref(), Some("M2511129"));
    assert_eq!(previous_number("M2510000").as_deref(), Some("M2509999"));
    assert_eq!(previous_number("M25100000").as_deref(), Some("M2599999"));
    assert_eq!(previous_number("M2600000"), None);
    for odd in ["", "M", "M25T001", "ORD1005", "M251", "m2511130", "M2511130x", "Mپ5111300"] {
        assert_eq!(previous_number(odd), None, "{odd}");
    }
}

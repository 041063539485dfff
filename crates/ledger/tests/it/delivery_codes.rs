//! Delivery codes: the same each time they are asked for, evenly spread, and known only by the key.

use std::collections::BTreeSet;

use domain::id::{OrderId, ShipmentId};
use ledger::delivery_codes::{DeliveryCode, DeliveryCodes};
use uuid::Uuid;

const BOOK: Uuid = Uuid::from_u128(1);
const ORDER: OrderId = OrderId::new(Uuid::from_u128(3));
const OTHER: OrderId = OrderId::new(Uuid::from_u128(4));

fn codes() -> DeliveryCodes {
    DeliveryCodes::new([7; 32], BOOK)
}

fn shipment(number: u128) -> ShipmentId {
    ShipmentId::new(Uuid::from_u128(number))
}

#[test]
fn a_code_is_six_digits_and_the_same_on_every_node() {
    let code = codes().issue(ORDER, shipment(5), 1);
    assert_eq!(code, codes().issue(ORDER, shipment(5), 1));
    let text = code.to_string();
    assert_eq!(text.len(), 6);
    assert_eq!(text.parse::<DeliveryCode>().unwrap(), code);
    assert_eq!(
        codes().digest(ORDER, shipment(5), code),
        codes().digest(ORDER, shipment(5), text.parse().unwrap())
    );
}

/// Worked out beside the code, from the definition: whoever changes it locks out every customer
/// who holds a code.
#[test]
fn the_codes_that_customers_hold_stay_good() {
    let code = codes().issue(ORDER, shipment(5), 1);
    assert_eq!(code.to_string(), "417308");
    assert_eq!(
        codes().digest(ORDER, shipment(5), code).as_str(),
        "0529e2819fc38ba4161f935f71de4af926f8beacb8b5347fcff4deade1db215d"
    );
}

#[test]
fn another_issue_order_shipment_key_or_book_has_another_code_and_digest() {
    let code = codes().issue(ORDER, shipment(5), 1);
    let digest = codes().digest(ORDER, shipment(5), code);
    assert_ne!(codes().issue(ORDER, shipment(5), 2), code);
    assert_ne!(codes().issue(ORDER, shipment(6), 1), code);
    assert_ne!(codes().digest(ORDER, shipment(6), code), digest);
    assert_ne!(codes().issue(OTHER, shipment(5), 1), code);
    assert_ne!(codes().digest(OTHER, shipment(5), code), digest);
    for others in [DeliveryCodes::new([8; 32], BOOK), DeliveryCodes::new([7; 32], Uuid::nil())] {
        assert_ne!(others.issue(ORDER, shipment(5), 1), code);
        assert_ne!(others.digest(ORDER, shipment(5), code), digest);
    }
}

#[test]
fn the_digest_of_every_wrong_code_differs() {
    let codes = codes();
    let digests: BTreeSet<_> = (0..2_000)
        .map(|number| format!("{number:06}").parse().unwrap())
        .map(|code| codes.digest(ORDER, shipment(5), code).to_string())
        .collect();
    assert_eq!(digests.len(), 2_000);
    assert!(digests.iter().all(|digest| digest.len() == 64));
}

#[test]
fn codes_spread_evenly_over_the_whole_million() {
    const SHIPMENTS: u128 = 10_000;
    let mut tenths = [0_u32; 10];
    for number in 0..SHIPMENTS {
        let first = codes().issue(ORDER, shipment(number), 1).to_string().remove(0);
        tenths[usize::try_from(first.to_digit(10).unwrap()).unwrap()] += 1;
    }
    // 1,000 expected in each, with a standard deviation of 30.
    assert!(tenths.iter().all(|count| (850..=1_150).contains(count)), "{tenths:?}");
}

#[test]
fn only_six_digits_are_a_code_and_none_is_shown_by_debug() {
    for text in ["", "12345", "1234567", "+12345", "-12345", " 12345", "12345a", "١٢٣٤٥٦"] {
        assert!(text.parse::<DeliveryCode>().is_err(), "{text}");
    }
    let code: DeliveryCode = "012345".parse().unwrap();
    assert_eq!(code.to_string(), "012345");
    assert_eq!(format!("{code:?} {:?}", codes()), "DeliveryCode DeliveryCodes");
}

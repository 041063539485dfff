//! Delivery codes: the same each time they are asked for, evenly spread, and known only by the key.

use std::collections::BTreeSet;

use domain::id::ShipmentId;
use ledger::delivery_codes::{DeliveryCode, DeliveryCodes};
use uuid::Uuid;

const BOOK: Uuid = Uuid::from_u128(1);

fn codes() -> DeliveryCodes {
    DeliveryCodes::new([7; 32], BOOK)
}

fn shipment(number: u128) -> ShipmentId {
    ShipmentId::new(Uuid::from_u128(number))
}

#[test]
fn a_code_is_six_digits_and_the_same_on_every_node() {
    let code = codes().issue(shipment(5), 1);
    assert_eq!(code, codes().issue(shipment(5), 1));
    let text = code.to_string();
    assert_eq!(text.len(), 6);
    assert_eq!(text.parse::<DeliveryCode>().unwrap(), code);
    assert_eq!(
        codes().digest(shipment(5), code),
        codes().digest(shipment(5), text.parse().unwrap())
    );
}

/// Worked out beside the code, from the definition: whoever changes it locks out every customer
/// who holds a code.
#[test]
fn the_codes_that_customers_hold_stay_good() {
    let code = codes().issue(shipment(5), 1);
    assert_eq!(code.to_string(), "115042");
    assert_eq!(
        codes().digest(shipment(5), code).as_str(),
        "a09d066ea8f9e53449a816d5befbaa445c4f7259895de8b88361a6a91873e7a7"
    );
}

#[test]
fn another_issue_shipment_key_or_book_has_another_code_and_digest() {
    let code = codes().issue(shipment(5), 1);
    let digest = codes().digest(shipment(5), code);
    assert_ne!(codes().issue(shipment(5), 2), code);
    assert_ne!(codes().issue(shipment(6), 1), code);
    assert_ne!(codes().digest(shipment(6), code), digest);
    for others in [DeliveryCodes::new([8; 32], BOOK), DeliveryCodes::new([7; 32], Uuid::nil())] {
        assert_ne!(others.issue(shipment(5), 1), code);
        assert_ne!(others.digest(shipment(5), code), digest);
    }
}

#[test]
fn the_digest_of_every_wrong_code_differs() {
    let codes = codes();
    let digests: BTreeSet<_> = (0..2_000)
        .map(|number| format!("{number:06}").parse().unwrap())
        .map(|code| codes.digest(shipment(5), code).to_string())
        .collect();
    assert_eq!(digests.len(), 2_000);
    assert!(digests.iter().all(|digest| digest.len() == 64));
}

#[test]
fn codes_spread_evenly_over_the_whole_million() {
    const SHIPMENTS: u128 = 10_000;
    let mut tenths = [0_u32; 10];
    for number in 0..SHIPMENTS {
        let first = codes().issue(shipment(number), 1).to_string().remove(0);
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

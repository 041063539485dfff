//! The three data sets of customer 94: what each proves.

use legacy::{Class, DoubleCharge, Landing, Link, Phase, Proof};

use crate::old_shop::{MISLABELLED, MISSING, REPAIRED, Weighed, dinars, weigh};

fn links(weighed: &Weighed) -> Vec<Link> {
    weighed.links.linked.clone()
}

#[tokio::test]
async fn where_the_debits_are_missing_each_order_has_the_trouble_its_owner_saw() {
    let weighed = weigh(MISSING, "").await;
    assert_eq!(weighed.classes("M2511128"), Vec::<&str>::new());
    assert_eq!(weighed.classes("M2511130"), ["status_mismatch", "wallet_issue"]);
    assert_eq!(weighed.classes("M2511133"), ["wallet_issue"]);
    assert_eq!(weighed.classes("M2511135"), ["status_mismatch", "wallet_issue"]);
    assert_eq!(weighed.classes("M2511138"), ["receipt_waiting"]);
    assert_eq!(weighed.links.linked, []);
    assert_eq!(weighed.links.unpaid_orders, [10, 13, 15]);
    assert_eq!(weighed.links.unlinked_debits, [214], "its order is gone");
}

#[tokio::test]
async fn the_five_orders_land_in_the_same_place_in_every_data_set() {
    for data_set in [MISSING, MISLABELLED, REPAIRED] {
        let weighed = weigh(data_set, "").await;
        let landing = |number| weighed.order(number).landing();
        assert_eq!(landing("M2511128"), Landing::Phase(Phase::WarehouseReady));
        assert_eq!(landing("M2511130"), Landing::ImportReview);
        assert_eq!(landing("M2511133"), Landing::ImportReview);
        assert_eq!(landing("M2511135"), Landing::ImportReview);
        assert_eq!(landing("M2511138"), Landing::PaymentReview);
        assert!(weighed.order("M2511138").waits_for_finance);
        assert_eq!(weighed.order("M2511128").proven_amount, dinars("360960.16"));
        assert_eq!(weighed.order("M2511138").proven_amount, dinars("0"));
        assert_eq!(weighed.order("M2511138").receipts, [9]);
    }
}

#[tokio::test]
async fn the_orders_cost_what_the_shop_asked_for() {
    let weighed = weigh(MISSING, "").await;
    let due: Vec<_> = weighed.assessment.orders.iter().filter_map(|order| order.due).collect();
    let expected = ["360960.16", "44.00", "11.00", "151126.17", "81431.30"].map(dinars);
    assert_eq!(due, expected);
    let customers: Vec<_> = weighed.shop.orders.iter().map(|order| order.customer).collect();
    assert_eq!(customers, [Some(94); 5]);
    assert_eq!(weighed.oddities(), Vec::<String>::new());
    assert_eq!(weighed.shop.absences, []);
    assert_eq!(weighed.loose(), Vec::<String>::new());
}

#[tokio::test]
async fn mislabelled_debits_are_linked_by_their_second() {
    let weighed = weigh(MISLABELLED, "").await;
    let expected = [(10, 231), (13, 233), (15, 234)];
    let expected = expected.map(|(order, debit)| Link { order, debit, proof: Proof::Time });
    assert_eq!(links(&weighed), expected);
    assert_eq!(weighed.links.double_charges, []);

    assert_eq!(weighed.classes("M2511130"), ["status_mismatch", "debit_mislabelled"]);
    assert_eq!(weighed.classes("M2511133"), ["debit_mislabelled", "paid_but_pending"]);
    let lacking = weighed.order("M2511135");
    assert!(lacking.has(Class::Shortfall));
    assert!(!lacking.has(Class::WalletIssue));
    assert!(!lacking.proven);
    assert_eq!(lacking.proven_amount, dinars("151126.00"));
    assert_eq!(lacking.due, Some(dinars("151126.17")));
    assert!(weighed.order("M2511130").proven);
    assert_eq!(weighed.order("M2511130").proven_amount, dinars("44.00"));
}

#[tokio::test]
async fn without_their_time_mislabelled_debits_are_linked_by_the_number_before() {
    let later = "update public.wallet_transactions set created_at = created_at + interval '9 min'
                 where id >= 231";
    let weighed = weigh(MISLABELLED, later).await;
    let expected = [(10, 231), (13, 233), (15, 234)];
    let expected =
        expected.map(|(order, debit)| Link { order, debit, proof: Proof::PreviousNumber });
    assert_eq!(links(&weighed), expected);
}

#[tokio::test]
async fn the_repair_by_hand_charged_two_orders_again() {
    let weighed = weigh(REPAIRED, "").await;
    let expected = [(10, 231), (13, 233), (15, 234)];
    let expected = expected.map(|(order, debit)| Link { order, debit, proof: Proof::Time });
    assert_eq!(links(&weighed), expected, "the earliest wins over a later one with a reference");
    assert_eq!(
        weighed.links.double_charges,
        [
            DoubleCharge { order: 13, first: 233, second: 240 },
            DoubleCharge { order: 15, first: 234, second: 241 },
        ]
    );
    assert!(weighed.order("M2511133").has(Class::DoubleCharge));
    assert!(weighed.order("M2511135").has(Class::DoubleCharge));
    assert!(!weighed.order("M2511130").has(Class::DoubleCharge));
    assert_eq!(weighed.links.unlinked_debits, [214]);
}

#[tokio::test]
async fn the_stored_balance_is_set_against_what_its_rows_explain() {
    let sets = [
        (MISSING, "15296775.16", "15150000.00"),
        (MISLABELLED, "15296775.16", "15150000.00"),
        (REPAIRED, "15145637.99", "14998862.83"),
    ];
    for (data_set, stored, explained) in sets {
        let weighed = weigh(data_set, "").await;
        let [wallet] = weighed.assessment.wallets.as_slice() else { panic!("one wallet") };
        assert_eq!(wallet.customer, Some(94));
        assert_eq!(wallet.stored, Some(dinars(stored)));
        assert_eq!(wallet.explained, dinars(explained));
        assert_eq!(wallet.unexplained, Some(dinars("146775.16")));
        assert!(wallet.has(Class::UnexplainedBalance));
        assert!(wallet.has(Class::ChainBreak));
        assert!(wallet.has(Class::ReferenceMissing));
    }
}

#[tokio::test]
async fn the_data_sets_differ_in_the_wallet_only() {
    let [missing, mislabelled, repaired] =
        [weigh(MISSING, "").await, weigh(MISLABELLED, "").await, weigh(REPAIRED, "").await];
    for other in [&mislabelled, &repaired] {
        let (left, right) = (&missing.shop, &other.shop);
        assert_eq!(format!("{:?}", left.orders), format!("{:?}", right.orders));
        assert_eq!(format!("{:?}", left.managements), format!("{:?}", right.managements));
        assert_eq!(format!("{:?}", left.items), format!("{:?}", right.items));
        assert_eq!(format!("{:?}", left.receipts), format!("{:?}", right.receipts));
        assert_eq!(format!("{:?}", left.history), format!("{:?}", right.history));
    }
}

#[tokio::test]
async fn times_without_a_zone_are_utc_even_where_the_server_is_elsewhere() {
    let weighed = weigh(MISSING, "set timezone = 'Asia/Tehran'").await;
    let order = weighed.shop.orders.iter().find(|order| order.id == 18).unwrap();
    assert_eq!(order.created_at.unwrap().to_rfc3339(), "2025-07-30T20:35:44+00:00");
    let receipt = weighed.shop.receipts.iter().find(|receipt| receipt.order == Some(18)).unwrap();
    assert_eq!(receipt.uploaded_at.unwrap().to_rfc3339(), "2025-07-30T20:36:50+00:00");
}

#[tokio::test]
async fn personal_data_stands_apart_and_is_shown_by_no_debug_and_no_evidence() {
    let weighed = weigh(REPAIRED, "").await;
    let order = weighed.shop.orders.iter().find(|order| order.id == 18).unwrap();
    assert!(order.personal.get("recipient_name").is_some());
    assert!(order.personal.get("notes").unwrap().contains("575755"));
    assert!(order.personal.get("shipping_address").unwrap().contains("street"));
    let shown = format!("{:?} {:?} {:?}", weighed.shop, weighed.links, weighed.assessment);
    for secret in
        ["الجبوري", "+96477", "شارع", "575755", "54858887", "rasid", "example.test", "پرداخت"]
    {
        assert!(!shown.contains(secret), "{secret} is shown");
    }
}

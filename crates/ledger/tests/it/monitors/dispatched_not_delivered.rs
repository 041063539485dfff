//! Orders that left the house and arrive neither there nor back.

use domain::decide::{Command, OrderedLine, PlaceOrder};
use domain::id::{ShipmentId, Text};
use domain::order::status::Method;
use domain::order::totals::{Percent, Quantity};
use domain::order::{DeliveryProof, LineQuantity};
use domain::settings::Setting;
use ledger::alerts::Severity;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::watched::Watched;
use crate::book::{because, by_wallet, code, customer, iqd, order, top_up};

const MONITOR: &str = "dispatched-not-delivered";

fn shipment(number: u64) -> ShipmentId {
    ShipmentId::new(Uuid::from_u64_pair(0x5, number))
}

/// Everything that is still to be shipped.
pub(super) fn dispatch(order_number: u64, shipment_number: u64) -> Command {
    Command::Dispatch {
        order: order(order_number),
        shipment: shipment(shipment_number),
        lines: None,
        carrier: code("camel"),
        tracking: None,
        code: None,
    }
}

fn by_word() -> DeliveryProof {
    DeliveryProof::Override { reason: Text::new("the receiver is known").unwrap() }
}

fn two_of_a_thing(number: u64) -> Command {
    Command::PlaceOrder(Box::new(PlaceOrder {
        order: order(number),
        customer: customer("anna"),
        method: Method::WalletFull,
        remainder: None,
        wallet_part: None,
        lines: vec![OrderedLine {
            sku: Text::new("borax").unwrap(),
            quantity: Quantity::new(Decimal::TWO).unwrap(),
            unit_price: iqd(50),
        }],
        discount: iqd(0),
        delivery: iqd(0),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd(100),
        recipient: None,
    }))
}

/// An order of Anna's that leaves the house at noon on a Thursday.
async fn dispatched() -> Watched {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    watched.send(by_wallet(1, "anna", 100)).await;
    let order = order(1);
    for command in [
        Command::Release { order },
        Command::StartProcessing { order },
        Command::Pack { order },
        dispatch(1, 1),
    ] {
        watched.send(command).await;
    }
    watched
}

#[tokio::test]
async fn what_is_under_way_for_a_week_of_work_is_late_and_its_delivery_resolves_it() {
    let watched = dispatched().await;
    // Forty hours: five on Thursday, thirty-two until Wednesday, three on the next Thursday.
    for early in ["11-21 12:00", "11-27 11:59"] {
        watched.at(early);
        assert_eq!(watched.look(MONITOR).await, [], "{early}");
    }
    watched.at("11-27 12:00");
    let late = watched.one(MONITOR).await;
    assert_eq!((late.severity, late.owner.as_str()), (Severity::Warning, "logistics"));
    assert!(
        late.says.ends_with(
            "has been on its way and not delivered for 40 working hours, since 2025-11-20 12:00"
        ),
        "{late:?}"
    );
    let order = order(1);
    watched.send(Command::Deliver { order, shipment: None, proof: by_word() }).await;
    assert_eq!(watched.look(MONITOR).await, []);
}

#[tokio::test]
async fn a_failed_delivery_and_the_way_back_have_a_time_of_their_own() {
    let watched = dispatched().await;
    watched.change(Setting::DeliveryHours(8)).await;
    let (order, shipment) = (order(1), shipment(1));
    let steps = [
        ("11-23 12:00", "dispatched", Command::FailDelivery { order, shipment, reason: because() }),
        ("11-24 12:00", "delivery_failed", Command::ReturnToOrigin { order, shipment }),
        ("11-25 12:00", "returning_to_origin", Command::ReceiveBack { order, shipment }),
    ];
    for (time, phase, command) in steps {
        watched.at(time);
        let late = watched.one(MONITOR).await;
        assert_eq!(late.evidence["phase"], phase);
        assert_eq!(late.owner, "logistics");
        watched.send(command).await;
        assert_eq!(watched.look(MONITOR).await, [], "{phase}");
    }
}

#[tokio::test]
async fn an_order_that_was_shipped_in_part_waits_for_the_rest() {
    let watched = Watched::open().await;
    watched.send(top_up("anna", 1, 1_000)).await;
    watched.send(two_of_a_thing(1)).await;
    let order = order(1);
    for command in
        [Command::Release { order }, Command::StartProcessing { order }, Command::Pack { order }]
    {
        watched.send(command).await;
    }
    let one = vec![LineQuantity { line: 1, quantity: Quantity::new(Decimal::ONE).unwrap() }];
    watched
        .send(Command::Dispatch {
            order,
            shipment: shipment(1),
            lines: Some(one),
            carrier: code("camel"),
            tracking: None,
            code: None,
        })
        .await;
    watched.at("11-27 12:00");
    assert_eq!(watched.one(MONITOR).await.evidence["phase"], "partly_shipped");
    watched.send(dispatch(1, 2)).await;
    assert_eq!(watched.look(MONITOR).await, [], "all of it is under way since a moment ago");
}

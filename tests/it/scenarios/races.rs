//! Scenario 13: Upload a receipt ∥ expire ∥ cancel: one winner. Approve ∥ reject ∥ cancel: any
//! order, no dinar lost; money approved after a cancel is in the wallet.

use std::collections::BTreeMap;
use std::time::Duration;

use super::world::{Cart, Order, Seen, Transfer, World};

/// How often each race is run.
const ROUNDS: u32 = 14;
/// How much later each round begins.
const STEP: Duration = Duration::from_millis(50);
/// What an upload, which stores its file first, has before a cancellation, by turns.
const HEAD_START: Duration = Duration::from_millis(15);
const EXPIRED: &str = "order placed, order expired";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_upload_and_a_cancellation_at_the_deadline_one_wins() {
    let world = World::new("race-upload").await;
    let mut outcomes = BTreeMap::new();
    for round in 0..ROUNDS {
        let customer = format!("customer-{round}");
        let order = place(&world, &customer, "none").await;
        let node = &world.nodes()[0];
        let (uploads, cancels) = (
            world.client().uploads(&order, &customer, "100000"),
            world.client().cancels(&order, "changed-mind"),
        );
        // The deadline worker is the third. It looks every second or sooner: in the first round the
        // others are early, in the last they are late.
        world.time_is(order.deadline());
        tokio::time::sleep(STEP * round).await;
        let cancels = async {
            tokio::time::sleep(HEAD_START * (round % 3)).await;
            cancels.attempt_at(node).await
        };
        tokio::join!(uploads.attempt_at(node), cancels);
        let events = world.settled(&order).await;
        let journal = world.accounts_for_everything().await;
        assert!(journal.is_empty(), "no money was there to move: {journal:?}");
        let views = match events.as_str() {
            EXPIRED => "expired | expired · – | unpaid",
            "order placed, order cancelled" => "cancelled | cancelled · – | unpaid",
            "order placed, order receipt_uploaded, order cancelled" => {
                "cancelled | cancelled · – | receipt_uploaded"
            }
            other => panic!("this cannot happen: {other}"),
        };
        assert_eq!(world.views_of(&order.id).await, views);
        world.assert_balanced().await;
        *outcomes.entry(events).or_insert(0) += 1;
    }
    println!("{outcomes:#?}");
    assert!(outcomes.contains_key(EXPIRED), "the deadline never won");
    assert!(outcomes.len() > 1, "the deadline always won");
    world.ends().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_first_of_approval_rejection_and_cancellation_no_dinar_is_lost() {
    let world = World::with_nodes("race-approve", 2).await;
    let mut outcomes = BTreeMap::new();
    for round in 0..ROUNDS {
        let customer = format!("customer-{round}");
        let order = under_review(&world, &customer).await;
        let reference = format!("TT-{round}");
        let transfer = Transfer { reference: &reference, amount: "100000" };
        let (approves, rejects, cancels) = (
            world.finance().approves(&order, "100000", transfer),
            world.second_finance().rejects(&order, "it is a blank page"),
            world.client().cancels(&order, "changed-mind"),
        );
        let [one, other] = world.nodes() else { panic!("there are two nodes") };
        let (approval, rejection, cancellation) = tokio::join!(
            approves.attempt_at(one),
            rejects.attempt_at(other),
            cancels.attempt_at(if round % 2 == 0 { one } else { other }),
        );
        assert!(cancellation.is_accepted(), "nothing is shipped: {}", cancellation.body);
        assert_ne!(approval.is_accepted(), rejection.is_accepted(), "decided once");

        let events = world.settled(&order).await;
        let journal = world.accounts_for_everything().await;
        let recorded = format!("Dr 1020:{reference} / Cr 2120:{reference} 100000");
        let paid = format!("Dr 2120:{reference} / Cr 2200:{} 100000", order.number);
        let given_back = format!("Dr 2200:{} / Cr 2100:{customer} 100000", order.number);
        let late = format!("Dr 2120:{reference} / Cr 2100:{customer} 100000");
        let (expected, wallet): (Vec<String>, _) = match events.as_str() {
            "order placed, order receipt_uploaded, order receipt_approved, order payment_received, \
             order cancelled" => (vec![recorded, paid, given_back], "100000"),
            "order placed, order receipt_uploaded, order cancelled, order receipt_approved" => {
                (vec![recorded, late], "100000")
            }
            "order placed, order receipt_uploaded, order receipt_rejected, order cancelled"
            | "order placed, order receipt_uploaded, order cancelled, order receipt_rejected" => {
                (Vec::new(), "none")
            }
            other => panic!("this cannot happen: {other}"),
        };
        assert_eq!(journal, expected, "{events}");
        assert_eq!(world.wallet(&customer).await, wallet, "{events}");
        let views = world.views_of(&order.id).await;
        assert!(views.starts_with("cancelled | cancelled · – | "), "{views}");
        world.assert_balanced().await;
        *outcomes.entry(events).or_insert(0) += 1;
    }
    println!("{outcomes:#?}");
    for account in ["2120", "2200"] {
        assert_eq!(world.account(account).await, "0", "nothing is left in {account}");
    }
    world.ends().await;
}

#[tokio::test]
async fn money_that_is_approved_after_a_cancellation_is_in_the_wallet() {
    let world = World::new("cancelled").await;
    let order = under_review(&world, "zaid").await;
    world
        .client()
        .cancels(&order, "changed-mind")
        .then(Seen {
            events: "order cancelled",
            views: "cancelled | cancelled · – | receipt_uploaded",
            journal: &[],
            wallet: "none",
        })
        .await;
    world
        .finance()
        .approves(&order, "100000", Transfer { reference: "TT-1", amount: "100000" })
        .then(Seen {
            events: "payment recorded, order receipt_approved, receipt_file approved, \
                     payment allocated, wallet opened, wallet credited",
            views: "cancelled | cancelled · – | unpaid",
            journal: &["Dr 1020:TT-1 / Cr 2120:TT-1 100000", "Dr 2120:TT-1 / Cr 2100:zaid 100000"],
            wallet: "100000",
        })
        .await;
    world.ends().await;
}

async fn place(world: &World, customer: &str, wallet: &str) -> Order {
    let cart = Cart::of(customer).line("LB-502", "1", "100000").total("100000");
    world
        .client()
        .places(&cart.by_bank_transfer())
        .then(Seen {
            events: "order placed",
            views: "payment_grace_period | payment_grace_period · customer | grace_period",
            journal: &[],
            wallet,
        })
        .await
}

async fn under_review(world: &World, customer: &str) -> Order {
    let order = place(world, customer, "none").await;
    world
        .client()
        .uploads(&order, customer, "100000")
        .then(Seen {
            events: "order receipt_uploaded, receipt_file uploaded",
            views: "pending | payment_uploaded · finance | receipt_uploaded",
            journal: &[],
            wallet: "none",
        })
        .await
}

//! D: identity, numbers, deletion.

use futures::FutureExt as _;
use serde_json::{Value, json};

use super::attempt::Attempt;
use super::way::Outcome::{Guarded, Nothing, Refused, So, Unknown};
use super::way::{At, Place, Try, Way, import, of_order, tried, tried_at, verification};
use crate::daftar::Ticket;
use crate::scenarios::world::Cart;

pub(super) fn ways() -> Vec<Way> {
    vec![f31(), f32(), f33(), f34(), f35(), f36(), f37()]
}

fn f31() -> Way {
    Way {
        impossible: tried(
            "a number is allotted once, by the placing command, and nothing gives another",
            &[
                Try("bringing a number of one's own", Unknown("/number")),
                Try("from placing to delivery an order has the number of its placing event", So),
            ],
            |it| shifted(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["debit_mislabelled"],
                "update wallet_transactions set description = 'order M2519999' where id = {debit}",
            ),
            verification(
                "column",
                &["customer_orders"],
                "update daftar.customer_orders set number = number || '1'
                  where book_id = 1 and order_id =
                        (select order_id from daftar.customer_orders
                          where book_id = 1 order by order_id offset 3 limit 1)
                 returning jsonb_build_object('view', 'customer_orders', 'column', 'number',
                           'key', jsonb_build_object('order_id', order_id))",
            ),
        ],
        ..Way::new(
            "F31",
            "A route took number N and the function that it called took N + 1, and approving an \
             order gave it yet another: debits stood under the number before.",
        )
    }
}

async fn shifted(it: &Attempt<'_>) {
    let mut body = it.cart("100").by_bank_transfer().body();
    body["number"] = json!("M2699999");
    it.tries(it.client().money(&it.customer(), "/api/orders".to_owned(), body)).await;
    let order = it.delivered_order("100").await;
    let said = it.world.read(&format!("/api/orders/{}/events", order.id)).await;
    let placed = &said["events"][0]["payload"]["placed"]["number"];
    let now = it.world.seen(&order.id).await.number;
    it.is_so(placed == &json!(now) && now == order.number, (&said["events"][0], now));
}

fn f32() -> Way {
    Way {
        impossible: tried_at(
            Place::TakenOver,
            "a number is never given again, and a new book begins above those it took over; an old \
             number that several orders bear names none of them",
            &[
                Try("asking for an order by such a number", Refused(409, "order-number-ambiguous")),
                Try("the order after a cancelled one has the next number", So),
                Try("the first new number of that year is above every old one", So),
            ],
            |it| number_again(it).boxed_local(),
        ),
        found: vec![of_order(
            &["number_repeated"],
            "alter table customer_orders drop constraint if exists customer_orders_order_number_key;
             update customer_orders set order_number = 'M2600777' where id = {order};
             insert into customer_orders (id, order_number, customer_id, total_amount, status, currency,
                    payment_status, payment_method, created_at)
             values (8{n}, 'M2600777', 1, 70, 'cancelled', 'IQD', 'unpaid', 'online_payment', '2025-01-01')",
        )],
        ..Way::new(
            "F32",
            "All orders were wiped and the counter set back: 158 of 240 numbers were given twice or \
             more, some to three different orders.",
        )
    }
}

async fn number_again(it: &Attempt<'_>) {
    let node = &it.world.nodes()[0];
    it.hears(node.try_get(it.world.key("zahra"), "/api/orders/M2600777").await).await;
    let counter =
        |number: &str| number[3..].parse::<u64>().expect("a counter follows prefix and year");
    let places = async || {
        let cart = it.cart("100").by_bank_transfer();
        let said = it.client().places(&cart).done().await;
        let text = |name: &str| said["order"][name].as_str().expect("it has one").to_owned();
        (text("id"), text("number"))
    };
    let (id, first) = places().await;
    let path = format!("/api/orders/{id}/cancel");
    it.client().money(&it.customer(), path, json!({ "reason": "changed-mind" })).done().await;
    let (_, second) = places().await;
    it.is_so(counter(&second) == counter(&first) + 1, (&first, &second));
    let highest = "select max(substr(number, 4))::text from daftar.customer_orders
                    where epoch is not null and number like 'M26%'";
    let highest: u64 = it.world.text(highest).await.parse().expect("an old number of this year");
    it.is_so(counter(&first) > highest, (first, highest));
}

fn f33() -> Way {
    Way {
        impossible: tried(
            "the counter of a series is what placed events say, and moves with them alone",
            &[
                Try("an order that is refused takes no number", Refused(422, "totals-disagree")),
                Try("neither does asking first, nor the same request sent again: the next is the next", So),
            ],
            |it| gaps(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["no_number"],
                "update customer_orders set order_number = null where id = {order}",
            ),
            verification(
                "number",
                &["events"],
                "update daftar.events
                    set payload = replace(payload::text, '\"number\":\"M', '\"number\":\"N')::json
                  where book_id = 1 and position =
                        (select position from daftar.events
                          where book_id = 1 and event_type = 'placed' order by position offset 4 limit 1)
                 returning jsonb_build_object('position', position)",
            ),
        ],
        ..Way::new(
            "F33",
            "Failed attempts, hard deletes and an open `GET` took numbers: 46 of 64 in a row were \
             nobody's.",
        )
    }
}

async fn gaps(it: &Attempt<'_>) {
    let counter =
        |number: &str| number[3..].parse::<u64>().expect("a counter follows prefix and year");
    let first = it.bank_order("100").await;
    it.tries(it.places(&it.cart("100").total("1").by_bank_transfer())).await;
    it.places(&it.cart("100").by_bank_transfer()).previews().await;
    let body = it.cart("100").by_bank_transfer().body();
    let ticket = it.client().ticket("/api/orders".to_owned(), body);
    let node = &it.world.nodes()[0];
    let (second, again) = (node.command(&ticket).await, node.command(&ticket).await);
    it.world.accounts_for_everything().await;
    let third = it.bank_order("100").await;
    let number = second.json()["order"]["number"].as_str().map(counter);
    let one = counter(&first.number);
    let next = number == Some(one + 1) && counter(&third.number) == one + 2;
    it.is_so(next && again.body == second.body, (first.number, second, third.number));
}

fn f34() -> Way {
    Way {
        impossible: tried(
            "streams have UUIDs that are never given again, not even after the end",
            &[
                Try("placing an order under the id of one that was cancelled", Refused(409, "order-exists")),
                Try("placing somebody else's order under an id that is taken", Refused(409, "order-exists")),
            ],
            |it| id_again(it).boxed_local(),
        ),
        found: vec![of_order(
            &["customer_mismatch"],
            "insert into wallet_transactions (id, wallet_id, customer_id, transaction_type, amount,
                    balance_before, balance_after, description, reference_type, reference_id, created_at)
             values (8{n}, 1, 1, 'refund', 45, 0, 45, '', 'order', {order}, '2025-03-01');
             update customer_wallets set balance = balance + 45 where id = 1",
        )],
        ..Way::new(
            "F34",
            "Row ids began anew after a wipe: a credit of July for one customer now pointed to an \
             order of another.",
        )
    }
}

async fn id_again(it: &Attempt<'_>) {
    let order = it.bank_order("100").await;
    it.client().cancels(&order, "changed-mind").leads_to().await;
    let places = |customer: &str| {
        let mut body =
            Cart::of(customer).line("LB-502", "1", "5").total("5").by_bank_transfer().body();
        body["id"] = json!(order.id);
        it.client().money(customer, "/api/orders".to_owned(), body)
    };
    it.tries(places(&it.customer())).await;
    it.tries(places("somebody-else")).await;
}

fn f35() -> Way {
    Way {
        impossible: tried(
            "the lines of an order stand in its placing event and make its total",
            &[
                Try("an order without lines", Refused(422, "line-count")),
                Try("a line of nothing", Unknown("/lines/0/quantity")),
            ],
            |it| empty(it).boxed_local(),
        ),
        found: vec![of_order(&["no_items"], "delete from order_items where id = {item}")],
        ..Way::new(
            "F35",
            "Orders stood there with an amount and no items: their items had been deleted, or never \
             been written.",
        )
    }
}

async fn empty(it: &Attempt<'_>) {
    it.tries(it.places(&Cart::of(&it.customer()).total("132000").by_bank_transfer())).await;
    let cart = Cart::of(&it.customer()).line("LB-502", "0", "100").total("0");
    it.tries(it.places(&cart.by_bank_transfer())).await;
}

fn f36() -> Way {
    Way {
        impossible: tried(
            "cancelling is a command like others: its reply tells what it did, or the rule that said no",
            &[
                Try("cancelling what was sent", Refused(409, "wrong-phase")),
                Try("cancelling what nobody placed", Refused(404, "order-not-found")),
                Try("cancelling what is cancelled", Nothing),
                Try("of a cancellation and a receipt at once, each reply tells what the order then shows", So),
            ],
            |it| silent_failure(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["status_mismatch"],
                "update customer_orders set status = 'deleted' where id = {order}",
            ),
            import(
                &["orphan_row"],
                At::Loose("order_items/8{n}"),
                "insert into order_items (id, order_id, product_name, product_sku, quantity, unit_price,
                        total_price)
                 values (8{n}, 99998, 'pH strips', 'LB-502', 1, 5, 5)",
            ),
        ],
        ..Way::new(
            "F36",
            "A hard delete and a soft delete raced, and the route reported success although the \
             function had caught an error and done nothing.",
        )
    }
}

async fn silent_failure(it: &Attempt<'_>) {
    let order = it.dispatched_order("100").await;
    it.tries(it.client().cancels(&order, "changed-mind")).await;
    let nobodys = "/api/orders/01955611-0000-7000-8000-00000000f36f/cancel".to_owned();
    let body = json!({ "reason": "changed-mind" });
    it.tries(it.client().money(&it.customer(), nobodys, body)).await;
    let order = it.bank_order("100").await;
    let order = it.client().cancels(&order, "changed-mind").leads_to().await;
    it.tries(it.client().cancels(&order, "changed-mind")).await;

    let order = it.bank_order("100").await;
    let node = &it.world.nodes()[0];
    let (uploads, cancels) = (
        it.client().uploads(&order, &it.file("race"), "100"),
        it.client().cancels(&order, "changed-mind"),
    );
    let (upload, cancel) = futures::join!(uploads.attempt_at(node), cancels.attempt_at(node));
    it.world.accounts_for_everything().await;
    let events = it.world.settled(&order).await;
    let told = cancel.is_accepted() == events.contains("order cancelled")
        && upload.is_accepted() == events.contains("receipt_uploaded");
    it.is_so(told && events.contains("order cancelled"), (upload, cancel, events));
}

fn f37() -> Way {
    Way {
        impossible: tried(
            "there is no such route; the log takes no deletion, and a new beginning is a new book",
            &[
                Try(
                    "no route deletes anything of a book: keys are revoked and webhooks forgotten",
                    So,
                ),
                Try(
                    "emptying the log by hand, as the database's owner",
                    Guarded("is append-only: truncate is refused"),
                ),
                Try(
                    "setting the counter of events back by hand",
                    Guarded("is written by its functions only"),
                ),
                Try("a route that resets numbers", Refused(404, "not-found")),
            ],
            |it| wiped(it).boxed_local(),
        ),
        found: vec![verification(
            "head",
            &["books"],
            "update daftar.books set recorded_at = recorded_at + interval '1 s' where book_id = 1
             returning jsonb_build_object('column', 'recorded_at')",
        )],
        ..Way::new(
            "F37",
            "There were routes that wiped all orders `for production` and set the counter back, the \
             latter open to anybody.",
        )
    }
}

async fn wiped(it: &Attempt<'_>) {
    let document = it.world.read("/api/openapi.json").await;
    let paths = document["paths"].as_object().expect("paths are an object");
    let deletes: Vec<&str> = paths
        .iter()
        .filter(|(_, of)| of.get("delete").is_some())
        .map(|(path, _)| &**path)
        .collect();
    it.is_so(deletes == ["/api/admin/keys/{key}", "/api/webhooks/{webhook}"], &deletes);
    it.by_hand("set role daftar_owner; truncate daftar.events cascade").await;
    it.by_hand("set role daftar_owner; update daftar.books set position = 0").await;
    let ticket = Ticket {
        idempotency_key: it.reference("reset"),
        bearer: it.world.key("owner").to_owned(),
        path: "/api/admin/reset-counter".to_owned(),
        body: Value::Null,
    };
    it.hears(it.world.nodes()[0].attempt(&ticket).await).await;
}

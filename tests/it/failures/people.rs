//! E: flow, time, people.

use std::time::Duration;

use futures::FutureExt as _;
use serde_json::{Value, json};

use super::attempt::Attempt;
use super::way::Outcome::{Counted, Guarded, Nothing, Refused, So, Unknown};
use super::way::{
    At, Place, Sees, Try, Way, alert, import, of_order, tried, tried_at, verification, watch,
};
use crate::daftar::{Answer, Api, Ticket};
use crate::scenarios::world::Order;

pub(super) fn ways() -> Vec<Way> {
    vec![f30(), f38(), f39(), f40(), f41(), f42(), f43(), f44(), f45(), f46(), f47(), f48(), f49()]
}

fn f30() -> Way {
    Way {
        impossible: tried(
            "what is not known is refused and told, in requests as in the tables; nothing is dropped in silence",
            &[
                Try("a member that a request does not have", Unknown("/refund_amount")),
                Try("a parameter that a list does not have", Unknown("refund_amount")),
                Try("a column that a table does not have", Guarded("column \"refund_amount\"")),
            ],
            |it| drifted(it).boxed_local(),
        ),
        found: vec![import(
            &[],
            At::Absent("customer_orders.surcharge_rate"),
            "alter table customer_orders drop column surcharge_rate",
        )],
        ..Way::new(
            "F30",
            "Code wrote columns that were not there; the error was caught and logged, or the value \
             silently dropped: amounts of refunds and receipts were never kept.",
        )
    }
}

async fn drifted(it: &Attempt<'_>) {
    let order = it.bank_order("100").await;
    let body = json!({ "reason": "changed-mind", "refund_amount": "100" });
    it.tries(it.client().about(&order, "cancel", body)).await;
    let path = "/api/management/orders?refund_amount=100";
    it.hears(it.world.nodes()[0].try_get(it.world.key("zahra"), path).await).await;
    it.by_hand("set role daftar_owner; update daftar.customer_orders set refund_amount = 1").await;
}

fn f38() -> Way {
    Way {
        found: vec![
            of_order(
            &["receipt_waiting"],
            "update customer_orders set status = 'pending', payment_status = 'receipt_uploaded',
                    payment_method = 'bank_transfer_grace', receipt_path = 'https://files.example.test/a.pdf'
              where id = {order};
             update order_management set current_status = 'pending' where id = {management};
             update order_status_history set to_status = 'pending'
              where order_management_id = {management};
             delete from wallet_transactions where id = {debit};
             update customer_wallets set balance = 10000 where id = {wallet}",
            ),
            alert("receipt-waiting", |it| async { it.reviewed_order("100").await.id }.boxed_local()),
            alert("paid-not-released", |it| async { it.paid_order("100").await.id }.boxed_local()),
            alert("processing-too-long", |it| async { it.packed_order("100").await.id }.boxed_local()),
        ],
        ..Way::new(
            "F38",
            "An order with a receipt waited in finance and nobody was told: no list showed how long \
             anything had stood where it was.",
        )
    }
}

fn f39() -> Way {
    Way {
        impossible: tried_at(
            Place::Clock,
            "the deadline that the customer was promised stands in an event; expiring is a command \
             that loses to whatever came first",
            &[
                Try("one second before its deadline an order waits", So),
                Try("at its deadline it expires, and what it held is given back", So),
                Try("an order whose receipt waits does not expire", So),
            ],
            |it| expires(it).boxed_local(),
        ),
        found: vec![
            verification(
            "column",
            &["deadlines"],
            "update daftar.deadlines set due_at = due_at - interval '2 days'
              where book_id = 1 and order_id =
                    (select order_id from daftar.deadlines where book_id = 1 order by order_id limit 1)
             returning jsonb_build_object('view', 'deadlines', 'column', 'due_at')",
            ),
            alert("deadline-not-fired", |it| async { it.bank_order("100").await.id }.boxed_local()),
        ],
        ..Way::new(
            "F39",
            "Three programs deleted what was unpaid after 10 minutes, 25 hours or 3 days, counted from \
             its creation, whatever deadline the customer had been shown.",
        )
    }
}

async fn expires(it: &Attempt<'_>) {
    it.fills_wallet("30").await;
    let cart = it.cart("100").partly_from_the_wallet("30", "bank_transfer");
    let order = it.places(&cart).leads_to().await;
    let reviewed = it.reviewed_order("100").await;
    let waits = async |order: &Order| it.world.settled(order).await;
    // The customer is reminded a day before.
    let reminded = it.world.reminded(&order, "2026-03-05T08:59:59Z").await;
    it.is_so(!reminded.contains("expired") && order.deadline() == "2026-03-05T09:00:00Z", reminded);
    it.world.time_is("2026-03-05T09:00:00Z");
    let seen = it.world.awaits(&order, "expired").await;
    it.is_so(it.wallet().await == "30", seen);
    it.world.time_is("2026-03-25T09:00:00Z");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let seen = waits(&reviewed).await;
    it.world.accounts_for_everything().await;
    it.is_so(!seen.contains("expired"), seen);
}

fn f40() -> Way {
    Way {
        impossible: tried(
            "what a gateway reports is always recorded; what no open order wants goes to the wallet of \
             its customer, or waits where everybody sees it",
            &[
                Try("money for an order that was cancelled is in the wallet", So),
                Try("money for an order that nobody knows waits as unallocated", So),
            ],
            |it| money_too_late(it).boxed_local(),
        ),
        found: vec![
            verification(
            "account_balance",
            &["payments"],
            "update daftar.payments set unallocated = unallocated + 3
              where book_id = 1 and payment_id =
                    (select payment_id from daftar.payments where book_id = 1 order by payment_id limit 1)
             returning jsonb_build_object('view', 'payments',
                       'key', jsonb_build_object('account', '2120', 'currency', 'IQD',
                                                     'item', payment_id))",
            ),
            alert("unallocated-ageing", |it| {
                async {
                    let said = it.payment("left", "70").await;
                    said["payment"]["id"].as_str().expect("a payment has an id").to_owned()
                }
                .boxed_local()
            }),
        ],
        ..Way::new(
            "F40",
            "The callback of a gateway came after the order had been deleted, and found nothing: the \
             money was taken and belonged to no order.",
        )
    }
}

async fn money_too_late(it: &Attempt<'_>) {
    let order = it.places(&it.cart("44").online()).leads_to().await;
    let order = it.client().cancels(&order, "changed-mind").leads_to().await;
    it.world.gateway().reports(&order, "f40-1", "44").done().await;
    it.is_so(it.wallet().await == "44", it.wallet().await);
    let mut unknown = order;
    "01955611-0000-7000-8000-00000000f40f".clone_into(&mut unknown.id);
    let said = it.world.gateway().reports(&unknown, "f40-2", "55").done().await;
    it.is_so(said["payment"]["unallocated"]["amount"] == "55", said);
}

fn f41() -> Way {
    Way {
        impossible: tried(
            "a callback is signed over its time and its body, and known by the gateway's own id of the \
             payment",
            &[
                Try("a callback that nobody signed", Refused(401, "bad-signature")),
                Try("one signed for another body", Refused(401, "bad-signature")),
                Try("one signed an hour ago", Refused(401, "bad-signature")),
                Try("the same payment told again", Nothing),
                Try("the same payment with another amount", Refused(409, "payment-differs")),
            ],
            |it| anybodys_callback(it).boxed_local(),
        ),
        ..Way::new(
            "F41",
            "Anybody could post to a gateway's callback: neither signature nor amount was looked at, \
             and the same payment counted each time that it was told.",
        )
    }
}

async fn anybodys_callback(it: &Attempt<'_>) {
    let order = it.places(&it.cart("44").online()).leads_to().await;
    let gateway = it.world.gateway();
    it.tries(gateway.reports_unsigned(&order, "f41-1", "44")).await;
    it.tries(gateway.reports_altered(&order, "f41-1", "44")).await;
    it.tries(gateway.reports_late(&order, "f41-1", "44")).await;
    gateway.reports(&order, "f41-1", "44").leads_to().await;
    it.tries(gateway.reports(&order, "f41-1", "44")).await;
    it.tries(gateway.reports(&order, "f41-1", "45")).await;
}

fn f42() -> Way {
    Way {
        impossible: tried(
            "no command without a key; each event names the kind, name and role of who did it",
            &[
                Try("a command of nobody", Refused(401, "unauthenticated")),
                Try("a command under a made-up key", Refused(401, "unauthenticated")),
                Try("naming somebody else as who did it", Unknown("/changed_by")),
                Try("every event of an order names who did it and as what", So),
            ],
            |it| anonymous(it).boxed_local(),
        ),
        found: vec![
            verification(
                "chain",
                &["events"],
                "update daftar.events set metadata = (metadata::jsonb - 'actor_id')::json
              where book_id = 1 and position = 77
             returning jsonb_build_object('position', position)",
            ),
            watch(Place::Left, Sees::LastAlert("chain-broken"), |it| {
                async {
                    let sql =
                        "update daftar.events set metadata = (metadata::jsonb - 'actor_id')::json
                                where position = 9";
                    it.forces("events", sql).await;
                    "book".to_owned()
                }
                .boxed_local()
            }),
        ],
        ..Way::new(
            "F42",
            "Nobody knew who had done what: 4,230 of 4,854 rows of history named user 1, which was \
             finance, the system and the repair program.",
        )
    }
}

async fn anonymous(it: &Attempt<'_>) {
    let order = it.delivered_order("100").await;
    for bearer in ["", "dk_0123456789abcdef0123456789abcdef"] {
        let ticket = Ticket {
            idempotency_key: it.reference("nobody"),
            bearer: bearer.to_owned(),
            path: format!("/api/orders/{}/complete", order.id),
            body: json!({}),
        };
        it.hears(it.world.nodes()[0].attempt(&ticket).await).await;
    }
    let body = json!({ "changed_by": "owner" });
    it.tries(it.world.logistics().about(&order, "complete", body)).await;
    let said = it.world.read(&format!("/api/orders/{}/events", order.id)).await;
    let events = said["events"].as_array().expect("events are a list");
    let named = events.iter().all(|event| {
        ["actor_kind", "actor_id", "role"].iter().all(|part| event["metadata"][part].is_string())
    });
    let carrier = events.last().map(|event| event["metadata"]["actor_id"].clone());
    it.is_so(named && events.len() > 5 && carrier == Some(json!("omar")), said);
}

fn f43() -> Way {
    Way {
        impossible: tried(
            "an event says what happened and not from where; what an order was before is folded from \
             the events before it",
            &[
                Try("naming the status that an order came from", Unknown("/from_status")),
                Try("a command decided on what the order no longer is", Refused(412, "stale")),
                Try("each step of the story is the next of its order", So),
            ],
            |it| broken_story(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["history_broken"],
                "update order_status_history set from_status = 'payment_uploaded'
                  where order_management_id = {management} and to_status = 'warehouse_pending'",
            ),
            verification(
                "column",
                &["timeline"],
                "update daftar.timeline set phase = 'delivered'
                  where book_id = 1 and position =
                        (select min(position) from daftar.timeline
                          where book_id = 1 and event_type = 'processing_started')
                 returning jsonb_build_object('view', 'timeline', 'column', 'phase',
                           'position', position)",
            ),
        ],
        ..Way::new(
            "F43",
            "The history was written by hand: the status before was a constant in the code, so that \
             1,741 of 4,675 steps did not follow the one before them.",
        )
    }
}

async fn broken_story(it: &Attempt<'_>) {
    let order = it.paid_order("100").await;
    let body = json!({ "from_status": "payment_uploaded" });
    it.tries(it.world.finance().about(&order, "release", body)).await;
    let before = order.version();
    it.world.finance().releases(&order).leads_to().await;
    let headers = vec![
        ("Content-Type", "application/json".to_owned()),
        ("If-Match", format!("\"v{before}\"")),
    ];
    it.tries(it.world.warehouse().sends_raw(&order, "start-processing", headers, "{}")).await;
    let order = it.world.warehouse().starts(&order).leads_to().await;
    let said = it.world.read(&format!("/api/orders/{}/events", order.id)).await;
    let events = said["events"].as_array().expect("events are a list");
    let own = events.iter().filter(|event| event["stream"] == "order");
    let sequences: Vec<u64> =
        own.map(|event| event["version"].as_u64().unwrap_or_default()).collect();
    let joined = sequences.iter().zip(1..).all(|(sequence, next)| *sequence == next);
    it.is_so(joined && sequences.len() == 4, (sequences, &said));
}

fn f44() -> Way {
    Way {
        impossible: tried(
            "each check is tried on faults that are planted for it: those of this page, and those of \
             [AUDITING.md](AUDITING.md), where it goes blind if it is switched off",
            &[Try("a book in which nobody did anything wrong is verified without a finding", So)],
            |it| async { audits_that_lie(it) }.boxed_local(),
        ),
        found: vec![verification(
            "guard",
            &[],
            "grant update (balance) on daftar.wallet_balances to daftar_app;
             select jsonb_build_object('key', 'daftar.wallet_balances grants')",
        )],
        ..Way::new(
            "F44",
            "The tools that were to find conflicts always answered that there were none: they counted \
             rows of two tables, or returned an empty list.",
        )
    }
}

fn audits_that_lie(it: &Attempt<'_>) {
    let (verified, said) = it.world.installation().verify();
    it.is_so(verified && said["findings"] == json!([]), said);
}

fn f45() -> Way {
    Way {
        impossible: tried(
            "a command is one transaction: events, views, wallet, journal and reply",
            &[
                Try("of 24 orders at once on a node that is killed, each is whole or not there", So),
                Try("what was acknowledged is there", So),
            ],
            |it| half_done(it).boxed_local(),
        ),
        found: vec![
            verification(
            "trial_balance",
            &["journal_lines"],
            "delete from daftar.journal_lines
              where book_id = 1 and line = 1 and position =
                    (select position from daftar.journal_lines
                      where book_id = 1 and line = 1 and account = '2200' order by position offset 1 limit 1)
             returning jsonb_build_object('position', position)",
            ),
            alert("view-differs", |it| {
                async {
                    it.fills_wallet("900").await;
                    let sql = "delete from daftar.journal_lines where line = 1 and position =
                                (select max(position) from daftar.journal_lines)";
                    it.forces("journal_lines", sql).await;
                    "journal_lines".to_owned()
                }
                .boxed_local()
            }),
        ],
        ..Way::new(
            "F45",
            "`BEGIN` was sent to a pool of connections, so that the statements ran on several; a \
             refund ran on another pool; and undoing was a `DELETE` that could fail.",
        )
    }
}

async fn half_done(it: &Attempt<'_>) {
    it.fills_wallet("2400").await;
    let node = it.world.another_node();
    let api = Api::new(node.base());
    let client = it.client();
    let tickets: Vec<Ticket> = (0..24)
        .map(|_| {
            let body = it.cart("100").paid_from_the_wallet().body();
            client.ticket("/api/orders".to_owned(), body)
        })
        .collect();
    let sent = futures::future::join_all(tickets.iter().map(|ticket| api.attempt(ticket)));
    let killed = async {
        let begun = it.world.events_count().await;
        for _ in 0..2_000 {
            if it.world.events_count().await > begun {
                break;
            }
            tokio::task::yield_now().await;
        }
        node.kill();
    };
    let (answers, ()) = futures::join!(sent, killed);
    // What the killed node had sent may be under way still. Nothing of it comes after this.
    let after = Ticket::top_up(it.world.key("zahra"), "f45-after", 1);
    assert!(it.world.nodes()[0].command(&after).await.is_accepted(), "the other node goes on");
    let acknowledged: Vec<Value> = answers
        .iter()
        .filter_map(|answer| match answer {
            Answer::Decided(reply) if reply.is_accepted() => Some(reply.json()),
            Answer::Decided(_)
            | Answer::Unavailable(_)
            | Answer::Nothing(_)
            | Answer::Refused(_) => None,
        })
        .collect();
    it.world.accounts_for_everything().await;
    let path = format!("/api/customers/{}/orders?limit=200", it.customer());
    let said = it.world.read(&path).await;
    let orders = said["orders"].as_array().expect("orders are a list");
    let paid = orders.iter().all(|order| order["payment_status"] == "paid");
    let left: usize = it.wallet().await.parse().expect("whole dinars");
    let whole = paid && left + 100 * orders.len() == 2_400;
    it.is_so(whole, (&said, left));
    let lost = acknowledged
        .iter()
        .find(|reply| !orders.iter().any(|order| order["id"] == reply["order"]["id"]));
    it.is_so(lost.is_none() && acknowledged.len() <= orders.len(), lost);
}

fn f46() -> Way {
    Way {
        not_ours: Some(
            "daftar keeps no stock. The shop's warehouse system does; daftar knows only that the \
             warehouse has rejected an order for want of goods, which finance then shortens, cancels or \
             lets wait",
        ),
        ..Way::new(
            "F46",
            "Stock was taken when an order was placed and not when it was approved, given back \
             without a record when it was deleted, and what was sold beyond it was logged as nothing.",
        )
    }
}

fn f47() -> Way {
    Way {
        impossible: tried_at(
            Place::Clock,
            "a moment is told with its zone; days and years of a book are those of its own time zone, a setting",
            &[
                Try("a moment without its zone", Unknown("as_of")),
                Try(
                    "placed a second apart, before and after midnight in Baghdad, two orders have numbers of two years",
                    So,
                ),
            ],
            |it| local_time(it).boxed_local(),
        ),
        found: vec![import(
            &[],
            At::Odd("customer_orders/{order}"),
            "update customer_orders set shipped_at = 'infinity' where id = {order}",
        )],
        ..Way::new(
            "F47",
            "Times had no zone and each screen added its own: one event was shown as July 30 and July \
             31, hours of expiry were the server's, and numbers changed their year by UTC.",
        )
    }
}

async fn local_time(it: &Attempt<'_>) {
    let path = format!("/api/customers/{}/wallet?as_of=2026-03-02T09:00:00", it.customer());
    it.hears(it.world.nodes()[0].try_get(it.world.key("zahra"), &path).await).await;
    let mut numbers = Vec::new();
    for time in ["2026-12-31T20:59:59Z", "2026-12-31T21:00:00Z"] {
        it.world.time_is(time);
        it.world.accounts_for_everything().await;
        let body = it.cart("100").by_bank_transfer().body();
        let ticket = it.client().ticket("/api/orders".to_owned(), body);
        let reply = it.world.nodes()[0].command(&ticket).await;
        numbers.push(reply.json()["order"]["number"].as_str().unwrap_or_default().to_owned());
    }
    it.world.accounts_for_everything().await;
    it.is_so(numbers[0].starts_with("M26") && numbers[1] == "M2700001", numbers);
}

fn f48() -> Way {
    Way {
        not_ours: Some(
            "daftar sends no messages to customers. Whoever does reads the events or gets them as \
             webhooks, whose deliveries are kept with what came back, and count as delivered only when \
             the other side said so",
        ),
        ..Way::new(
            "F48",
            "Reminders were counted as sent and never were: the SMS was a line on a console, and one \
             template was mistaken for another.",
        )
    }
}

fn f49() -> Way {
    Way {
        impossible: tried(
            "a code is of one shipment and good for a few tries; a new one, which only finance issues, makes the old one worthless",
            &[
                Try(
                    "handing a shipment over without its code",
                    Refused(422, "delivery-code-needed"),
                ),
                Try("with the code of another order", Counted(422, "delivery-code-wrong")),
                Try("with codes one after another", Counted(422, "delivery-code-wrong")),
                Try(
                    "with the right code after too many wrong ones",
                    Refused(422, "delivery-code-locked"),
                ),
                Try("a new code by whoever stands at the door", Refused(403, "forbidden")),
                Try(
                    "the old code once finance has issued another",
                    Counted(422, "delivery-code-wrong"),
                ),
            ],
            |it| guessed(it).boxed_local(),
        ),
        ..Way::new(
            "F49",
            "Delivery codes were four digits counted upwards by three generators, could be guessed and \
             ran out, and sending an order overwrote the code that its customer already had.",
        )
    }
}

async fn guessed(it: &Attempt<'_>) {
    let logistics = it.world.logistics();
    let mut orders = Vec::new();
    for _ in 0..2 {
        let order = it.packed_order("100").await;
        orders.push(logistics.dispatches_against_a_code(&order).leads_to().await);
    }
    let (order, other) = (&orders[0], &orders[1]);
    let (own, others) = (it.world.delivery_code(order).await, it.world.delivery_code(other).await);
    let wrong = |not: &[&String]| {
        let mut codes = ["000000", "111111", "222222", "333333"].into_iter();
        codes.find(|code| not.iter().all(|taken| taken != code)).expect("one is free")
    };
    it.tries(logistics.delivers(order)).await;
    // By one chance in a million they are the same.
    let foreign = if own == others { wrong(&[&own]).to_owned() } else { others };
    let said = it.tries(logistics.delivers_with_code(order, &foreign)).await;
    let left = said["tries_left"].as_u64().expect("it says how many tries are left");
    assert!((1..=10).contains(&left), "{said:#}");
    for _ in 1..left {
        logistics
            .delivers_with_code(order, wrong(&[&own]))
            .counts_with(422, "delivery-code-wrong")
            .await;
    }
    it.tries(logistics.delivers_with_code(order, wrong(&[&own]))).await;
    it.tries(logistics.delivers_with_code(order, &own)).await;
    let shown = it.world.read(&format!("/api/orders/{}", order.id)).await;
    let body = json!({ "shipment": shown["order"]["shipments"][0]["id"] });
    it.tries(logistics.about(order, "delivery-codes", body.clone())).await;
    it.world.finance().about(order, "delivery-codes", body).leads_to().await;
    let new = it.world.delivery_code(order).await;
    let old = if own == new { wrong(&[&new]).to_owned() } else { own };
    it.tries(logistics.delivers_with_code(order, &old)).await;
}

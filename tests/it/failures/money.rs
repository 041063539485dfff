//! C: money.

use futures::FutureExt as _;
use serde_json::{Value, json};

use super::attempt::Attempt;
use super::copies::FUNCTIONS_ONLY;
use super::way::Outcome::{Guarded, Nothing, Refused, So, Unknown};
use super::way::{Try, Way, alert, of_order, of_wallet, tried, verification};
use crate::scenarios::world::{Cart, Order, Transfer};

pub(super) fn ways() -> Vec<Way> {
    vec![
        f15(),
        f16(),
        f17(),
        f18(),
        f19(),
        f20(),
        f21(),
        f22(),
        f23(),
        f24(),
        f25(),
        f26(),
        f27(),
        f28(),
        f29(),
    ]
}

fn iqd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "IQD" })
}

fn f15() -> Way {
    Way {
        impossible: tried(
            "an order and the money that it takes are one command: both are there or neither",
            &[
                Try("an order for more than the wallet holds", Refused(422, "insufficient-funds")),
                Try("an order whose total is wrong", Refused(422, "totals-disagree")),
                Try("the debit of one that is placed names it, under the same decision", So),
            ],
            |it| money_first(it).boxed_local(),
        ),
        found: vec![of_wallet(
            &["reference_missing"],
            "update wallet_transactions set reference_id = null where id = {debit}",
        )],
        ..Way::new(
            "F15",
            "The wallet was debited before the order existed: none of 198 debits named its order by \
             id, and the rest named `null`, `undefined` or the order before.",
        )
    }
}

async fn money_first(it: &Attempt<'_>) {
    it.fills_wallet("100").await;
    it.tries(it.places(&it.cart("100.001").paid_from_the_wallet())).await;
    it.tries(it.places(&it.cart("90").total("80").paid_from_the_wallet())).await;
    assert_eq!(it.wallet().await, "100");
    let said = it.places(&it.cart("100").paid_from_the_wallet()).done().await;
    let path = format!("/api/customers/{}/wallet/statement?currency=IQD", it.customer());
    let statement = it.world.read(&path).await;
    let lines = statement["lines"].as_array().expect("lines are a list");
    let line = lines.iter().find(|line| line["order"] == said["order"]["id"]);
    let events = said["events"].as_array().expect("events are a list");
    let together = events.iter().all(|event| event["command_id"] == events[0]["command_id"]);
    it.is_so(line.is_some() && events.len() == 3 && together, (&statement, &said));
}

fn f16() -> Way {
    Way {
        impossible: tried(
            "what is owed is due less received, in decimals; a reply is made of the events",
            &[
                Try("an order paid in full is paid in the reply and in both views", So),
                Try("a partial payment that leaves nothing is paid in full", So),
                Try("a receipt for just what is owed settles it, and no more", So),
            ],
            |it| zero_is_falsy(it).boxed_local(),
        ),
        found: vec![of_order(
            &["paid_but_pending"],
            "update customer_orders set status = 'pending', payment_status = 'partial'
              where id = {order};
             update order_management set current_status = 'pending' where id = {management};
             update order_status_history set to_status = 'pending'
              where order_management_id = {management}",
        )],
        ..Way::new(
            "F16",
            "A remainder of 0 was read as no remainder given: orders paid in full became `partial`, \
             while the reply said `paid`.",
        )
    }
}

async fn zero_is_falsy(it: &Attempt<'_>) {
    it.fills_wallet("200").await;
    let said = it.places(&it.cart("100").paid_from_the_wallet()).done().await;
    let id = said["order"]["id"].as_str().expect("an order has an id");
    let views = it.world.views_of(id).await;
    let paid = said["order"]["payment_status"] == "paid" && said["order"]["owed"] == iqd("0");
    it.is_so(paid && views.ends_with("| paid"), (&said, views));
    let cart = it.cart("100").partly_from_the_wallet("100", "bank_transfer");
    let order = it.places(&cart).leads_to().await;
    let views = it.world.views_of(&order.id).await;
    it.is_so(order.owed() == "0" && views.ends_with("| paid") && it.wallet().await == "0", views);
    let order = it.reviewed_order("70").await;
    let reference = it.reference("exact");
    let transfer = Transfer { reference: &reference, amount: "70" };
    let order = it.world.finance().approves(&order, "70", transfer).leads_to().await;
    let views = it.world.views_of(&order.id).await;
    it.is_so(order.owed() == "0" && views.ends_with("| paid") && it.wallet().await == "0", views);
}

fn f17() -> Way {
    Way {
        impossible: tried(
            "a receipt is decided on once, a file is approved once, and a transfer pays what it holds",
            &[
                Try("approving a receipt again", Nothing),
                Try("approving it again for another amount", Refused(409, "receipt-decided")),
                Try("showing its file for another order", Refused(409, "receipt-file-used")),
                Try("approving another receipt with what its transfer no longer holds", Refused(422, "payment-used-up")),
                Try("the excess was credited once", So),
            ],
            |it| approved_again(it).boxed_local(),
        ),
        found: vec![
            of_wallet(
            &["repeated_credit"],
            "insert into wallet_transactions (id, wallet_id, customer_id, transaction_type, amount,
                    balance_before, balance_after, description, reference_type, reference_id, created_at)
             values (8{n}, {wallet}, {customer}, 'credit', 63, 9900, 9963, '', 'overpayment', {order},
                     '2025-06-20 08:00'),
                    (9{n}, {wallet}, {customer}, 'credit', 63, 9963, 10026, '', 'overpayment', {order},
                     '2025-06-20 08:01');
             update customer_wallets set balance = 10026 where id = {wallet}",
            ),
            alert("same-file-twice", |it| file_shown_twice(it).boxed_local()),
        ],
        ..Way::new(
            "F17",
            "Approving was not idempotent: 33 of 55 orders were approved more than once, one of them \
             42 times, and the excess of a receipt was credited each time.",
        )
    }
}

async fn file_shown_twice(it: &Attempt<'_>) -> String {
    let file = it.file("shown twice");
    let (order, other) = (it.bank_order("80").await, it.bank_order("80").await);
    it.client().uploads(&order, &file, "80").leads_to().await;
    it.client().uploads(&other, &file, "80").leads_to().await.id
}

async fn approved_again(it: &Attempt<'_>) {
    let approves = |order: &Order, verified: &str| {
        let reference = it.reference("once");
        let transfer = Transfer { reference: &reference, amount: "163" };
        it.world.finance().approves(order, verified, transfer)
    };
    let order = it.reviewed_order("100").await;
    let order = approves(&order, "163").leads_to().await;
    it.tries(approves(&order, "163")).await;
    it.tries(approves(&order, "150")).await;
    let other = it.bank_order("80").await;
    it.tries(it.client().uploads(&other, &it.file("receipt"), "80")).await;
    let other = it.client().uploads(&other, &it.file("another"), "80").leads_to().await;
    it.tries(approves(&other, "80")).await;
    it.is_so(it.wallet().await == "63", it.wallet().await);
}

fn f18() -> Way {
    Way {
        impossible: tried(
            "what a customer claims is kept apart from what finance verified, and moves nothing; a \
             large excess needs a second person",
            &[
                Try("a receipt of 54,858,887 for an order of 360,960.16 moves nothing", So),
                Try("approving that sum alone", Refused(422, "needs-second-person")),
            ],
            |it| believed_claim(it).boxed_local(),
        ),
        found: vec![alert("claimed-far-from-due", |it| {
            async {
                let order = it.bank_order("360960.16").await;
                let upload = it.client().uploads(&order, &it.file("claims much"), "54858887");
                upload.leads_to().await.id
            }
            .boxed_local()
        })],
        ..Way::new(
            "F18",
            "What a customer typed as the amount of a receipt was believed: 54,858,887 for an order \
             of 360,960.16, and the difference was promised to the wallet.",
        )
    }
}

async fn believed_claim(it: &Attempt<'_>) {
    let order = it.bank_order("360960.16").await;
    let before = it.world.journal_after(0).await.len();
    let order = it.client().uploads(&order, &it.file("typed"), "54858887").leads_to().await;
    let after = it.world.journal_after(0).await.len();
    it.is_so(before == after && order.owed() == "360960.16", (before, after, &order));
    let reference = it.reference("typed");
    let transfer = Transfer { reference: &reference, amount: "54858887" };
    it.tries(it.world.finance().approves(&order, "54858887", transfer)).await;
}

fn f19() -> Way {
    Way {
        impossible: tried(
            "the wallet of an order is derived from its customer and is never named; what is another's \
             is refused",
            &[
                Try("naming a wallet for an order", Unknown("/wallet")),
                Try(
                    "paying an order with what somebody else paid",
                    Refused(422, "payment-for-another"),
                ),
                Try("a customer's own key places an order for another", Refused(404, "not-found")),
                Try("of another's wallet nothing was taken", So),
            ],
            |it| somebody_elses(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["customer_mismatch"],
                "update wallet_transactions set customer_id = 1 where id = {debit}",
            ),
            of_wallet(
                &["customer_mismatch"],
                "update wallet_transactions set customer_id = 1 where id = {debit}",
            ),
        ],
        ..Way::new(
            "F19",
            "A session held two ids of its customer: recharges of one customer filled another's \
             wallet, and an order of one was paid out of another's.",
        )
    }
}

async fn somebody_elses(it: &Attempt<'_>) {
    let (rich, place) = (format!("{}-rich", it.customer()), "/api/orders".to_owned());
    it.world.finance().tops_up(&rich, "500").done().await;
    it.fills_wallet("10").await;
    let mut body = it.cart("100").paid_from_the_wallet().body();
    body["wallet"] = json!(rich);
    it.tries(it.client().money(&it.customer(), place.clone(), body)).await;
    let order = it.bank_order("100").await;
    let reference = it.reference("rich");
    let transfer = Transfer { reference: &reference, amount: "100" };
    let payment = it.world.finance().records(&rich, transfer).done().await;
    it.tries(it.world.finance().allots_to(&order, &payment)).await;
    let key = it.world.key_for("storefront", &[&it.customer()]).await;
    let mut ticket = it.client().ticket(
        place,
        Cart::of(&rich).line("LB-502", "1", "9").total("9").paid_from_the_wallet().body(),
    );
    ticket.bearer = key;
    it.hears(it.world.nodes()[0].attempt(&ticket).await).await;
    let left = it.world.wallet(&rich).await;
    it.is_so(left == "500", left);
}

fn f20() -> Way {
    Way {
        impossible: tried(
            "payment methods are a closed list of codes; labels are for people and stand nowhere else",
            &[
                Try("placing an order by the Persian label of its method", Unknown("/method")),
                Try("placing one by a synonym of the old shop", Unknown("/method")),
                Try("the rest of a partial payment by a label", Unknown("/remainder")),
            ],
            |it| labels(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["method_label"],
                "update customer_orders set payment_method = 'درگاه بانکی' where id = {order}",
            ),
            of_order(
                &["unknown_method"],
                "update customer_orders set payment_method = 'سپس' where id = {order}",
            ),
        ],
        ..Way::new(
            "F20",
            "Labels in Persian and synonyms were stored for the method of payment, and code compared \
             them as text: orders expired after 25 hours instead of 73, and nobody was reminded.",
        )
    }
}

async fn labels(it: &Attempt<'_>) {
    let places = |method: &str, remainder: Option<&str>| {
        let mut body = it.cart("100").body();
        body["method"] = json!(method);
        if let Some(remainder) = remainder {
            body["wallet_part"] = iqd("30");
            body["remainder"] = json!(remainder);
        }
        it.client().money(&it.customer(), "/api/orders".to_owned(), body)
    };
    it.tries(places("واریز بانکی با مهلت 3 روزه", None)).await;
    it.tries(places("bank_gateway", None)).await;
    it.tries(places("wallet_partial", Some("درگاه بانکی"))).await;
}

fn f21() -> Way {
    Way {
        impossible: tried(
            "an amount is a field of its own, a decimal with its currency; no text is read for money",
            &[
                Try("an amount with separators", Unknown("/verified/amount")),
                Try("an amount in Persian digits", Unknown("/verified/amount")),
                Try("a reason that speaks of an excess of 54,497,926 moves nothing", So),
            ],
            |it| parsed_notes(it).boxed_local(),
        ),
        ..Way::new(
            "F21",
            "Amounts were read out of Persian notes by a pattern that stopped at the decimal point \
             and matched its own earlier notes: one row promised 54,497,926.84, the log told of 75,500.",
        )
    }
}

async fn parsed_notes(it: &Attempt<'_>) {
    let order = it.reviewed_order("100").await;
    for amount in ["54,497,926.84", "۵۴۴۹۷۹۲۶"] {
        let path = format!("receipts/{}/approve", order.receipt());
        let body = json!({
            "verified": iqd(amount),
            "transfer": { "account": "rafidain", "reference": "x", "date": "2026-03-02" },
        });
        it.tries(it.world.finance().about(&order, &path, body)).await;
    }
    let before = it.world.journal_after(0).await.len();
    let reason = "رسید رد شد - مبلغ اضافی 54,497,926 دینار به کیف پول واریز خواهد شد";
    let order = it.world.finance().rejects(&order, reason).leads_to().await;
    let after = it.world.journal_after(0).await.len();
    let wallet = it.wallet().await;
    it.is_so(before == after && wallet == "none" && order.owed() == "100", (before, after, wallet));
}

fn f22() -> Way {
    Way {
        impossible: tried(
            "a wallet has a version: of two decisions on the same one, the second is decided anew",
            &[
                Try("of 8 orders at once from a wallet for 3 of them, 3 are paid and 5 are refused", So),
                Try("a command that names an older version", Refused(412, "stale")),
            ],
            |it| lost_update(it).boxed_local(),
        ),
        found: vec![
            of_wallet(
                &["chain_break"],
                "update wallet_transactions set balance_before = 9950, balance_after = 9850
                  where id = {debit}",
            ),
            verification(
                "column",
                &["wallet_lines"],
                "update daftar.wallet_lines set balance = balance + 7
                  where book_id = 1 and position =
                        (select position from daftar.wallet_lines
                          where book_id = 1 order by position offset 3 limit 1)
                 returning jsonb_build_object('view', 'wallet_lines', 'column', 'balance',
                           'key', jsonb_build_object('wallet_id', wallet_id, 'sequence', sequence))",
            ),
        ],
        ..Way::new(
            "F22",
            "A balance was read, changed as a floating-point number and written back, without a lock: \
             one of two movements at once was lost.",
        )
    }
}

async fn lost_update(it: &Attempt<'_>) {
    it.fills_wallet("300").await;
    let node = &it.world.nodes()[0];
    let replies = futures::future::join_all((0..8).map(async |_| {
        let body = it.cart("100").paid_from_the_wallet().body();
        node.command(&it.client().ticket("/api/orders".to_owned(), body)).await
    }))
    .await;
    it.world.accounts_for_everything().await;
    let paid = replies.iter().filter(|reply| reply.is_accepted()).count();
    let refused =
        replies.iter().filter(|reply| reply.json()["code"] == "insufficient-funds").count();
    let left = it.wallet().await;
    it.is_so((paid, refused, left.as_str()) == (3, 5, "0"), (&replies, &left));
    let order = it.bank_order("100").await;
    let before = order.version();
    it.client().uploads(&order, &it.file("meanwhile"), "100").leads_to().await;
    let headers = vec![
        ("Content-Type", "application/json".to_owned()),
        ("If-Match", format!("\"v{before}\"")),
    ];
    it.tries(it.client().sends_raw(&order, "cancel", headers, r#"{"reason":"changed-mind"}"#))
        .await;
}

fn f23() -> Way {
    Way {
        impossible: tried(
            "a debit beyond what is there is refused, whatever it is for, and the tables refuse it too",
            &[
                Try(
                    "an order for a little more than the wallet holds",
                    Refused(422, "insufficient-funds"),
                ),
                Try("a withdrawal of more than it holds", Refused(422, "insufficient-funds")),
                Try("an adjustment below zero", Refused(422, "insufficient-funds")),
                Try(
                    "a negative balance by hand, with every guard taken off",
                    Guarded("wallet_balances_balance_check"),
                ),
            ],
            |it| below_zero(it).boxed_local(),
        ),
        found: vec![
            of_wallet(
                &["negative_balance"],
                "update wallet_transactions set amount = 22738397, balance_after = -22728397
                  where id = {debit};
                 update customer_wallets set balance = -22728397 where id = {wallet}",
            ),
            verification(
                "negative_balance",
                &["journal_lines"],
                "update daftar.journal_lines set amount = amount * 1000000
                  where book_id = 1 and account = '2100' and side = 'debit' and position =
                        (select min(position) from daftar.journal_lines
                          where book_id = 1 and account = '2100' and side = 'debit')
                 returning jsonb_build_object('position', position)",
            ),
        ],
        ..Way::new(
            "F23",
            "Two paths took money without looking: a wallet stood at -22,738,397 and was mended by an \
             adjustment of 72 million `for testing`.",
        )
    }
}

async fn below_zero(it: &Attempt<'_>) {
    it.fills_wallet("100").await;
    it.tries(it.places(&it.cart("100.001").paid_from_the_wallet())).await;
    it.tries(it.client().asks_for_a_withdrawal(&it.customer(), "100.001")).await;
    let item = it.world.finance().opens_suspense(&it.customer(), "below").done().await;
    let item = item["suspense"]["id"].as_str().expect("an item has an id").to_owned();
    it.tries(it.world.finance().adjusts(&it.customer(), "debit", "100.001", &item)).await;
    it.by_hand(
        "begin;
         alter table daftar.wallet_balances disable trigger user;
         update daftar.wallet_balances set balance = -1",
    )
    .await;
}

fn f24() -> Way {
    Way {
        impossible: tried(
            "movements are only added; whatever was wrong is reversed by a movement of its own",
            &[
                Try("deleting a wallet's movement by hand, as the database's owner", Guarded(FUNCTIONS_ONLY)),
                Try("deleting an entry of the journal by hand", Guarded(FUNCTIONS_ONLY)),
                Try(
                    "deleting its event by hand",
                    Guarded("is append-only: delete is refused"),
                ),
                Try("the service's own user deletes it", Guarded("permission denied")),
            ],
            |it| rows_deleted(it).boxed_local(),
        ),
        found: vec![
            of_wallet(
                &["unexplained_balance", "chain_break"],
                "insert into wallet_transactions (id, wallet_id, customer_id, transaction_type, amount,
                        balance_before, balance_after, description, reference_type, reference_id, created_at)
                 values (8{n}, {wallet}, {customer}, 'credit', 5, 14900, 14905, '', 'recharge_request',
                         8{n}, '2025-06-20');
                 update customer_wallets set balance = 14905 where id = {wallet}",
            ),
            verification(
                "missing_row",
                &["wallet_lines"],
                "delete from daftar.wallet_lines where book_id = 1 and position =
                        (select position from daftar.wallet_lines
                          where book_id = 1 order by position offset 6 limit 1)
                 returning jsonb_build_object('view', 'wallet_lines',
                           'key', jsonb_build_object('wallet_id', wallet_id, 'sequence', sequence))",
            ),
        ],
        ..Way::new(
            "F24",
            "Deleting an order deleted the movements that looked like its own and left the balance: \
             125 of 355 rows were gone.",
        )
    }
}

async fn rows_deleted(it: &Attempt<'_>) {
    it.paid_order("100").await;
    it.by_hand("set role daftar_owner; delete from daftar.wallet_lines").await;
    it.by_hand("set role daftar_owner; delete from daftar.journal_lines").await;
    it.by_hand("set role daftar_owner; delete from daftar.events").await;
    it.by_hand("set role daftar_app; delete from daftar.wallet_lines").await;
}

fn f25() -> Way {
    Way {
        impossible: tried(
            "what ends an order gives back what it holds, in the same transaction",
            &[
                Try("cancelling a paid order puts its money back with the same decision", So),
                Try("cancelling one that was paid in part, too", So),
                Try("cancelling it again", Nothing),
            ],
            |it| never_refunded(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["cancelled_unrefunded"],
                "update customer_orders set status = 'cancelled' where id = {order};
                 update order_management set current_status = 'cancelled' where id = {management};
                 update order_status_history set to_status = 'cancelled'
                  where order_management_id = {management}",
            ),
            verification(
                "finished_order",
                &["order_management"],
                "update daftar.order_management set held = 1
                  where book_id = 1 and order_id =
                        (select order_id from daftar.order_management
                          where book_id = 1 and phase = 'completed' order by order_id desc limit 1)
                 returning jsonb_build_object('view', 'order_management',
                           'key', order_id)",
            ),
        ],
        ..Way::new(
            "F25",
            "A cleaner called a function that did not exist to refund an order, caught the error, and \
             deleted the paid order all the same.",
        )
    }
}

async fn never_refunded(it: &Attempt<'_>) {
    let order = it.paid_order("100").await;
    let said = it.client().cancels(&order, "changed-mind").done().await;
    let events = crate::scenarios::world::World::events_told(&said);
    it.is_so(
        events == "order cancelled, wallet credited" && it.wallet().await == "100",
        (&events, it.wallet().await),
    );
    let cart = it.cart("300").partly_from_the_wallet("40", "bank_transfer");
    let partly = it.places(&cart).leads_to().await;
    assert_eq!(it.wallet().await, "60");
    let said = it.client().cancels(&partly, "changed-mind").done().await;
    let events = crate::scenarios::world::World::events_told(&said);
    it.is_so(
        events == "order cancelled, wallet credited" && it.wallet().await == "100",
        (&events, it.wallet().await),
    );
    it.tries(it.client().cancels(&it.world.seen(&partly.id).await, "changed-mind")).await;
}

fn f26() -> Way {
    Way {
        impossible: tried(
            "a refund is for goods that came back, once, at what was paid for them",
            &[
                Try("a refund before anything came back", Refused(422, "nothing-to-refund")),
                Try("taking back more than was delivered", Refused(422, "quantity-too-large")),
                Try("a second refund of the same goods", Refused(422, "nothing-to-refund")),
                Try("what came back was paid back once", So),
            ],
            |it| refunded_again(it).boxed_local(),
        ),
        found: vec![of_wallet(
            &["repeated_credit"],
            "insert into wallet_transactions (id, wallet_id, customer_id, transaction_type, amount,
                    balance_before, balance_after, description, reference_type, reference_id, created_at)
             values (8{n}, {wallet}, {customer}, 'refund', 100, 9900, 10000, '', 'order', {order},
                     '2025-06-20 08:00'),
                    (9{n}, {wallet}, {customer}, 'refund', 100, 10000, 10100, '', 'order', {order},
                     '2025-06-20 08:01');
             update customer_wallets set balance = 10100 where id = {wallet}",
        )],
        ..Way::new(
            "F26",
            "A `full` refund could be asked for again and again, and was not bound to what had been \
             paid.",
        )
    }
}

async fn refunded_again(it: &Attempt<'_>) {
    let order = it.delivered_order("100").await;
    it.tries(it.world.finance().refunds(&order, "nothing came back")).await;
    it.tries(it.world.logistics().takes_back(&order, &[(1, "2")], "one was sent")).await;
    let order = it.world.logistics().takes_back(&order, &[(1, "1")], "too small").leads_to().await;
    let order = it.world.finance().refunds(&order, "it came back").leads_to().await;
    it.tries(it.world.finance().refunds(&order, "again")).await;
    it.is_so(it.wallet().await == "100", it.wallet().await);
}

fn f27() -> Way {
    Way {
        impossible: tried(
            "a request is a part of its wallet's stream and is decided on once; reading changes nothing",
            &[
                Try("approving a recharge again", Nothing),
                Try("approving it again for another amount", Refused(409, "request-decided")),
                Try("rejecting it afterwards", Refused(409, "request-decided")),
                Try("approving it by a mere `GET`", Refused(405, "method-not-allowed")),
                Try("it was credited once", So),
            ],
            |it| recharged_again(it).boxed_local(),
        ),
        found: vec![of_wallet(
            &["repeated_credit"],
            "insert into wallet_transactions (id, wallet_id, customer_id, transaction_type, amount,
                    balance_before, balance_after, description, reference_type, reference_id, created_at)
             values (8{n}, {wallet}, {customer}, 'credit', 10000, 9900, 19900, '', 'recharge_request',
                     {n}, '2025-06-20');
             update customer_wallets set balance = 19900 where id = {wallet}",
        )],
        ..Way::new(
            "F27",
            "A recharge was approved by looking first and acting afterwards, even by a `GET`, so that \
             two clicks filled a wallet twice.",
        )
    }
}

async fn recharged_again(it: &Attempt<'_>) {
    let customer = it.customer();
    let finance = it.world.finance();
    let asked = it.client().asks_for_a_top_up(&customer, &it.file("slip"), "500").done().await;
    let reference = it.reference("top-up");
    let transfer = Transfer { reference: &reference, amount: "500" };
    finance.approves_top_up(&customer, &asked, "500", transfer).done().await;
    it.tries(finance.approves_top_up(&customer, &asked, "500", transfer)).await;
    it.tries(finance.approves_top_up(&customer, &asked, "400", transfer)).await;
    it.tries(finance.rejects_top_up(&customer, &asked, "it is a blank page")).await;
    let request = asked["request"].as_str().expect("it names a request");
    let path = format!("/api/wallet-top-ups/{request}/approve");
    it.hears(it.world.nodes()[0].try_get(it.world.key("zahra"), &path).await).await;
    it.is_so(it.wallet().await == "500", it.wallet().await);
}

fn f28() -> Way {
    Way {
        impossible: tried(
            "totals are computed here from lines and charges, in decimals, and must agree to the last \
             digit; every amount names its currency",
            &[
                Try("a total that is off by 0.001", Refused(422, "totals-disagree")),
                Try(
                    "an order in a currency that the book does not keep",
                    Refused(422, "currency-not-kept"),
                ),
                Try("a price without a currency", Unknown("/lines/0/unit_price")),
            ],
            |it| totals(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["totals_disagree"],
                "update order_items set total_price = 87, unit_price = 87, quantity = 1
                  where id = {item}",
            ),
            of_order(
                &["totals_rounded"],
                "update order_items set total_price = 99.8, unit_price = 99.8, quantity = 1
                  where id = {item}",
            ),
            of_order(
                &["currency_mismatch"],
                "update customer_orders set currency = 'USD' where id = {order}",
            ),
        ],
        ..Way::new(
            "F28",
            "Totals came from the browser and were rounded here and there: they were not the sum of \
             their lines, lost .20 and .30, and stood in dollars by a column's default.",
        )
    }
}

async fn totals(it: &Attempt<'_>) {
    it.tries(it.places(&it.cart("100").total("100.001").by_bank_transfer())).await;
    let mut body = it.cart("100").by_bank_transfer().body();
    let dollars = json!({ "amount": "100", "currency": "USD" });
    body["total"] = dollars.clone();
    body["lines"][0]["unit_price"] = dollars;
    it.tries(it.client().money(&it.customer(), "/api/orders".to_owned(), body)).await;
    let mut body = it.cart("100").by_bank_transfer().body();
    body["lines"][0]["unit_price"] = json!({ "amount": "100" });
    it.tries(it.client().money(&it.customer(), "/api/orders".to_owned(), body)).await;
}

fn f29() -> Way {
    Way {
        impossible: tried(
            "a balance is the sum of its movements and is never set; a movement is finance's, against something, and a large one of two persons",
            &[
                Try("an adjustment against nothing", Refused(404, "suspense-not-found")),
                Try("a gift of 2,000,000 by one person", Refused(422, "needs-second-person")),
                Try("a gift by whoever is no finance", Refused(403, "forbidden")),
                Try("setting it by hand, as the database's owner", Guarded(FUNCTIONS_ONLY)),
            ],
            |it| by_fiat(it).boxed_local(),
        ),
        found: vec![
            of_wallet(
                &["unexplained_balance"],
                "update customer_wallets set balance = 25000 where id = {wallet}",
            ),
            verification(
                "account_balance",
                &["wallet_balances"],
                "update daftar.wallet_balances set balance = balance + 25000
                  where book_id = 1 and wallet_id =
                        (select wallet_id from daftar.wallet_balances
                          where book_id = 1 order by wallet_id offset 2 limit 1)
                 returning jsonb_build_object('view', 'wallet_balances',
                           'key', jsonb_build_object('account', '2100', 'currency', 'IQD',
                                                     'item', wallet_id))",
            ),
            alert("large-credit", |it| large_gift(it).boxed_local()),
            alert("suspense-ageing", |it| unexplained(it).boxed_local()),
        ],
        ..Way::new(
            "F29",
            "An admin could set a balance to any number with any reason (`Test`: -207,208,032.83), and \
             wallets began with money that no row explained.",
        )
    }
}

async fn large_gift(it: &Attempt<'_>) -> String {
    let finance = it.world.finance();
    let customer = it.customer();
    it.fills_wallet("1").await;
    let proposal = finance.gives(&customer, "20000000", "for testing").waits_for_agreement().await;
    it.world.second_finance().agrees(&proposal).done().await;
    customer
}

async fn unexplained(it: &Attempt<'_>) -> String {
    let finance = it.world.finance();
    let item = finance.opens_suspense(&it.customer(), "nobody knows").done().await;
    let item = item["suspense"]["id"].as_str().expect("an item has an id").to_owned();
    finance.adjusts(&it.customer(), "credit", "5", &item).done().await;
    item
}

async fn by_fiat(it: &Attempt<'_>) {
    it.fills_wallet("100").await;
    let nothing = "01955611-0000-7000-8000-00000000f29f";
    let finance = it.world.finance();
    it.tries(finance.adjusts(&it.customer(), "credit", "100", nothing)).await;
    it.tries(finance.gives(&it.customer(), "2000000", "Test")).await;
    it.tries(it.world.warehouse().gives(&it.customer(), "1", "Test")).await;
    it.by_hand("set role daftar_owner; update daftar.wallet_balances set balance = 25000").await;
}

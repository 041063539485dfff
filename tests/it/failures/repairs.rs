//! B: the repair made it worse.

use futures::FutureExt as _;
use serde_json::{Value, json};

use super::attempt::Attempt;
use super::copies::FUNCTIONS_ONLY;
use super::way::Outcome::{Guarded, Nothing, Refused, So};
use super::way::{Place, Sees, Try, Way, of_order, tried, tried_at, verification, watch};

const FIX: &str = "/api/admin/emergency-order-fix";

pub(super) fn ways() -> Vec<Way> {
    vec![f08(), f09(), f10(), f11(), f12(), f13(), f14()]
}

fn f08() -> Way {
    Way {
        impossible: tried(
            "no program writes a status: only commands change an order, and one that asks for what is \
             so already does nothing",
            &[
                Try("releasing it again", Nothing),
                Try("starting it again", Nothing),
                Try("packing it again", Nothing),
                Try("starting what is packed, as a program of another opinion would", Refused(409, "wrong-phase")),
            ],
            |it| flapping(it).boxed_local(),
        ),
        found: vec![of_order(
            &["history_broken"],
            "insert into order_status_history (order_management_id, from_status, to_status, created_at)
             values ({management}, 'warehouse_approved', 'warehouse_pending', '2025-06-02 09:00'),
                    ({management}, 'warehouse_approved', 'warehouse_pending', '2025-06-02 09:05')",
        )],
        ..Way::new(
            "F08",
            "Two versions of a repair program ran at once, with opposite ideas of which status went \
             with which: 27 orders were changed back and forth 3,012 times within a week.",
        )
    }
}

async fn flapping(it: &Attempt<'_>) {
    let order = it.paid_order("100").await;
    it.world.finance().releases(&order).leads_to().await;
    it.tries(it.world.finance().releases(&order)).await;
    it.world.warehouse().starts(&order).leads_to().await;
    it.tries(it.world.warehouse().starts(&order)).await;
    it.world.warehouse().packs(&order).leads_to().await;
    it.tries(it.world.warehouse().packs(&order)).await;
    it.tries(it.world.warehouse().starts(&order)).await;
}

fn f09() -> Way {
    Way {
        impossible: tried(
            "the only way back is a correction: of the last step only, by an admin, who says which version was seen",
            &[
                Try("starting an order in the warehouse that is on its way", Refused(409, "wrong-phase")),
                Try("a correction by the warehouse", Refused(403, "forbidden")),
                Try("a correction that does not say what was seen", Refused(428, "if-match-required")),
                Try("a correction of what was seen before the last step", Refused(412, "stale")),
                Try("a correction of a step that is not the last", Refused(409, "not-correctable")),
            ],
            |it| reverted(it).boxed_local(),
        ),
        found: vec![of_order(
            &["status_mismatch"],
            "update customer_orders set status = 'shipped' where id = {order};
             insert into order_status_history (order_management_id, from_status, to_status, created_at)
             values ({management}, 'warehouse_pending', 'logistics_dispatched', '2025-06-02 09:00'),
                    ({management}, 'logistics_dispatched', 'warehouse_pending', '2025-06-02 09:05')",
        )],
        ..Way::new(
            "F09",
            "A repair program took back what people had done: it put orders that were on their way \
             into the warehouse again, 206 times.",
        )
    }
}

async fn reverted(it: &Attempt<'_>) {
    let order = it.dispatched_order("100").await;
    it.tries(it.world.warehouse().starts(&order)).await;
    let body = |sequence: u64| json!({ "sequence": sequence, "reason": "wrong", "ticket": "T-1" });
    let last = order.version();
    it.tries(it.world.warehouse().about(&order, "corrections", body(last))).await;
    it.tries(it.world.admin().about(&order, "corrections", body(last))).await;
    let corrects = |version: u64, sequence: u64| {
        let headers = vec![
            ("Content-Type", "application/json".to_owned()),
            ("If-Match", format!("\"v{version}\"")),
        ];
        it.world.admin().sends_raw(&order, "corrections", headers, body(sequence).to_string())
    };
    it.tries(corrects(last - 1, last)).await;
    it.tries(corrects(last, last - 1)).await;
}

fn f10() -> Way {
    Way {
        impossible: tried(
            "what has ended has ended: no step is possible any more but reopening it",
            &[
                Try("releasing a cancelled order", Refused(409, "wrong-phase")),
                Try("starting a cancelled order", Refused(409, "wrong-phase")),
                Try("a receipt for a cancelled order", Refused(409, "wrong-phase")),
                Try("cancelling a delivered order", Refused(409, "wrong-phase")),
                Try("starting a delivered order", Refused(409, "wrong-phase")),
            ],
            |it| come_back(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["status_mismatch"],
                "update customer_orders set status = 'cancelled' where id = {order}",
            ),
            verification(
                "column",
                &["order_management"],
                "update daftar.order_management set phase = 'warehouse_ready'
                  where book_id = 1 and order_id =
                        (select order_id from daftar.order_management
                          where book_id = 1 and phase = 'completed' order by order_id offset 1 limit 1)
                 returning jsonb_build_object('view', 'order_management', 'column', 'phase',
                           'key', jsonb_build_object('order_id', order_id),
                           'expected', 'completed', 'found', 'warehouse_ready')",
            ),
        ],
        ..Way::new(
            "F10",
            "Orders left their end: 14 that were cancelled and 11 that were delivered were put into \
             the warehouse again.",
        )
    }
}

async fn come_back(it: &Attempt<'_>) {
    let order = it.bank_order("100").await;
    it.client().cancels(&order, "changed-mind").leads_to().await;
    it.tries(it.world.finance().releases(&order)).await;
    it.tries(it.world.warehouse().starts(&order)).await;
    it.tries(it.client().uploads(&order, &it.file("late"), "100")).await;
    let order = it.delivered_order("100").await;
    it.tries(it.client().cancels(&order, "changed-mind")).await;
    it.tries(it.world.warehouse().starts(&order)).await;
}

fn f11() -> Way {
    Way {
        impossible: tried_at(
            Place::TakenOver,
            "a debit that may be an order's is linked or in doubt, never missing; a plan only \
             proposes, money given back needs two persons, and a plan is applied once",
            &[
                Try("the order that was charged twice waits, and nothing is charged for it", So),
                Try("applying a plan that nobody else agreed to", Refused(422, "plan-needs-approval")),
                Try("agreeing to a plan of one's own", Refused(409, "own-plan")),
                Try("two agree: what was charged twice comes back, once", So),
                Try("applied again, it does nothing", So),
            ],
            |it| charged_again(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["double_charge"],
                "insert into wallet_transactions (id, wallet_id, customer_id, transaction_type, amount,
                        balance_before, balance_after, description, reference_type, reference_id,
                        created_at)
                 values (8{n}, {wallet}, {customer}, 'debit', 100, 9900, 9800, 'put right', 'order',
                         {order}, '2025-06-20');
                 update customer_wallets set balance = 9800 where id = {wallet}",
            ),
            watch(Place::TakenOver, Sees::Alert("law-broken"), |it| {
                async { it.world.seen(&it.planted().number()).await.id }.boxed_local()
            }),
        ],
        ..Way::new(
            "F11",
            "A repair took debits for missing that stood under the number of the order before, and \
             charged the customer again.",
        )
    }
}

async fn charged_again(it: &Attempt<'_>) {
    let doubled = it.planted();
    let wallet = async || it.world.wallet(&doubled.customer()).await;
    let before = wallet().await;
    let node = &it.world.nodes()[0];
    let ask = async |name: &str, path: &str, body: Value| {
        let ticket = if name == "owner" { it.world.admin() } else { it.world.finance() };
        node.command(&ticket.ticket(path.to_owned(), body)).await
    };
    let plan = ask(
        "owner",
        FIX,
        json!({ "orders": [doubled.number()], "ticket": "T-11", "reason": "charged twice" }),
    )
    .await
    .json();
    let digest = plan["digest"].as_str().unwrap_or_else(|| panic!("{plan:#}")).to_owned();
    let text = plan.to_string();
    it.is_so(
        before == "9800" && text.contains("double_charge") && !text.contains("\"debited\""),
        &plan,
    );
    let apply = json!({ "apply": true, "plan": digest });
    it.hears(crate::daftar::Answer::Decided(ask("owner", FIX, apply.clone()).await)).await;
    let agree = format!("{FIX}/{digest}/approve");
    it.hears(crate::daftar::Answer::Decided(ask("owner", &agree, json!({})).await)).await;
    let agreed = ask("zahra", &agree, json!({})).await;
    let applied = ask("owner", FIX, apply.clone()).await;
    it.world.accounts_for_everything().await;
    it.is_so(agreed.is_accepted() && applied.is_accepted() && wallet().await == "9900", &applied);
    let again = ask("owner", FIX, apply).await;
    let events = it.world.events_unaccounted().await;
    it.is_so(again.is_accepted() && events.is_empty() && wallet().await == "9900", &again);
}

fn f12() -> Way {
    Way {
        impossible: tried(
            "a delivery code belongs to the dispatch that an event tells of; folding events anew writes views and does nothing else",
            &[
                Try("asking what a dispatch would do makes no code", So),
                Try("the same dispatch five times at once makes one code", So),
                Try("all views made anew from the events make no event and no code", So),
            ],
            |it| side_effects(it).boxed_local(),
        ),
        ..Way::new(
            "F12",
            "Each run of a repair that led an order through a certain status made a delivery code and \
             a message again: 2,106 codes for some 180 orders, none of them ever used.",
        )
    }
}

async fn side_effects(it: &Attempt<'_>) {
    let order = it.packed_order("100").await;
    let codes = async || {
        let path = format!("/api/orders/{}/delivery-code", order.id);
        let said = it.world.nodes()[0].get(it.world.key("storefront"), &path).await;
        said["delivery_codes"].as_array().expect("codes are a list").clone()
    };
    it.world.logistics().dispatches_against_a_code(&order).previews().await;
    let tried = codes().await;
    it.is_so(tried.is_empty(), tried);

    let path = format!("/api/orders/{}/dispatch", order.id);
    let ticket = it.world.logistics().ticket(path, json!({ "carrier": "taxi" }));
    let node = &it.world.nodes()[0];
    let replies = futures::future::join_all((0..5).map(|_| node.command(&ticket))).await;
    it.world.accounts_for_everything().await;
    let made = codes().await;
    it.is_so(made.len() == 1, (&replies, &made));

    let events = it.world.events_count().await;
    it.world.installation().run(&["rebuild"]);
    let (after, still) = (it.world.events_count().await, codes().await);
    it.is_so(after == events && still == made, (events, after, made, still));
}

fn f13() -> Way {
    Way {
        impossible: tried(
            "finance's release is the only way into the warehouse, and it asks for the money",
            &[
                Try(
                    "the warehouse starts an order whose receipt waits",
                    Refused(409, "wrong-phase"),
                ),
                Try("finance releases it with the receipt undecided", Refused(409, "wrong-phase")),
                Try("the warehouse releases a paid order by itself", Refused(403, "forbidden")),
                Try(
                    "the warehouse starts a paid order that is not released",
                    Refused(409, "wrong-phase"),
                ),
            ],
            |it| finance_skipped(it).boxed_local(),
        ),
        found: vec![of_order(
            &["payment_unproven"],
            "update customer_orders set payment_method = 'bank_transfer_grace',
                    payment_status = 'receipt_uploaded' where id = {order};
             delete from wallet_transactions where id = {debit};
             update customer_wallets set balance = 10000 where id = {wallet}",
        )],
        ..Way::new(
            "F13",
            "A repair took orders with an uploaded receipt for stuck and moved them into the \
             warehouse, past finance: what had been paid too little or too much was never settled.",
        )
    }
}

async fn finance_skipped(it: &Attempt<'_>) {
    let order = it.reviewed_order("100").await;
    it.tries(it.world.warehouse().starts(&order)).await;
    it.tries(it.world.finance().releases(&order)).await;
    let order = it.paid_order("100").await;
    it.tries(it.world.warehouse().releases(&order)).await;
    it.tries(it.world.warehouse().starts(&order)).await;
}

fn f14() -> Way {
    Way {
        impossible: tried(
            "no debit goes below what the wallet holds, whatever asks for it, and no statement writes a view",
            &[
                Try(
                    "paying an order from a wallet that holds less",
                    Refused(422, "insufficient-funds"),
                ),
                Try(
                    "taking more out of a wallet than it holds",
                    Refused(422, "insufficient-funds"),
                ),
                Try("taking it out by hand, as the database's owner", Guarded(FUNCTIONS_ONLY)),
            ],
            |it| blanket(it).boxed_local(),
        ),
        found: vec![of_order(
            &["wallet_issue"],
            "delete from wallet_transactions where id = {debit};
             update customer_wallets set balance = 10000 where id = {wallet}",
        )],
        ..Way::new(
            "F14",
            "A function in the database took every order for unpaid whose debit was not of the one \
             kind that it knew, and took the money from the wallets, whatever they held.",
        )
    }
}

async fn blanket(it: &Attempt<'_>) {
    it.fills_wallet("30").await;
    let order = it.bank_order("100").await;
    it.tries(it.client().pays_from_the_wallet(&order)).await;
    let item = it.world.finance().opens_suspense(&it.customer(), "unpaid?").done().await;
    let item = item["suspense"]["id"].as_str().expect("an item has an id").to_owned();
    it.tries(it.world.finance().adjusts(&it.customer(), "debit", "30.001", &item)).await;
    it.by_hand("set role daftar_owner; update daftar.wallet_balances set balance = balance - 30")
        .await;
}

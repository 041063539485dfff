//! A: two records of one fact.

use futures::FutureExt as _;
use serde_json::json;

use super::attempt::Attempt;
use super::way::Outcome::{Guarded, Refused, So};
use super::way::{At, Place, Sees, Try, Way, import, of_order, tried, verification, watch};

pub(super) const FUNCTIONS_ONLY: &str = "is written by its functions only";

pub(super) fn ways() -> Vec<Way> {
    vec![f01(), f02(), f03(), f04(), f05(), f06(), f07()]
}

fn f01() -> Way {
    Way {
        impossible: tried(
            "an order is one stream of events; each command writes both views in its own transaction",
            &[
                Try("both views tell the same after every step up to delivery", So),
                Try("changing one view's status by hand, as the database's owner", Guarded(FUNCTIONS_ONLY)),
                Try("delivering what was never sent", Refused(409, "wrong-phase")),
            ],
            |it| one_side_only(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["status_mismatch"],
                "update customer_orders set status = 'pending' where id = {order};
                 update order_management set current_status = 'logistics_dispatched'
                  where id = {management};
                 insert into order_status_history (order_management_id, from_status, to_status, created_at)
                 values ({management}, 'warehouse_pending', 'logistics_dispatched', '2025-06-03')",
            ),
            verification(
                "column",
                &["order_management"],
                "update daftar.order_management set current_status = 'logistics_dispatched'
                  where book_id = 1 and order_id =
                        (select order_id from daftar.order_management
                          where book_id = 1 and phase = 'completed' order by order_id limit 1)
                 returning jsonb_build_object('view', 'order_management', 'column', 'current_status',
                           'key', jsonb_build_object('order_id', order_id),
                           'expected', 'completed', 'found', 'logistics_dispatched')",
            ),
            watch(Place::Left, Sees::Repair("order_management"), |it| one_side_forced(it).boxed_local()),
        ],
        ..Way::new(
            "F01",
            "An order stood in two tables, one for its customer and one for the departments. Code \
             changed one of them and not the other: a customer read `pending` of goods that were on \
             their way.",
        )
    }
}

async fn one_side_only(it: &Attempt<'_>) {
    // Each step compares both views.
    let order = it.delivered_order("100").await;
    it.is_so(it.world.views_of(&order.id).await.starts_with("delivered | "), &order);
    it.by_hand(
        "set role daftar_owner; update daftar.order_management set current_status = 'completed'",
    )
    .await;
    let unsent = it.bank_order("100").await;
    it.tries(it.world.logistics().delivers(&unsent)).await;
}

async fn one_side_forced(it: &Attempt<'_>) -> String {
    let order = it.paid_order("100").await;
    let sql = format!(
        "update daftar.order_management set current_status = 'logistics_dispatched'
          where order_id = '{}'",
        order.id
    );
    it.forces("order_management", &sql).await;
    order.id
}

fn f02() -> Way {
    Way {
        impossible: tried(
            "nothing is released before it is settled, and nothing is packed, sent or handed over \
             before it is released",
            &[
                Try("finance releases an order that nobody paid", Refused(409, "wrong-phase")),
                Try("finance releases one that was paid in part", Refused(409, "wrong-phase")),
                Try("the warehouse starts it", Refused(409, "wrong-phase")),
                Try("logistics sends it", Refused(409, "wrong-phase")),
                Try("logistics reports it as delivered", Refused(409, "wrong-phase")),
            ],
            |it| unpaid(it).boxed_local(),
        ),
        found: vec![of_order(
            &["delivered_unpaid"],
            "update customer_orders set status = 'delivered', payment_status = 'partial',
                    payment_method = 'bank_transfer_grace' where id = {order};
             update order_management set current_status = 'delivered' where id = {management};
             delete from wallet_transactions where id = {debit}",
        )],
        ..Way::new(
            "F02",
            "Delivering set a status and asked nothing: every order that was delivered had been paid \
             in part or not at all.",
        )
    }
}

async fn unpaid(it: &Attempt<'_>) {
    let order = it.bank_order("100").await;
    it.tries(it.world.finance().releases(&order)).await;
    it.fills_wallet("30").await;
    let cart = it.cart("100").partly_from_the_wallet("30", "bank_transfer");
    let partly = it.places(&cart).leads_to().await;
    it.tries(it.world.finance().releases(&partly)).await;
    it.tries(it.world.warehouse().starts(&partly)).await;
    it.tries(it.world.logistics().dispatches(&partly)).await;
    it.tries(it.world.logistics().delivers(&partly)).await;
}

fn f03() -> Way {
    Way {
        impossible: tried(
            "placing is one event, good for one id and one idempotency key; both rows come of it",
            &[
                Try("placing an order under an id that is taken", Refused(409, "order-exists")),
                Try("the same request 8 times at once places one order, and all hear the same", So),
                Try(
                    "a second row of an order by hand, as the database's owner",
                    Guarded(FUNCTIONS_ONLY),
                ),
            ],
            |it| twice_made(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["management_repeated"],
                "alter table order_management
                  drop constraint if exists order_management_customer_order_id_key;
                 insert into order_management (id, customer_order_id, current_status, created_at)
                 values (8{n}, {order}, 'pending', '2025-06-01 08:00:01')",
            ),
            verification(
                "generation",
                &["order_management"],
                "insert into daftar.order_management
                 select (jsonb_populate_record(row, jsonb_build_object('generation', 77))).*
                   from daftar.order_management as row
                  where book_id = 1 order by order_id offset 1 limit 1
                 returning jsonb_build_object('view', 'order_management')",
            ),
        ],
        ..Way::new(
            "F03",
            "A trigger, a function and a route each made the departments' row of a new order. The \
             second met a unique key, its error was swallowed, and its fields were lost: deadline, \
             lock, method.",
        )
    }
}

async fn twice_made(it: &Attempt<'_>) {
    let order = it.bank_order("100").await;
    let mut body = it.cart("100").by_bank_transfer().body();
    body["id"] = json!(order.id);
    it.tries(it.client().money(&it.customer(), "/api/orders".to_owned(), body)).await;

    let before = it.world.events_count().await;
    let ticket =
        it.client().ticket("/api/orders".to_owned(), it.cart("250").by_bank_transfer().body());
    let node = &it.world.nodes()[0];
    let replies = futures::future::join_all((0..8).map(|_| node.command(&ticket))).await;
    let alike = replies.iter().all(|reply| reply.is_accepted() && reply.body == replies[0].body);
    let appended = it.world.events_count().await - before;
    it.world.accounts_for_everything().await;
    it.is_so(alike && appended == 1, (&replies, appended));
    it.by_hand(
        "set role daftar_owner;
         insert into daftar.order_management select * from daftar.order_management limit 1",
    )
    .await;
}

fn f04() -> Way {
    Way {
        impossible: tried(
            "both rows are made by the placing command, in its transaction",
            &[
                Try("a placed order is in the customer's list, the departments' and nowhere twice", So),
                Try("an order that is refused", Refused(422, "totals-disagree")),
                Try("it is in neither list", So),
            ],
            |it| orphaned(it).boxed_local(),
        ),
        found: vec![
            of_order(
                &["orphan"],
                "delete from order_management where id = {management};
                 delete from order_status_history where order_management_id = {management}",
            ),
            verification(
                "missing_row",
                &["order_management"],
                "delete from daftar.order_management
                  where book_id = 1 and order_id =
                        (select order_id from daftar.order_management
                          where book_id = 1 and phase = 'completed' order by order_id offset 2 limit 1)
                 returning jsonb_build_object('view', 'order_management',
                           'key', jsonb_build_object('order_id', order_id))",
            ),
        ],
        ..Way::new(
            "F04",
            "Orders had no row for the departments: finance saw 39 of more than 200, and \
             161 were nobody's work.",
        )
    }
}

async fn orphaned(it: &Attempt<'_>) {
    let order = it.bank_order("100").await;
    let rows = async |id: &str| {
        let lists = [
            format!("/api/customers/{}/orders?limit=200", it.customer()),
            "/api/management/orders?limit=200".to_owned(),
        ];
        let mut counts = Vec::new();
        for list in lists {
            let said = it.world.read(&list).await;
            let rows = said["orders"].as_array().expect("orders are a list");
            counts.push(rows.iter().filter(|row| row["id"] == id).count());
        }
        counts
    };
    let counts = rows(&order.id).await;
    it.is_so(counts == [1, 1], counts);
    let id = "01955611-0000-7000-8000-0000000000f4";
    let mut body = it.cart("100").by_bank_transfer().total("99").body();
    body["id"] = json!(id);
    it.tries(it.client().money(&it.customer(), "/api/orders".to_owned(), body)).await;
    let counts = rows(id).await;
    it.is_so(counts == [0, 0], counts);
}

fn f05() -> Way {
    Way {
        impossible: tried(
            "ids are UUIDs, each of one kind of thing, and nothing is looked for among another kind",
            &[
                Try("releasing an order by its payment's id", Refused(404, "order-not-found")),
                Try("allocating a payment by an order's id", Refused(404, "payment-not-found")),
                Try("approving a receipt under another order", Refused(404, "receipt-not-found")),
                Try("releasing an order by a row's number in an old table", Refused(404, "order-not-found")),
            ],
            |it| confused(it).boxed_local(),
        ),
        found: vec![of_order(
            &["customer_mismatch"],
            "insert into payment_receipts (id, customer_order_id, customer_id, receipt_url,
                    original_file_name, file_size, mime_type)
             values (6{n}, {order}, 1, 'https://files.example.test/a.pdf', 'a.pdf', 9, 'application/pdf')",
        )],
        ..Way::new(
            "F05",
            "The departments' row and the customer's row of an order had small numbers of two \
             different series, and handlers tried the one and then the other. A receipt for order 8 \
             was booked on row 8, which was another order, and pulled that out of delivery.",
        )
    }
}

async fn confused(it: &Attempt<'_>) {
    let payment = it.payment("a", "100").await;
    let payment = payment["payment"]["id"].as_str().expect("a payment has an id").to_owned();
    let release = |id: &str| {
        it.world.finance().money(&it.customer(), format!("/api/orders/{id}/release"), json!({}))
    };
    it.tries(release(&payment)).await;
    let (order, other) = (it.reviewed_order("100").await, it.bank_order("70").await);
    let path = format!("/api/payments/{}/allocate", order.id);
    let body = json!({ "to": { "order": order.id } });
    it.tries(it.world.finance().money(&it.customer(), path, body)).await;
    let path = format!("/api/orders/{}/receipts/{}/approve", other.id, order.receipt());
    let body = json!({
        "verified": { "amount": "70", "currency": "IQD" },
        "transfer": { "account": "rafidain", "reference": it.reference("b"), "date": "2026-03-02" },
    });
    it.tries(it.world.finance().money(&it.customer(), path, body)).await;
    it.tries(release("8")).await;
}

fn f06() -> Way {
    Way {
        impossible: tried(
            "the history is what everything is made from, and is never changed or deleted",
            &[
                Try("deleting an order", Refused(405, "method-not-allowed")),
                Try(
                    "deleting an event by hand, as the database's owner",
                    Guarded("is append-only: delete is refused"),
                ),
                Try(
                    "deleting a row of an order's history by hand, as the database's owner",
                    Guarded(FUNCTIONS_ONLY),
                ),
            ],
            |it| undone_history(it).boxed_local(),
        ),
        found: vec![
            import(
                &["orphan_management"],
                At::Loose("order_management/8{n}"),
                "insert into order_management (id, customer_order_id, current_status)
                 values (8{n}, 99999, 'warehouse_pending')",
            ),
            import(
                &["dangling_history"],
                At::Loose("2 rows of order_status_history"),
                "insert into order_status_history (order_management_id, to_status)
                 values (77001, 'pending'), (77002, 'pending')",
            ),
            verification(
                "extra_row",
                &["order_management"],
                "insert into daftar.order_management
                 select (jsonb_populate_record(row, jsonb_build_object(
                          'order_id', '00000000-0000-0000-0000-0000000000f6'))).*
                   from daftar.order_management as row
                  where book_id = 1 order by order_id limit 1
                 returning jsonb_build_object('view', 'order_management',
                           'key', jsonb_build_object('order_id', order_id))",
            ),
            verification(
                "missing_row",
                &["timeline"],
                "delete from daftar.timeline where book_id = 1 and position =
                        (select min(position) from daftar.timeline
                          where book_id = 1 and event_type = 'packed' and stream_type = 'order')
                 returning jsonb_build_object('view', 'timeline', 'position', position)",
            ),
        ],
        ..Way::new(
            "F06",
            "Orders were deleted and what belonged to them was not: of 4,854 rows of history, 4,790 \
             were of orders that no longer existed.",
        )
    }
}

async fn undone_history(it: &Attempt<'_>) {
    let order = it.bank_order("100").await;
    let path = format!("/api/orders/{}", order.id);
    it.hears(it.world.nodes()[0].try_delete(it.world.key("owner"), &path).await).await;
    it.by_hand("set role daftar_owner; delete from daftar.events").await;
    it.by_hand("set role daftar_owner; delete from daftar.timeline").await;
}

fn f07() -> Way {
    Way {
        impossible: tried(
            "there is one writer; every view is made from the events and can be made from them again",
            &[
                Try("the events folded anew tell of an order and a wallet what the views tell", So),
                Try("another balance by hand, as the database's owner", Guarded(FUNCTIONS_ONLY)),
            ],
            |it| more_copies(it).boxed_local(),
        ),
        found: vec![verification(
            "column",
            &["wallet_balances"],
            "update daftar.wallet_balances set balance = balance + 30000
              where book_id = 1 and wallet_id =
                    (select wallet_id from daftar.wallet_balances
                      where book_id = 1 order by wallet_id limit 1)
             returning jsonb_build_object('view', 'wallet_balances', 'column', 'balance',
                       'key', jsonb_build_object('wallet_id', wallet_id))",
        )],
        ..Way::new(
            "F07",
            "The same order stood in up to six tables, and balances in two: one customer had 30,000 in \
             the one and 79 million in the other.",
        )
    }
}

async fn more_copies(it: &Attempt<'_>) {
    let order = it.paid_order("100").await;
    it.fills_wallet("40").await;
    let folded = it.world.read(&format!("/api/audit/replay/wallets/{}", it.customer())).await;
    let view = it.wallet().await;
    let replayed = it.world.read(&format!("/api/audit/replay/orders/{}", order.id)).await;
    let text = replayed.to_string();
    let same = folded["balance"]["balance"] == view.as_str()
        && ["financial_reviewing", "\"paid\""].iter().all(|part| text.contains(part));
    it.is_so(same, (&folded, view, &replayed));
    it.by_hand("set role daftar_owner; update daftar.wallet_balances set balance = 1").await;
}

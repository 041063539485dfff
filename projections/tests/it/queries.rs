//! What readers ask, and the position that the answer reflects.

use chrono::TimeDelta;
use domain::payment::Kind;
use eventstore::Position;
use projections::{
    customer_orders, imported_orders, journal_lines, order_management, payments, statement_lines,
    timeline, wallet_balances, wallet_lines, wallet_requests,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::book::{Book, Databases, at};
use crate::story::{self, order, tell, wallet};

async fn told_book(databases: &Databases) -> Book {
    let mut book = databases.book(1).await;
    tell(&mut book).await;
    book
}

#[tokio::test]
async fn an_order_is_found_on_both_sides_with_the_statuses_of_its_phase() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let id = order(story::WALLET_ORDER).uuid();

    let seen = customer_orders::find(&mut conn, book.id, id).await.unwrap();
    let managed = order_management::find(&mut conn, book.id, id).await.unwrap();

    assert_eq!(seen.cursor, book.head().await.cursor());
    assert_eq!(managed.cursor, seen.cursor);
    let (seen, managed) = (seen.value.unwrap(), managed.value.unwrap());
    assert_eq!((seen.status.as_str(), seen.payment_status.as_str()), ("completed", "paid"));
    assert_eq!(seen.total, story::money("360960.16").amount());
    assert!(seen.placed_at.is_some(), "only the first event knows it");
    assert_eq!(managed.current_status, "completed");
    assert_eq!(managed.held, Decimal::ZERO);
    assert_eq!(managed.position, seen.position);
    let none = customer_orders::find(&mut conn, book.id, Uuid::nil()).await.unwrap();
    assert_eq!(none.value, None);
    assert_eq!(none.cursor, book.head().await.cursor());
}

#[tokio::test]
async fn a_number_is_found_and_an_imported_one_may_be_several_orders() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();

    let several = customer_orders::find_by_number(&mut conn, book.id, "M2511135").await.unwrap();
    let one = customer_orders::find_by_number(&mut conn, book.id, "M2600001").await.unwrap();

    assert_eq!(several.value.len(), 2);
    assert_eq!(one.value.len(), 1);
    assert_eq!(one.value[0].order_id, order(story::WALLET_ORDER).uuid());
    let last = async |conn: &mut _, series| {
        customer_orders::last_counter(conn, book.id, series).await.unwrap()
    };
    assert_eq!(last(&mut conn, "M26").await, 4);
    assert_eq!(last(&mut conn, "M25").await, 11_135);
    assert_eq!(last(&mut conn, "M24").await, 0);
}

#[tokio::test]
async fn a_customers_orders_come_page_by_page_newest_first() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page =
            customer_orders::page_of_customer(&mut conn, book.id, "94", after, 4).await.unwrap();
        let Some(last) = page.value.last() else { break };
        after = Some((last.placed_at.unwrap(), last.order_id));
        seen.extend(page.value);
    }

    assert_eq!(seen.len(), 6);
    assert!(seen.windows(2).all(|pair| pair[0].placed_at >= pair[1].placed_at));
    let mut ids: Vec<_> = seen.iter().map(|order| order.order_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 6);
}

#[tokio::test]
async fn a_worklist_shows_one_department_and_what_falls_due() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let finance = order_management::Filter {
        department: Some("finance".to_owned()),
        ..order_management::Filter::default()
    };

    let page = order_management::page(&mut conn, book.id, finance.clone(), None, 1).await.unwrap();
    let first = &page.value[0];
    assert_eq!(first.order_id, order(story::REVIEWED_ORDER).uuid());
    let after = Some((first.placed_at.unwrap(), first.order_id));
    let rest = order_management::page(&mut conn, book.id, finance, after, 10).await.unwrap();
    assert_eq!(rest.value.len(), 1);
    assert_eq!(rest.value[0].order_id, order(story::TRANSFER_ORDER).uuid());

    let now = at(0) + TimeDelta::hours(71);
    let due = order_management::find_due(&mut conn, book.id, now, 10).await.unwrap();
    assert_eq!(due.value, []);
    let now = at(0) + TimeDelta::hours(73);
    let due = order_management::find_due(&mut conn, book.id, now, 10).await.unwrap();
    assert_eq!(due.value.len(), 1);
    assert_eq!(due.value[0].order_id, order(story::WAITING_ORDER).uuid());

    let counts = order_management::count_by_status(&mut conn, book.id).await.unwrap().value;
    assert_eq!(counts.iter().map(|count| count.count).sum::<i64>(), 6);
}

#[tokio::test]
async fn a_wallet_is_its_lines() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();

    let balance =
        wallet_balances::find(&mut conn, book.id, wallet().uuid()).await.unwrap().value.unwrap();
    let (id, end) = (wallet().uuid(), book.head().await.position);
    let whole = (Position::ZERO, end);
    let all = wallet_lines::page(&mut conn, book.id, id, whole, None, 100).await.unwrap().value;

    assert_eq!(all[0].line.balance, balance.balance);
    assert_eq!(all.iter().map(|one| one.line.amount).sum::<Decimal>(), balance.balance);
    assert_eq!(all.last().unwrap().line.source, "old_system");
    let before = Some(all[1].line.sequence);
    let rest = wallet_lines::page(&mut conn, book.id, id, whole, before, 100).await.unwrap().value;
    assert_eq!(rest, all[2..]);
    let part = (all[3].line.position, all[1].line.position);
    let part = wallet_lines::page(&mut conn, book.id, id, part, None, 100).await.unwrap().value;
    assert_eq!(part, all[1..3]);
    let then = wallet_lines::balance(&mut conn, book.id, id, all[2].line.position).await.unwrap();
    assert_eq!(then.normalize(), all[2].line.balance);
    let wallets = wallet_balances::of_customer(&mut conn, book.id, "94").await.unwrap().value;
    assert_eq!(wallets, [balance]);
}

#[tokio::test]
async fn a_withdrawal_that_was_paid_still_knows_where_it_went() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let (request, destination) = (Uuid::from_u128(0x4003), Uuid::from_u128(0x5003));

    let paid = wallet_requests::find(&mut conn, book.id, request).await.unwrap().value.unwrap();

    assert_eq!((paid.state.as_str(), paid.destination_id), ("paid", Some(destination)));
}

#[tokio::test]
async fn a_payment_shows_what_has_no_place_yet() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();

    let open = payments::page(&mut conn, book.id, Some(true), None, 10).await.unwrap().value;

    assert_eq!(open.len(), 1);
    assert_eq!(open[0].reference.as_deref(), Some("r-2"));
    assert_eq!(open[0].unallocated, story::money("300").amount());
    let found = payments::find(&mut conn, book.id, open[0].payment_id).await.unwrap().value;
    assert_eq!(found.as_ref(), Some(&open[0]));
    let kind =
        Kind::Gateway { gateway: "zain".parse().unwrap(), gateway_id: "z-1".parse().unwrap() };
    let id = kind.payment_id().unwrap().uuid();
    let gateway = payments::find(&mut conn, book.id, id).await.unwrap().value.unwrap();
    assert_eq!(gateway.unallocated, Decimal::ZERO);
    assert_eq!(
        (gateway.held.as_deref(), gateway.held_account.as_deref()),
        (Some("bank"), Some("rafidain"))
    );
    assert_eq!(gateway.fee, Some(story::money("6.5").amount()));
    let used_up = payments::page(&mut conn, book.id, Some(false), None, 10).await.unwrap().value;
    let all = payments::page(&mut conn, book.id, None, None, 10).await.unwrap().value;
    assert_eq!(used_up.len() + open.len(), all.len());
    let reversed: Vec<_> = all.iter().filter(|payment| payment.reversed).collect();
    assert_eq!(reversed.len(), 1);
    assert_eq!(reversed[0].held, None, "what does not exist is nowhere");
    assert!(gateway.recorded_at.is_some(), "only the first event knows it");
}

#[tokio::test]
async fn a_statements_line_shows_whether_it_is_explained() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let page = async |conn: &mut sqlx::PgConnection, matched, account: Option<&str>, after| {
        let filter = statement_lines::Filter { matched, account: account.map(str::to_owned) };
        statement_lines::page(conn, book.id, filter, after, 10).await.unwrap().value
    };

    let all = page(&mut conn, None, Some("rafidain"), None).await;

    assert_eq!(all.len(), 3);
    assert_eq!(page(&mut conn, None, Some("elsewhere"), None).await, []);
    let open = page(&mut conn, Some(false), None, None).await;
    assert_eq!(open.iter().map(|line| line.line.as_str()).collect::<Vec<_>>(), ["l-3"]);
    assert_eq!(page(&mut conn, Some(true), None, None).await.len(), 2);
    let after = Some((all[0].date, all[0].line_id));
    assert_eq!(page(&mut conn, None, None, after).await, all[1..]);
    let found = statement_lines::find(&mut conn, book.id, all[1].line_id).await.unwrap().value;
    assert_eq!(found.as_ref(), Some(&all[1]));
    assert!(all.iter().all(|line| line.recorded_at.is_some()), "only the first event knows it");
}

#[tokio::test]
async fn an_orders_timeline_tells_who_did_what_and_why() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let id = order(story::WALLET_ORDER).uuid();

    let steps = timeline::page(&mut conn, book.id, id, Position::ZERO, 100).await.unwrap().value;

    assert!(steps.iter().all(|step| step.approved_by.is_none()));
    let story: Vec<_> = steps.iter().map(|step| step.entry.clone()).collect();
    let types: Vec<_> = story.iter().map(|entry| entry.event_type.as_str()).collect();
    assert_eq!(
        types,
        [
            "placed",
            "debited",
            "payment_received",
            "released",
            "processing_started",
            "packed",
            "dispatched",
            "delivered",
            "corrected",
            "delivered",
            "completed",
        ]
    );
    assert_eq!(story[1].stream_type, "wallet");
    assert_eq!(story[1].amount, Some(story::money("-360960.16").amount()));
    assert_eq!(story[8].reason.as_deref(), Some("wrong house"));
    assert_eq!(story[8].ticket.as_deref(), Some("T-1"));
    assert_eq!(story[10].phase.as_deref(), Some("completed"));
    assert!(story.iter().all(|entry| entry.actor_id.as_deref() == Some("zaynab")));
    assert!(story.iter().all(|entry| entry.actor_role.as_deref() == Some("finance")));
    let rest = timeline::page(&mut conn, book.id, id, story[3].position, 2).await.unwrap().value;
    assert_eq!(rest, steps[4..6]);
}

#[tokio::test]
async fn the_trial_balance_is_zero_now_and_was_at_every_position() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let end = book.head().await.position;

    for position in 0..=end.get() {
        let sums = journal_lines::trial_balance(&mut conn, book.id, Some(Position(position)), None)
            .await
            .unwrap();
        let difference: Decimal = sums.value.iter().map(|sum| sum.debits - sum.credits).sum();
        assert_eq!(difference, Decimal::ZERO, "at {position}");
        assert_eq!(sums.value.is_empty(), position == 0);
    }
    let now = journal_lines::trial_balance(&mut conn, book.id, None, None).await.unwrap();
    let then = journal_lines::trial_balance(&mut conn, book.id, Some(end), None).await.unwrap();
    assert_eq!(now, then);
    let lines = journal_lines::page(&mut conn, book.id, Position(0), Position(1)).await.unwrap();
    assert_eq!(lines.value.len(), 3, "the opening: wallet, opening balance, suspense");
}

#[tokio::test]
async fn imported_orders_show_the_old_statuses_beside_the_new() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let page = async |conn: &mut _, class: Option<&str>, in_import_review| {
        let class = class.map(str::to_owned);
        let filter = imported_orders::Filter { class, in_import_review };
        imported_orders::page(conn, book.id, filter, None, 10).await.unwrap().value
    };

    assert_eq!(page(&mut conn, None, false).await.len(), 2);
    assert_eq!(page(&mut conn, Some("status_mismatch"), false).await.len(), 2);
    assert_eq!(page(&mut conn, Some("wallet_issue"), false).await, []);
    let waiting = page(&mut conn, None, true).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].evidence.order_id, order(story::REVIEWED_ORDER).uuid());

    let id = order(story::RESOLVED_ORDER).uuid();
    let resolved = imported_orders::find(&mut conn, book.id, id).await.unwrap().value.unwrap();
    assert_eq!(resolved.evidence.management_status.as_deref(), Some("warehouse_processing"));
    assert_eq!(resolved.current_status, "logistics_delivered");
    assert!(!resolved.in_import_review);
    assert_eq!(resolved.evidence.findings, ["pending beside \"warehouse_processing\", {so}"]);
}

//! What a switch would change is named before it is done, and money changes only as somebody agreed.

use projections::rebuild::{
    Allowed, Build, Differences, RowChange, ViewDifferences, begin, differences, fill, switch,
};
use projections::{RebuildError, Unkept};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::{rows_of, told_book};
use crate::book::{Book, Databases};
use crate::story::{top_up, wallet};

async fn filled(conn: &mut PgConnection, book: &Book) -> Build {
    let mut build = begin(conn, book.id, &[]).await.unwrap();
    fill(conn, book.id, &mut build, &mut Unkept).await.unwrap();
    build
}

fn of<'a>(differences: &'a Differences, view: &str) -> &'a ViewDifferences {
    differences.views.iter().find(|one| one.name == view).unwrap()
}

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// What a fold that was wrong left: a row too much, one too few, changed columns and money.
async fn drift(databases: &Databases) {
    for (table, sql) in [
        ("wallet_balances", "update daftar.wallet_balances set balance = balance + 5.5"),
        ("customer_orders", "update daftar.customer_orders set status = 'lost' where number like '%1'"),
        ("payments", "delete from daftar.payments where kind = 'gateway'"),
        (
            "deadlines",
            "insert into daftar.deadlines
             select book_id, generation, gen_random_uuid(), kind, due_at, set_by, position, remindable
               from daftar.deadlines limit 1",
        ),
    ] {
        databases.tamper(table, sql).await;
    }
}

#[tokio::test]
async fn rows_that_would_come_go_or_change_are_named_with_their_money() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    drift(&databases).await;
    let mut conn = book.pool.acquire().await.unwrap();
    let build = filled(&mut conn, &book).await;

    let found = differences(&mut conn, book.id, &build).await.unwrap();

    let balances = of(&found, "wallet_balances");
    assert_eq!((balances.added, balances.gone, balances.changed), (0, 0, 1));
    let row = &balances.rows[0];
    assert_eq!(row.kind, RowChange::Changed);
    assert_eq!(row.key, [("wallet_id".to_owned(), wallet().uuid().to_string())]);
    let [column] = row.columns.as_slice() else { panic!("{row:?}") };
    assert_eq!(column.column, "balance");
    let (expected, is) = (column.after.as_deref().unwrap(), column.before.as_deref().unwrap());
    assert_eq!(decimal(is) - decimal(expected), decimal("5.5"));
    let [money] = balances.money.as_slice() else { panic!("{balances:?}") };
    assert_eq!((money.column.as_str(), money.currency.as_str(), money.rows), ("balance", "IQD", 1));
    assert_eq!((money.before.to_string(), money.after.to_string()), (is.into(), expected.into()));

    let orders = of(&found, "customer_orders");
    assert!(orders.changed > 0 && orders.rows() == orders.changed);
    assert_eq!(orders.money, [], "a status is no money");
    assert!(orders.rows.iter().all(|row| row.columns[0].before.as_deref() == Some("lost")));

    let payments = of(&found, "payments");
    assert_eq!((payments.added, payments.gone, payments.changed), (1, 0, 0));
    assert_eq!(payments.rows[0].kind, RowChange::Added);
    assert!(payments.rows[0].columns.iter().all(|column| column.before.is_none()));
    let amount = payments.money.iter().find(|money| money.column == "amount").unwrap();
    assert_eq!((amount.after - amount.before, amount.rows), (decimal("777"), 1));

    let deadlines = of(&found, "deadlines");
    assert_eq!((deadlines.added, deadlines.gone, deadlines.changed), (0, 1, 0));
    assert_eq!(deadlines.rows[0].kind, RowChange::Gone);

    for view in &found.views {
        let drifted = ["wallet_balances", "customer_orders", "payments", "deadlines"];
        assert_eq!(view.rows() > 0, drifted.contains(&view.name.as_str()), "{view:?}");
    }
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Differences>(&json).unwrap(), found);
}

#[tokio::test]
async fn two_amounts_that_change_places_are_a_change_of_money_too() {
    let databases = Databases::empty().await;
    let book = told_book(&databases).await;
    databases
        .tamper(
            "payments",
            "with two as (
                 select payment_id, amount, row_number() over (order by payment_id) as number,
                        lead(amount, 1, null) over (order by payment_id) as next,
                        lag(amount, 1, null) over (order by payment_id) as last
                   from (select * from daftar.payments order by payment_id limit 2) as first)
             update daftar.payments as p set amount = coalesce(two.next, two.last)
               from two where two.payment_id = p.payment_id",
        )
        .await;
    let mut conn = book.pool.acquire().await.unwrap();
    let build = filled(&mut conn, &book).await;

    let found = differences(&mut conn, book.id, &build).await.unwrap();

    let [money] = of(&found, "payments").money.as_slice() else { panic!("{found:?}") };
    assert_eq!((money.rows, money.before), (2, money.after));
    assert!(found.changes_money());
}

#[tokio::test]
async fn at_most_a_hundred_rows_are_named_and_all_are_counted() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    book.run_all((0..120).map(|_| super::keepers::credit()).collect()).await;
    databases.tamper("wallet_lines", "update daftar.wallet_lines set source = 'x'").await;
    let mut conn = book.pool.acquire().await.unwrap();
    let build = filled(&mut conn, &book).await;

    let found = differences(&mut conn, book.id, &build).await.unwrap();

    let lines = of(&found, "wallet_lines");
    assert_eq!(lines.rows.len(), 100);
    let all = rows_of(&databases, book.id, 1).await["wallet_lines"].len();
    assert_eq!(lines.changed, u64::try_from(all).unwrap());
    assert!(!found.changes_money());
}

#[tokio::test]
async fn what_is_touched_after_the_build_is_no_difference() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let pool = book.pool.clone();
    let mut conn = pool.acquire().await.unwrap();
    let build = filled(&mut conn, &book).await;
    book.run_all((0..10).map(super::keepers::command).collect()).await;

    let found = differences(&mut conn, book.id, &build).await.unwrap();

    assert!(found.is_none(), "{found:?}");
    assert!(found.until < book.head().await.position);
}

#[tokio::test]
async fn money_that_nobody_saw_change_is_not_switched_to() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let pool = book.pool.clone();
    let mut conn = pool.acquire().await.unwrap();
    let mut build = filled(&mut conn, &book).await;
    let seen = differences(&mut conn, book.id, &build).await.unwrap();
    assert!(seen.is_none());
    // After that look, the fold that readers have writes what is wrong; status alone would do no harm.
    book.run(top_up(0x9001, "10")).await;
    databases.tamper("timeline", "update daftar.timeline set reason = 'x'").await;
    databases
        .tamper("wallet_balances", "update daftar.wallet_balances set balance = balance + 1")
        .await;
    let head = book.head().await;
    let before = build.clone();

    let refused = switch(&mut conn, book.id, &mut build, Allowed::Seen(&seen), &mut Unkept).await;

    let RebuildError::MoneyWouldChange(found) = refused.unwrap_err() else { panic!("otherwise") };
    assert_eq!(of(&found, "wallet_balances").money[0].rows, 1);
    assert_eq!(of(&found, "wallet_balances").money[0].column, "balance");
    assert_eq!(book.head().await, head, "nothing is switched");
    assert_eq!(build, before);
    // The head is free at once.
    book.run(top_up(0x9002, "10")).await;

    // Who has seen it may switch; who has seen money change elsewhere may not.
    let mut elsewhere = (*found).clone();
    elsewhere.views.retain(|view| view.name == "payments");
    let refused =
        switch(&mut conn, book.id, &mut build, Allowed::Seen(&elsewhere), &mut Unkept).await;
    assert!(refused.is_ok(), "the balance was written anew by the last command");
}

#[tokio::test]
async fn money_that_somebody_saw_change_is_switched_to() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let good = rows_of(&databases, book.id, 1).await;
    drift(&databases).await;
    let pool = book.pool.clone();
    let mut conn = pool.acquire().await.unwrap();
    let mut build = filled(&mut conn, &book).await;
    let seen = differences(&mut conn, book.id, &build).await.unwrap();
    assert!(seen.changes_money());

    let switched = switch(&mut conn, book.id, &mut build, Allowed::Seen(&seen), &mut Unkept).await;

    switched.unwrap();
    assert_eq!(rows_of(&databases, book.id, 2).await, good);
    book.run(top_up(0x9001, "10")).await;
}

#[tokio::test]
async fn a_long_wait_for_a_word_is_caught_up_with_and_compared() {
    let databases = Databases::empty().await;
    let mut book = told_book(&databases).await;
    let pool = book.pool.clone();
    let mut conn = pool.acquire().await.unwrap();
    let mut build = filled(&mut conn, &book).await;
    let seen = differences(&mut conn, book.id, &build).await.unwrap();
    for first in (0..150).step_by(5) {
        book.run_all((first..first + 5).map(super::keepers::command).collect()).await;
    }
    // Of an order that was placed meanwhile, and that nothing touches any more.
    databases
        .tamper(
            "order_management",
            "update daftar.order_management set due = due + 1
              where order_id = '00000000-0000-0000-0000-000070000000'",
        )
        .await;

    let refused = switch(&mut conn, book.id, &mut build, Allowed::Seen(&seen), &mut Unkept).await;

    let RebuildError::MoneyWouldChange(found) = refused.unwrap_err() else { panic!("otherwise") };
    assert_eq!(of(&found, "order_management").money[0].column, "due");
    switch(&mut conn, book.id, &mut build, Allowed::Everything, &mut Unkept).await.unwrap();
    let (mut old, new) =
        (rows_of(&databases, book.id, 1).await, rows_of(&databases, book.id, 2).await);
    old.insert("order_management", new["order_management"].clone());
    assert_eq!(new, old);
}

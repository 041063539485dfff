//! A shop that is not what it should be: tables and columns gone, values that mean nothing.

use legacy::{Class, Error, Landing, Table};

use crate::old_shop::{MISLABELLED, MISSING, dinars, read, weigh};

#[tokio::test]
async fn each_table_may_be_absent() {
    let drops = [
        (Table::CustomerOrders, "drop table public.customer_orders"),
        (Table::OrderManagement, "drop table public.order_management"),
        (Table::OrderItems, "drop table public.order_items"),
        (Table::CustomerWallets, "drop table public.customer_wallets cascade"),
        (Table::WalletTransactions, "drop table public.wallet_transactions"),
        (Table::PaymentReceipts, "drop table public.payment_receipts"),
        (Table::OrderStatusHistory, "drop table public.order_status_history"),
    ];
    for (table, drop) in drops {
        let weighed = weigh(MISLABELLED, drop).await;
        let absences: Vec<_> = weighed.shop.absences.iter().map(ToString::to_string).collect();
        assert_eq!(absences, [format!("{table} is missing")]);
        assert!(weighed.shop.lacks(table, "id"));
    }
}

#[tokio::test]
async fn without_management_rows_every_order_is_an_orphan_and_waits_for_a_person() {
    let weighed = weigh(MISSING, "drop table public.order_management").await;
    for order in &weighed.assessment.orders {
        assert!(order.has(Class::Orphan));
        assert_eq!(order.landing(), Landing::ImportReview);
    }
    assert!(weighed.loose().contains(&"dangling_history: 16 rows of order_status_history".into()));
}

#[tokio::test]
async fn absent_columns_are_noted_once_and_survived() {
    let weighed = weigh(
        MISLABELLED,
        "alter table public.customer_orders drop column currency, drop column recipient_name;
         alter table public.wallet_transactions drop column reference_id, drop column status;",
    )
    .await;
    let absences: Vec<_> = weighed.shop.absences.iter().map(ToString::to_string).collect();
    assert_eq!(
        absences,
        [
            "customer_orders.currency is missing",
            "customer_orders.recipient_name is missing",
            "wallet_transactions.reference_id is missing",
            "wallet_transactions.status is missing",
        ]
    );
    assert_eq!(weighed.oddities(), Vec::<String>::new());
    assert_eq!(weighed.links.linked.len(), 3);
    assert!(!weighed.order("M2511128").has(Class::CurrencyMismatch));
}

#[tokio::test]
async fn money_is_not_taken_from_a_column_that_rounds() {
    let weighed = weigh(
        MISLABELLED,
        "alter table public.wallet_transactions alter column amount type double precision;
         alter table public.customer_orders alter column total_amount type text;",
    )
    .await;
    let absences: Vec<_> = weighed.shop.absences.iter().map(ToString::to_string).collect();
    assert_eq!(
        absences,
        [
            "customer_orders.total_amount holds money as text",
            "wallet_transactions.amount holds money as double precision",
        ]
    );
    assert!(weighed.shop.transactions.iter().all(|row| row.amount.is_none()));
    assert_eq!(weighed.links.linked, []);
    assert!(weighed.assessment.orders.iter().all(|order| order.has(Class::BadAmount)));
}

#[tokio::test]
async fn a_schema_without_any_of_the_tables_is_refused() {
    let refused = read("create schema other", "").await;
    assert!(matches!(refused, Err(Error::NothingThere(schema)) if schema == "public"));
}

#[tokio::test]
async fn odd_values_are_found_and_their_rows_kept() {
    let weighed = weigh(
        MISSING,
        "alter table public.customer_orders alter column total_amount drop not null,
             alter column total_amount type numeric, alter column status drop not null;
         alter table public.wallet_transactions alter column amount drop not null;
         update public.customer_orders set total_amount = null where id = 8;
         update public.customer_orders set total_amount = 'NaN' where id = 10;
         update public.customer_orders set total_amount = -11 where id = 13;
         update public.customer_orders set total_amount = 1e40 where id = 15;
         update public.customer_orders set status = 'Sara''s, see notes', created_at = 'infinity',
             notes = repeat('ن', 10240), payment_method = 'Sara pays at the door' where id = 18;
         update public.order_management set current_status = '' where id = 12;
         update public.wallet_transactions set amount = null where id = 201;",
    )
    .await;
    assert_eq!(
        weighed.oddities(),
        [
            "customer_orders/8.total_amount is null",
            "customer_orders/10.total_amount is not a number that can be kept exactly",
            "customer_orders/13.total_amount is negative",
            "customer_orders/15.total_amount is not a number that can be kept exactly",
            "customer_orders/18.created_at is not a time",
            "customer_orders/18.payment_method is in no list",
            "customer_orders/18.status is in no list",
            "order_management/12.current_status is in no list",
            "wallet_transactions/201.amount is null",
        ]
    );
    assert_eq!(weighed.shop.orders.len(), 5);
    for number in ["M2511128", "M2511130", "M2511133", "M2511135"] {
        assert!(weighed.order(number).has(Class::BadAmount), "{number}");
        assert_eq!(weighed.order(number).landing(), Landing::ImportReview, "{number}");
    }
    let strange = weighed.order("M2511138");
    assert!(strange.has(Class::UnknownStatus) && strange.has(Class::UnknownMethod));
    assert!(!format!("{:?}", strange.findings).contains("Sara"), "free text is no evidence");
    let notes = weighed.shop.orders.iter().find(|order| order.id == 18).unwrap();
    assert_eq!(notes.personal.get("notes").unwrap().chars().count(), 10_240);
    assert!(weighed.assessment.wallets[0].has(Class::UnclearRow));
}

#[tokio::test]
async fn an_escaped_nul_in_old_json_does_not_stop_the_reading() {
    let weighed = weigh(
        MISSING,
        r#"update public.order_items set product_snapshot = '{"grade": "a\u0000b"}' where id = 21"#,
    )
    .await;
    let item = weighed.shop.items.iter().find(|item| item.id == 21).unwrap();
    assert_eq!(item.personal.get("product_snapshot"), Some(r#"{"grade": "a\u0000b"}"#));
}

#[tokio::test]
async fn rows_without_an_id_of_their_own_are_left_out_and_named() {
    let weighed = weigh(
        MISSING,
        "alter table public.order_items drop constraint order_items_pkey, alter id drop not null;
         update public.order_items set id = null where id = 22;
         update public.order_items set id = 24 where id = 27;",
    )
    .await;
    assert_eq!(
        weighed.oddities(),
        ["order_items.id cannot serve as an id", "order_items/24.id is the id of another row"]
    );
    assert_eq!(weighed.shop.items.len(), 4);
}

#[tokio::test]
async fn amounts_keep_their_last_digit() {
    let weighed = weigh(
        MISSING,
        "alter table public.customer_wallets alter column balance type numeric(24, 8);
         update public.customer_wallets set balance = 1234567890123456.00000001",
    )
    .await;
    assert_eq!(weighed.shop.wallets[0].balance, Some(dinars("1234567890123456.00000001")));
}

#[tokio::test]
async fn amounts_too_large_to_add_do_not_stop_the_weighing() {
    let weighed = weigh(
        MISSING,
        "alter table public.customer_orders alter column total_amount type numeric,
             alter column shipping_cost type numeric, alter column vat_amount type numeric;
         alter table public.wallet_transactions alter column amount type numeric;
         alter table public.customer_wallets alter column balance type numeric;
         update public.customer_orders set total_amount = 79228162514264337593543950335,
             shipping_cost = -79228162514264337593543950335,
             vat_amount = 79228162514264337593543950335;
         update public.order_management set wallet_amount_used = 99999999.99;
         update public.wallet_transactions set amount = 79228162514264337593543950335;
         update public.customer_wallets set balance = -79228162514264337593543950335;",
    )
    .await;
    assert_eq!(weighed.assessment.orders.len(), 5);
    assert!(weighed.assessment.wallets[0].has(Class::UnclearRow));
    assert!(weighed.assessment.wallets[0].has(Class::NegativeBalance));
}

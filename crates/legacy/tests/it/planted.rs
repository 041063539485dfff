//! Faults the old shop really had, planted one by one, each found under its class.

use legacy::{Class, Landing, Phase, Proof};

use crate::old_shop::{MISLABELLED, MISSING, REPAIRED, dinars, weigh};

#[tokio::test]
async fn an_order_delivered_without_its_money() {
    let weighed = weigh(
        MISSING,
        "update public.customer_orders set status = 'delivered' where id in (10, 18);
         update public.order_management set current_status = 'delivered' where id in (16, 32);",
    )
    .await;
    assert!(weighed.order("M2511130").has(Class::DeliveredUnpaid));
    assert!(weighed.order("M2511130").has(Class::WalletIssue));
    let bank = weighed.order("M2511138");
    assert_eq!(bank.agreed, Some(Phase::Delivered));
    assert!(bank.has(Class::DeliveredUnpaid) && bank.has(Class::PaymentUnproven));
    assert_eq!(bank.landing(), Landing::ImportReview);
}

#[tokio::test]
async fn a_delivered_wallet_order_called_partial_by_mistake_is_proven_by_its_debit() {
    let weighed = weigh(
        MISLABELLED,
        "update public.customer_orders set status = 'delivered' where id = 10;
         update public.order_management set current_status = 'logistics_delivered' where id = 16;",
    )
    .await;
    let order = weighed.order("M2511130");
    assert!(order.proven);
    assert_eq!(order.landing(), Landing::Phase(Phase::Delivered));
}

#[tokio::test]
async fn rows_without_their_order_and_orders_without_their_row() {
    let weighed = weigh(
        MISSING,
        "update public.order_management set customer_order_id = 999 where id = 22;
         update public.order_items set order_id = 998 where id = 29;
         update public.payment_receipts set customer_order_id = 997 where id = 5;
         insert into public.order_status_history (order_management_id, to_status)
             values (4000, 'pending'), (4001, 'pending');",
    )
    .await;
    assert_eq!(
        weighed.loose(),
        [
            "orphan_management: order_management/22",
            "orphan_row: order_items/29",
            "orphan_row: payment_receipts/5",
            "dangling_history: 2 rows of order_status_history",
        ]
    );
    assert!(weighed.order("M2511133").has(Class::Orphan));
    assert!(weighed.order("M2511135").has(Class::NoItems));
}

#[tokio::test]
async fn a_number_used_again_gets_an_epoch_by_time() {
    let weighed = weigh(
        MISLABELLED,
        "alter table public.customer_orders drop constraint customer_orders_order_number_key;
         insert into public.customer_orders
             (id, order_number, customer_id, total_amount, currency, payment_method, created_at)
         values (40, 'M2511133', 94, 5000, 'IQD', 'wallet', '2025-07-22 10:00:00'),
                (41, 'M2511133', 8, 11.00, 'IQD', 'wallet', '2025-08-08 10:00:00');",
    )
    .await;
    let epochs: Vec<_> = weighed
        .assessment
        .orders
        .iter()
        .filter(|order| order.has(Class::NumberRepeated))
        .map(|order| (order.order, order.epoch))
        .collect();
    assert_eq!(epochs, [(13, 2), (40, 1), (41, 3)]);
    assert_eq!(weighed.links.of_order(13).unwrap().debit, 233);
    assert!(weighed.links.of_order(41).is_none(), "the debit is another customer's");
}

#[tokio::test]
async fn totals_that_are_not_the_sum_of_their_parts() {
    let weighed = weigh(
        MISSING,
        "update public.customer_orders set total_amount = 360973.16 where id = 8;
         update public.customer_orders set total_amount = 81431.00 where id = 18;
         update public.order_items set unit_price = 12.00 where id = 27;",
    )
    .await;
    assert!(weighed.order("M2511128").has(Class::TotalsDisagree));
    assert_eq!(weighed.order("M2511128").landing(), Landing::ImportReview);
    assert!(weighed.order("M2511138").has(Class::TotalsRounded));
    assert_eq!(weighed.order("M2511138").landing(), Landing::PaymentReview);
    assert!(weighed.order("M2511133").has(Class::TotalsDisagree));
}

#[tokio::test]
async fn a_currency_that_came_from_a_column_default() {
    let weighed =
        weigh(MISSING, "update public.customer_orders set currency = 'USD' where id = 8").await;
    assert_eq!(weighed.classes("M2511128"), ["currency_mismatch"]);
    assert_eq!(weighed.order("M2511128").landing(), Landing::ImportReview);
}

#[tokio::test]
async fn a_label_stored_for_a_code_changes_nothing_but_is_listed() {
    let weighed = weigh(
        MISSING,
        "update public.customer_orders set payment_method = 'واریز بانکی با مهلت ۳ روزه'
         where id in (8, 18)",
    )
    .await;
    assert_eq!(weighed.classes("M2511128"), ["method_label"]);
    assert_eq!(weighed.order("M2511128").landing(), Landing::Phase(Phase::WarehouseReady));
    assert_eq!(weighed.order("M2511138").landing(), Landing::PaymentReview);
}

#[tokio::test]
async fn a_debit_taken_from_another_customer_in_the_same_second() {
    let weighed = weigh(
        MISSING,
        "insert into public.customer_wallets (id, customer_id, balance) values (2, 8, 0);
         insert into public.wallet_transactions (id, wallet_id, customer_id, transaction_type,
             amount, balance_before, balance_after, description, created_at)
         values (300, 2, 8, 'debit', 11.00, 11.00, 0.00, 'M2511132', '2025-07-30 20:22:37.522'),
                (301, 2, 94, 'debit', 44.00, 44.00, 0.00, '', '2025-07-30 20:14:03.400');",
    )
    .await;
    assert!(weighed.order("M2511133").has(Class::CustomerMismatch));
    assert!(weighed.order("M2511130").has(Class::CustomerMismatch));
    assert_eq!(weighed.links.linked, []);
    assert!(weighed.assessment.wallets.iter().all(|wallet| wallet.has(Class::CustomerMismatch)));
}

#[tokio::test]
async fn a_reference_to_an_order_of_somebody_else() {
    let weighed = weigh(
        REPAIRED,
        "update public.customer_orders set customer_id = 8 where id = 13;
         update public.payment_receipts set customer_id = 8 where id = 5;",
    )
    .await;
    let stolen = weighed.order("M2511133");
    assert!(stolen.has(Class::CustomerMismatch) && stolen.has(Class::NoWallet));
    assert_eq!(stolen.link, None);
    assert!(weighed.order("M2511128").has(Class::CustomerMismatch));
    assert_eq!(weighed.links.unlinked_debits, [214, 233, 240]);
}

#[tokio::test]
async fn a_paid_order_given_up_without_giving_the_money_back() {
    let cancel = "update public.customer_orders set status = 'deleted' where id in (10, 13);
         update public.order_management set current_status = 'cancelled' where id in (16, 22);
         insert into public.wallet_transactions (id, wallet_id, customer_id, transaction_type,
             amount, balance_before, balance_after, description, reference_type, reference_id,
             created_at)
         values (300, 5, 94, 'refund', 11.00, 0, 11.00, '', 'order', 13, '2025-07-30 22:00:00');";
    let weighed = weigh(MISLABELLED, cancel).await;
    let kept = weighed.order("M2511130");
    assert!(kept.has(Class::CancelledUnrefunded));
    assert_eq!(kept.landing(), Landing::ImportReview);
    assert_eq!(kept.proven_amount, dinars("44.00"));
    let given_back = weighed.order("M2511133");
    assert!(!given_back.has(Class::CancelledUnrefunded));
    assert_eq!(given_back.landing(), Landing::Phase(Phase::Cancelled));
    assert_eq!(given_back.proven_amount, dinars("0"));

    let never_paid = weigh(MISSING, cancel).await;
    assert_eq!(never_paid.order("M2511130").landing(), Landing::Phase(Phase::Cancelled));
    assert!(!never_paid.order("M2511130").has(Class::WalletIssue));
}

#[tokio::test]
async fn two_orders_of_one_second_that_claim_one_debit() {
    let weighed = weigh(
        MISLABELLED,
        "insert into public.customer_orders
             (id, order_number, customer_id, total_amount, currency, payment_method, created_at)
         values (14, null, 94, 11.40, 'IQD', 'wallet_full', '2025-07-30 20:22:38.000');
         update public.wallet_transactions set description = '' where id = 233;",
    )
    .await;
    assert_eq!(weighed.links.ties.len(), 1);
    let tied = weighed.order("M2511133");
    assert!(tied.has(Class::LinkTie));
    assert!(!tied.has(Class::WalletIssue), "a debit in sight is not missing");
    assert_eq!(tied.landing(), Landing::ImportReview);
}

#[tokio::test]
async fn a_debit_that_only_names_the_order_is_not_called_missing() {
    let weighed = weigh(
        MISLABELLED,
        "update public.wallet_transactions
         set description = 'M2511133', created_at = created_at + interval '1 hour' where id = 233",
    )
    .await;
    let order = weighed.order("M2511133");
    assert!(order.has(Class::LinkDoubt) && !order.has(Class::WalletIssue));
}

#[tokio::test]
async fn the_stored_split_decides_what_the_wallet_was_to_pay() {
    let weighed = weigh(
        MISLABELLED,
        "update public.order_management set wallet_amount_used = 151126.00 where id = 26;
         update public.order_management set wallet_amount_used = 4.00 where id = 16;",
    )
    .await;
    let split = weighed.order("M2511135");
    assert_eq!(split.wallet_part, Some(dinars("151126.00")));
    assert!(!split.has(Class::Shortfall));
    assert!(split.has(Class::PaymentUnproven), "the warehouse began without the other 0.17");
    let other = weighed.order("M2511130");
    assert!(other.has(Class::WalletIssue), "44 is not the 4 that was wanted");
}

#[tokio::test]
async fn a_paid_gateway_order_and_an_unpaid_one_take_their_phases() {
    let weighed = weigh(
        MISSING,
        "update public.customer_orders set payment_method = 'fib_online', payment_status = 'successful'
             where id = 8;
         update public.customer_orders set payment_status = 'unpaid', receipt_path = null,
             status = 'payment_grace_period' where id = 18;
         update public.order_management set current_status = 'payment_grace_period',
             payment_receipt_url = null where id = 32;
         delete from public.payment_receipts where id = 9;",
    )
    .await;
    assert_eq!(weighed.order("M2511128").landing(), Landing::Phase(Phase::WarehouseReady));
    assert_eq!(weighed.order("M2511138").landing(), Landing::Phase(Phase::AwaitingPayment));
}

#[tokio::test]
async fn a_gateway_payment_that_only_one_row_knows_is_not_proven() {
    let weighed =
        weigh(MISSING, "update public.customer_orders set payment_status = 'partial' where id = 8")
            .await;
    assert_eq!(weighed.classes("M2511128"), ["payment_unproven"]);
    assert_eq!(weighed.order("M2511128").proven_amount, dinars("0"));
    assert_eq!(weighed.order("M2511128").landing(), Landing::ImportReview);
}

#[tokio::test]
async fn a_wallet_whose_rows_repeat_go_negative_or_do_not_join() {
    let weighed = weigh(
        MISSING,
        "update public.customer_wallets set balance = -22738397.00;
         insert into public.wallet_transactions (id, wallet_id, customer_id, transaction_type,
             amount, balance_before, balance_after, description, reference_type, reference_id,
             status, created_at)
         values (298, 5, 94, 'credit', 63, 1, -5, '', 'overpayment', 44, 'completed', now()),
                (299, 5, 94, 'adjustment', 9, 3, 3, '', null, null, 'completed', now()),
                (300, 5, 94, 'credit', 900, 3, 903, '', null, null, 'failed', now());",
    )
    .await;
    assert_eq!(
        weighed.wallet_classes(),
        [
            "reference_missing",
            "repeated_credit",
            "chain_break",
            "negative_balance",
            "unexplained_balance",
            "unclear_row",
        ]
    );
    assert_eq!(weighed.assessment.wallets[0].explained, dinars("15150063.00"));
}

#[tokio::test]
async fn a_history_that_does_not_join_up_is_listed_and_blocks_nothing() {
    let weighed = weigh(
        MISSING,
        "update public.order_status_history set from_status = 'pending' where id = 64",
    )
    .await;
    assert_eq!(weighed.classes("M2511128"), ["history_broken"]);
    assert_eq!(weighed.order("M2511128").landing(), Landing::Phase(Phase::WarehouseReady));
}

#[tokio::test]
async fn a_reference_whose_order_agrees_is_the_first_proof() {
    let weighed = weigh(REPAIRED, "delete from public.wallet_transactions where id = 233").await;
    let link = weighed.links.of_order(13).unwrap();
    assert_eq!((link.debit, link.proof), (240, Proof::Reference));
}

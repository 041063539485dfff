//! Customer 94: found, explained and put right, without charging anyone twice.

use domain::decide::Command;
use domain::id::{OrderId, Reason};
use domain::money::{Currency, Money};
use domain::settings::Setting;
use ledger::fix::{self, Decision, FixError, OrderRef, Outcome, PlanRequest, Step, StoredPlan};
use rust_decimal::Decimal;
use sqlx::Connection;

use crate::old_shop::{
    MISLABELLED, MISSING, REPAIRED, SETS, World, dinars, owners_decisions, person, request, seen,
    submit, submit_all, trouble,
};

const LEDGER_DEBITS: &str = "select count(*) from daftar.events
    where aggregate_type = 'wallet' and event_type = 'debited'";

async fn is_untouched(world: &World) -> bool {
    let order = OrderId::imported("old-shop", "customer_orders:8", "1").to_string();
    let events: i64 =
        sqlx::query_scalar("select count(*) from daftar.events where aggregate_id = $1")
            .bind(order)
            .fetch_one(&mut world.source().await)
            .await
            .unwrap();
    events == 1
}

async fn must_be_put_right(world: &World) {
    let delivered = seen("delivered", "logistics_delivered", "paid");
    let ready = seen("warehouse_ready", "warehouse_pending", "paid");
    assert_eq!(world.seen("M2511128").await, ready);
    assert!(is_untouched(world).await);
    assert_eq!(world.seen("M2511130").await, delivered);
    assert_eq!(world.seen("M2511133").await, ready);
    assert_eq!(world.seen("M2511135").await, delivered);
    assert_eq!(world.seen("M2511138").await, ready);
    assert_eq!(world.trouble().await, []);
    world.must_verify().await;
}

#[tokio::test]
async fn every_order_in_trouble_is_listed_with_what_is_wrong() {
    let world = World::imported(MISSING).await;
    let expected = [
        trouble("M2511130", &["status_mismatch", "wallet_issue"]),
        trouble("M2511133", &["wallet_issue"]),
        trouble("M2511135", &["status_mismatch", "wallet_issue"]),
        trouble("M2511138", &["receipt_waiting"]),
    ];
    assert_eq!(world.trouble().await, expected);
    let found = world.inconsistencies().await;
    let old = found[0].old.as_ref().unwrap();
    assert_eq!(old.customer_status.as_ref().unwrap().as_str(), "pending");
    assert_eq!(old.management_status.as_ref().unwrap().as_str(), "logistics_dispatched");
    assert!(found.iter().all(|order| !order.evidence.is_empty()));
}

#[tokio::test]
async fn without_decisions_a_plan_proposes_what_the_evidence_carries() {
    for data_set in [MISSING, MISLABELLED] {
        let world = World::imported(data_set).await;
        let plan = world.plan(Vec::new()).await;
        assert_eq!(plan.plan.second_person, Vec::<String>::new());
        let phases: Vec<_> = plan
            .plan
            .orders
            .iter()
            .map(|order| (order.number.as_str(), order.after.phase.as_str()))
            .collect();
        let expected = [
            ("M2511130", "dispatched"),
            ("M2511133", "finance_review"),
            ("M2511135", "warehouse_processing"),
            ("M2511138", "payment_review"),
        ];
        assert_eq!(phases, expected);
        assert_eq!(plan.plan.orders[3].steps, []);
        assert!(plan.plan.orders[3].question.is_some());

        let applied = world.apply(&plan).await;
        assert!(applied.complete);
        assert_eq!(applied.orders[3].outcome, Outcome::NothingToDo);
        let dispatched = seen("shipped", "logistics_dispatched", "paid");
        assert_eq!(world.seen("M2511130").await, dispatched);
        let reviewing = seen("paid", "financial_reviewing", "paid");
        assert_eq!(world.seen("M2511133").await, reviewing);
        let processing = seen("preparing", "warehouse_processing", "paid");
        assert_eq!(world.seen("M2511135").await, processing);
        let waits = seen("pending", "payment_uploaded", "receipt_uploaded");
        assert_eq!(world.seen("M2511138").await, waits);
        world.must_verify().await;
    }
}

#[tokio::test]
async fn where_the_debits_are_missing_each_is_taken_once() {
    let world = World::imported(MISSING).await;
    let plan = world.plan(owners_decisions()).await;
    assert_eq!(plan.plan.second_person, Vec::<String>::new());
    let applied = world.apply(&plan).await;
    assert!(applied.complete, "{applied:?}");
    assert_eq!(world.balance().await, dinars("15145593.99"));
    assert_eq!(world.number(LEDGER_DEBITS).await, 3);
    let shortfalls = "select count(*) from daftar.events
        where event_type = 'debited' and payload::text like '%shortfall%'";
    assert_eq!(world.number(shortfalls).await, 0);
    must_be_put_right(&world).await;
}

#[tokio::test]
async fn where_the_debits_are_there_nothing_is_charged_but_what_one_of_them_lacks() {
    let world = World::imported(MISLABELLED).await;
    let plan = world.plan(owners_decisions()).await;
    assert_eq!(plan.plan.second_person, Vec::<String>::new());
    assert!(world.apply(&plan).await.complete);
    assert_eq!(world.balance().await, dinars("15296774.99"));
    let shortfall = "select sum((payload->'debited'->'amount'->>'amount')::numeric)
        from daftar.events where event_type = 'debited' and payload::text like '%shortfall%'";
    assert_eq!(world.sum(shortfall).await, dinars("0.17"));
    assert_eq!(world.number(LEDGER_DEBITS).await, 1);
    must_be_put_right(&world).await;
}

#[tokio::test]
async fn a_second_charge_is_given_back_once_a_second_person_has_approved() {
    let world = World::imported(REPAIRED).await;
    let plan = world.plan(owners_decisions()).await;
    assert_eq!(plan.plan.second_person.len(), 2);
    let (digest, position) = (plan.digest.as_str(), world.position().await);

    let alone = fix::apply(&world.ledger, digest, &person("layla")).await.unwrap_err();
    assert!(matches!(alone, FixError::NeedsSecondPerson { .. }), "{alone:?}");
    let herself = fix::approve(&world.ledger, digest, &person("layla"), None).await.unwrap_err();
    assert!(matches!(herself, FixError::SamePerson));
    let run = "insert into daftar.principals
        (book_id, principal_id, kind, role, created_at, created_by)
        values (1, 'layla', 'person', 'admin', now(), null),
               (1, 'puppet', 'person', 'admin', now(), 'layla')";
    world.run(run).await;
    let puppet = fix::approve(&world.ledger, digest, &person("puppet"), None).await.unwrap_err();
    assert!(matches!(puppet, FixError::SamePerson), "whom she made: {puppet:?}");
    let approved = fix::approve(&world.ledger, digest, &person("omar"), None).await.unwrap();
    assert_eq!(approved.approved_by, ["omar"]);
    let by_approver = fix::apply(&world.ledger, digest, &person("omar")).await.unwrap_err();
    assert!(matches!(by_approver, FixError::NeedsSecondPerson { .. }), "{by_approver:?}");
    assert_eq!(world.position().await, position, "nothing ran");

    let applied = world.apply(&plan).await;
    assert!(applied.complete, "{applied:?}");
    assert_eq!(applied.approved_by, ["omar"]);
    assert_eq!(world.balance().await, dinars("15296774.99"));
    let given: Decimal = applied
        .orders
        .iter()
        .filter_map(|order| order.moved)
        .map(|moved| moved.given.amount())
        .sum();
    assert_eq!(given, dinars("151137.17"));
    assert_eq!(world.number(LEDGER_DEBITS).await, 1);
    must_be_put_right(&world).await;
}

#[tokio::test]
async fn what_the_evidence_carries_first_and_the_decisions_later_come_to_the_same() {
    let balances = ["15145593.99", "15296774.99", "15296774.99"];
    for (data_set, balance) in SETS.into_iter().zip(balances) {
        let world = World::imported(data_set).await;
        for decisions in [Vec::new(), owners_decisions()] {
            let plan = world.plan(decisions).await;
            fix::approve(&world.ledger, &plan.digest, &person("omar"), None).await.unwrap();
            assert!(world.apply(&plan).await.complete);
        }
        assert_eq!(world.balance().await, dinars(balance));
        must_be_put_right(&world).await;

        // Stated a third time, they are so already.
        let plan = world.plan(owners_decisions()).await;
        for order in &plan.plan.orders {
            assert_eq!((&order.steps, &order.problem), (&Vec::new(), &None), "{order:?}");
        }
    }
}

#[tokio::test]
async fn what_was_planned_is_what_happens_and_every_event_says_who_and_why() {
    for data_set in SETS {
        let world = World::imported(data_set).await;
        let before = world.position().await;
        let plan = world.plan(owners_decisions()).await;
        fix::approve(&world.ledger, &plan.digest, &person("omar"), None).await.unwrap();
        let applied = world.apply(&plan).await;
        for (planned, done) in plan.plan.orders.iter().zip(&applied.orders) {
            assert_eq!(done.after.as_ref(), Some(&planned.after));
            assert_eq!(done.moved.as_ref(), Some(&planned.moved));
            let types = |events: &[ledger::EventSummary]| -> Vec<String> {
                events.iter().map(|event| event.event_type.clone()).collect()
            };
            assert_eq!(types(&done.events), types(&planned.events));
            assert!(done.events.iter().all(|event| event.position.is_some_and(|at| at > before)));
        }
        let events: usize = applied.orders.iter().map(|order| order.events.len()).sum();
        let explained = world
            .number(
                "select count(*) from daftar.events
                  where metadata->>'ticket' = 'SHOP-94' and metadata->>'actor_id' = 'layla'
                    and length(metadata->>'reason') > 0",
            )
            .await;
        assert_eq!(usize::try_from(explained).unwrap(), events);
        assert_eq!(world.position().await - before, explained);
    }
}

#[tokio::test]
async fn applying_again_changes_nothing_and_answers_with_what_was_done() {
    let world = World::imported(MISSING).await;
    let plan = world.plan(owners_decisions()).await;
    let first = world.apply(&plan).await;
    let position = world.position().await;
    let again = world.apply(&plan).await;
    assert_eq!(world.position().await, position);
    assert_eq!(world.balance().await, dinars("15145593.99"));
    assert_eq!(again.orders.len(), first.orders.len());
    for (first, again) in first.orders.into_iter().zip(again.orders) {
        assert!(!first.replayed && again.replayed);
        assert_eq!(fix::AppliedOrder { replayed: true, ..first }, again);
    }
    // And a new plan finds nothing left to do.
    let nothing = world.plan(Vec::new()).await;
    assert_eq!(nothing.plan.orders, []);
}

#[tokio::test]
async fn an_order_whose_streams_moved_is_left_alone_and_the_others_are_put_right() {
    let world = World::imported(MISSING).await;
    let plan = world.plan(owners_decisions()).await;
    let order = OrderId::imported("old-shop", "customer_orders:10", "1");
    let reason = Reason::new("the customer called").unwrap();
    submit(&world, Command::Cancel { order, reason }).await;

    let applied = world.apply(&plan).await;
    let outcomes: Vec<_> = applied.orders.iter().map(|order| order.outcome).collect();
    let expected = [Outcome::Stale, Outcome::Applied, Outcome::Applied, Outcome::Applied];
    assert_eq!(outcomes, expected);
    assert!(!applied.complete);
    assert_eq!(world.seen("M2511130").await, seen("cancelled", "cancelled", "unpaid"));
    assert_eq!(world.balance().await, dinars("15296775.16") - dinars("151137.17"));
    let again = world.apply(&plan).await;
    assert_eq!(again.orders[0].outcome, Outcome::Stale);
    world.must_verify().await;
}

#[tokio::test]
async fn a_wallet_that_moved_makes_every_order_that_it_pays_stale() {
    let world = World::imported(MISSING).await;
    let plan = world.plan(owners_decisions()).await;
    let money = Money::parse("5", Currency::IQD).unwrap().as_amount().unwrap();
    let customer = domain::id::CustomerId::new("94").unwrap();
    submit(
        &world,
        Command::CreditWallet {
            wallet: domain::id::WalletId::of(&customer, Currency::IQD),
            amount: money,
            source: domain::wallet::Source::Goodwill { reason: Reason::new("sorry").unwrap() },
        },
    )
    .await;
    let applied = world.apply(&plan).await;
    let outcomes: Vec<_> = applied.orders.iter().map(|order| order.outcome).collect();
    let expected = [Outcome::Stale, Outcome::Stale, Outcome::Stale, Outcome::Applied];
    assert_eq!(outcomes, expected);
    // A new plan sees the wallet as it is and finishes the rest.
    let decisions = owners_decisions().into_iter().take(3).collect();
    let plan = world.plan(decisions).await;
    assert!(world.apply(&plan).await.complete);
    assert_eq!(world.balance().await, dinars("15145598.99"));
    must_be_put_right(&world).await;
}

#[tokio::test]
async fn many_appliers_at_once_apply_a_plan_once() {
    let world = World::imported(MISSING).await;
    let plan = world.plan(owners_decisions()).await;
    let mut appliers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (ledger, digest) = (world.ledger.clone(), plan.digest.clone());
        appliers.spawn(async move { fix::apply(&ledger, &digest, &person("layla")).await });
    }
    for applied in appliers.join_all().await {
        assert!(applied.unwrap().complete);
    }
    assert_eq!(world.balance().await, dinars("15145593.99"));
    must_be_put_right(&world).await;
}

#[tokio::test]
async fn the_same_plan_made_again_is_the_same_plan_and_a_changed_one_is_refused() {
    let world = World::imported(MISSING).await;
    let plan = world.plan(owners_decisions()).await;
    let again = world.plan(owners_decisions()).await;
    assert_eq!(plan, again);
    assert_ne!(world.plan(Vec::new()).await.digest, plan.digest);

    world.run("update daftar.fix_plans set plan = replace(plan::text, '44', '45')::json").await;
    let tampered = fix::apply(&world.ledger, &plan.digest, &person("layla")).await.unwrap_err();
    assert!(matches!(tampered, FixError::TamperedPlan(_)), "{tampered:?}");
    let unknown = fix::apply(&world.ledger, &"0".repeat(64), &person("layla")).await.unwrap_err();
    assert!(matches!(unknown, FixError::UnknownPlan(_)));
}

async fn set_threshold(world: &World, threshold: &str, currency: Currency) {
    let threshold = Money::parse(threshold, currency).unwrap().as_amount().unwrap();
    let kept = if currency == Currency::IQD { vec![] } else { vec![Currency::IQD] };
    let currencies = [currency].into_iter().chain(kept).collect();
    let reason = Reason::new("be careful").unwrap();
    let changes = [Setting::Currencies(currencies), Setting::FourEyesThreshold(threshold)];
    let change = |setting| Command::ChangeSetting { setting, reason: reason.clone() };
    submit_all(world, changes.into_iter().map(change).collect()).await;
}

/// Two plans that move 151,181.17 and 81,431.30 dinars for one customer, and the decision that the
/// second one follows.
async fn two_plans(world: &World) -> (StoredPlan, StoredPlan, Decision) {
    let [dispatched, ready, delivered, receipt] = owners_decisions().try_into().unwrap();
    let first = plan_of(world, vec![dispatched, ready, delivered]).await;
    let second = plan_of(world, vec![receipt.clone()]).await;
    for plan in [&first, &second] {
        assert_eq!(plan.plan.second_person, Vec::<String>::new());
    }
    (first, second, receipt)
}

#[tokio::test]
async fn above_the_threshold_a_second_person_approves() {
    let world = World::imported(MISSING).await;
    set_threshold(&world, "200000", Currency::IQD).await;
    // In two plans of one day the sum counts, too.
    let (first, second, receipt) = two_plans(&world).await;
    assert!(world.apply(&first).await.complete);
    let alone = fix::apply(&world.ledger, &second.digest, &person("layla")).await.unwrap_err();
    assert!(matches!(alone, FixError::NeedsSecondPerson { .. }));
    let again = plan_of(&world, vec![receipt]).await;
    assert_eq!(again.plan.second_person.len(), 1);
    fix::approve(&world.ledger, &again.digest, &person("omar"), None).await.unwrap();
    assert!(world.apply(&again).await.complete);
    let approved = world
        .number("select count(*) from daftar.events where metadata->>'approved_by' = 'omar'")
        .await;
    assert_eq!(usize::try_from(approved).unwrap(), again.plan.orders[0].events.len());
}

#[tokio::test]
async fn in_another_currency_than_the_thresholds_a_second_person_approves() {
    let world = World::imported(MISSING).await;
    let before = world.plan(owners_decisions()).await;
    set_threshold(&world, "1000000", Currency::USD).await;
    let plan = world.plan(owners_decisions()).await;
    assert_eq!(plan.plan.second_person.len(), 1, "{:?}", plan.plan.second_person);
    // Not only when it is made: the threshold may be another one when it is applied.
    for plan in [before, plan] {
        let alone = fix::apply(&world.ledger, &plan.digest, &person("layla")).await.unwrap_err();
        assert!(matches!(alone, FixError::NeedsSecondPerson { .. }), "{alone:?}");
    }
}

#[tokio::test]
async fn where_the_days_sum_cannot_be_counted_a_second_person_approves() {
    let world = World::imported(MISSING).await;
    let (first, second, _) = two_plans(&world).await;
    assert!(world.apply(&first).await.complete);
    world
        .run(
            "update daftar.fix_plans
                set plan = replace(plan::text, '\"taken\":{\"amount\":\"44\"',
                                   '\"taken\":{\"amount\":\"9999999999999999\"')::json
              where applied_by is not null",
        )
        .await;
    let changed =
        "select count(*) from daftar.fix_plans where plan::text like '%9999999999999999%'";
    assert_eq!(world.number(changed).await, 1);
    let alone = fix::apply(&world.ledger, &second.digest, &person("layla")).await.unwrap_err();
    assert!(matches!(alone, FixError::NeedsSecondPerson { .. }), "{alone:?}");
}

#[tokio::test]
async fn of_two_plans_at_once_that_are_above_the_threshold_together_one_needs_a_second_person() {
    let world = World::imported(MISSING).await;
    set_threshold(&world, "200000", Currency::IQD).await;
    let (first, second, _) = two_plans(&world).await;
    // Neither can be noted as applied before both have been looked at.
    let mut other = world.source().await;
    let mut held = other.begin().await.unwrap();
    sqlx::query("select from daftar.fix_plans for update").execute(&mut *held).await.unwrap();
    let mut appliers = tokio::task::JoinSet::new();
    for plan in [&first, &second] {
        let (ledger, digest) = (world.ledger.clone(), plan.digest.clone());
        appliers.spawn(async move { fix::apply(&ledger, &digest, &person("layla")).await });
    }
    let waiting = "select count(*) from pg_stat_activity
                    where datname = current_database() and wait_event_type = 'Lock'";
    let mut polls = 0_u32;
    while world.number(waiting).await < 2 {
        polls += 1;
        assert!(polls < 1000, "nobody waits");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    held.commit().await.unwrap();
    let results = appliers.join_all().await;
    let refused: Vec<_> = results.into_iter().filter_map(Result::err).collect();
    assert!(
        matches!(refused.as_slice(), [FixError::NeedsSecondPerson { .. }]),
        "both at once: {refused:?}"
    );
}

async fn plan_of(world: &World, decisions: Vec<Decision>) -> StoredPlan {
    let orders = decisions.iter().map(|decision| decision.order.clone()).collect();
    let request = PlanRequest { orders: Some(orders), ..request(decisions) };
    fix::plan(&world.ledger, request, &person("layla")).await.unwrap()
}

#[tokio::test]
async fn a_debit_that_two_orders_claim_is_charged_to_neither() {
    let world = World::with(MISLABELLED).await;
    world
        .run(
            "update public.customer_orders set total_amount = 44, created_at = '2025-07-30 20:14:03'
              where id = 13;
             update public.order_items set unit_price = 44, total_price = 44 where order_id = 13;
             update public.wallet_transactions set description = '' where id = 231",
        )
        .await;
    world.import().await.unwrap();
    let plan = world.plan(Vec::new()).await;
    for number in ["M2511130", "M2511133"] {
        let order = plan.plan.orders.iter().find(|order| order.number.as_str() == number).unwrap();
        assert!(order.classes.contains(&"link_tie".to_owned()), "{order:?}");
        assert_eq!(order.steps, []);
        assert!(order.question.as_ref().unwrap().contains("link_tie"));
    }
    // Even a decision does not take the money from the wallet.
    let decisions = owners_decisions().into_iter().take(1).collect();
    let plan = plan_of(&world, decisions).await;
    assert_eq!(plan.plan.orders[0].problem.as_ref().unwrap().code, "not-settled");
    assert!(
        !plan.plan.orders[0].steps.iter().any(|step| matches!(step, Step::PayFromWallet { .. }))
    );
}

#[tokio::test]
async fn a_wallet_that_cannot_pay_refuses_the_order_and_not_the_others() {
    let world = World::with(MISSING).await;
    world.run("update public.customer_wallets set balance = 100").await;
    world.import().await.unwrap();
    let plan = world.plan(owners_decisions()).await;
    let codes: Vec<_> = plan
        .plan
        .orders
        .iter()
        .map(|order| order.problem.as_ref().map(|problem| problem.code.as_str()))
        .collect();
    assert_eq!(codes, [None, None, Some("insufficient-funds"), None]);
    let applied = world.apply(&plan).await;
    assert_eq!(applied.orders[2].outcome, Outcome::NothingToDo);
    assert_eq!(world.balance().await, dinars("45"));
    world.must_verify().await;
}

#[tokio::test]
async fn an_order_that_was_given_up_can_be_cancelled_with_its_money_going_back() {
    let world = World::imported(MISLABELLED).await;
    let text = r#"[{"order": "M2511133", "facts": {"cancelled": true}, "reason": "not wanted"}]"#;
    let plan = plan_of(&world, serde_json::from_str(text).unwrap()).await;
    assert!(world.apply(&plan).await.complete);
    assert_eq!(world.seen("M2511133").await.0, "cancelled");
    assert_eq!(world.balance().await, dinars("15296786.16"));
    world.must_verify().await;
}

#[tokio::test]
async fn decisions_that_cannot_be_followed_are_refused() {
    let world = World::imported(MISSING).await;
    let decision = |text: &str| serde_json::from_str::<Decision>(text);
    assert!(decision(r#"{"order": "M2511130", "reason": "x", "verified_amount": 44}"#).is_err());
    assert!(decision(r#"{"order": "M2511130", "reason": "x", "phase": "delivered"}"#).is_err());

    let plan = async |decisions: Vec<Decision>| {
        fix::plan(&world.ledger, request(decisions), &person("layla")).await
    };
    let unknown = decision(r#"{"order": "M2599999", "reason": "x"}"#).unwrap();
    assert!(matches!(plan(vec![unknown]).await, Err(FixError::UnknownOrder(_))));
    let twice = decision(r#"{"order": "M2511130", "reason": "x"}"#).unwrap();
    let twice = plan(vec![twice.clone(), twice]).await;
    assert!(matches!(twice, Err(FixError::DecidedTwice(_))));

    let receipt = r#"{"order": "M2511138", "facts": {"released": true}, "reason": "x"}"#;
    let planned = plan_of(&world, vec![decision(receipt).unwrap()]).await;
    assert_eq!(planned.plan.orders[0].problem.as_ref().unwrap().code, "receipt-not-verified");
    let order = OrderId::imported("old-shop", "customer_orders:8", "1");
    let reason = Reason::new("not wanted any more").unwrap();
    submit(&world, Command::Cancel { order, reason }).await;
    let over = r#"{"order": "M2511128", "facts": {"delivered": true}, "reason": "x"}"#;
    let planned = plan_of(&world, vec![decision(over).unwrap()]).await;
    assert_eq!(planned.plan.orders[0].problem.as_ref().unwrap().code, "nothing-to-decide");
}

#[tokio::test]
async fn a_number_that_several_orders_bear_has_to_be_told_apart() {
    let world = World::with(MISSING).await;
    world
        .run(
            "alter table public.customer_orders drop constraint customer_orders_order_number_key;
             update public.customer_orders set order_number = 'M2511130' where id = 13",
        )
        .await;
    world.import().await.unwrap();
    let ask = async |order: &str| {
        let orders = Some(vec![OrderRef(order.to_owned())]);
        let request = PlanRequest { orders, ..request(Vec::new()) };
        fix::plan(&world.ledger, request, &person("layla")).await
    };
    let both = ask("M2511130").await.unwrap_err();
    assert!(matches!(both, FixError::AmbiguousNumber { orders, .. } if orders.len() == 2));
    let second = ask("M2511130/2").await.unwrap();
    assert_eq!(second.plan.orders[0].before.due.amount(), dinars("11"));
}

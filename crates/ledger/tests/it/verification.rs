//! What stands beside the log is verified with it.

use ledger::personal::{self, Vault};
use ledger::verification;
use projections::{Check, Options, Report, Unkept, Verification};

use crate::old_shop::{BOOK, MISSING, World};

async fn verify(world: &World, vault: Option<&Vault>) -> Report {
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    let options = Options::default();
    let mut verification = Verification::default();
    verification::run(&mut conn, &world.ledger, vault, &options, &mut verification, &mut Unkept)
        .await
        .unwrap()
}

/// What is found, column by column.
async fn found(world: &World, vault: Option<&Vault>) -> Vec<String> {
    let report = verify(world, vault).await;
    let columns = report.findings.iter().map(|finding| {
        assert_eq!(finding.check, Check::PersonalData, "{finding}");
        finding.column.clone().unwrap_or_default()
    });
    columns.collect()
}

#[tokio::test]
async fn personal_data_is_what_events_and_keys_say_of_it() {
    let world = World::imported(MISSING).await;
    let report = verify(&world, Some(&world.vault)).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.left_out, Vec::<String>::new());
    let rows = world.number("select count(*) from daftar.personal_data").await;
    assert_eq!(rows, 5, "there is something to look at");

    let report = verify(&world, None).await;
    assert_eq!(report.findings, []);
    assert_eq!(report.left_out.len(), 1, "it says what it could not look at");

    // One that never existed: it opens nothing.
    let wrong = found(&world, Some(&Vault::new([8; 32]))).await;
    assert_eq!(wrong, vec!["customer_keys.wrapped"; 5]);
}

#[tokio::test]
async fn every_change_of_personal_data_is_named() {
    let world = World::imported(MISSING).await;
    world
        .run(
            "update daftar.personal_data set digest = repeat('0', 64)
              where id = (select min(id::text)::uuid from daftar.personal_data)",
        )
        .await;
    // By the event that names it, and by its content.
    assert_eq!(found(&world, Some(&world.vault)).await, ["digest", "digest"]);
    assert_eq!(found(&world, None).await, ["digest"]);

    world
        .run(
            "update daftar.personal_data set ciphertext = ciphertext || '\\x00'::bytea
              where id = (select max(id::text)::uuid from daftar.personal_data)",
        )
        .await;
    assert_eq!(found(&world, Some(&world.vault)).await, ["digest", "digest", "ciphertext"]);

    world
        .run(
            "delete from daftar.personal_data
              where id = (select max(id::text)::uuid from daftar.personal_data)",
        )
        .await;
    let report = verify(&world, Some(&world.vault)).await;
    let gone: Vec<_> =
        report.findings.iter().filter(|finding| finding.found == Some("none".into())).collect();
    assert_eq!(gone.len(), 1, "{:?}", report.findings);
    assert_eq!(gone[0].positions.len(), 1);
}

#[tokio::test]
async fn of_a_customer_who_was_forgotten_only_the_digests_are_compared() {
    let world = World::imported(MISSING).await;
    let customer = domain::id::CustomerId::new("94").unwrap();
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    assert!(personal::forget(&mut conn, BOOK, &customer).await.unwrap());
    assert_eq!(found(&world, Some(&world.vault)).await, Vec::<String>::new());
    world.run("update daftar.personal_data set digest = repeat('0', 64)").await;
    assert_eq!(found(&world, Some(&world.vault)).await, vec!["digest"; 5]);
}

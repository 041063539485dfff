//! The table of planted faults, for personal data: what stands beside the log is looked at too.
//!
//! `UPDATE_DOCS=1 cargo test -p ledger personal_faults` writes its part of the page.

use std::fmt::Write as _;
use std::path::Path;

use ledger::verification;
use projections::{Check, Finding, Options, Unkept, Verification};
use sqlx::{AssertSqlSafe, PgConnection};

use crate::old_shop::{MISSING, World};

/// What is done, and what becomes of it. The statement returns the ids that must be named.
struct Fault {
    kind: &'static str,
    what: &'static str,
    sql: &'static str,
    outcome: Outcome,
}

enum Outcome {
    /// It is found, in this column.
    Found(Option<&'static str>),
    /// Only with the secret, in this column.
    FoundWithSecret(&'static str),
    /// The database refuses it, by this constraint.
    Refused(&'static str),
    /// Nothing finds it, and why.
    Harmless(&'static str),
    /// There is no such fault, and why.
    CannotBe(&'static str),
}

use Outcome::{CannotBe, Found, FoundWithSecret, Harmless, Refused};

const FIRST: &str = "(select min(id::text)::uuid from daftar.personal_data)";

const FAULTS: [Fault; 14] = [
    Fault {
        kind: "bytes flipped",
        what: "one bit of what is encrypted",
        sql: "update daftar.personal_data
                 set ciphertext = set_bit(ciphertext, 9, 1 - get_bit(ciphertext, 9))
               where id = {first} returning id::text",
        outcome: FoundWithSecret("ciphertext"),
    },
    Fault {
        kind: "bytes flipped",
        what: "one bit of a nonce",
        sql: "update daftar.personal_data set nonce = set_bit(nonce, 9, 1 - get_bit(nonce, 9))
               where id = {first} returning id::text",
        outcome: FoundWithSecret("ciphertext"),
    },
    Fault {
        kind: "bytes flipped",
        what: "one bit of a customer's key",
        sql: "update daftar.customer_keys as k
                 set wrapped = set_bit(wrapped, 9, 1 - get_bit(wrapped, 9))
                from daftar.personal_data as p
               where p.id = {first} and k.customer_id = p.customer_id returning p.id::text",
        outcome: FoundWithSecret("customer_keys.wrapped"),
    },
    Fault {
        kind: "row changed",
        what: "a digest",
        sql: "update daftar.personal_data set digest = repeat('0', 64)
               where id = {first} returning id::text",
        outcome: Found(Some("digest")),
    },
    Fault {
        kind: "row changed",
        what: "the content and its digest together",
        sql: "update daftar.personal_data as t
                 set ciphertext = '\\x00'::bytea, digest = repeat('0', 64)
               where id = {first} returning id::text",
        outcome: Found(Some("digest")),
    },
    Fault {
        kind: "row changed",
        what: "the key that it is encrypted with",
        sql: "update daftar.personal_data set key_id = gen_random_uuid()
               where id = {first} returning id::text",
        outcome: Harmless(
            "not told from a customer who was forgotten: the row cannot be read, and says so",
        ),
    },
    Fault {
        kind: "row changed",
        what: "whether an event was found that names it",
        sql: "update daftar.personal_data set is_named = not is_named
               where id = {first} returning id::text",
        outcome: Harmless("the sweep looks again before it deletes anything"),
    },
    Fault {
        kind: "row deleted",
        what: "one that an event names",
        sql: "delete from daftar.personal_data where id = {first} returning id::text",
        outcome: Found(None),
    },
    Fault {
        kind: "row deleted",
        what: "a customer's key",
        sql: "delete from daftar.customer_keys as k using daftar.personal_data as p
               where p.id = {first} and k.customer_id = p.customer_id returning p.id::text",
        outcome: Harmless("so is a customer forgotten"),
    },
    Fault {
        kind: "row added",
        what: "one that no event names, with the content of another",
        sql: "insert into daftar.personal_data
              select (jsonb_populate_record(p, '{\"id\": \"00000000-0000-0000-0000-0000000000ff\"}')).*
                from daftar.personal_data as p where id = {first} returning id::text",
        outcome: FoundWithSecret("ciphertext"),
    },
    Fault {
        kind: "row added",
        what: "one that no event names, of a customer who is not known",
        sql: "insert into daftar.personal_data
              select (jsonb_populate_record(p, '{\"id\": \"00000000-0000-0000-0000-0000000000ff\",
                        \"customer_id\": \"nobody\"}')).*
                from daftar.personal_data as p where id = {first} returning id::text",
        outcome: Harmless("nothing names it: it is swept after a day"),
    },
    Fault {
        kind: "rows swapped",
        what: "two rows, each under the other's id",
        sql: "with two as (
                select id, row_number() over (order by id) as place
                  from daftar.personal_data order by id limit 2)
              update daftar.personal_data as t
                 set customer_id = o.customer_id, key_id = o.key_id, nonce = o.nonce,
                     ciphertext = o.ciphertext, digest = o.digest
                from two as mine, two as others, daftar.personal_data as o
               where t.id = mine.id and others.place = 3 - mine.place and o.id = others.id
              returning t.id::text",
        outcome: Found(Some("digest")),
    },
    Fault {
        kind: "row stale",
        what: "a row as it once was",
        sql: "",
        outcome: CannotBe("a row is written once, so that none was ever another"),
    },
    Fault {
        kind: "row duplicated",
        what: "the same once more",
        sql: "insert into daftar.personal_data select * from daftar.personal_data where id = {first}",
        outcome: Refused("personal_data_pkey"),
    },
];

async fn find(world: &World, with_secret: bool, without: &[Check]) -> Vec<Finding> {
    let mut conn = world.ledger.pool().acquire().await.unwrap();
    let options = Options { without: without.iter().copied().collect(), ..Options::default() };
    let vault = with_secret.then_some(&world.vault);
    let mut verification = Verification::default();
    let keeper = &mut Unkept;
    verification::run(&mut conn, &world.ledger, vault, &options, &mut verification, keeper)
        .await
        .unwrap()
        .findings
}

async fn run(conn: &mut PgConnection, sql: &str) -> Result<Vec<String>, sqlx::Error> {
    let sql = sql.replace("{first}", FIRST);
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(conn).await
}

const RESTORE: &str = "delete from daftar.personal_data;
    delete from daftar.customer_keys;
    insert into daftar.personal_data select * from kept.personal_data;
    insert into daftar.customer_keys select * from kept.customer_keys";

#[tokio::test]
async fn every_fault_of_personal_data_is_found_and_named() {
    let world = World::imported(MISSING).await;
    let mut conn = world.source().await;
    world
        .run(
            "create schema kept;
             create table kept.personal_data as table daftar.personal_data;
             create table kept.customer_keys as table daftar.customer_keys",
        )
        .await;
    assert_eq!(find(&world, true, &[]).await, []);
    for Fault { kind, what, sql, outcome } in &FAULTS {
        let what = format!("{kind}: {what}");
        if matches!(outcome, CannotBe(_)) {
            continue;
        }
        let told = run(&mut conn, sql).await;
        if let Refused(by) = outcome {
            let Err(sqlx::Error::Database(error)) = told else { panic!("{what}: {told:?}") };
            assert_eq!(error.constraint(), Some(*by), "{what}");
            continue;
        }
        let told = told.unwrap();
        assert!(!told.is_empty(), "{what}: nothing was done");
        let found = find(&world, true, &[]).await;
        let without_secret = find(&world, false, &[]).await;
        let (expected, needs_secret) = match outcome {
            Found(column) => (Some(*column), false),
            FoundWithSecret(column) => (Some(Some(*column)), true),
            Harmless(_) | Refused(_) | CannotBe(_) => (None, true),
        };
        assert!(found.iter().all(|one| one.check == Check::PersonalData), "{what}: {found:?}");
        assert_eq!(without_secret.is_empty(), needs_secret, "{what}: {without_secret:?}");
        match expected {
            Some(column) => {
                for id in &told {
                    let names = |one: &&Finding| one.key == *id && one.column.as_deref() == column;
                    assert!(found.iter().any(|one| names(&one)), "{what}: {id} in {found:?}");
                }
            }
            None => assert_eq!(found, [], "{what}"),
        }
        let unseen = find(&world, true, &[Check::PersonalData]).await;
        assert_eq!(unseen, [], "{what}: with the check switched off");
        world.run(RESTORE).await;
    }
    assert_eq!(find(&world, true, &[]).await, []);
}

const BEGIN: &str = "<!-- personal faults: begin. Written from the tests by \
                     `UPDATE_DOCS=1 cargo test -p ledger personal_faults`. Do not edit. -->\n";
const END: &str = "<!-- personal faults: end -->\n";

#[test]
fn the_page_tells_what_the_table_of_personal_data_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/AUDITING.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the page says where the table begins");
    let (_, after) = rest.split_once(END).expect("the page says where the table ends");
    let mut lines = String::new();
    for Fault { kind, what, outcome, .. } in &FAULTS {
        let outcome = match outcome {
            Found(_) => "`personal_data`".to_owned(),
            FoundWithSecret(_) => "`personal_data`, where the secret is at hand".to_owned(),
            Refused(by) => format!("refused by `{by}`"),
            Harmless(why) => format!("unseen: {why}"),
            CannotBe(why) => format!("cannot be: {why}"),
        };
        writeln!(lines, "- {kind}: {what}: {outcome}").unwrap();
    }
    let written = format!("{before}{BEGIN}\n{lines}\n{END}{after}");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, written).unwrap();
    } else {
        assert!(page == written, "stale: UPDATE_DOCS=1 cargo test -p ledger personal_faults");
    }
}

//! Scenario 15: Customer 94, all three data sets, before and after the emergency fix.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use testkit::Database;

use super::world::{Booked, World};

const FIX: &str = "/api/admin/emergency-order-fix";
const ORDERS: [&str; 5] = ["M2511128", "M2511130", "M2511133", "M2511135", "M2511138"];
/// What both views show once all is put right.
const AFTER: [&str; 5] = [
    "warehouse_ready | warehouse_pending · warehouse | paid",
    "delivered | logistics_delivered · – | paid",
    "warehouse_ready | warehouse_pending · warehouse | paid",
    "delivered | logistics_delivered · – | paid",
    "warehouse_ready | warehouse_pending · warehouse | paid",
];

/// What they show before it where the debits were found under the numbers before.
const LINKED: [&str; 5] = [
    "warehouse_ready | warehouse_pending · warehouse | paid",
    "under_review | import_review · finance | paid",
    "under_review | import_review · finance | paid",
    "under_review | import_review · finance | partial",
    "pending | payment_uploaded · finance | receipt_uploaded",
];

/// What there is of each order, in their order.
struct Put<'a> {
    /// Before the fix: what both views show.
    before: [&'a str; 5],
    imported: &'a [&'a str],
    wallet_before: &'a str,
    /// What the fix appends and posts.
    events: &'a [&'a str],
    journal: &'a [&'a str],
    wallet: &'a str,
    /// Something of it needs a second person.
    needs_two: bool,
}

#[tokio::test]
async fn debits_that_are_missing_are_taken_once() {
    let put = Put {
        before: [
            "warehouse_ready | warehouse_pending · warehouse | paid",
            "under_review | import_review · finance | unpaid",
            "under_review | import_review · finance | unpaid",
            "under_review | import_review · finance | unpaid",
            "pending | payment_uploaded · finance | receipt_uploaded",
        ],
        imported: &[
            "Dr 3900:94 15150000, 9010:94 146775.16 / Cr 2100:94 15296775.16",
            "Dr 3900:M2511128 / Cr 2200:M2511128 360960.16",
        ],
        wallet_before: "15296775.16",
        events: &[
            // 130
            "wallet debited",
            "order payment_received",
            "order import_resolved",
            // 133
            "wallet debited",
            "order payment_received",
            "order import_resolved",
            // 135
            "wallet debited",
            "order payment_received",
            "order import_resolved",
            // 138
            "payment recorded",
            "order receipt_approved",
            "payment allocated",
            "order payment_received",
            "order released",
        ],
        journal: &[
            "Dr 2100:94 / Cr 2200:M2511130 44",
            "Dr 2200:M2511130 / Cr 4010:M2511130 44",
            "Dr 2100:94 / Cr 2200:M2511133 11",
            "Dr 2100:94 / Cr 2200:M2511135 151126.17",
            "Dr 2200:M2511135 151126.17 / Cr 4010:M2511135 46126.17, 4020:M2511135 105000",
            "Dr 1020:TRF-20250730-2036 / Cr 2120:TRF-20250730-2036 81431.3",
            "Dr 2120:TRF-20250730-2036 / Cr 2200:M2511138 81431.3",
        ],
        wallet: "15145593.99",
        needs_two: false,
    };
    put_right("missing", put).await;
}

#[tokio::test]
async fn debits_under_the_number_before_are_linked_and_only_what_lacks_is_taken() {
    let put = Put {
        before: LINKED,
        imported: &[
            "Dr 3900:94 15150000, 9010:94 146775.16 / Cr 2100:94 15296775.16",
            "Dr 3900:M2511128 / Cr 2200:M2511128 360960.16",
            "Dr 3900:M2511130 / Cr 2200:M2511130 44",
            "Dr 3900:M2511133 / Cr 2200:M2511133 11",
            "Dr 3900:M2511135 / Cr 2200:M2511135 151126",
        ],
        wallet_before: "15296775.16",
        events: &[
            // 130
            "order import_resolved",
            // 133
            "order import_resolved",
            // 135
            "wallet debited",
            "order payment_received",
            "order import_resolved",
            // 138
            "payment recorded",
            "order receipt_approved",
            "payment allocated",
            "order payment_received",
            "order released",
        ],
        journal: &[
            "Dr 2200:M2511130 / Cr 4010:M2511130 44",
            "Dr 2100:94 / Cr 2200:M2511135 0.17",
            "Dr 2200:M2511135 151126.17 / Cr 4010:M2511135 46126.17, 4020:M2511135 105000",
            "Dr 1020:TRF-20250730-2036 / Cr 2120:TRF-20250730-2036 81431.3",
            "Dr 2120:TRF-20250730-2036 / Cr 2200:M2511138 81431.3",
        ],
        wallet: "15296774.99",
        needs_two: false,
    };
    put_right("mislabelled", put).await;
}

#[tokio::test]
async fn what_was_charged_twice_by_hand_is_given_back_once_two_persons_agree() {
    let put = Put {
        before: LINKED,
        imported: &[
            "Dr 3900:94 14998862.83, 9010:94 146775.16 / Cr 2100:94 15145637.99",
            "Dr 3900:M2511128 / Cr 2200:M2511128 360960.16",
            "Dr 3900:M2511130 / Cr 2200:M2511130 44",
            "Dr 3900:M2511133 / Cr 2200:M2511133 11",
            "Dr 3900:M2511135 / Cr 2200:M2511135 151126",
        ],
        wallet_before: "15145637.99",
        events: &[
            // 130
            "order import_resolved",
            // 133
            "wallet credited",
            "order import_resolved",
            // 135
            "wallet credited",
            "wallet debited",
            "order payment_received",
            "order import_resolved",
            // 138
            "payment recorded",
            "order receipt_approved",
            "payment allocated",
            "order payment_received",
            "order released",
        ],
        journal: &[
            "Dr 2200:M2511130 / Cr 4010:M2511130 44",
            "Dr 3900:94 / Cr 2100:94 11",
            "Dr 3900:94 / Cr 2100:94 151126.17",
            "Dr 2100:94 / Cr 2200:M2511135 0.17",
            "Dr 2200:M2511135 151126.17 / Cr 4010:M2511135 46126.17, 4020:M2511135 105000",
            "Dr 1020:TRF-20250730-2036 / Cr 2120:TRF-20250730-2036 81431.3",
            "Dr 2120:TRF-20250730-2036 / Cr 2200:M2511138 81431.3",
        ],
        wallet: "15296774.99",
        needs_two: true,
    };
    put_right("repaired", put).await;
}

async fn put_right(sample: &str, put: Put<'_>) {
    let old = old_shop(sample).await;
    let world = World::taken_over(&format!("94-{sample}"), &old).await;
    let mut imported = world.journal_after(0).await;
    // The orders come over side by side.
    imported.sort();
    assert_eq!(imported, put.imported, "what the import posted");
    assert_eq!(views(&world).await, put.before);
    assert_eq!(world.wallet("94").await, put.wallet_before, "the stored balance wins");
    world.assert_balanced().await;

    // A plan changes nothing.
    let decisions = std::fs::read(data("decisions-94.json")).expect("the repository ships it");
    let decisions: Value = serde_json::from_slice(&decisions).expect("it is JSON");
    let ask = json!({ "ticket": "T-94", "reason": "put right by hand", "decisions": decisions });
    let plan = ask_admin(&world, FIX, ask).await;
    let digest = plan["digest"].as_str().expect("a plan has a digest");
    assert!(world.accounts_for_everything().await.is_empty());
    assert_eq!(views(&world).await, put.before);

    let apply = json!({ "apply": true, "plan": digest });
    if put.needs_two {
        let ticket = world.admin().ticket(FIX.to_owned(), apply.clone());
        let alone = world.nodes()[0].command(&ticket).await;
        assert_eq!(alone.json()["code"], "plan-needs-approval", "{}", alone.body);
        assert_eq!(world.wallet("94").await, put.wallet_before);
        let path = format!("{FIX}/{digest}/approve");
        let ticket = world.finance().ticket(path, json!({}));
        let agreed = world.nodes()[0].command(&ticket).await;
        assert!(agreed.is_accepted(), "{}", agreed.body);
    }
    let applied = ask_admin(&world, FIX, apply.clone()).await;
    assert_eq!(applied["complete"], true, "{applied:#}");
    assert_eq!(world.events_unaccounted().await, put.events);
    assert_eq!(world.accounts_for_everything().await, put.journal);
    assert_eq!(views(&world).await, AFTER);
    assert_eq!(world.wallet("94").await, put.wallet);
    world.assert_balanced().await;

    // Again, it finds nothing to do.
    let again = ask_admin(&world, FIX, apply).await;
    assert_eq!(again["complete"], true, "{again:#}");
    assert!(world.events_unaccounted().await.is_empty());
    let left = world.read("/api/admin/inconsistencies").await;
    assert_eq!(left["orders"], json!([]), "{left:#}");
    explain_the_rest(&world, put.wallet).await;
    world.ends().await;
}

/// What the old rows of the wallet do not explain waits for finance, which finds out what it was.
async fn explain_the_rest(world: &World, wallet: &str) {
    let open = world.read("/api/suspense-items").await;
    let items = open["items"].as_array().expect("items are a list");
    let [item] = items.as_slice() else { panic!("it is one item: {open:#}") };
    assert_eq!((&item["owner"], &item["item"]), (&json!("finance"), &json!("wallet")), "{item:#}");
    assert_eq!(item["balance"]["amount"], "146775.16", "{item:#}");
    let id = item["id"].as_str().expect("an item has an id");
    let wallets = world.read("/api/customers/94/wallet").await;
    let against = json!({ "opening_balance": wallets["wallets"][0]["id"] });
    world
        .finance()
        .explains("94", id, None, &against)
        .books(Booked {
            events: "suspense explained",
            journal: &["Dr 3900:94 / Cr 9010:94 146775.16"],
            wallet,
        })
        .await;
    assert_eq!(world.account("9010").await, "0");
}

async fn views(world: &World) -> Vec<String> {
    let mut views = Vec::new();
    for number in ORDERS {
        views.push(world.views_of(number).await);
    }
    views
}

async fn ask_admin(world: &World, path: &str, body: Value) -> Value {
    let ticket = world.admin().ticket(path.to_owned(), body);
    let reply = world.nodes()[0].command(&ticket).await;
    assert!(reply.is_accepted(), "{}", reply.body);
    reply.json()
}

/// The old shop's records.
async fn old_shop(sample: &str) -> Database {
    let old = Database::empty().await;
    let file = data(&format!("{sample}.sql"));
    let records = std::fs::read_to_string(file).expect("the repository ships it");
    let mut conn =
        PgConnection::connect_with(&old.connect_options()).await.expect("it takes connections");
    sqlx::raw_sql(AssertSqlSafe(records))
        .execute(&mut conn)
        .await
        .expect("a data set stands alone");
    old
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/legacy").join(name)
}

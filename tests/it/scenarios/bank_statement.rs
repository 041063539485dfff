//! The bank's statement says what really came: its lines are told of as a file or one by one, each
//! is recorded once, and matched with the payments that it is.

use serde_json::json;

use super::world::{Booked, Transfer, World};

const STATEMENT: &str = "account,line,date,amount,currency,reference
rafidain,2026-03-02/1,2026-03-02,100000,IQD,TT-1
rafidain,2026-03-02/2,2026-03-02,98500,IQD,
";

#[tokio::test]
async fn a_statement_moves_what_finance_believed_into_what_the_bank_has() {
    let world = World::new("statement").await;
    let mut payments = Vec::new();
    for (reference, amount) in [("TT-1", "100000"), ("TT-2", "60000"), ("TT-3", "40000")] {
        let recorded = format!("Dr 1020:{reference} / Cr 2120:{reference} {amount}");
        let told = world
            .finance()
            .records("zaid", Transfer { reference, amount })
            .books(Booked { events: "payment recorded", journal: &[&recorded], wallet: "none" })
            .await;
        payments.push(told["payment"]["id"].as_str().expect("a payment has an id").to_owned());
    }

    // A line that names a transfer of its amount is matched at once; the other waits.
    let shown = world.upload_statement(STATEMENT, true).await;
    assert_eq!((&shown["matched"], &shown["recorded"]), (&json!(1), &json!(1)), "{shown:#}");
    assert!(world.events_unaccounted().await.is_empty(), "a dry run records nothing");
    let told = world.upload_statement(STATEMENT, false).await;
    assert_eq!((&told["matched"], &told["recorded"]), (&json!(1), &json!(1)), "{told:#}");
    let mut events = world.events_unaccounted().await;
    events.sort();
    assert_eq!(
        events,
        [
            "payment matched",
            "statement_line matched",
            "statement_line recorded",
            "statement_line recorded",
        ],
    );
    let journal = world.accounts_for_everything().await;
    assert_eq!(journal, ["Dr 1010:rafidain / Cr 1020:TT-1 100000"]);
    world.assert_balanced().await;

    // Told of twice, in a file or by hand, a line is one.
    let again = world.upload_statement(STATEMENT, false).await;
    assert_eq!(again["known"], 2, "{again:#}");
    assert!(world.events_unaccounted().await.is_empty());
    let other = world.upload_statement(&STATEMENT.replace("98500", "98400"), false).await;
    assert_eq!((&other["known"], &other["refused"]), (&json!(1), &json!(1)), "{other:#}");
    assert_eq!(other["lines"][1]["code"], "statement-line-differs", "{other:#}");
    assert!(world.events_unaccounted().await.is_empty());

    // The other is two transfers, of which the bank kept a fee.
    let line = told["lines"][1]["statement_line"].as_str().expect("a line has an id");
    let two = &payments[1..];
    let matches = |fee| world.finance().matches("zaid", line, two, fee);
    matches("1499").fails_with(422, "statement-line-unbalanced").await;
    world.client().matches("zaid", line, two, "1500").fails_with(403, "forbidden").await;
    matches("1500")
        .books(Booked {
            events: "payment matched, payment matched, statement_line matched",
            journal: &[
                "Dr 1010:rafidain 59100, 5010 900 / Cr 1020:TT-2 60000",
                "Dr 1010:rafidain 39400, 5010 600 / Cr 1020:TT-3 40000",
            ],
            wallet: "none",
        })
        .await;
    matches("1500").changes_nothing().await;
    for (account, balance) in [("1010", "198500"), ("1020", "0"), ("5010", "1500")] {
        assert_eq!(world.account(account).await, balance, "{account}");
    }
    let waiting = world.read("/api/statement-lines?matched=false").await;
    assert_eq!(waiting["statement_lines"], json!([]), "{waiting:#}");
    world.ends().await;
}

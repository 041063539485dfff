//! `daftar book`: policy shown in full, and changed by whoever may.

use serde_json::{Value, json};
use testkit::Database;

use crate::daftar::{Installation, migrated};

/// A book with an admin, hamid, and someone of finance, zahra.
async fn begun(name: &str) -> (Installation, Database) {
    let database = migrated().await;
    let installation = Installation::at(name, database.url());
    installation.key("admin", "hamid");
    installation.key("finance", "zahra");
    (installation, database)
}

fn set<'a>(name: &'a str, value: &'a str, person: &'a str) -> [&'a str; 10] {
    ["book", "set", name, value, "--as", person, "--reason", "policy", "--ticket", "T-1"]
}

fn find<'a>(shown: &'a Value, name: &str) -> &'a Value {
    let settings = shown["settings"].as_array().expect("a list");
    settings.iter().find(|one| one["name"] == name).expect("it is listed")
}

#[tokio::test]
async fn every_setting_is_shown_and_an_admin_sets_it_to_what_it_is_and_to_something_else() {
    let (daftar, _database) = begun("settings").await;
    let shown = daftar.json(&["book", "show"]);
    assert_eq!(shown["version"], 0);
    let table = String::from_utf8(daftar.run(&["book", "show"]).stdout).expect("text");
    for one in shown["settings"].as_array().expect("a list") {
        let name = one["name"].as_str().expect("a name");
        for part in ["unit", "meaning"] {
            assert!(!one[part].as_str().expect("a text").is_empty(), "{one}");
        }
        assert_eq!(one["value"], one["default"], "{one}");
        assert!(table.contains(name), "{name} is missing in:\n{table}");
    }

    let changed = daftar.json(&set("bank_transfer_hours", "48", "hamid"));
    assert_eq!((&changed["before"], &changed["after"]), (&json!(72), &json!(48)));
    daftar.json(&set("four_eyes_threshold", "5 IQD", "hamid"));
    daftar.json(&set("currencies", "IQD, USD", "hamid"));
    let same = daftar.json(&set("time_zone", "Asia/Baghdad", "hamid"));
    assert_eq!(same["version"], 3, "what is so already is no event");

    let shown = daftar.json(&["book", "show"]);
    assert_eq!(find(&shown, "bank_transfer_hours")["value"], 48);
    assert_eq!(find(&shown, "bank_transfer_hours")["default"], 72);
    let threshold = json!({ "amount": "5", "currency": "IQD" });
    assert_eq!(find(&shown, "four_eyes_threshold")["value"], threshold);
    assert_eq!(find(&shown, "currencies")["value"], json!(["IQD", "USD"]));
    daftar.assert_verified();
}

#[tokio::test]
async fn what_is_unknown_out_of_range_or_not_theirs_is_refused_and_changes_nothing() {
    let (daftar, _database) = begun("nosettings").await;
    let refused = |arguments: &[&str]| {
        let output = daftar.try_run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    let unknown = refused(&set("grace", "3", "hamid"));
    assert!(unknown.contains("\"grace\"") && unknown.contains("payment_minutes"), "{unknown}");
    let value = refused(&set("payment_minutes", "soon", "hamid"));
    assert!(value.contains("\"soon\" is no value of payment_minutes"), "{value}");
    let range = refused(&set("payment_minutes", "0", "hamid"));
    assert!(range.contains("outside its range"), "{range}");
    let finance = refused(&set("payment_minutes", "5", "zahra"));
    assert!(finance.contains("only an admin"), "{finance}");
    let nobody = refused(&set("payment_minutes", "5", "somebody"));
    assert!(nobody.contains("nobody is known by the name somebody"), "{nobody}");
    let reason = refused(&["book", "set", "payment_minutes", "5", "--as", "hamid"]);
    assert!(reason.contains("--reason"), "{reason}");
    assert_eq!(daftar.json(&["book", "show"])["version"], 0);
}

#[tokio::test]
async fn an_admin_stops_a_book_and_lets_it_go_on_and_both_are_kept() {
    let (daftar, _database) = begun("stopping").await;
    let decide = |what, person, reason| ["book", what, "--as", person, "--reason", reason];
    let refused = |arguments: &[&str]| {
        let output = daftar.try_run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).expect("text")
    };
    assert_eq!(daftar.json(&["book", "state"]), json!({ "stopped": null, "resumed": [] }));
    let finance = refused(&decide("stop", "zahra", "a drill"));
    assert!(finance.contains("only an admin stops the book"), "{finance}");
    let early = refused(&decide("resume", "hamid", "a drill"));
    assert!(early.contains("the book is not stopped"), "{early}");

    let stopped = daftar.json(&decide("stop", "hamid", "a drill"));
    assert_eq!(stopped["stopped"]["why"], "a drill");
    assert_eq!(stopped["stopped"]["by"], "hamid");
    let told = refused(&set("bank_transfer_hours", "48", "hamid"));
    assert!(told.contains("is stopped") && told.contains("a drill"), "{told}");
    assert_eq!(daftar.json(&["book", "show"])["version"], 0, "it is read as before");
    let finance = refused(&decide("resume", "zahra", "a drill"));
    assert!(finance.contains("only an admin resumes the book"), "{finance}");

    let resumed = daftar.json(&decide("resume", "hamid", "the drill is over"));
    assert_eq!(resumed["stopped"], json!(null));
    let past = &resumed["resumed"][0];
    assert_eq!(
        (&past["stopped"]["why"], &past["stopped"]["by"]),
        (&json!("a drill"), &json!("hamid"))
    );
    assert_eq!(
        (&past["resumed_by"], &past["reason"]),
        (&json!("hamid"), &json!("the drill is over"))
    );
    daftar.json(&set("bank_transfer_hours", "48", "hamid"));
    daftar.assert_verified();
}

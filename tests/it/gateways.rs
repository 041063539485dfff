//! `daftar gateways`: made, listed, rotated and disabled, the secret shown once.

use serde_json::json;

use crate::daftar::{Installation, migrated};

#[tokio::test]
async fn a_gateway_is_made_rotated_and_disabled_and_its_secrets_are_shown_once() {
    let database = migrated().await;
    let daftar = Installation::at("gateways", database.url());
    daftar.key("admin", "hamid");

    let made = daftar.json(&["gateways", "add", "zain", "--as", "hamid"]);
    assert_eq!(made["path"], "/api/gateways/main/zain/callback");
    let first = made["secret"].as_str().expect("a text").to_owned();
    assert_eq!(first.len(), "gs_".len() + 64);
    let rotated = daftar.json(&["gateways", "rotate", "zain"]);
    let second = rotated["secret"].as_str().expect("a text").to_owned();
    assert_ne!(first, second);

    let listed = daftar.run(&["gateways", "list", "--json"]).stdout;
    let listed = String::from_utf8(listed).expect("text");
    assert!(!listed.contains(&first) && !listed.contains(&second), "{listed}");
    let listed: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    let gateway = &listed["gateways"][0];
    assert_eq!(gateway["gateway"], "zain");
    assert_eq!(gateway["created_by"], "hamid");
    assert_eq!(gateway["secrets"], 2);
    assert!(gateway["rotates_until"].is_string());
    daftar.json(&["gateways", "rotate", "zain", "--overlap-hours", "0"]);
    assert_eq!(daftar.json(&["gateways", "list"])["gateways"][0]["secrets"], 1);

    assert_eq!(daftar.json(&["gateways", "disable", "zain"]), json!({ "disabled": "zain" }));
    assert_eq!(daftar.json(&["gateways", "list"])["gateways"][0]["state"], "disabled");
    for (arguments, said) in [
        (["gateways", "add", "zain"], "there already"),
        (["gateways", "add", "Zain Cash"], "small letters"),
        (["gateways", "rotate", "zain"], "disabled"),
        (["gateways", "disable", "asia"], "no gateway asia"),
    ] {
        let refused = daftar.try_run(&arguments);
        assert!(!refused.status.success(), "{arguments:?}");
        let error = String::from_utf8(refused.stderr).expect("text");
        assert!(error.contains(said), "{error}");
    }
}

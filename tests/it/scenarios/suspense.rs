//! A suspense item takes the other side of an adjustment that nobody can explain yet, and returns to
//! nothing by explanations.

use serde_json::json;

use super::world::{Booked, World};

#[tokio::test]
async fn what_a_wallet_was_adjusted_by_is_explained_part_by_part() {
    let world = World::new("suspense").await;
    world.fill_wallet("zaid", "10000").await;
    let opens = |reason| world.finance().opens_suspense("zaid", reason);
    world.client().opens_suspense("zaid", "ours").fails_with(403, "forbidden").await;
    let item = opens("a transfer of 750 without a name")
        .books(Booked { events: "suspense opened", journal: &[], wallet: "10000" })
        .await;
    let id = item["suspense"]["id"].as_str().expect("an item has an id").to_owned();
    let in_9010 = |entry: &str| entry.replace("ITEM", &id);

    world
        .finance()
        .adjusts("zaid", "credit", "750", &id)
        .books(Booked {
            events: "wallet credited, suspense booked",
            journal: &[&in_9010("Dr 9010:ITEM / Cr 2100:zaid 750")],
            wallet: "10750",
        })
        .await;
    world
        .finance()
        .adjusts("zaid", "debit", "250", &id)
        .books(Booked {
            events: "wallet debited, suspense booked",
            journal: &[&in_9010("Dr 2100:zaid / Cr 9010:ITEM 250")],
            wallet: "10500",
        })
        .await;
    let open = world.read("/api/suspense-items").await;
    assert_eq!(open["items"][0]["balance"]["amount"], "500", "{open:#}");
    assert_eq!(open["items"][0]["owner"], "zahra", "{open:#}");

    let explains = |amount, against| world.finance().explains("zaid", &id, amount, &json!(against));
    explains(Some("500.001"), "goodwill").fails_with(409, "suspense-differs").await;
    explains(Some("450"), "goodwill")
        .books(Booked {
            events: "suspense explained",
            journal: &[&in_9010("Dr 5020 / Cr 9010:ITEM 450")],
            wallet: "10500",
        })
        .await;
    explains(None, "write_off")
        .books(Booked {
            events: "suspense explained",
            journal: &[&in_9010("Dr 5030 / Cr 9010:ITEM 50")],
            wallet: "10500",
        })
        .await;
    assert_eq!(world.account("9010").await, "0", "it returned to nothing");
    assert_eq!(world.read("/api/suspense-items").await["items"], json!([]));

    // It is over: nothing is booked on it any more.
    let adjusts = world.finance().adjusts("zaid", "credit", "1", &id);
    adjusts.fails_with(409, "suspense-settled").await;
    let told = world.read(&format!("/api/suspense-items/{id}")).await;
    let entries = told["entries"].as_array().expect("entries are a list");
    let amounts: Vec<_> = entries.iter().map(|entry| &entry["amount"]["amount"]).collect();
    assert_eq!(json!(amounts), json!(["750", "-250", "-450", "-50"]), "{told:#}");
    world.ends().await;
}

//! What one person may move alone adds up over a business day, whatever it is moved as; from there
//! on a second person is needed.

use super::world::{Booked, World};

#[tokio::test]
async fn many_small_sums_of_a_day_are_seen_as_the_large_one_that_they_are() {
    let world = World::new("four-eyes").await;
    world.fill_wallet("zaid", "600000").await;
    world
        .second_finance()
        .gives("zaid", "400000", "it came late")
        .books(Booked {
            events: "wallet credited",
            journal: &["Dr 5020 / Cr 2100:zaid 400000"],
            wallet: "1000000",
        })
        .await;

    // That is all for today, as a gift, over the counter or against a suspense item, whoever asks.
    let gift = world.finance().gives("zaid", "0.001", "a little more");
    let refused = gift.fails_with(422, "needs-second-person").await;
    let said = ["amount", "moved", "left", "threshold"].map(|sum| refused[sum]["amount"].as_str());
    assert_eq!(said, [Some("0.001"), Some("1000000"), Some("0"), Some("1000000")], "{refused:#}");
    world.second_finance().tops_up("zaid", "1").fails_with(422, "needs-second-person").await;
    let item = open_item(&world).await;
    let adjusts = world.finance().adjusts("zaid", "debit", "1", &item);
    adjusts.fails_with(422, "needs-second-person").await;

    // It is a customer's sum: another's is untouched.
    world.fill_wallet("noor", "1000000").await;

    // Two may, and what two do is not added to what one did.
    let gift = world.finance().gives("zaid", "2000000", "the roof fell in");
    let proposal = gift.waits_for_agreement().await;
    world.finance().agrees(&proposal).fails_with(403, "same-person").await;
    world
        .second_finance()
        .agrees(&proposal)
        .books(Booked {
            events: "wallet credited",
            journal: &["Dr 5020 / Cr 2100:zaid 2000000"],
            wallet: "3000000",
        })
        .await;

    // The day is the shop's: it ends at midnight in Baghdad.
    world.time_is("2026-03-02T20:59:59Z");
    let gift = world.finance().gives("zaid", "1", "still Monday");
    gift.fails_with(422, "needs-second-person").await;
    world.time_is("2026-03-02T21:00:00Z");
    world
        .finance()
        .gives("zaid", "1000000", "Tuesday")
        .books(Booked {
            events: "wallet credited",
            journal: &["Dr 5020 / Cr 2100:zaid 1000000"],
            wallet: "4000000",
        })
        .await;
    let gift = world.finance().gives("zaid", "0.001", "Tuesday");
    gift.fails_with(422, "needs-second-person").await;
    world.ends().await;
}

async fn open_item(world: &World) -> String {
    let told = world
        .finance()
        .opens_suspense("zaid", "a transfer without a name")
        .books(Booked { events: "suspense opened", journal: &[], wallet: "1000000" })
        .await;
    told["suspense"]["id"].as_str().expect("an item has an id").to_owned()
}

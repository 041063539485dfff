//! Pages that tell of calls: what each role does all day, and the guide to the API. Every call of a
//! page is made, in its order, and answered as the page says. So is every command that operators are
//! shown of how one build follows another.

mod builds;
mod compare;
mod page;
mod play;

#[tokio::test]
async fn a_client_does_what_its_page_says() {
    play::page("roles/client").await;
}

#[tokio::test]
async fn finance_does_what_its_page_says() {
    play::page("roles/finance").await;
}

#[tokio::test]
async fn a_warehouse_does_what_its_page_says() {
    play::page("roles/warehouse").await;
}

#[tokio::test]
async fn logistics_does_what_its_page_says() {
    play::page("roles/logistics").await;
}

#[tokio::test]
async fn an_auditor_does_what_its_page_says() {
    play::page("roles/auditor").await;
}

#[tokio::test]
async fn an_admin_does_what_its_page_says() {
    play::page("roles/admin").await;
}

#[tokio::test]
async fn the_guide_to_the_api_is_true() {
    play::page("API").await;
}

#[tokio::test]
async fn a_fold_version_is_rolled_out_found_wrong_and_mended_as_the_page_for_operators_says() {
    let titles = ["A new fold version, without stopping", "A fold that was wrong"];
    builds::sections("fold", &titles).await;
}

#[tokio::test]
async fn a_view_is_added_as_the_page_for_operators_says() {
    builds::sections("view", &["A projection added later"]).await;
}

#[test]
fn every_page_is_in_the_index_and_is_played() {
    let index = page::read("roles/README");
    let played = include_str!("pages.rs");
    for name in page::roles() {
        assert!(index.contains(&format!("({name}.md)")), "{name}.md is not in the index");
        assert!(
            played.contains(&format!("play::page(\"roles/{name}\")")),
            "nobody plays {name}.md"
        );
    }
}

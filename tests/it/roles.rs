//! What each role does all day, as its page in `docs/roles` tells it: every call of a page is made,
//! in its order, and answered as the page says.

mod compare;
mod page;
mod play;

#[tokio::test]
async fn a_client_does_what_its_page_says() {
    play::page("client").await;
}

#[tokio::test]
async fn finance_does_what_its_page_says() {
    play::page("finance").await;
}

#[tokio::test]
async fn a_warehouse_does_what_its_page_says() {
    play::page("warehouse").await;
}

#[tokio::test]
async fn logistics_does_what_its_page_says() {
    play::page("logistics").await;
}

#[tokio::test]
async fn an_auditor_does_what_its_page_says() {
    play::page("auditor").await;
}

#[tokio::test]
async fn an_admin_does_what_its_page_says() {
    play::page("admin").await;
}

#[test]
fn every_page_is_in_the_index_and_is_played() {
    let index = page::read("README");
    let played = include_str!("roles.rs");
    for name in page::names() {
        assert!(index.contains(&format!("({name}.md)")), "{name}.md is not in the index");
        assert!(played.contains(&format!("play::page(\"{name}\")")), "nobody plays {name}.md");
    }
}

//! Suspense: what nobody can explain yet has an owner, and explanations bring it back to zero.

use domain::Rejection;
use domain::account::SuspenseItem;
use domain::suspense::Against;

use crate::book::{Book, given};
use crate::build::{
    adjust_down, adjust_up, code, correct_wallet, explain, import_wallet, iqd, open_suspense,
    suspense, top_up, wallet,
};

fn item() -> SuspenseItem {
    SuspenseItem::Item(suspense(1))
}

fn old() -> SuspenseItem {
    SuspenseItem::Wallet(wallet("94"))
}

#[test]
fn an_old_wallet_whose_rows_do_not_explain_it_opens_an_item_with_an_owner() {
    let book = Book::new()
        .when(import_wallet("94", "100", "70"))
        .then(&["wallet.opened", "suspense.opened", "suspense.booked"])
        .expect_total("9010", "-30");
    let facts = book.suspense(old().id()).unwrap();
    assert_eq!((facts.owner, facts.balance), (code("finance"), iqd("30")));
}

#[test]
fn an_old_wallet_whose_rows_explain_it_opens_none() {
    Book::new().when(import_wallet("94", "100", "100")).then(&["wallet.opened"]);
}

#[test]
fn an_explanation_leads_towards_zero_and_never_past_it() {
    let differs =
        |claimed| Rejection::SuspenseDiffers { balance: iqd("30"), claimed: iqd(claimed) };
    given([import_wallet("94", "100", "70")])
        .when(explain(old(), Some("30.001"), Against::WriteOff))
        .then_refused(differs("30.001"))
        .when(explain(old(), Some("-1"), Against::WriteOff))
        .then_refused(differs("-1"))
        .when(explain(old(), Some("0"), Against::WriteOff))
        .then_refused(differs("0"))
        .when(explain(old(), Some("10"), Against::OpeningBalance(wallet("94"))))
        .then(&["suspense.explained"])
        .expect_total("9010", "-20")
        .expect_total("3900", "-80")
        .when(explain(old(), None, Against::WriteOff))
        .then(&["suspense.explained"])
        .expect_total("9010", "0")
        .expect_total("5030", "-20")
        .when(explain(old(), None, Against::WriteOff))
        .then_nothing();
}

#[test]
fn an_item_may_go_either_way() {
    given([top_up("94", 1, "100"), open_suspense(1)])
        .when(adjust_down("94", item(), "8"))
        .then(&["wallet.debited", "suspense.booked"])
        .expect_total("9010", "8")
        .when(explain(item(), Some("8"), Against::Goodwill))
        .then_code("suspense-differs")
        .and(explain(item(), Some("-5"), Against::Goodwill))
        .and(explain(item(), None, Against::Rounding))
        .expect_total("9010", "0")
        .expect_total("5020", "5")
        .expect_total("5040", "3");
}

#[test]
fn a_wallet_is_adjusted_only_against_an_item_that_is_open() {
    given([top_up("94", 1, "100")])
        .when(adjust_up("94", item(), "5"))
        .then_refused(Rejection::SuspenseNotFound)
        .when(adjust_down("94", item(), "5"))
        .then_refused(Rejection::SuspenseNotFound)
        .and(open_suspense(1))
        .when(adjust_up("94", item(), "5"))
        .then(&["wallet.credited", "suspense.booked"])
        .and(explain(item(), None, Against::Goodwill))
        .when(adjust_up("94", item(), "5"))
        .then_refused(Rejection::SuspenseSettled)
        .when(adjust_down("94", item(), "5"))
        .then_refused(Rejection::SuspenseSettled)
        .expect_balance("94", "105");
}

#[test]
fn taking_an_adjustment_back_takes_it_off_its_item_even_when_that_was_explained() {
    let book = given([top_up("94", 1, "100"), open_suspense(1), adjust_up("94", item(), "5")])
        .and(explain(item(), None, Against::Goodwill))
        .when(correct_wallet("94", 3))
        .then(&["wallet.corrected", "suspense.booked"])
        .expect_balance("94", "100")
        .expect_total("9010", "5");
    // Somebody has to explain that anew.
    assert!(!book.suspense(suspense(1)).unwrap().settled);
}

#[test]
fn an_item_is_opened_once() {
    let other = domain::decide::Command::OpenSuspense {
        item: suspense(1),
        currency: domain::money::Currency::IQD,
        owner: code("warehouse"),
        reason: crate::build::because(),
    };
    given([open_suspense(1)])
        .when(open_suspense(1))
        .then_nothing()
        .when(other)
        .then_refused(Rejection::SuspenseExists)
        .when(explain(SuspenseItem::Item(suspense(2)), None, Against::WriteOff))
        .then_refused(Rejection::SuspenseNotFound);
}

#[test]
fn an_item_whose_adjustment_was_taken_back_is_settled_and_takes_another() {
    let book = given([top_up("94", 1, "100"), open_suspense(1)]);
    assert!(!book.suspense(suspense(1)).unwrap().is_settled());
    let book = book
        .when(explain(item(), None, Against::WriteOff))
        .then_code("suspense-differs")
        .and(adjust_up("94", item(), "5"))
        .and(correct_wallet("94", 3))
        .expect_total("9010", "0");
    assert!(book.suspense(suspense(1)).unwrap().is_settled());
    let book = book.when(explain(item(), None, Against::WriteOff)).then_nothing();
    let book = book.and(adjust_up("94", item(), "6"));
    assert!(!book.suspense(suspense(1)).unwrap().is_settled());
}

//! Orders and wallets taken over, and the repair of what the old system left inconsistent.

use domain::Rejection;
use domain::account::SuspenseItem;
use domain::decide::{Command, ResolvedFacts, WalletPurpose};
use domain::money::{Currency, MoneyError};
use domain::order::Receipt;
use domain::order::import::{Imported, LinkedDebit, Stage};
use domain::order::status::{Channel, Ended, Method, PaymentStatus, Phase, Warehouse};
use domain::wallet::{Opening, Source};

use crate::book::{Book, given};
use crate::build::{
    amount, approve, because, by_wallet, cancel, code, complete, customer, deliver, give_back,
    import, iqd, link, nothing_stated, old_order, order, place, receipt, release, resolve, top_up,
    usd, wallet,
};

const STORED: &str = "15296775.16";
const DELIVERED: ResolvedFacts =
    ResolvedFacts { released: true, warehouse: Warehouse::Packed, shipped: true, delivered: true };
const RELEASED: ResolvedFacts = ResolvedFacts {
    released: true,
    warehouse: Warehouse::Waiting,
    shipped: false,
    delivered: false,
};

fn open_wallet(balance: &str, explained: &str) -> Command {
    Command::ImportWallet {
        customer: customer("94"),
        currency: Currency::IQD,
        opening: Opening {
            row: code("customer_wallets:3"),
            balance: iqd(balance),
            explained: iqd(explained),
        },
    }
}

fn shortfall(number: u64) -> Command {
    let purpose = WalletPurpose::Shortfall;
    Command::PayFromWallet { order: order(number), amount: None, purpose }
}

/// The five orders of customer 94, under the last two digits of their numbers.
fn customer_94(balance: &str) -> Book {
    let agreed = Imported {
        method: Method::BankTransferGrace,
        channel: Channel::BankTransfer,
        stage: Stage::Released { warehouse: Warehouse::Waiting },
        proven: iqd("360960.16"),
        ..old_order("M2511128", "94", "360960.16")
    };
    let waiting = Imported {
        method: Method::BankTransferGrace,
        channel: Channel::BankTransfer,
        stage: Stage::Open,
        receipt: Some(Receipt {
            receipt: receipt(38),
            claimed: None,
            file: None,
            stored: None,
            repeats: None,
        }),
        ..old_order("M2511138", "94", "81431.3")
    };
    given([
        open_wallet(balance, balance),
        import(28, agreed),
        import(30, old_order("M2511130", "94", "44")),
        import(33, old_order("M2511133", "94", "11")),
        import(35, old_order("M2511135", "94", "151126.17")),
        import(38, waiting),
    ])
}

/// The owner's decisions, once the three debits are accounted for.
fn decide_as_the_owner_did(book: Book) -> Book {
    book.and(resolve(30, DELIVERED))
        .and(resolve(33, RELEASED))
        .and(resolve(35, DELIVERED))
        .and(approve(38, 38, "81431.3"))
        .and(release(38))
        .expect_phase(order(28), Phase::WarehouseReady)
        .expect_phase(order(30), Phase::Delivered)
        .expect_phase(order(33), Phase::WarehouseReady)
        .expect_phase(order(35), Phase::Delivered)
        .expect_phase(order(38), Phase::WarehouseReady)
        .expect_total("4010", "151170.17")
}

fn link_the_mislabelled(book: Book) -> Book {
    book.and(link(30, "wallet_transactions:17", "44"))
        .and(link(33, "wallet_transactions:18", "11"))
        .and(link(35, "wallet_transactions:19", "151126"))
        .and(shortfall(35))
}

#[test]
fn customer_94_arrives_as_the_records_were() {
    customer_94(STORED)
        .expect_phase(order(28), Phase::WarehouseReady)
        .expect_phase(order(30), Phase::ImportReview)
        .expect_phase(order(33), Phase::ImportReview)
        .expect_phase(order(35), Phase::ImportReview)
        .expect_phase(order(38), Phase::PaymentReview)
        .expect_balance("94", STORED)
        .expect_total("2200", "360960.16");
}

#[test]
fn customer_94_whose_debits_are_missing_pays_each_order_once() {
    let book = customer_94(STORED)
        .when(resolve(30, DELIVERED))
        .then_refused(Rejection::NotSettled { owed: iqd("44") })
        .and(shortfall(30))
        .and(shortfall(33))
        .and(shortfall(35));
    decide_as_the_owner_did(book).expect_balance("94", "15145593.99");
}

#[test]
fn customer_94_whose_debits_are_mislabelled_pays_only_what_they_lack() {
    decide_as_the_owner_did(link_the_mislabelled(customer_94(STORED)))
        .expect_balance("94", "15296774.99");
}

#[test]
fn customer_94_who_was_charged_again_by_hand_gets_that_back() {
    let book = link_the_mislabelled(customer_94("15145637.99"))
        .and(give_back(33, "wallet_transactions:18", "wallet_transactions:20", "11"))
        .and(give_back(35, "wallet_transactions:19", "wallet_transactions:21", "151126.17"));
    decide_as_the_owner_did(book).expect_balance("94", "15296774.99");
}

#[test]
fn an_order_that_agrees_and_is_proven_takes_its_phase() {
    let arrives = |stage, proven: &str| {
        let old = Imported { stage, proven: iqd(proven), ..old_order("M2511128", "94", "44") };
        given([import(1, old)])
    };
    let phases = [
        (Stage::Review, "44", Phase::ImportReview, "44"),
        (Stage::Open, "0", Phase::AwaitingPayment, "0"),
        (Stage::Open, "44", Phase::FinanceReview, "44"),
        (Stage::Released { warehouse: Warehouse::Packed }, "44", Phase::Packed, "44"),
        (Stage::Dispatched, "44", Phase::Dispatched, "44"),
        (Stage::Delivered, "44", Phase::Delivered, "0"),
        (Stage::Completed, "44", Phase::Completed, "0"),
        (Stage::Ended(Ended::Cancelled), "44", Phase::Cancelled, "0"),
        (Stage::Ended(Ended::Expired), "0", Phase::Expired, "0"),
    ];
    for (stage, proven, phase, held) in phases {
        arrives(stage, proven).expect_phase(order(1), phase).expect_total("2200", held);
    }
    arrives(Stage::Dispatched, "44")
        .and(deliver(1))
        .expect_total("4010", "44")
        .expect_total("3900", "-44");
    let delivered = arrives(Stage::Delivered, "0").when(deliver(1)).then_nothing();
    assert_eq!(delivered.facts(order(1)).payment_status(), PaymentStatus::Paid);
    delivered.and(complete(1)).expect_total("4010", "0");
}

#[test]
fn an_order_under_way_that_lacks_a_little_is_paid_before_it_is_delivered() {
    let stage = Stage::Dispatched;
    let old = Imported { stage, proven: iqd("43.83"), ..old_order("M2511128", "94", "44") };
    given([top_up("94", 1, "100"), import(1, old)])
        .when(deliver(1))
        .then_refused(Rejection::NotSettled { owed: iqd("0.17") })
        .and(shortfall(1))
        .and(deliver(1))
        .expect_balance("94", "99.83");
}

#[test]
fn an_order_keeps_no_more_old_money_than_it_costs() {
    let old = Imported { proven: iqd("44.5"), ..old_order("M2511128", "94", "44") };
    given([import(1, old)]).expect_total("2200", "44").and(resolve(1, DELIVERED));
    given([import(1, old_order("M2511128", "94", "44"))])
        .and(link(1, "wallet_transactions:17", "44.5"))
        .expect_total("2200", "44")
        .when(link(1, "wallet_transactions:18", "0.5"))
        .then_refused(Rejection::WalletPartMismatch { due: iqd("0") })
        .and(resolve(1, DELIVERED));
}

#[test]
fn an_order_whose_items_are_lost_gets_one_line_that_stands_for_them() {
    let stage = Stage::Open;
    let old = Imported { lines: vec![], stage, ..old_order("M2511128", "94", "132000") };
    let book = given([import(1, old)]).expect_phase(order(1), Phase::AwaitingPayment);
    assert_eq!(book.facts(order(1)).lines[0].item.total, iqd("132000"));
}

#[test]
fn an_import_in_two_currencies_or_below_zero_is_refused() {
    let dollars = usd("44").money();
    let old = || old_order("M2511128", "94", "44");
    let mismatch = MoneyError::CurrencyMismatch(Currency::IQD, Currency::USD);
    Book::new()
        .when(import(1, Imported { proven: dollars, ..old() }))
        .then_refused(mismatch.clone().into())
        .when(import(1, Imported { proven: iqd("-1"), ..old() }))
        .then_refused(Rejection::NegativeCharge(iqd("-1")))
        .and(import(1, old()))
        .when(import(1, old()))
        .then_refused(Rejection::OrderExists);
    let opening = Opening { row: code("customer_wallets:3"), balance: dollars, explained: dollars };
    let (customer, currency) = (customer("94"), Currency::IQD);
    Book::new()
        .when(Command::ImportWallet { customer, currency, opening })
        .then_refused(mismatch.into());
}

#[test]
fn an_old_debit_is_linked_once_and_only_while_a_person_decides() {
    let debit = "wallet_transactions:17";
    given([import(1, old_order("M2511128", "94", "44"))])
        .when(link(1, debit, "40"))
        .then(&["order.legacy_debit_linked"])
        .when(link(1, debit, "4"))
        .then_refused(Rejection::DebitAlreadyLinked)
        .and(link(1, "wallet_transactions:18", "4"))
        .and(resolve(1, RELEASED))
        .when(link(1, "wallet_transactions:19", "1"))
        .then_code("wrong-phase");
    let linked = Imported {
        debits: vec![LinkedDebit {
            debit: code(debit),
            amount: amount("40"),
            proof: code("reference"),
        }],
        proven: iqd("40"),
        ..old_order("M2511128", "94", "44")
    };
    given([import(1, linked)])
        .when(link(1, debit, "4"))
        .then_refused(Rejection::DebitAlreadyLinked);
}

#[test]
fn a_double_charge_is_given_back_once_and_one_charge_always_stays() {
    let (kept, again) = ("wallet_transactions:17", "wallet_transactions:18");
    given([import(1, old_order("M2511128", "94", "44"))])
        .when(give_back(1, kept, again, "44"))
        .then_refused(Rejection::WalletNotOpen)
        .and(open_wallet("100", "100"))
        .when(give_back(1, kept, kept, "44"))
        .then_refused(Rejection::AlreadyGivenBack)
        .when(give_back(1, kept, again, "44"))
        .then(&["wallet.credited"])
        .expect_balance("94", "144")
        .when(give_back(1, kept, again, "44"))
        .then_refused(Rejection::AlreadyGivenBack)
        .when(give_back(1, again, kept, "44"))
        .then_refused(Rejection::AlreadyGivenBack)
        .when(link(1, again, "44"))
        .then_refused(Rejection::AlreadyGivenBack)
        .and(link(1, kept, "44"))
        .when(give_back(1, "wallet_transactions:19", kept, "44"))
        .then_refused(Rejection::DebitAlreadyLinked);
}

#[test]
fn a_resolution_states_facts_and_the_phase_follows() {
    let paid = given([top_up("94", 1, "100"), import(1, old_order("M2511128", "94", "44"))])
        .and(shortfall(1));
    let shipped = ResolvedFacts { shipped: true, ..RELEASED };
    let packed = ResolvedFacts { warehouse: Warehouse::Packed, ..nothing_stated() };
    let phases = [
        (nothing_stated(), Phase::FinanceReview),
        (RELEASED, Phase::WarehouseReady),
        (packed, Phase::Packed),
        (shipped, Phase::Dispatched),
        (DELIVERED, Phase::Delivered),
    ];
    for (facts, phase) in phases {
        paid.clone()
            .when(resolve(1, facts))
            .then(&["order.import_resolved"])
            .expect_phase(order(1), phase)
            .when(resolve(1, facts))
            .then_code("wrong-phase");
    }
    paid.and(resolve(1, shipped)).and(deliver(1)).expect_total("2200", "0");
    let unpaid = given([import(1, old_order("M2511128", "94", "44"))]);
    for facts in [RELEASED, packed, shipped, DELIVERED] {
        unpaid.clone().when(resolve(1, facts)).then_code("not-settled");
    }
    let unpaid = unpaid.and(resolve(1, nothing_stated()));
    assert_eq!(unpaid.phase(order(1)), Phase::AwaitingPayment);
    assert!(unpaid.facts(order(1)).deadline.is_some());
}

#[test]
fn an_order_under_review_that_is_cancelled_gives_its_proven_money_back() {
    let old = Imported { proven: iqd("44"), ..old_order("M2511128", "94", "44") };
    given([import(1, old)]).and(cancel(1)).expect_balance("94", "44").expect_total("3900", "-44");
}

#[test]
fn a_wallet_opens_with_what_was_stored_and_its_rest_is_suspense() {
    given([open_wallet("100", "70")])
        .expect_balance("94", "100")
        .expect_total("3900", "-70")
        .expect_total("9010", "-30")
        .when(open_wallet("100", "70"))
        .then_refused(Rejection::WalletExists)
        .and(Command::DebitWallet {
            wallet: wallet("94"),
            amount: amount("30"),
            purpose: domain::wallet::Purpose::Adjustment {
                item: SuspenseItem::Wallet(wallet("94")),
                reason: because(),
            },
        })
        .expect_total("9010", "0");
}

#[test]
fn a_wallet_in_debt_opens_at_zero_and_the_debt_is_receivable() {
    given([open_wallet("-100", "-70")])
        .expect_balance("94", "0")
        .expect_total("1100", "-100")
        .when(place(by_wallet(1, "94", "1")))
        .then_code("insufficient-funds");
}

#[test]
fn a_double_charge_cannot_be_credited_past_its_order() {
    let source = Source::DoubleCharge { order: order(1), first: code("a"), second: code("b") };
    let (wallet, amount) = (wallet("94"), amount("1"));
    given([open_wallet("100", "70")])
        .when(Command::CreditWallet { wallet, amount, source })
        .then_refused(Rejection::NeedsOtherStream);
}

//! The aggregates as cqrs-es drives them; alone, they refuse what needs another stream.

use cqrs_es::test::TestFramework;
use cqrs_es::{Aggregate, DomainEvent};
use domain::Rejection;
use domain::decide::Command;
use domain::order::{self, Order};
use domain::payment::{self, Payment};
use domain::receipt_file::ReceiptFile;
use domain::settings::{self, Setting, Settings};
use domain::statement_line::StatementLine;
use domain::wallet::{self, Purpose, Source, Wallet};

use crate::book::given;
use crate::build::{
    amount, because, by_transfer, cash, code, customer, iqd, noon, order, place, top_up,
};
use crate::sample::samples;

/// What an order placed by bank transfer says of itself.
fn placed() -> order::Placed {
    let mut book = given([]);
    let changes = book.take(place(by_transfer(1, "94", "44"))).unwrap();
    let domain::Event::Order(order::Event::Placed(placed)) = changes[0].event.clone() else {
        panic!("{changes:?}");
    };
    placed
}

fn paid() -> Vec<order::Event> {
    let source = order::Source::Payment(cash(1));
    let received = order::Event::PaymentReceived { amount: amount("44"), source };
    vec![order::Event::Placed(placed()), received]
}

#[test]
fn an_order_takes_the_steps_that_are_its_own() {
    let framework = || TestFramework::<Order>::with(());
    framework()
        .given_no_previous_events()
        .when(order::Command::Place(Box::new(placed())))
        .then_expect_events(vec![order::Event::Placed(placed())]);
    framework()
        .given(paid())
        .when(order::Command::Release)
        .then_expect_events(vec![order::Event::Released]);
    framework()
        .given(paid())
        .and(vec![order::Event::Released])
        .when(order::Command::Release)
        .then_expect_events(vec![]);
    framework()
        .given_no_previous_events()
        .when(order::Command::Release)
        .then_expect_error(Rejection::OrderNotFound);
}

#[test]
fn an_order_alone_neither_takes_money_nor_gives_it_back() {
    let framework = || TestFramework::<Order>::with(());
    let with_wallet = order::Placed { wallet_part: iqd("4"), ..placed() };
    framework()
        .given_no_previous_events()
        .when(order::Command::Place(Box::new(with_wallet)))
        .then_expect_error(Rejection::NeedsOtherStream);
    framework()
        .given(paid())
        .when(order::Command::Cancel { reason: because() })
        .then_expect_error(Rejection::NeedsOtherStream);
    let half = order::Event::PaymentReceived {
        amount: amount("22"),
        source: order::Source::Payment(cash(1)),
    };
    framework()
        .given(vec![order::Event::Placed(placed()), half])
        .when(order::Command::Expire { now: noon() + chrono::Duration::days(3) })
        .then_expect_error(Rejection::NeedsOtherStream);
    framework()
        .given(vec![order::Event::Placed(placed())])
        .when(order::Command::Cancel { reason: because() })
        .then_expect_events(vec![order::Event::Cancelled {
            reason: because(),
            given_back: iqd("0"),
        }]);
}

#[test]
fn a_wallet_alone_moves_only_what_is_its_own() {
    let framework = || TestFramework::<Wallet>::with(());
    let (customer, currency) = (customer("94"), domain::money::Currency::IQD);
    let opened = wallet::Event::Opened { customer: customer.clone(), currency, opening: None };
    let amount = amount("5");
    framework()
        .given_no_previous_events()
        .when(wallet::Command::Open { customer, currency })
        .then_expect_events(vec![opened.clone()]);
    let source = Source::Goodwill { reason: because() };
    framework()
        .given(vec![opened.clone()])
        .when(wallet::Command::Credit { amount, source: source.clone(), moved_alone_on: None })
        .then_expect_events(vec![wallet::Event::Credited {
            amount,
            source: source.clone(),
            moved_alone_on: None,
        }]);
    let order = order(1);
    framework()
        .given(vec![opened.clone()])
        .when(wallet::Command::Credit {
            amount,
            source: Source::Cancelled { order },
            moved_alone_on: None,
        })
        .then_expect_error(Rejection::NeedsOtherStream);
    framework()
        .given(vec![opened, wallet::Event::Credited { amount, source, moved_alone_on: None }])
        .when(wallet::Command::Debit {
            amount,
            purpose: Purpose::OrderPayment { order },
            moved_alone_on: None,
        })
        .then_expect_error(Rejection::NeedsOtherStream);
}

#[test]
fn a_payment_alone_is_recorded_and_corrected_and_never_allocated() {
    let framework = || TestFramework::<Payment>::with(());
    let (kind, amount) = (payment::Kind::Cash { note: None }, amount("5"));
    let recorded =
        || payment::Event::Recorded { kind: kind.clone(), amount, customer: None, order: None };
    framework()
        .given_no_previous_events()
        .when(payment::Command::Record { kind: kind.clone(), amount, customer: None, order: None })
        .then_expect_events(vec![recorded()]);
    framework()
        .given(vec![recorded()])
        .when(payment::Command::Allocate { amount, to: payment::Target::Order(order(1)) })
        .then_expect_error(Rejection::NeedsOtherStream);
    let (reason, ticket) = (because(), code("T-1"));
    let corrected = payment::Event::Corrected { kind: kind.clone(), amount, reason, ticket };
    framework()
        .given(vec![recorded()])
        .when(payment::Command::Correct { reason: because(), ticket: code("T-1") })
        .then_expect_events(vec![corrected]);
}

#[test]
fn settings_are_changed_and_checked() {
    let change = |hours| settings::Command::Change {
        setting: Setting::BankTransferHours(hours),
        reason: because(),
    };
    let framework = || TestFramework::<Settings>::with(());
    framework().given_no_previous_events().when(change(48)).then_expect_events(vec![
        settings::Event::Changed { setting: Setting::BankTransferHours(48), reason: because() },
    ]);
    framework().given_no_previous_events().when(change(72)).then_expect_events(vec![]);
    framework()
        .given_no_previous_events()
        .when(change(0))
        .then_expect_error(Rejection::SettingOutOfRange);
}

#[test]
fn the_names_that_cqrs_es_stores_are_the_names_that_we_store() {
    assert_eq!([Order::TYPE, Wallet::TYPE], ["order", "wallet"]);
    assert_eq!([Payment::TYPE, Settings::TYPE], ["payment", "settings"]);
    assert_eq!([StatementLine::TYPE, ReceiptFile::TYPE], ["statement_line", "receipt_file"]);
    for (name, (stream, event)) in samples() {
        let (kind, version) = match &event {
            domain::Event::Order(event) => (event.event_type(), event.event_version()),
            domain::Event::Wallet(event) => (event.event_type(), event.event_version()),
            domain::Event::Payment(event) => (event.event_type(), event.event_version()),
            domain::Event::Suspense(event) => (event.event_type(), event.event_version()),
            domain::Event::StatementLine(event) => (event.event_type(), event.event_version()),
            domain::Event::ReceiptFile(event) => (event.event_type(), event.event_version()),
            domain::Event::Settings(event) => (event.event_type(), event.event_version()),
        };
        assert_eq!(kind, event.event_type(), "{name}");
        assert_eq!(version, event.event_version(), "{name}");
        // The type is the tag of the stored form.
        let payload = event.payload().unwrap();
        assert!(payload.trim_start_matches('{').starts_with(&format!("\"{kind}\"")), "{name}");
        let parsed = domain::StreamKey::parse(stream.aggregate_type(), stream.aggregate_id());
        assert_eq!(parsed, Some(stream));
    }
}

#[test]
#[should_panic(expected = "corrupt stream")]
fn an_impossible_history_stops() {
    let mut order = Order::default();
    order.evolve(&order::Event::Released);
}

#[test]
#[should_panic(expected = "corrupt stream")]
fn a_history_that_overdraws_a_wallet_stops() {
    let mut book = given([top_up("94", 1, "5")]);
    let changes = book.take(Command::OpenWallet {
        customer: customer("95"),
        currency: domain::money::Currency::IQD,
    });
    let domain::State::Wallet(mut wallet) = (*changes.unwrap()[0].state).clone() else {
        panic!("not a wallet");
    };
    let purpose = Purpose::OrderPayment { order: order(1) };
    wallet.evolve(&wallet::Event::Debited { amount: amount("5"), purpose, moved_alone_on: None });
}

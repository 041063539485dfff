//! One event of every stored form, under the name of its golden file.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, Weekday};
use domain::account::SuspenseItem;
use domain::id::{
    OrderId, PaymentId, PersonalDataId, ReceiptFileId, ReceiptId, RequestId, ShipmentId,
    StatementLineId, SuspenseId, Text, WalletId,
};
use domain::money::Currency;
use domain::order::import::{
    DoubleCharge, Evidence, Imported, LinkedDebit, Resolution, ResolvedShipment, Stage,
};
use domain::order::status::{Channel, Ended, Method, Warehouse};
use domain::order::totals::{LineItem, Totals};
use domain::order::{
    self, Corrected, Department, LineQuantity, PersonalRef, Placed, Receipt, ReceiptApproved,
};
use domain::payment::Held;
use domain::receipt_file::On;
use domain::settings::{self, Setting};
use domain::suspense::{self, Against};
use domain::wallet::{
    self, DebtCause, Movement, Opening, Purpose, Repayment, Source, TopUpRequested,
};
use domain::{Event, StreamKey, payment, receipt_file, statement_line};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::build::{amount, because, code, customer, decimal, iqd, noon, quantity};

pub(crate) fn order_id() -> OrderId {
    OrderId::new(Uuid::from_u128(1))
}

pub(crate) fn wallet_id() -> WalletId {
    WalletId::new(Uuid::from_u128(2))
}

pub(crate) fn payment_id() -> PaymentId {
    PaymentId::new(Uuid::from_u128(3))
}

pub(crate) fn line_id() -> StatementLineId {
    StatementLineId::new(Uuid::from_u128(8))
}

fn file_id() -> ReceiptFileId {
    ReceiptFileId::new(Uuid::from_u128(9))
}

fn on() -> On {
    On::Order { order: order_id(), receipt: receipt_id() }
}

fn on_top_up() -> On {
    On::TopUp { wallet: wallet_id(), request: RequestId::new(Uuid::from_u128(6)) }
}

fn receipt_id() -> ReceiptId {
    ReceiptId::new(Uuid::from_u128(4))
}

fn shipment_id() -> ShipmentId {
    ShipmentId::new(Uuid::from_u128(5))
}

fn item() -> SuspenseItem {
    SuspenseItem::Wallet(wallet_id())
}

pub(crate) fn suspense_id() -> SuspenseId {
    SuspenseId::new(Uuid::from_u128(7))
}

pub(crate) fn request_id() -> RequestId {
    RequestId::new(Uuid::from_u128(8))
}

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 11, 20).unwrap()
}

pub(crate) fn totals() -> Totals {
    Totals {
        items: iqd("100"),
        discount: iqd("10"),
        delivery: iqd("5"),
        surcharge: iqd("2"),
        tax: iqd("3"),
        rounding: iqd("-1"),
        due: iqd("99"),
    }
}

fn lines() -> Vec<LineQuantity> {
    vec![LineQuantity { line: 1, quantity: quantity("2.5") }]
}

fn line_items() -> Vec<LineItem> {
    let sku = Text::new("acetone").unwrap();
    vec![LineItem::price(1, sku, quantity("2.5"), iqd("40")).unwrap()]
}

fn personal() -> PersonalRef {
    PersonalRef { id: PersonalDataId::new(Uuid::from_u128(6)), digest: code("9f86d081") }
}

fn receipt() -> Receipt {
    Receipt {
        receipt: receipt_id(),
        claimed: Some(amount("99.5")),
        file: Some(code("e3b0c442")),
        stored: None,
        repeats: None,
    }
}

fn placed() -> Placed {
    Placed {
        number: Text::new("M2500001").unwrap(),
        series: code("M25"),
        counter: 1,
        customer: customer("94"),
        method: Method::WalletPartial,
        channel: Channel::BankTransfer,
        currency: Currency::IQD,
        lines: line_items(),
        totals: totals(),
        wallet_part: iqd("44"),
        deadline: Some(noon()),
        recipient: Some(personal()),
    }
}

fn corrected(earned: Option<Totals>) -> Corrected {
    Corrected { sequence: 7, reason: because(), ticket: code("T-1"), earned }
}

pub(crate) fn imported(stage: Stage) -> Imported {
    let charges = vec![DoubleCharge {
        first: code("wallet_transactions:17"),
        second: code("wallet_transactions:18"),
        amount: amount("98"),
    }];
    Imported {
        number: Text::new("M2511128").unwrap(),
        series: Some((code("M25"), 11128)),
        epoch: Some(code("2025-11")),
        customer: customer("94"),
        method: Method::BankTransferGrace,
        channel: Channel::BankTransfer,
        currency: Currency::IQD,
        lines: line_items(),
        totals: totals(),
        placed_at: noon(),
        proven: iqd("98"),
        debits: vec![LinkedDebit {
            debit: code("wallet_transactions:17"),
            amount: amount("98"),
            proof: code("previous-number"),
        }],
        stage,
        receipt: Some(receipt()),
        evidence: Evidence {
            rows: vec![code("customer_orders:1"), code("order_management:2")],
            customer_status: Some(code("pending")),
            payment_status: Some(code("paid")),
            management_status: Some(code("warehouse_pending")),
            payment_method: None,
            classes: vec![code("status-mismatch")],
            findings: vec!["order_management:2 says warehouse_pending".to_owned()],
            wallet_part: (stage == Stage::Review).then(|| iqd("98")),
            double_charges: if stage == Stage::Review { charges } else { Vec::new() },
        },
        personal: Some(personal()),
        deadline: None,
    }
}

fn resolution(delivered: Option<Totals>) -> Resolution {
    Resolution {
        released: true,
        warehouse: Warehouse::Packed,
        shipped: Some(ResolvedShipment { shipment: shipment_id(), lines: lines() }),
        delivered,
        deadline: None,
        return_until: None,
    }
}

/// What is paid back when delivery fee and surcharge are not …
fn without_fees() -> Totals {
    Totals { delivery: iqd("0"), surcharge: iqd("0"), due: iqd("92"), ..totals() }
}

/// … and these.
fn fees() -> Totals {
    totals().checked_sub(&without_fees()).unwrap()
}

/// A part of an order that its discount paid for.
fn free() -> Totals {
    let zero = Totals::zero(Currency::IQD);
    Totals { items: iqd("10"), discount: iqd("10"), ..zero }
}

#[expect(clippy::too_many_lines, reason = "one row a stored form")]
fn order_events() -> Vec<(&'static str, order::Event)> {
    use order::Event as E;
    let paid = |source| E::PaymentReceived { amount: amount("44"), source };
    let import = |stage| E::Imported(Box::new(imported(stage)));
    let delivered = |proof, return_until| {
        let (shipment, lines, earned) = (shipment_id(), lines(), totals());
        E::Delivered { shipment, lines, earned, proof, return_until }
    };
    let refunded =
        |parts, withheld| E::Refunded { lines: lines(), parts, to: wallet_id(), withheld };
    let lines_cancelled = |return_until| E::LinesCancelled {
        lines: lines(),
        reason: because(),
        totals: totals(),
        given_back: iqd("44"),
        return_until,
    };
    let held = |department| E::PutOnHold { department, reason: because() };
    vec![
        ("placed.1", E::Placed(placed())),
        ("payment_received.1.wallet", paid(order::Source::Wallet(wallet_id()))),
        ("payment_received.1.payment", paid(order::Source::Payment(payment_id()))),
        ("receipt_uploaded.1", E::ReceiptUploaded(receipt())),
        (
            "receipt_uploaded.1.repeated",
            E::ReceiptUploaded(Receipt { repeats: Some(on()), ..receipt() }),
        ),
        ("shortfall_forgiven.1", E::ShortfallForgiven { amount: amount("44") }),
        ("forgiveness_taken_back.1", E::ForgivenessTakenBack { amount: amount("44") }),
        (
            "payment_taken_back.1",
            E::PaymentTakenBack {
                payment: payment_id(),
                amount: amount("44"),
                deadline: Some(noon()),
            },
        ),
        ("reminded.1", E::Reminded { deadline: noon() }),
        (
            "receipt_approved.1",
            E::ReceiptApproved(ReceiptApproved {
                receipt: receipt_id(),
                verified: amount("50"),
                payment: payment_id(),
                applied: iqd("50"),
                excess: iqd("0"),
                shortfall: iqd("5"),
                deadline: Some(noon()),
            }),
        ),
        (
            "receipt_rejected.1",
            E::ReceiptRejected { receipt: receipt_id(), reason: because(), deadline: Some(noon()) },
        ),
        ("released.1", E::Released),
        ("processing_started.1", E::ProcessingStarted),
        ("packed.1", E::Packed),
        ("stock_rejected.1", E::StockRejected { reason: because() }),
        (
            "dispatched.1",
            E::Dispatched {
                shipment: shipment_id(),
                lines: lines(),
                carrier: code("baghdad-post"),
                tracking: Some(code("BP-1")),
                code: None,
            },
        ),
        (
            "dispatched.1.with_code",
            E::Dispatched {
                shipment: shipment_id(),
                lines: lines(),
                carrier: code("baghdad-post"),
                tracking: None,
                code: Some(code("5d41402a")),
            },
        ),
        (
            "delivery_code_issued.1",
            E::DeliveryCodeIssued { shipment: shipment_id(), code: code("5d41402a") },
        ),
        ("delivery_code_refused.1", E::DeliveryCodeRefused { shipment: shipment_id() }),
        ("delivered.1", delivered(None, None)),
        ("delivered.1.code", delivered(Some(order::Proof::Code), Some(noon()))),
        (
            "delivered.1.override",
            delivered(Some(order::Proof::Override { reason: because() }), None),
        ),
        ("delivery_failed.1", E::DeliveryFailed { shipment: shipment_id(), reason: because() }),
        ("delivery_retried.1", E::DeliveryRetried { shipment: shipment_id() }),
        ("returning_to_origin.1", E::ReturningToOrigin { shipment: shipment_id() }),
        ("received_back.1", E::ReceivedBack { shipment: shipment_id(), deadline: None }),
        (
            "received_back.1.unpaid",
            E::ReceivedBack { shipment: shipment_id(), deadline: Some(noon()) },
        ),
        ("goods_returned.1", E::GoodsReturned { lines: lines(), reason: because() }),
        ("refunded.1", refunded(totals(), None)),
        ("refunded.1.without_fees", refunded(without_fees(), Some(fees()))),
        ("refunded.1.free", refunded(free(), None)),
        ("completed.1", E::Completed),
        ("cancelled.1", E::Cancelled { reason: because(), given_back: iqd("44") }),
        ("lines_cancelled.1", lines_cancelled(None)),
        ("lines_cancelled.1.last", lines_cancelled(Some(noon()))),
        (
            "edited.1",
            E::Edited {
                lines: line_items(),
                totals: totals(),
                given_back: iqd("0"),
                deadline: Some(noon()),
            },
        ),
        ("expired.1", E::Expired { given_back: iqd("0") }),
        ("reopened.1", E::Reopened { deadline: Some(noon()), return_until: None }),
        ("reopened.1.completed", E::Reopened { deadline: None, return_until: Some(noon()) }),
        ("put_on_hold.1.finance", held(Department::Finance)),
        ("put_on_hold.1.warehouse", held(Department::Warehouse)),
        ("put_on_hold.1.logistics", held(Department::Logistics)),
        ("hold_lifted.1", E::HoldLifted { department: Department::Finance }),
        ("corrected.1", E::Corrected(corrected(None))),
        ("corrected.1.delivery", E::Corrected(corrected(Some(totals())))),
        ("imported.1.review", import(Stage::Review)),
        ("imported.1.open", import(Stage::Open)),
        (
            "imported.1.open_with_deadline",
            E::Imported(Box::new(Imported { deadline: Some(noon()), ..imported(Stage::Open) })),
        ),
        ("imported.1.released", import(Stage::Released { warehouse: Warehouse::StockRejected })),
        ("imported.1.dispatched", import(Stage::Dispatched)),
        ("imported.1.delivered", import(Stage::Delivered)),
        ("imported.1.completed", import(Stage::Completed)),
        ("imported.1.ended", import(Stage::Ended(Ended::Cancelled))),
        (
            "legacy_debit_linked.1",
            E::LegacyDebitLinked {
                debit: code("wallet_transactions:17"),
                amount: amount("44"),
                proof: code("previous-number"),
            },
        ),
        ("import_resolved.1", E::ImportResolved(resolution(None))),
        ("import_resolved.1.delivered", E::ImportResolved(resolution(Some(totals())))),
        ("left_on_account.1", E::LeftOnAccount { amount: amount("44"), customer: customer("94") }),
    ]
}

fn wallet_events() -> Vec<(&'static str, wallet::Event)> {
    use wallet::Event as E;
    let (order, payment, reason) = (order_id(), payment_id(), because());
    let opened = |opening| E::Opened { customer: customer("94"), currency: Currency::IQD, opening };
    let opening = |balance, explained| {
        let row = code("customer_wallets:3");
        Some(Opening { row, balance: iqd(balance), explained: iqd(explained) })
    };
    let moved_alone_on = None;
    let credited = |source| E::Credited { amount: amount("44"), source, moved_alone_on };
    let debited = |purpose| E::Debited { amount: amount("44"), purpose, moved_alone_on };
    let corrected = |movement| {
        let (reason, ticket) = (because(), code("T-1"));
        E::Corrected { sequence: 7, movement, reason, ticket, moved_alone_on }
    };
    let (first, second) = (code("wallet_transactions:17"), code("wallet_transactions:18"));
    let amount = amount("44");
    vec![
        ("opened.1", opened(None)),
        ("opened.1.imported", opened(opening("100", "70"))),
        ("opened.1.in_debt", opened(opening("-100", "-70"))),
        ("topped_up.1", E::ToppedUp { amount, payment, moved_alone_on }),
        ("topped_up.1.alone", E::ToppedUp { amount, payment, moved_alone_on: Some(today()) }),
        (
            "credited.1.excess",
            credited(Source::Excess { payment, order, receipt: Some(receipt_id()) }),
        ),
        ("credited.1.late", credited(Source::Late { payment, order })),
        ("credited.1.cancelled", credited(Source::Cancelled { order })),
        ("credited.1.expired", credited(Source::Expired { order })),
        (
            "credited.1.refund",
            E::Credited {
                amount: crate::build::amount("99"),
                source: Source::Refund { order, parts: totals() },
                moved_alone_on: None,
            },
        ),
        ("credited.1.goodwill", credited(Source::Goodwill { reason: reason.clone() })),
        (
            "credited.1.adjustment",
            credited(Source::Adjustment { item: item(), reason: reason.clone() }),
        ),
        ("credited.1.double_charge", credited(Source::DoubleCharge { order, first, second })),
        ("debited.1.order_payment", debited(Purpose::OrderPayment { order })),
        ("debited.1.shortfall", debited(Purpose::Shortfall { order })),
        ("debited.1.adjustment", debited(Purpose::Adjustment { item: item(), reason })),
        ("corrected.1.goodwill", corrected(Movement::Goodwill { amount })),
        ("corrected.1.adjustment_up", corrected(Movement::AdjustmentUp { amount, item: item() })),
        (
            "corrected.1.adjustment_down",
            corrected(Movement::AdjustmentDown { amount, item: item() }),
        ),
        ("debited.1.payment_reversed", debited(Purpose::PaymentReversed { payment })),
        ("debited.1.adjustment.item", debited(adjustment_of_an_item())),
    ]
}

fn adjustment_of_an_item() -> Purpose {
    Purpose::Adjustment { item: SuspenseItem::Item(suspense_id()), reason: because() }
}

/// Requests, the wallet's own condition, and debts.
fn more_wallet_events() -> Vec<(&'static str, wallet::Event)> {
    use wallet::Event as E;
    let (order, payment, reason) = (order_id(), payment_id(), because());
    let (request, amount, customer) = (request_id(), amount("44"), customer("94"));
    let moved_alone_on = Some(today());
    let asked = TopUpRequested {
        request,
        claimed: Some(amount),
        file: Some(code("e3b0c442")),
        stored: Some(personal()),
        repeats: None,
    };
    let owed = |cause| E::DebtRecorded { amount, cause, moved_alone_on: None };
    let repaid = |from| E::DebtRepaid { customer: customer.clone(), amount, from };
    vec![
        ("top_up_requested.1", E::TopUpRequested(asked)),
        ("top_up_approved.1", E::TopUpApproved { request, amount, payment }),
        ("top_up_rejected.1", E::TopUpRejected { request, reason: reason.clone() }),
        (
            "withdrawal_requested.1",
            E::WithdrawalRequested { request, amount, destination: Some(personal()) },
        ),
        (
            "withdrawal_paid.1",
            E::WithdrawalPaid {
                request,
                amount,
                account: code("rafidain-1"),
                reference: code("W-1"),
                moved_alone_on,
            },
        ),
        ("withdrawal_failed.1", E::WithdrawalFailed { request, amount, reason: reason.clone() }),
        ("frozen.1", E::Frozen { reason: reason.clone() }),
        ("unfrozen.1", E::Unfrozen { reason: reason.clone() }),
        ("closed.1", E::Closed),
        ("reopened.1", E::Reopened),
        ("debt_recorded.1.payment_reversed", owed(DebtCause::PaymentReversed { payment })),
        ("debt_recorded.1.left_on_account", owed(DebtCause::LeftOnAccount { order })),
        ("debt_repaid.1.wallet", repaid(Repayment::Wallet)),
        ("debt_repaid.1.payment", repaid(Repayment::Payment(payment))),
        (
            "debt_written_off.1",
            E::DebtWrittenOff { customer: customer.clone(), amount, reason, moved_alone_on },
        ),
        ("delivery_corrected.1", E::DeliveryCorrected { amount, order, moved_alone_on: today() }),
        ("payment_taken_out.1", E::PaymentTakenOut { amount, payment, moved_alone_on: today() }),
    ]
}

fn suspense_events() -> Vec<(&'static str, suspense::Event)> {
    use suspense::Event as E;
    let opened = |item| E::Opened {
        item,
        currency: Currency::IQD,
        owner: code("finance"),
        reason: because(),
    };
    let explained = |against| E::Explained {
        item: item(),
        amount: iqd("-30"),
        against,
        reason: because(),
        moved_alone_on: None,
    };
    let opening = Against::OpeningBalance(wallet_id());
    vec![
        ("opened.1.wallet", opened(item())),
        ("opened.1.item", opened(SuspenseItem::Item(suspense_id()))),
        ("booked.1", E::Booked { wallet: wallet_id(), amount: iqd("-30") }),
        ("explained.1.opening_balance", explained(opening)),
        ("explained.1.write_off", explained(Against::WriteOff)),
        ("explained.1.goodwill", explained(Against::Goodwill)),
        ("explained.1.rounding", explained(Against::Rounding)),
    ]
}

fn transfer() -> payment::Kind {
    payment::Kind::BankTransfer {
        account: code("rafidain-1"),
        reference: code("R-1"),
        date: NaiveDate::from_ymd_opt(2025, 11, 19).unwrap(),
    }
}

fn payment_events() -> Vec<(&'static str, payment::Event)> {
    use payment::Event as E;
    let recorded = |kind| E::Recorded {
        kind,
        amount: amount("44"),
        customer: Some(customer("94")),
        order: None,
    };
    let allocated = |to| E::Allocated { amount: amount("44"), to };
    let corrected =
        |kind| E::Corrected { kind, amount: amount("44"), reason: because(), ticket: code("T-1") };
    let matched = |held| E::Matched {
        line: line_id(),
        held,
        account: code("rafidain-1"),
        amount: amount("44"),
        fee: iqd("1"),
    };
    let debt = payment::Debt { customer: customer("94"), amount: amount("40") };
    let reversed = |held| E::Reversed {
        held,
        amount: amount("44"),
        debts: vec![debt.clone()],
        reason: because(),
    };
    let bank = || Held::Bank(code("rafidain-1"));
    let gateway = || payment::Kind::Gateway { gateway: code("zain"), gateway_id: code("Z-1") };
    let cash = || payment::Kind::Cash { note: Some(code("till 2")) };
    vec![
        ("recorded.1.bank_transfer", recorded(transfer())),
        ("recorded.1.gateway", recorded(gateway())),
        ("recorded.1.cash", recorded(cash())),
        ("banked.1", E::Banked { account: code("rafidain-1"), amount: amount("44") }),
        ("matched.1.bank_clearing", matched(Held::BankClearing)),
        ("matched.1.gateway_clearing", matched(Held::GatewayClearing)),
        ("matched.1.cash", matched(Held::Cash)),
        ("matched.1.bank", matched(bank())),
        ("reversed.1.bank_clearing", reversed(Held::BankClearing)),
        ("reversed.1.gateway_clearing", reversed(Held::GatewayClearing)),
        ("reversed.1.cash", reversed(Held::Cash)),
        ("reversed.1.bank", reversed(bank())),
        ("allocated.1.order", allocated(payment::Target::Order(order_id()))),
        ("allocated.1.wallet", allocated(payment::Target::Wallet(wallet_id()))),
        ("allocated.1.debt", allocated(payment::Target::Debt(wallet_id()))),
        ("corrected.1.bank_transfer", corrected(transfer())),
        ("corrected.1.gateway", corrected(gateway())),
        ("corrected.1.cash", corrected(cash())),
    ]
}

fn statement_line_events() -> Vec<(&'static str, statement_line::Event)> {
    use statement_line::Event as E;
    let recorded = statement_line::Recorded {
        account: code("rafidain-1"),
        line: code("2025-11-20/7"),
        date: NaiveDate::from_ymd_opt(2025, 11, 20).unwrap(),
        amount: amount("43"),
        reference: Some(code("R-1")),
    };
    vec![
        ("recorded.1", E::Recorded(recorded)),
        ("matched.1", E::Matched { payments: vec![payment_id()], fee: iqd("1") }),
    ]
}

fn receipt_file_events() -> Vec<(&'static str, receipt_file::Event)> {
    use receipt_file::Event as E;
    vec![
        ("uploaded.1.order", E::Uploaded { file: code("e3b0c442"), on: on() }),
        ("uploaded.1.top_up", E::Uploaded { file: code("e3b0c442"), on: on_top_up() }),
        ("approved.1.order", E::Approved { on: on(), payment: payment_id() }),
        ("approved.1.top_up", E::Approved { on: on_top_up(), payment: payment_id() }),
    ]
}

fn settings_events() -> Vec<(&'static str, settings::Event)> {
    let changed = |setting| settings::Event::Changed { setting, reason: because() };
    vec![
        ("changed.1.bank_transfer_hours", changed(Setting::BankTransferHours(48))),
        ("changed.1.payment_minutes", changed(Setting::PaymentMinutes(15))),
        ("changed.1.review_extension_hours", changed(Setting::ReviewExtensionHours(12))),
        ("changed.1.review_extension_total_hours", changed(Setting::ReviewExtensionTotalHours(72))),
        ("changed.1.four_eyes_threshold", changed(Setting::FourEyesThreshold(amount("500000")))),
        ("changed.1.time_zone", changed(Setting::TimeZone(chrono_tz::Tz::Europe__Berlin))),
        ("changed.1.number_prefix", changed(Setting::NumberPrefix(Text::new("Q").unwrap()))),
        ("changed.1.currencies", changed(Setting::Currencies(vec![Currency::IQD, Currency::USD]))),
        ("changed.1.delivery_code_tries", changed(Setting::DeliveryCodeTries(3))),
        ("changed.1.return_window_days", changed(Setting::ReturnWindowDays(30))),
        ("changed.1.settlement_unit", changed(Setting::SettlementUnit(decimal("250")))),
        ("changed.1.shortfall_tolerance", changed(Setting::ShortfallTolerance(iqd("250")))),
        ("changed.1.reminder_hours", changed(Setting::ReminderHours(12))),
        ("changed.1.working_days", changed(Setting::WorkingDays(vec![Weekday::Sat, Weekday::Sun]))),
        (
            "changed.1.working_hours",
            changed(Setting::WorkingHours("08:30-14:00".to_owned().try_into().unwrap())),
        ),
        ("changed.1.release_hours", changed(Setting::ReleaseHours(7))),
        ("changed.1.receipt_hours", changed(Setting::ReceiptHours(7))),
        ("changed.1.packing_hours", changed(Setting::PackingHours(7))),
        ("changed.1.delivery_hours", changed(Setting::DeliveryHours(7))),
        ("changed.1.unallocated_hours", changed(Setting::UnallocatedHours(7))),
        ("changed.1.suspense_hours", changed(Setting::SuspenseHours(7))),
        ("changed.1.deadline_late_minutes", changed(Setting::DeadlineLateMinutes(7))),
        ("changed.1.claimed_off_percent", changed(Setting::ClaimedOffPercent(7))),
        ("changed.1.large_credit", changed(Setting::LargeCredit(amount("5")))),
        ("changed.1.many_rejections", changed(Setting::ManyRejections(7))),
        ("changed.1.webhook_failing_minutes", changed(Setting::WebhookFailingMinutes(7))),
        ("changed.1.scrub_lap_hours", changed(Setting::ScrubLapHours(7))),
        ("changed.1.disk_free_mib", changed(Setting::DiskFreeMib(7))),
        ("changed.1.wal_mib", changed(Setting::WalMib(7))),
        ("changed.1.clock_behind_seconds", changed(Setting::ClockBehindSeconds(7))),
    ]
}

/// Every sample under `<aggregate>.<event type>.<version>[.<form>]`, with a stream it can stand in.
pub(crate) fn samples() -> BTreeMap<String, (StreamKey, Event)> {
    let of = |stream: StreamKey, name: &str, event: Event| {
        let (aggregate, event_type) = (stream.aggregate_type(), event.event_type());
        let version = event.event_version();
        assert!(name.starts_with(&format!("{event_type}.{version}")), "{name} is not {event_type}");
        (format!("{aggregate}.{name}"), (stream, event))
    };
    let (order, wallet) = (StreamKey::Order(order_id()), StreamKey::Wallet(wallet_id()));
    let payment = StreamKey::Payment(payment_id());
    let orders = order_events().into_iter().map(|(name, e)| of(order, name, Event::Order(e)));
    let suspense = StreamKey::Suspense(suspense_id());
    let wallets = wallet_events().into_iter().chain(more_wallet_events());
    let wallets = wallets.map(|(name, e)| of(wallet, name, Event::Wallet(e)));
    let suspended =
        suspense_events().into_iter().map(|(name, e)| of(suspense, name, Event::Suspense(e)));
    let payments =
        payment_events().into_iter().map(|(name, e)| of(payment, name, Event::Payment(e)));
    let (line, file) = (StreamKey::StatementLine(line_id()), StreamKey::ReceiptFile(file_id()));
    let lines = statement_line_events()
        .into_iter()
        .map(|(name, e)| of(line, name, Event::StatementLine(e)));
    let files =
        receipt_file_events().into_iter().map(|(name, e)| of(file, name, Event::ReceiptFile(e)));
    let settings = settings_events()
        .into_iter()
        .map(|(name, e)| of(StreamKey::Settings, name, Event::Settings(e)));
    orders
        .chain(wallets)
        .chain(payments)
        .chain(lines)
        .chain(files)
        .chain(suspended)
        .chain(settings)
        .collect()
}

/// The names of an enum's variants, as serde lists them when it is given one that is none of them.
pub(crate) fn variants<T: DeserializeOwned>() -> BTreeSet<String> {
    let refusal = serde_json::from_str::<T>("\"?\"").err().expect("? is a variant of nothing");
    let refusal = refusal.to_string();
    let (_, expected) = refusal.split_once("expected").expect("serde says what it expects");
    expected.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Every event type that can be stored, as `order.placed`.
pub(crate) fn event_types() -> BTreeSet<String> {
    let of = |aggregate: &str, types: BTreeSet<String>| -> Vec<String> {
        types.into_iter().map(|name| format!("{aggregate}.{name}")).collect()
    };
    [
        of("order", variants::<order::Event>()),
        of("wallet", variants::<wallet::Event>()),
        of("payment", variants::<payment::Event>()),
        of("suspense", variants::<suspense::Event>()),
        of("statement_line", variants::<statement_line::Event>()),
        of("receipt_file", variants::<receipt_file::Event>()),
        of("settings", variants::<settings::Event>()),
    ]
    .concat()
    .into_iter()
    .collect()
}

//! Builders that hide the noise: customers are texts, everything else has a small number.

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use domain::account::SuspenseItem;
use domain::decide::{
    Allocation, ApproveReceipt, ApproveTopUp, Command, EditOrder, OrderedLine, PlaceOrder,
    ResolvedFacts, Transfer, WalletPurpose,
};
use domain::id::{
    Code, CustomerId, OrderId, PaymentId, Reason, ReceiptId, RequestId, ShipmentId,
    StatementLineId, SuspenseId, Text, WalletId,
};
use domain::money::{Amount, Currency, Money};
use domain::order::import::{Evidence, Imported, Stage};
use domain::order::status::{Channel, Method, Warehouse};
use domain::order::totals::{LineItem, Percent, Quantity, Totals};
use domain::order::{DeliveryProof, Department, LineQuantity, Receipt};
use domain::payment::Kind;
use domain::suspense::Against;
use domain::wallet::{Opening, Purpose, Source, TopUpRequested};
use rust_decimal::Decimal;
use uuid::Uuid;

/// Noon in Baghdad.
pub(crate) fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2025, 11, 20, 9, 0, 0).unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

pub(crate) fn iqd(text: &str) -> Money {
    Money::parse(text, Currency::IQD).unwrap()
}

pub(crate) fn amount(text: &str) -> Amount {
    iqd(text).as_amount().unwrap()
}

pub(crate) fn usd(text: &str) -> Amount {
    Money::parse(text, Currency::USD).unwrap().as_amount().unwrap()
}

pub(crate) fn code(text: &str) -> Code {
    Text::new(text).unwrap()
}

pub(crate) fn because() -> Reason {
    Text::new("as the customer asked").unwrap()
}

pub(crate) fn customer(name: &str) -> CustomerId {
    Text::new(name).unwrap()
}

pub(crate) fn order(number: u64) -> OrderId {
    OrderId::new(Uuid::from_u64_pair(0xA, number))
}

pub(crate) fn receipt(number: u64) -> ReceiptId {
    ReceiptId::new(Uuid::from_u64_pair(0xB, number))
}

pub(crate) fn shipment(number: u64) -> ShipmentId {
    ShipmentId::new(Uuid::from_u64_pair(0xC, number))
}

pub(crate) fn cash(number: u64) -> PaymentId {
    PaymentId::new(Uuid::from_u64_pair(0xD, number))
}

pub(crate) fn request(number: u64) -> RequestId {
    RequestId::new(Uuid::from_u64_pair(0xE, number))
}

pub(crate) fn suspense(number: u64) -> SuspenseId {
    SuspenseId::new(Uuid::from_u64_pair(0xF, number))
}

pub(crate) fn wallet(name: &str) -> WalletId {
    WalletId::of(&customer(name), Currency::IQD)
}

pub(crate) fn quantity(text: &str) -> Quantity {
    Quantity::new(decimal(text)).unwrap()
}

pub(crate) fn percent(text: &str) -> Percent {
    Percent::new(decimal(text)).unwrap()
}

/// An order of one line that costs this much, by bank transfer.
pub(crate) fn by_transfer(number: u64, name: &str, due: &str) -> PlaceOrder {
    PlaceOrder {
        order: order(number),
        customer: customer(name),
        method: Method::BankTransferGrace,
        remainder: None,
        wallet_part: None,
        lines: vec![line("1", due)],
        discount: iqd("0"),
        delivery: iqd("0"),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd(due),
        recipient: None,
    }
}

pub(crate) fn line(of: &str, price: &str) -> OrderedLine {
    let sku = Text::new("acetone").unwrap();
    OrderedLine { sku, quantity: quantity(of), unit_price: iqd(price) }
}

pub(crate) fn by_wallet(number: u64, name: &str, due: &str) -> PlaceOrder {
    PlaceOrder { method: Method::WalletFull, ..by_transfer(number, name, due) }
}

pub(crate) fn by_gateway(number: u64, name: &str, due: &str) -> PlaceOrder {
    PlaceOrder { method: Method::OnlinePayment, ..by_transfer(number, name, due) }
}

pub(crate) fn mixed(number: u64, name: &str, due: &str, part: &str) -> PlaceOrder {
    PlaceOrder {
        method: Method::WalletPartial,
        remainder: Some(Channel::BankTransfer),
        wallet_part: Some(iqd(part)),
        ..by_transfer(number, name, due)
    }
}

pub(crate) fn place(place: PlaceOrder) -> Command {
    Command::PlaceOrder(Box::new(place))
}

/// Cash for a wallet; the payment's number is its amount's, so that equal sums are one payment.
pub(crate) fn top_up(name: &str, number: u64, sum: &str) -> Command {
    Command::TopUpWallet {
        customer: customer(name),
        payment: cash(number),
        kind: Kind::Cash { note: None },
        amount: amount(sum),
    }
}

pub(crate) fn pay_from_wallet(number: u64, sum: Option<&str>) -> Command {
    let purpose = WalletPurpose::Payment;
    Command::PayFromWallet { order: order(number), amount: sum.map(amount), purpose }
}

pub(crate) fn upload(number: u64, receipt_number: u64) -> Command {
    let receipt = Receipt {
        receipt: receipt(receipt_number),
        claimed: Some(amount("1")),
        file: Some(code(&format!("e3b0c442{receipt_number}"))),
        stored: None,
        repeats: None,
    };
    Command::UploadReceipt { order: order(number), receipt }
}

pub(crate) fn transfer(reference: &str, sum: &str) -> Transfer {
    Transfer {
        account: code("rafidain-1"),
        reference: code(reference),
        date: NaiveDate::from_ymd_opt(2025, 11, 19).unwrap(),
        amount: amount(sum),
    }
}

pub(crate) fn transfer_id(reference: &str) -> PaymentId {
    PaymentId::transfer("rafidain-1", reference)
}

pub(crate) fn approval(
    number: u64,
    receipt_number: u64,
    verified: &str,
    transfer: Transfer,
) -> ApproveReceipt {
    ApproveReceipt {
        order: order(number),
        receipt: receipt(receipt_number),
        verified: amount(verified),
        transfer,
    }
}

/// Approves a receipt whose whole transfer is for the order.
pub(crate) fn approve(number: u64, receipt_number: u64, sum: &str) -> Command {
    let transfer = transfer(&format!("R{receipt_number}"), sum);
    Command::ApproveReceipt(Box::new(approval(number, receipt_number, sum, transfer)))
}

pub(crate) fn reject(number: u64, receipt_number: u64) -> Command {
    Command::RejectReceipt {
        order: order(number),
        receipt: receipt(receipt_number),
        reason: because(),
    }
}

/// A gateway tells of a payment for an order.
pub(crate) fn gateway(number: u64, id: &str, sum: &str) -> Command {
    callback(id, sum, Some(order(number)), None)
}

pub(crate) fn record_cash(number: u64, sum: &str) -> Command {
    Command::RecordPayment {
        payment: cash(number),
        kind: Kind::Cash { note: None },
        amount: amount(sum),
        customer: None,
    }
}

pub(crate) fn allocate(payment: PaymentId, sum: Option<&str>, to: Allocation) -> Command {
    Command::AllocatePayment { payment, amount: sum.map(amount), to }
}

pub(crate) fn release(number: u64) -> Command {
    Command::Release { order: order(number) }
}

pub(crate) fn start(number: u64) -> Command {
    Command::StartProcessing { order: order(number) }
}

pub(crate) fn pack(number: u64) -> Command {
    Command::Pack { order: order(number) }
}

pub(crate) fn reject_stock(number: u64) -> Command {
    Command::RejectStock { order: order(number), reason: because() }
}

pub(crate) fn dispatch(number: u64) -> Command {
    Command::Dispatch {
        order: order(number),
        shipment: shipment(number),
        lines: None,
        carrier: code("baghdad-post"),
        tracking: None,
        code: None,
    }
}

/// Some quantity of each of these lines.
pub(crate) fn of_lines(lines: &[(u16, &str)]) -> Vec<LineQuantity> {
    lines.iter().map(|(line, of)| LineQuantity { line: *line, quantity: quantity(of) }).collect()
}

/// A shipment of its own number, with some of the lines.
pub(crate) fn dispatch_some(number: u64, named: u64, lines: &[(u16, &str)]) -> Command {
    Command::Dispatch {
        order: order(number),
        shipment: shipment(named),
        lines: Some(of_lines(lines)),
        carrier: code("baghdad-post"),
        tracking: None,
        code: None,
    }
}

/// All that is unshipped, to be handed over against a code.
pub(crate) fn dispatch_with_code(number: u64, told: &str) -> Command {
    Command::Dispatch {
        order: order(number),
        shipment: shipment(number),
        lines: None,
        carrier: code("baghdad-post"),
        tracking: None,
        code: Some(code(told)),
    }
}

pub(crate) fn issue_code(number: u64, named: u64, told: &str) -> Command {
    Command::IssueDeliveryCode { order: order(number), shipment: shipment(named), code: code(told) }
}

/// Whoever brought it was told this code.
pub(crate) fn deliver_with(number: u64, told: &str) -> Command {
    let proof = DeliveryProof::Code(code(told));
    Command::Deliver { order: order(number), shipment: None, proof }
}

/// Whoever brought it answers for it that no code was told.
pub(crate) fn deliver_without_code(number: u64) -> Command {
    let proof = DeliveryProof::Override { reason: because() };
    Command::Deliver { order: order(number), shipment: None, proof }
}

pub(crate) fn deliver_shipment(number: u64, named: u64) -> Command {
    let proof = DeliveryProof::None;
    Command::Deliver { order: order(number), shipment: Some(shipment(named)), proof }
}

pub(crate) fn fail(number: u64, named: u64) -> Command {
    Command::FailDelivery { order: order(number), shipment: shipment(named), reason: because() }
}

pub(crate) fn retry(number: u64, named: u64) -> Command {
    Command::RetryDelivery { order: order(number), shipment: shipment(named) }
}

pub(crate) fn return_to_origin(number: u64, named: u64) -> Command {
    Command::ReturnToOrigin { order: order(number), shipment: shipment(named) }
}

pub(crate) fn receive_back(number: u64, named: u64) -> Command {
    Command::ReceiveBack { order: order(number), shipment: shipment(named) }
}

pub(crate) fn return_goods(number: u64, lines: &[(u16, &str)]) -> Command {
    Command::ReturnGoods { order: order(number), lines: of_lines(lines), reason: because() }
}

/// Pays back all that came back, with or without the fees.
pub(crate) fn refund(number: u64, fees: bool) -> Command {
    Command::Refund { order: order(number), lines: None, fees }
}

pub(crate) fn refund_some(number: u64, lines: &[(u16, &str)], fees: bool) -> Command {
    Command::Refund { order: order(number), lines: Some(of_lines(lines)), fees }
}

pub(crate) fn cancel_lines(number: u64, lines: &[(u16, &str)]) -> Command {
    Command::CancelLines { order: order(number), lines: of_lines(lines), reason: because() }
}

/// These lines at these prices, and nothing else.
pub(crate) fn edited(number: u64, lines: &[(&str, &str)], total: &str) -> EditOrder {
    EditOrder {
        order: order(number),
        lines: lines.iter().map(|(of, price)| line(of, price)).collect(),
        discount: iqd("0"),
        delivery: iqd("0"),
        surcharge_rate: Percent::ZERO,
        tax_rate: Percent::ZERO,
        total: iqd(total),
    }
}

pub(crate) fn edit(number: u64, lines: &[(&str, &str)], total: &str) -> Command {
    Command::EditOrder(Box::new(edited(number, lines, total)))
}

pub(crate) fn hold(number: u64, department: Department) -> Command {
    Command::PutOnHold { order: order(number), department, reason: because() }
}

pub(crate) fn lift(number: u64, department: Department) -> Command {
    Command::LiftHold { order: order(number), department }
}

pub(crate) fn complete_after_window(number: u64) -> Command {
    Command::CompleteAfterReturnWindow { order: order(number) }
}

pub(crate) fn deliver(number: u64) -> Command {
    Command::Deliver { order: order(number), shipment: None, proof: DeliveryProof::None }
}

pub(crate) fn complete(number: u64) -> Command {
    Command::Complete { order: order(number) }
}

pub(crate) fn cancel(number: u64) -> Command {
    Command::Cancel { order: order(number), reason: because() }
}

pub(crate) fn expire(number: u64) -> Command {
    Command::Expire { order: order(number) }
}

pub(crate) fn reopen(number: u64) -> Command {
    Command::Reopen { order: order(number) }
}

pub(crate) fn correct(number: u64, sequence: u64) -> Command {
    Command::CorrectOrder { order: order(number), sequence, reason: because(), ticket: code("T-1") }
}

/// From placed to dispatched.
pub(crate) fn as_far_as_dispatched(number: u64) -> [Command; 4] {
    [release(number), start(number), pack(number), dispatch(number)]
}

/// An old order of one line; nothing proven, for review.
pub(crate) fn old_order(number: &str, name: &str, due: &str) -> Imported {
    let item = LineItem::price(1, Text::new("acetone").unwrap(), quantity("1"), iqd(due)).unwrap();
    Imported {
        number: Text::new(number).unwrap(),
        series: domain::number::parse("M", number),
        epoch: None,
        customer: customer(name),
        method: Method::WalletPartial,
        channel: Channel::Wallet,
        currency: Currency::IQD,
        lines: vec![item],
        totals: Totals::imported(iqd(due), iqd("0"), iqd("0"), iqd("0")).unwrap(),
        placed_at: noon(),
        proven: iqd("0"),
        debits: Vec::new(),
        stage: Stage::Review,
        receipt: None,
        evidence: Evidence {
            rows: vec![code("customer_orders:1")],
            customer_status: Some(code("pending")),
            payment_status: Some(code("pending")),
            management_status: Some(code("logistics_dispatched")),
            payment_method: Some(code("wallet_partial")),
            classes: vec![code("status-mismatch")],
            findings: Vec::new(),
            wallet_part: None,
            double_charges: Vec::new(),
        },
        personal: None,
        deadline: None,
    }
}

pub(crate) fn import(number: u64, imported: Imported) -> Command {
    Command::ImportOrder { order: order(number), imported: Box::new(imported) }
}

pub(crate) fn link(number: u64, debit: &str, sum: &str) -> Command {
    Command::LinkLegacyDebit {
        order: order(number),
        debit: code(debit),
        amount: amount(sum),
        proof: code("previous-number"),
    }
}

pub(crate) fn give_back(number: u64, first: &str, second: &str, sum: &str) -> Command {
    Command::ReturnDoubleCharge {
        order: order(number),
        first: code(first),
        second: code(second),
        amount: amount(sum),
    }
}

pub(crate) fn resolve(number: u64, facts: ResolvedFacts) -> Command {
    Command::ResolveImport { order: order(number), facts }
}

pub(crate) fn nothing_stated() -> ResolvedFacts {
    ResolvedFacts {
        released: false,
        warehouse: Warehouse::Waiting,
        shipped: false,
        delivered: false,
    }
}

pub(crate) fn ask_top_up(name: &str, number: u64, claimed: &str) -> Command {
    let asked = TopUpRequested {
        request: request(number),
        claimed: Some(amount(claimed)),
        file: Some(code(&format!("top-up {number}"))),
        stored: None,
        repeats: None,
    };
    Command::RequestTopUp { customer: customer(name), currency: Currency::IQD, asked }
}

/// Approves a request whose transfer `W<number>` brought this much, of which a part is meant.
pub(crate) fn approve_top_up(name: &str, number: u64, sum: &str, of: &str) -> Command {
    Command::ApproveTopUp(Box::new(ApproveTopUp {
        wallet: wallet(name),
        request: request(number),
        amount: amount(sum),
        transfer: transfer(&format!("W{number}"), of),
    }))
}

pub(crate) fn reject_top_up(name: &str, number: u64) -> Command {
    Command::RejectTopUp { wallet: wallet(name), request: request(number), reason: because() }
}

pub(crate) fn withdraw(name: &str, number: u64, sum: &str) -> Command {
    Command::RequestWithdrawal {
        wallet: wallet(name),
        request: request(number),
        amount: amount(sum),
        destination: None,
    }
}

pub(crate) fn pay_out(name: &str, number: u64) -> Command {
    Command::PayWithdrawal {
        wallet: wallet(name),
        request: request(number),
        account: code("rafidain-1"),
        reference: code(&format!("P-{number}")),
    }
}

pub(crate) fn fail_withdrawal(name: &str, number: u64) -> Command {
    Command::FailWithdrawal { wallet: wallet(name), request: request(number), reason: because() }
}

pub(crate) fn freeze(name: &str) -> Command {
    Command::FreezeWallet { wallet: wallet(name), reason: because() }
}

pub(crate) fn unfreeze(name: &str) -> Command {
    Command::UnfreezeWallet { wallet: wallet(name), reason: because() }
}

pub(crate) fn close(name: &str) -> Command {
    Command::CloseWallet { wallet: wallet(name) }
}

pub(crate) fn goodwill(name: &str, sum: &str) -> Command {
    let source = Source::Goodwill { reason: because() };
    Command::CreditWallet { wallet: wallet(name), amount: amount(sum), source }
}

pub(crate) fn adjust_up(name: &str, item: SuspenseItem, sum: &str) -> Command {
    let source = Source::Adjustment { item, reason: because() };
    Command::CreditWallet { wallet: wallet(name), amount: amount(sum), source }
}

pub(crate) fn adjust_down(name: &str, item: SuspenseItem, sum: &str) -> Command {
    let purpose = Purpose::Adjustment { item, reason: because() };
    Command::DebitWallet { wallet: wallet(name), amount: amount(sum), purpose }
}

pub(crate) fn correct_wallet(name: &str, sequence: u64) -> Command {
    let wallet = wallet(name);
    Command::CorrectWallet { wallet, sequence, reason: because(), ticket: code("T-1") }
}

pub(crate) fn repay(name: &str, sum: Option<&str>) -> Command {
    Command::RepayDebt { wallet: wallet(name), amount: sum.map(amount) }
}

pub(crate) fn write_off(name: &str, sum: Option<&str>) -> Command {
    Command::WriteOffDebt { wallet: wallet(name), amount: sum.map(amount), reason: because() }
}

pub(crate) fn leave_on_account(number: u64) -> Command {
    Command::LeaveOnAccount { order: order(number) }
}

pub(crate) fn open_suspense(number: u64) -> Command {
    Command::OpenSuspense {
        item: suspense(number),
        currency: Currency::IQD,
        owner: code("finance"),
        reason: because(),
    }
}

pub(crate) fn explain(item: SuspenseItem, sum: Option<&str>, against: Against) -> Command {
    Command::ExplainSuspense { item: item.id(), amount: sum.map(iqd), against, reason: because() }
}

/// A wallet of the old system with this balance, of which its rows explain so much.
pub(crate) fn import_wallet(name: &str, balance: &str, explained: &str) -> Command {
    let row = code("customer_wallets:3");
    let opening = Opening { row, balance: iqd(balance), explained: iqd(explained) };
    Command::ImportWallet { customer: customer(name), currency: Currency::IQD, opening }
}

pub(crate) fn callback(id: &str, sum: &str, order: Option<OrderId>, name: Option<&str>) -> Command {
    Command::GatewayCallback {
        gateway: code("zain"),
        gateway_id: code(id),
        amount: amount(sum),
        order,
        customer: name.map(customer),
    }
}

pub(crate) fn gateway_id(id: &str) -> PaymentId {
    PaymentId::gateway("zain", id)
}

/// A transfer that waits; its customer is known or not.
pub(crate) fn record_transfer(reference: &str, sum: &str, name: Option<&str>) -> Command {
    let transfer = transfer(reference, sum);
    Command::RecordPayment {
        payment: transfer_id(reference),
        kind: Kind::BankTransfer {
            account: transfer.account,
            reference: transfer.reference,
            date: transfer.date,
        },
        amount: transfer.amount,
        customer: name.map(customer),
    }
}

/// A line of the one bank account that transfers go to.
pub(crate) fn statement(line: &str, sum: &str, reference: Option<&str>) -> Command {
    let transfer = transfer("R", sum);
    Command::RecordStatementLine {
        account: transfer.account,
        line: code(line),
        date: transfer.date,
        amount: transfer.amount,
        reference: reference.map(code),
    }
}

pub(crate) fn line_id(line: &str) -> StatementLineId {
    StatementLineId::of("rafidain-1", line)
}

pub(crate) fn match_line(line: &str, payments: &[PaymentId], fee: &str) -> Command {
    Command::MatchStatementLine { line: line_id(line), payments: payments.to_vec(), fee: iqd(fee) }
}

pub(crate) fn bank(payment: PaymentId, account: &str) -> Command {
    Command::BankCash { payment, account: code(account) }
}

pub(crate) fn reverse(payment: PaymentId) -> Command {
    Command::ReversePayment { payment, reason: because() }
}

pub(crate) fn correct_payment(payment: PaymentId) -> Command {
    Command::CorrectPayment { payment, reason: because(), ticket: code("T-1") }
}

pub(crate) fn remind(number: u64) -> Command {
    Command::Remind { order: order(number) }
}

//! Decides any command over the states it needs: one command, one set of events, all or nothing.
//!
//! A decision reads states through [`States`]. When one is not at hand it stops with
//! [`Undecided::Missing`]; whoever keeps the states loads it and asks again, which costs nothing
//! since deciding has no effect.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::account::SuspenseItem;
use crate::event::{Event, State, StreamKey};
use crate::id::{
    Code, CustomerId, OrderId, PaymentId, Reason, ReceiptFileId, ReceiptId, RequestId, ShipmentId,
    StatementLineId, SuspenseId, WalletId,
};
use crate::money::{Amount, Currency, Money};
use crate::order::import::Imported;
use crate::order::status::{Channel, Warehouse};
use crate::order::{self, DeliveryProof, Department, LineQuantity, Order, PersonalRef, Receipt};
use crate::payment::{self, Kind, Payment};
use crate::receipt_file::ReceiptFile;
use crate::rejection::Rejection;
use crate::settings::{self, Setting, Settings};
use crate::statement_line::{Recorded, StatementLine};
use crate::suspense::{Against, Suspense};
use crate::wallet::{self, Opening, TopUpRequested, Wallet};

mod allowed;
mod cancel;
mod debt;
mod edit;
mod four_eyes;
mod gateway;
mod offer;
mod pay;
mod place;
mod receipt;
mod receipt_file;
mod refund;
mod remind;
mod reverse;
mod statement;
mod suspense;
mod wallets;

pub use allowed::{Prospect, prospect, prospects, representative};
pub use edit::EditOrder;
pub use offer::OrderedLine;
pub use place::PlaceOrder;
pub use receipt::{ApproveReceipt, Transfer};
pub use wallets::ApproveTopUp;

/// Every wish that daftar knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    PlaceOrder(Box<PlaceOrder>),
    /// Without an amount: what the order owes.
    PayFromWallet {
        order: OrderId,
        amount: Option<Amount>,
        purpose: WalletPurpose,
    },
    UploadReceipt {
        order: OrderId,
        receipt: Receipt,
    },
    ApproveReceipt(Box<ApproveReceipt>),
    RejectReceipt {
        order: OrderId,
        receipt: ReceiptId,
        reason: Reason,
    },
    /// A gateway's payment for an order: recorded, and applied as far as the order owes.
    RecordGatewayPayment {
        gateway: Code,
        gateway_id: Code,
        amount: Amount,
        order: OrderId,
    },
    /// What a gateway tells of money it took. It is never refused for what it was meant for: money
    /// that finds no place waits for one.
    GatewayCallback {
        gateway: Code,
        gateway_id: Code,
        amount: Amount,
        order: Option<OrderId>,
        customer: Option<CustomerId>,
    },
    /// Money that came in and waits to be allocated.
    RecordPayment {
        payment: PaymentId,
        kind: Kind,
        amount: Amount,
        customer: Option<CustomerId>,
    },
    /// Without an amount: as much as is left of the payment and, for an order, owed.
    AllocatePayment {
        payment: PaymentId,
        amount: Option<Amount>,
        to: Allocation,
    },
    /// A line of a bank's statement. A transfer that it names is matched at once.
    RecordStatementLine {
        account: Code,
        line: Code,
        date: NaiveDate,
        amount: Amount,
        reference: Option<Code>,
    },
    /// Says that a statement's line is these payments, less a fee.
    MatchStatementLine {
        line: StatementLineId,
        payments: Vec<PaymentId>,
        fee: Money,
    },
    /// Cash was taken to the bank.
    BankCash {
        payment: PaymentId,
        account: Code,
    },
    /// The money turned out not to exist.
    ReversePayment {
        payment: PaymentId,
        reason: Reason,
    },
    /// Reminds the customer of an order that is to be paid soon.
    Remind {
        order: OrderId,
    },
    Release {
        order: OrderId,
    },
    StartProcessing {
        order: OrderId,
    },
    Pack {
        order: OrderId,
    },
    RejectStock {
        order: OrderId,
        reason: Reason,
    },
    Dispatch {
        order: OrderId,
        shipment: ShipmentId,
        /// Without lines: everything that is still to be shipped.
        lines: Option<Vec<LineQuantity>>,
        carrier: Code,
        tracking: Option<Code>,
        /// HMAC of the code that the receiver will have to tell.
        code: Option<Code>,
    },
    IssueDeliveryCode {
        order: OrderId,
        shipment: ShipmentId,
        code: Code,
    },
    /// Without a shipment: the one that is under way. A wrong code is accepted as the event that
    /// tells of it.
    Deliver {
        order: OrderId,
        shipment: Option<ShipmentId>,
        proof: DeliveryProof,
    },
    FailDelivery {
        order: OrderId,
        shipment: ShipmentId,
        reason: Reason,
    },
    RetryDelivery {
        order: OrderId,
        shipment: ShipmentId,
    },
    ReturnToOrigin {
        order: OrderId,
        shipment: ShipmentId,
    },
    ReceiveBack {
        order: OrderId,
        shipment: ShipmentId,
    },
    ReturnGoods {
        order: OrderId,
        lines: Vec<LineQuantity>,
        reason: Reason,
    },
    /// Without lines: everything that came back and was not paid back yet.
    Refund {
        order: OrderId,
        lines: Option<Vec<LineQuantity>>,
        /// Delivery fee and surcharge too.
        fees: bool,
    },
    EditOrder(Box<EditOrder>),
    CancelLines {
        order: OrderId,
        lines: Vec<LineQuantity>,
        reason: Reason,
    },
    PutOnHold {
        order: OrderId,
        department: Department,
        reason: Reason,
    },
    LiftHold {
        order: OrderId,
        department: Department,
    },
    Complete {
        order: OrderId,
    },
    CompleteAfterReturnWindow {
        order: OrderId,
    },
    Cancel {
        order: OrderId,
        reason: Reason,
    },
    Expire {
        order: OrderId,
    },
    Reopen {
        order: OrderId,
    },
    CorrectOrder {
        order: OrderId,
        sequence: u64,
        reason: Reason,
        ticket: Code,
    },
    CorrectWallet {
        wallet: WalletId,
        sequence: u64,
        reason: Reason,
        ticket: Code,
    },
    CorrectPayment {
        payment: PaymentId,
        reason: Reason,
        ticket: Code,
    },
    OpenWallet {
        customer: CustomerId,
        currency: Currency,
    },
    /// Money that came in goes straight into a wallet, which is opened if need be.
    TopUpWallet {
        customer: CustomerId,
        payment: PaymentId,
        kind: Kind,
        amount: Amount,
    },
    /// A credit that needs no other stream: goodwill, or against a suspense item.
    CreditWallet {
        wallet: WalletId,
        amount: Amount,
        source: wallet::Source,
    },
    DebitWallet {
        wallet: WalletId,
        amount: Amount,
        purpose: wallet::Purpose,
    },
    ImportOrder {
        order: OrderId,
        imported: Box<Imported>,
    },
    ImportWallet {
        customer: CustomerId,
        currency: Currency,
        opening: Opening,
    },
    LinkLegacyDebit {
        order: OrderId,
        debit: Code,
        amount: Amount,
        proof: Code,
    },
    ResolveImport {
        order: OrderId,
        facts: ResolvedFacts,
    },
    /// Gives back what the old system charged twice. Whoever sends this has checked that two
    /// persons want it.
    ReturnDoubleCharge {
        order: OrderId,
        first: Code,
        second: Code,
        amount: Amount,
    },
    ChangeSetting {
        setting: Setting,
        reason: Reason,
    },
    /// A customer says that money was sent for a wallet, which is opened if need be.
    RequestTopUp {
        customer: CustomerId,
        currency: Currency,
        asked: TopUpRequested,
    },
    ApproveTopUp(Box<ApproveTopUp>),
    RejectTopUp {
        wallet: WalletId,
        request: RequestId,
        reason: Reason,
    },
    RequestWithdrawal {
        wallet: WalletId,
        request: RequestId,
        amount: Amount,
        destination: Option<PersonalRef>,
    },
    PayWithdrawal {
        wallet: WalletId,
        request: RequestId,
        account: Code,
        reference: Code,
    },
    FailWithdrawal {
        wallet: WalletId,
        request: RequestId,
        reason: Reason,
    },
    FreezeWallet {
        wallet: WalletId,
        reason: Reason,
    },
    UnfreezeWallet {
        wallet: WalletId,
        reason: Reason,
    },
    CloseWallet {
        wallet: WalletId,
    },
    /// From the wallet; without an amount, as much as is owed and there. Money that came in repays
    /// a debt by its allocation.
    RepayDebt {
        wallet: WalletId,
        amount: Option<Amount>,
    },
    /// Without an amount: all of it.
    WriteOffDebt {
        wallet: WalletId,
        amount: Option<Amount>,
        reason: Reason,
    },
    /// What an order still owes becomes its customer's debt. Always takes two persons.
    LeaveOnAccount {
        order: OrderId,
    },
    OpenSuspense {
        item: SuspenseId,
        currency: Currency,
        owner: Code,
        reason: Reason,
    },
    /// Without an amount: all of it.
    ExplainSuspense {
        item: SuspenseId,
        amount: Option<Money>,
        against: Against,
        reason: Reason,
    },
}

/// What money is taken from a wallet for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalletPurpose {
    Payment,
    Shortfall,
}

/// Where a payment goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Allocation {
    Order(OrderId),
    Customer(CustomerId),
    /// What this customer owes.
    Debt(CustomerId),
}

/// What a person states about an imported order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolvedFacts {
    pub released: bool,
    pub warehouse: Warehouse,
    pub shipped: bool,
    pub delivered: bool,
}

/// A state that a decision needs and that is not at hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Missing {
    Stream(StreamKey),
    /// The last counter of a number series.
    Series(Code),
}

/// Why there is no decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undecided {
    Missing(Missing),
    Refused(Rejection),
}

impl<E: Into<Rejection>> From<E> for Undecided {
    fn from(rejection: E) -> Self {
        Self::Refused(rejection.into())
    }
}

/// Where a decision finds the states it rests on.
pub trait States {
    /// The state of a stream; the initial one of a stream that holds no events.
    fn state(&self, stream: StreamKey) -> Result<Arc<State>, Missing>;
    /// The last counter of a number series; zero of one that has none yet.
    fn last_counter(&self, series: &Code) -> Result<u32, Missing>;
}

/// One event of a decision, with the state after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub stream: StreamKey,
    /// The event's sequence in its stream.
    pub version: u64,
    pub event: Event,
    pub state: Arc<State>,
}

/// What a decision rests on beside the states and the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    pub now: DateTime<Utc>,
    /// Another person has agreed, as moving much money needs.
    pub second_person: bool,
}

impl Circumstances {
    /// At this time, and nobody else has agreed.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, second_person: false }
    }
}

/// Decides one command.
pub fn decide(
    states: &dyn States,
    circumstances: Circumstances,
    command: Command,
) -> Result<Vec<Change>, Undecided> {
    decide_all(states, circumstances, vec![command])
}

/// Decides several commands as one: each sees what the earlier ones did, and all are accepted or
/// none is.
pub fn decide_all(
    states: &dyn States,
    circumstances: Circumstances,
    commands: Vec<Command>,
) -> Result<Vec<Change>, Undecided> {
    let mut decision = Decision::new(states, circumstances);
    for command in commands {
        decision.take(command)?;
    }
    Ok(decision.changes)
}

/// A decision in the making: the events so far, and the states after them.
pub(crate) struct Decision<'a> {
    base: &'a dyn States,
    pub(crate) now: DateTime<Utc>,
    second_person: bool,
    changed: BTreeMap<StreamKey, Arc<State>>,
    counters: BTreeMap<Code, u32>,
    changes: Vec<Change>,
}

impl<'a> Decision<'a> {
    fn new(base: &'a dyn States, circumstances: Circumstances) -> Self {
        let Circumstances { now, second_person } = circumstances;
        let (changed, counters) = (BTreeMap::new(), BTreeMap::new());
        Self { base, now, second_person, changed, counters, changes: Vec::new() }
    }

    fn state(&self, stream: StreamKey) -> Result<Arc<State>, Undecided> {
        match self.changed.get(&stream) {
            Some(state) => Ok(Arc::clone(state)),
            None => self.base.state(stream).map_err(Undecided::Missing),
        }
    }

    pub(crate) fn order(&self, id: OrderId) -> Result<Order, Undecided> {
        let state = self.state(StreamKey::Order(id))?;
        let State::Order(known) = &*state else {
            panic!("{state:?} stands where order {id} should")
        };
        Ok(known.clone())
    }

    pub(crate) fn wallet(&self, id: WalletId) -> Result<Wallet, Undecided> {
        let state = self.state(StreamKey::Wallet(id))?;
        let State::Wallet(known) = &*state else {
            panic!("{state:?} stands where wallet {id} should")
        };
        Ok(known.clone())
    }

    pub(crate) fn payment(&self, id: PaymentId) -> Result<Payment, Undecided> {
        let state = self.state(StreamKey::Payment(id))?;
        let State::Payment(known) = &*state else {
            panic!("{state:?} stands where payment {id} should")
        };
        Ok(known.clone())
    }

    pub(crate) fn statement_line(&self, id: StatementLineId) -> Result<StatementLine, Undecided> {
        let state = self.state(StreamKey::StatementLine(id))?;
        let State::StatementLine(known) = &*state else {
            panic!("{state:?} stands where statement line {id} should")
        };
        Ok(known.clone())
    }

    pub(crate) fn receipt_file(&self, id: ReceiptFileId) -> Result<ReceiptFile, Undecided> {
        let state = self.state(StreamKey::ReceiptFile(id))?;
        let State::ReceiptFile(known) = &*state else {
            panic!("{state:?} stands where receipt file {id} should")
        };
        Ok(known.clone())
    }

    pub(crate) fn suspense(&self, id: SuspenseId) -> Result<Suspense, Undecided> {
        let state = self.state(StreamKey::Suspense(id))?;
        let State::Suspense(suspense) = &*state else {
            panic!("{state:?} stands where suspense item {id} should")
        };
        Ok(suspense.clone())
    }

    pub(crate) fn settings(&self) -> Result<Settings, Undecided> {
        let state = self.state(StreamKey::Settings)?;
        let State::Settings(settings) = &*state else {
            panic!("{state:?} stands where the settings should")
        };
        Ok(settings.clone())
    }

    /// The next counter of a series, gapless: it is allotted only if the decision is accepted.
    pub(crate) fn next_counter(&self, series: &Code) -> Result<u32, Undecided> {
        let last = match self.counters.get(series) {
            Some(last) => *last,
            None => self.base.last_counter(series).map_err(Undecided::Missing)?,
        };
        Ok(last.checked_add(1).ok_or(Rejection::SettingOutOfRange)?)
    }

    pub(crate) fn emit(&mut self, stream: StreamKey, event: Event) -> Result<(), Undecided> {
        let mut state = self.state(stream)?;
        Arc::make_mut(&mut state).evolve(&event);
        if let Event::Order(order::Event::Placed(placed)) = &event {
            self.counters.insert(placed.series.clone(), placed.counter);
        }
        self.changed.insert(stream, Arc::clone(&state));
        self.changes.push(Change { stream, version: state.version(), event, state });
        Ok(())
    }

    /// Lets the order alone decide.
    fn order_decides(&mut self, id: OrderId, command: order::Command) -> Result<(), Undecided> {
        for event in self.order(id)?.decide(command)? {
            self.emit(StreamKey::Order(id), Event::Order(event))?;
        }
        Ok(())
    }

    /// Lets the wallet alone decide.
    pub(crate) fn wallet_decides(
        &mut self,
        id: WalletId,
        command: wallet::Command,
    ) -> Result<(), Undecided> {
        for event in self.wallet(id)?.decide(command)? {
            self.emit(StreamKey::Wallet(id), Event::Wallet(event))?;
        }
        Ok(())
    }

    /// Lets the payment alone decide.
    pub(crate) fn payment_decides(
        &mut self,
        id: PaymentId,
        command: payment::Command,
    ) -> Result<(), Undecided> {
        for event in self.payment(id)?.decide(command)? {
            self.emit(StreamKey::Payment(id), Event::Payment(event))?;
        }
        Ok(())
    }

    #[expect(
        clippy::too_many_lines,
        reason = "one arm a command, each a line or two: the table of contents"
    )]
    fn take(&mut self, command: Command) -> Result<(), Undecided> {
        match command {
            Command::PlaceOrder(place) => place::place(self, *place),
            Command::PayFromWallet { order, amount, purpose } => {
                pay::from_wallet(self, order, amount, purpose)
            }
            Command::UploadReceipt { order, receipt } => receipt_file::upload(self, order, receipt),
            Command::ApproveReceipt(approve) => receipt::approve(self, *approve),
            Command::RejectReceipt { order, receipt, reason } => {
                let (now, extension) = (self.now, self.settings()?.extension());
                let reject = order::Command::RejectReceipt { receipt, reason, now, extension };
                self.order_decides(order, reject)
            }
            Command::RecordGatewayPayment { gateway, gateway_id, amount, order } => {
                gateway::for_order(self, gateway, gateway_id, amount, order)
            }
            Command::GatewayCallback { gateway, gateway_id, amount, order, customer } => {
                gateway::callback(
                    self,
                    Kind::Gateway { gateway, gateway_id },
                    amount,
                    order,
                    customer,
                )
            }
            Command::RecordStatementLine { account, line, date, amount, reference } => {
                let line = Recorded { account, line, date, amount, reference };
                statement::record(self, line)
            }
            Command::MatchStatementLine { line, payments, fee } => {
                statement::match_line(self, line, payments, fee)
            }
            Command::BankCash { payment, account } => {
                self.payment_decides(payment, payment::Command::Bank { account })
            }
            Command::ReversePayment { payment, reason } => reverse::reverse(self, payment, reason),
            Command::Remind { order } => remind::remind(self, order),
            Command::RecordPayment { payment, kind, amount, customer } => {
                pay::must_be_derived(payment, &kind)?;
                self.keeps(amount.currency())?;
                let record = payment::Command::Record { kind, amount, customer, order: None };
                self.payment_decides(payment, record)
            }
            Command::AllocatePayment { payment, amount, to } => {
                pay::allocate(self, payment, amount, to)
            }
            Command::Release { order } => self.order_decides(order, order::Command::Release),
            Command::StartProcessing { order } => {
                self.order_decides(order, order::Command::StartProcessing)
            }
            Command::Pack { order } => self.order_decides(order, order::Command::Pack),
            Command::RejectStock { order, reason } => {
                self.order_decides(order, order::Command::RejectStock { reason })
            }
            Command::Dispatch { order, shipment, lines, carrier, tracking, code } => {
                let dispatch = order::Dispatch { shipment, lines, carrier, tracking, code };
                self.order_decides(order, order::Command::Dispatch(dispatch))
            }
            Command::IssueDeliveryCode { order, shipment, code } => {
                self.order_decides(order, order::Command::IssueDeliveryCode { shipment, code })
            }
            Command::Deliver { order, shipment, proof } => {
                let tries_allowed = self.settings()?.delivery_code_tries;
                let return_until = self.return_until()?;
                let delivery = order::Delivery { shipment, proof, tries_allowed, return_until };
                self.order_decides(order, order::Command::Deliver(delivery))
            }
            Command::FailDelivery { order, shipment, reason } => {
                self.order_decides(order, order::Command::FailDelivery { shipment, reason })
            }
            Command::RetryDelivery { order, shipment } => {
                self.order_decides(order, order::Command::RetryDelivery { shipment })
            }
            Command::ReturnToOrigin { order, shipment } => {
                self.order_decides(order, order::Command::ReturnToOrigin { shipment })
            }
            Command::ReceiveBack { order, shipment } => {
                let deadline = self.deadline(order)?;
                self.order_decides(order, order::Command::ReceiveBack { shipment, deadline })
            }
            Command::ReturnGoods { order, lines, reason } => {
                self.order_decides(order, order::Command::ReturnGoods { lines, reason })
            }
            Command::Refund { order, lines, fees } => refund::refund(self, order, lines, fees),
            Command::EditOrder(wanted) => edit::edit(self, *wanted),
            Command::CancelLines { order, lines, reason } => {
                cancel::cancel_lines(self, order, lines, reason)
            }
            Command::PutOnHold { order, department, reason } => {
                self.order_decides(order, order::Command::PutOnHold { department, reason })
            }
            Command::LiftHold { order, department } => {
                self.order_decides(order, order::Command::LiftHold { department })
            }
            Command::Complete { order } => self.order_decides(order, order::Command::Complete),
            Command::CompleteAfterReturnWindow { order } => {
                let now = self.now;
                self.order_decides(order, order::Command::CompleteAfterReturnWindow { now })
            }
            Command::Cancel { order, reason } => cancel::cancel(self, order, reason),
            Command::Expire { order } => cancel::expire(self, order),
            Command::Reopen { order } => {
                let deadline = self.deadline(order)?;
                let return_until = self.return_until()?;
                self.order_decides(order, order::Command::Reopen { deadline, return_until })
            }
            Command::CorrectOrder { order, sequence, reason, ticket } => {
                self.order_decides(order, order::Command::Correct { sequence, reason, ticket })?;
                self.delivery_corrected(order)
            }
            Command::CorrectWallet { wallet, sequence, reason, ticket } => {
                wallets::correct(self, wallet, sequence, reason, ticket)
            }
            Command::CorrectPayment { payment, reason, ticket } => {
                self.payment_decides(payment, payment::Command::Correct { reason, ticket })
            }
            Command::OpenWallet { customer, currency } => self.open_wallet(&customer, currency),
            Command::TopUpWallet { customer, payment, kind, amount } => {
                pay::top_up(self, &customer, payment, kind, amount)
            }
            Command::CreditWallet { wallet, amount, source } => {
                wallets::credit(self, wallet, amount, source)
            }
            Command::DebitWallet { wallet, amount, purpose } => {
                wallets::debit(self, wallet, amount, purpose)
            }
            Command::ImportOrder { order, mut imported } => {
                if imported.deadline.is_none() && imported.awaits_payment() {
                    // The longest time there is: nobody told its customer of a shorter one.
                    let period = self.settings()?.payment_period(Channel::BankTransfer);
                    imported.deadline = self.now.checked_add_signed(period);
                }
                self.order_decides(order, order::Command::Import(imported))
            }
            Command::ImportWallet { customer, currency, opening } => {
                suspense::import_wallet(self, customer, currency, opening)
            }
            Command::LinkLegacyDebit { order, debit, amount, proof } => {
                pay::link_legacy_debit(self, order, debit, amount, proof)
            }
            Command::ResolveImport { order, facts } => {
                let deadline = self.deadline(order)?;
                let resolve = order::ResolveImport {
                    released: facts.released,
                    warehouse: facts.warehouse,
                    shipped: facts.shipped,
                    delivered: facts.delivered,
                    shipment: ShipmentId::imported(order),
                    deadline,
                    return_until: self.return_until()?,
                };
                self.order_decides(order, order::Command::Resolve(resolve))
            }
            Command::ReturnDoubleCharge { order, first, second, amount } => {
                let wallet = self.wallet_of(order)?;
                if self.order(order)?.placed()?.legacy_debits.contains(&second) {
                    // It is what the order was paid with.
                    return Err(Rejection::DebitAlreadyLinked.into());
                }
                let source = wallet::Source::DoubleCharge { order, first, second };
                let credit = wallet::Command::Credit { amount, source, moved_alone_on: None };
                self.wallet_decides(wallet, credit)
            }
            Command::ChangeSetting { setting, reason } => {
                let change = settings::Command::Change { setting, reason };
                for event in self.settings()?.decide(change)? {
                    self.emit(StreamKey::Settings, Event::Settings(event))?;
                }
                Ok(())
            }
            Command::RequestTopUp { customer, currency, asked } => {
                wallets::request_top_up(self, customer, currency, asked)
            }
            Command::ApproveTopUp(approve) => wallets::approve_top_up(self, *approve),
            Command::RejectTopUp { wallet, request, reason } => {
                self.wallet_decides(wallet, wallet::Command::RejectTopUp { request, reason })
            }
            Command::RequestWithdrawal { wallet, request, amount, destination } => {
                let ask = wallet::Command::RequestWithdrawal { request, amount, destination };
                self.wallet_decides(wallet, ask)
            }
            Command::PayWithdrawal { wallet, request, account, reference } => {
                wallets::pay_withdrawal(self, wallet, request, account, reference)
            }
            Command::FailWithdrawal { wallet, request, reason } => {
                self.wallet_decides(wallet, wallet::Command::FailWithdrawal { request, reason })
            }
            Command::FreezeWallet { wallet, reason } => {
                self.wallet_decides(wallet, wallet::Command::Freeze { reason })
            }
            Command::UnfreezeWallet { wallet, reason } => {
                self.wallet_decides(wallet, wallet::Command::Unfreeze { reason })
            }
            Command::CloseWallet { wallet } => self.wallet_decides(wallet, wallet::Command::Close),
            Command::RepayDebt { wallet, amount } => {
                self.wallet_decides(wallet, wallet::Command::RepayDebt { amount })
            }
            Command::WriteOffDebt { wallet, amount, reason } => {
                debt::write_off(self, wallet, amount, reason)
            }
            Command::LeaveOnAccount { order } => debt::leave_on_account(self, order),
            Command::OpenSuspense { item, currency, owner, reason } => {
                self.keeps(currency)?;
                suspense::open(self, SuspenseItem::Item(item), currency, owner, reason)
            }
            Command::ExplainSuspense { item, amount, against, reason } => {
                suspense::explain(self, item, amount, against, reason)
            }
        }
    }

    /// Refuses money that another customer paid, unless another person has agreed.
    pub(crate) fn money_of(
        &self,
        payment: &payment::Facts,
        customer: &CustomerId,
    ) -> Result<(), Undecided> {
        if !self.second_person {
            payment.must_be_of(customer)?;
        }
        Ok(())
    }

    /// A delivery that was just taken back counts among what a person moved, like any correction.
    fn delivery_corrected(&mut self, id: OrderId) -> Result<(), Undecided> {
        let Some(Event::Order(order::Event::Corrected(corrected))) =
            self.changes.last().map(|change| &change.event)
        else {
            return Ok(());
        };
        let Some(amount) = corrected.earned.and_then(|earned| earned.due.as_amount()) else {
            return Ok(());
        };
        let customer = self.order(id)?.placed()?.customer.clone();
        match self.four_eyes(&customer, amount.money())? {
            Some(moved_alone_on) => {
                let currency = amount.currency();
                let wallet = WalletId::of(&customer, currency);
                self.wallet_decides(wallet, wallet::Command::Open { customer, currency })?;
                let order = id;
                let event = wallet::Event::DeliveryCorrected { amount, order, moved_alone_on };
                self.emit_wallet(wallet, event)
            }
            None => Ok(()),
        }
    }

    /// The wallet of an order is its customer's.
    fn wallet_of(&self, order: OrderId) -> Result<WalletId, Undecided> {
        let order = self.order(order)?;
        let facts = order.placed()?;
        Ok(WalletId::of(&facts.customer, facts.currency))
    }

    /// The deadline of an order whose time starts now.
    fn deadline(&self, order: OrderId) -> Result<DateTime<Utc>, Undecided> {
        let order = self.order(order)?;
        let period = self.settings()?.payment_period(order.placed()?.channel);
        Ok(self.now.checked_add_signed(period).ok_or(Rejection::SettingOutOfRange)?)
    }

    /// Until when goods may be returned that are all delivered now.
    fn return_until(&self) -> Result<DateTime<Utc>, Undecided> {
        let window = self.settings()?.return_window();
        Ok(self.now.checked_add_signed(window).ok_or(Rejection::SettingOutOfRange)?)
    }

    pub(crate) fn keeps(&self, currency: Currency) -> Result<(), Undecided> {
        if self.settings()?.currencies.contains(&currency) {
            Ok(())
        } else {
            Err(Rejection::CurrencyNotKept(currency.code().to_owned()).into())
        }
    }

    fn open_wallet(&mut self, customer: &CustomerId, currency: Currency) -> Result<(), Undecided> {
        self.keeps(currency)?;
        let open = wallet::Command::Open { customer: customer.clone(), currency };
        self.wallet_decides(WalletId::of(customer, currency), open)
    }

    /// The customer's wallet, which is opened if it is not open yet, with room for this much.
    ///
    /// The money is here already, so that the book need not keep its currency any more.
    pub(crate) fn wallet_to_credit(
        &mut self,
        customer: &CustomerId,
        amount: Amount,
    ) -> Result<WalletId, Undecided> {
        let currency = amount.currency();
        let wallet = WalletId::of(customer, currency);
        let open = wallet::Command::Open { customer: customer.clone(), currency };
        self.wallet_decides(wallet, open)?;
        self.wallet(wallet)?.open()?.must_have_room(amount)?;
        Ok(wallet)
    }

    /// Puts money into a customer's wallet, as a rule says that leaves nobody a choice.
    pub(crate) fn credit(
        &mut self,
        customer: &CustomerId,
        amount: Amount,
        source: wallet::Source,
    ) -> Result<(), Undecided> {
        let wallet = self.wallet_to_credit(customer, amount)?;
        let moved_alone_on = None;
        self.emit_wallet(wallet, wallet::Event::Credited { amount, source, moved_alone_on })
    }

    /// Puts money into a customer's wallet because a person says so: above the threshold, two.
    pub(crate) fn credit_by_person(
        &mut self,
        customer: &CustomerId,
        amount: Amount,
        source: wallet::Source,
    ) -> Result<(), Undecided> {
        let moved_alone_on = self.four_eyes(customer, amount.money())?;
        let wallet = self.wallet_to_credit(customer, amount)?;
        self.emit_wallet(wallet, wallet::Event::Credited { amount, source, moved_alone_on })
    }
}

//! Every wish that daftar knows.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::id::{
    Code, CustomerId, OrderId, PaymentId, Reason, ReceiptId, RequestId, ShipmentId,
    StatementLineId, SuspenseId, WalletId,
};
use crate::money::{Amount, Currency, Money};
use crate::order::import::Imported;
use crate::order::status::Warehouse;
use crate::order::{DeliveryProof, Department, LineQuantity, PersonalRef, Receipt};
use crate::payment::Kind;
use crate::settings::Setting;
use crate::suspense::Against;
use crate::wallet::{self, Opening, TopUpRequested};

use super::{ApproveReceipt, ApproveTopUp, EditOrder, PlaceOrder};

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

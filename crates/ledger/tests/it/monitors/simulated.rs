//! A small shop on a clock that the test moves: customers come at all hours, departments work through
//! their worklists in the hours in which people work, and daftar does its own part all the time.

use std::collections::BTreeMap;
use std::sync::Mutex;

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc, Weekday};
use domain::decide::{
    Allocation, ApproveReceipt, ApproveTopUp, Command, OrderedLine, PlaceOrder, Transfer,
};
use domain::id::{Code, OrderId, PaymentId, ReceiptId, RequestId, ShipmentId, Text, WalletId};
use domain::money::{Amount, Currency, Money};
use domain::order::status::Method;
use domain::order::totals::{Percent, Quantity};
use domain::order::{DeliveryProof, Receipt};
use domain::payment::Kind;
use domain::settings::Setting;
use domain::wallet::TopUpRequested;
use futures::future::join_all;
use ledger::deadlines::Deadlines;
use ledger::monitors::{self, Monitor};
use ledger::scrubber::{self, Share};
use projections::order_management::{self, Filter, ManagedOrder};
use projections::wallet_requests::{self, WalletRequest};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::watched::Watched;
use crate::book::{BOOK, amount, because, code, customer, iqd, noon, order, top_up};

const CUSTOMERS: [&str; 7] = ["anna", "bashir", "clara", "dina", "emad", "farah", "ghazi"];
const ALL: u32 = 200;

/// Who does their work.
#[derive(Debug, Clone, Copy)]
#[expect(clippy::struct_excessive_bools, reason = "each comes to work or does not")]
pub(super) struct Staff {
    pub(super) finance: bool,
    pub(super) warehouse: bool,
    /// Logistics: what leaves the house, and what arrives.
    pub(super) loaders: bool,
    pub(super) couriers: bool,
    /// Deadlines and the scrubber.
    pub(super) daftar: bool,
}

impl Staff {
    pub(super) const EVERYBODY: Self =
        Self { finance: true, warehouse: true, loaders: true, couriers: true, daftar: true };
}

pub(super) struct Shop {
    pub(super) watched: Watched,
    staff: Staff,
    /// Hours since it opened, at the midnight before a Saturday.
    hours: i64,
    last_order: u64,
    last_paper: u64,
    /// Orders whose customers have sent the money and not the receipt.
    sent: Vec<u64>,
    /// How many receipts of each customer were answered with a question.
    questions: BTreeMap<String, u32>,
    asked: Mutex<Vec<Command>>,
}

/// A book's name for one thing of a kind.
fn named(kind: u64, number: u64) -> Uuid {
    Uuid::from_u64_pair(kind, number)
}

/// What distinguishes it.
fn number_of(id: Uuid) -> u64 {
    id.as_u64_pair().1
}

fn shipment(order: OrderId) -> ShipmentId {
    ShipmentId::new(named(0x5, number_of(order.uuid())))
}

fn dinars(sum: Decimal) -> Amount {
    Money::new(sum, Currency::IQD).unwrap().as_amount().unwrap()
}

impl Shop {
    pub(super) async fn open(staff: Staff) -> Self {
        let watched = Watched::open().await;
        let shop = Self {
            watched,
            staff,
            hours: 36,
            last_order: 0,
            last_paper: 0,
            sent: Vec::new(),
            questions: BTreeMap::new(),
            asked: Mutex::default(),
        };
        shop.watched.set(shop.now());
        // The machine on which a test runs is not the shop's.
        shop.watched.change(Setting::DiskFreeMib(1)).await;
        shop.watched.change(Setting::WalMib(1_000_000)).await;
        // So that the week sees orders completed.
        shop.watched.change(Setting::ReturnWindowDays(2)).await;
        for (name, number) in CUSTOMERS.iter().zip(1..) {
            shop.watched.send(top_up(name, number, 50_000)).await;
        }
        shop.lap().await;
        shop
    }

    /// It opens at midnight, thirty-six hours after the noon from which clocks count.
    pub(super) fn now(&self) -> DateTime<Utc> {
        noon() + TimeDelta::hours(self.hours)
    }

    fn local(&self) -> DateTime<chrono_tz::Tz> {
        self.now().with_timezone(&chrono_tz::Asia::Baghdad)
    }

    fn is_working_time(&self) -> bool {
        let (day, hour) = (self.local().weekday(), self.local().hour());
        !matches!(day, Weekday::Fri | Weekday::Sat) && (9..17).contains(&hour)
    }

    /// Something is done at this hour.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.local().hour(), 3 | 8..=18)
    }

    /// Goes on to the next hour, and trades for it.
    pub(super) async fn hour(&mut self) {
        self.hours += 1;
        self.watched.set(self.now());
        if self.staff.daftar {
            self.daftar().await;
        }
        self.customers();
        self.done().await;
        if self.is_working_time() {
            if self.staff.finance {
                self.finance().await;
                self.done().await;
            }
            if self.staff.warehouse {
                self.warehouse().await;
                self.done().await;
            }
            if self.staff.loaders {
                self.loaders().await;
                self.done().await;
            }
        }
        if self.staff.couriers {
            self.couriers().await;
            self.done().await;
        }
    }

    /// Goes on to the next hour in which anything is done by anybody.
    pub(super) async fn next_hour(&mut self) {
        while matches!((self.local() + TimeDelta::hours(1)).hour(), 0..=2 | 4..=7) {
            self.hours += 1;
        }
        self.hour().await;
    }

    /// What a monitor sees now.
    pub(super) async fn sees(&self, monitor: &Monitor) -> u32 {
        monitors::look_once(&self.watched.node, monitor).await.unwrap().cases()
    }

    fn ask(&self, command: Command) {
        self.asked.lock().unwrap().push(command);
    }

    /// What somebody did in an hour reaches the book together, and in their order.
    async fn done(&self) {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        join_all(asked.into_iter().map(|command| self.watched.send(command))).await;
    }

    /// The worklist of a phase, the oldest first.
    async fn worklist(&self, status: &str) -> Vec<(OrderId, ManagedOrder)> {
        let filter = Filter { current_status: Some(status.to_owned()), ..Filter::default() };
        let mut conn = self.watched.node.pool().acquire().await.unwrap();
        let page = order_management::page(&mut conn, BOOK, filter, None, ALL).await.unwrap();
        page.value.into_iter().map(|row| (OrderId::new(row.order_id), row)).collect()
    }

    async fn requests(&self) -> Vec<WalletRequest> {
        let filter = wallet_requests::Filter {
            state: Some("open".to_owned()),
            ..wallet_requests::Filter::default()
        };
        let mut conn = self.watched.node.pool().acquire().await.unwrap();
        wallet_requests::page(&mut conn, BOOK, filter, None, ALL).await.unwrap().value
    }

    /// Deadlines as they fall due, and a lap of the scrubber every night.
    async fn daftar(&self) {
        Deadlines::new(self.watched.node.clone()).fire().await.unwrap();
        if self.local().hour() == 3 {
            self.lap().await;
        }
    }

    async fn lap(&self) {
        // At night it has the machine for itself.
        let share = Share::new(100).unwrap();
        let options = scrubber::Options { share, ..scrubber::Options::default() };
        scrubber::lap_once(&self.watched.node, None, &options).await.unwrap().unwrap();
    }

    fn customers(&mut self) {
        let hour = self.local().hour();
        if !(8..22).contains(&hour) {
            return;
        }
        for number in std::mem::take(&mut self.sent) {
            self.upload(number);
        }
        if hour.is_multiple_of(3) {
            self.place(Method::WalletFull);
        }
        if hour % 3 == 1 {
            let number = self.place(Method::BankTransferGrace);
            self.sent.push(number);
        }
        if hour % 8 == 5 {
            // Never paid: it expires.
            self.place(Method::BankTransferGrace);
        }
        if hour % 4 == 2 {
            let number = self.place(Method::OnlinePayment);
            self.ask(Command::GatewayCallback {
                gateway: code("zain"),
                gateway_id: code(&format!("Z-{number}")),
                amount: amount(price(number)),
                order: Some(order(number)),
                customer: None,
            });
        }
        if hour == 20 {
            self.ask_top_up();
        }
    }

    fn place(&mut self, method: Method) -> u64 {
        self.last_order += 1;
        let number = self.last_order;
        let due = iqd(price(number));
        self.ask(Command::PlaceOrder(Box::new(PlaceOrder {
            order: order(number),
            customer: customer(of(number)),
            method,
            remainder: None,
            wallet_part: None,
            lines: vec![OrderedLine {
                sku: Text::new("acetone").unwrap(),
                quantity: Quantity::new(Decimal::ONE).unwrap(),
                unit_price: due,
            }],
            discount: iqd(0),
            delivery: iqd(0),
            surcharge_rate: Percent::ZERO,
            tax_rate: Percent::ZERO,
            total: due,
            recipient: None,
        })));
        number
    }

    fn file(&mut self) -> (u64, Code) {
        self.last_paper += 1;
        (self.last_paper, code(&format!("{:064x}", self.last_paper)))
    }

    fn upload(&mut self, number: u64) {
        let (paper, file) = self.file();
        let receipt = Receipt {
            receipt: ReceiptId::new(named(0xE, paper)),
            claimed: Some(amount(price(number))),
            file: Some(file),
            stored: None,
            repeats: None,
        };
        self.ask(Command::UploadReceipt { order: order(number), receipt });
    }

    fn ask_top_up(&mut self) {
        let (paper, file) = self.file();
        let asked = TopUpRequested {
            request: RequestId::new(named(0xF, paper)),
            claimed: Some(amount(500)),
            file: Some(file),
            stored: None,
            repeats: None,
        };
        let customer = customer(of(paper));
        self.ask(Command::RequestTopUp { customer, currency: Currency::IQD, asked });
    }

    fn transfer(&self, reference: u64, amount: Amount) -> Transfer {
        Transfer {
            account: code("rafidain"),
            reference: code(&format!("T-{reference}")),
            date: self.local().date_naive(),
            amount,
        }
    }

    /// Answers receipts, one in nine with a question, and releases what is paid. Nobody's third is
    /// questioned: that would be something to look at.
    async fn finance(&mut self) {
        for (id, row) in self.worklist("payment_uploaded").await {
            let receipt = ReceiptId::new(row.open_receipt_id.unwrap());
            let paper = number_of(receipt.uuid());
            let questions = self.questions.entry(row.customer_id.clone()).or_default();
            if paper.is_multiple_of(9) && *questions < 2 {
                *questions += 1;
                self.ask(Command::RejectReceipt { order: id, receipt, reason: because() });
                self.sent.push(number_of(id.uuid()));
                continue;
            }
            let verified = dinars(row.owed);
            let transfer = self.transfer(paper, verified);
            let approved = ApproveReceipt { order: id, receipt, verified, transfer };
            self.ask(Command::ApproveReceipt(Box::new(approved)));
        }
        for asked in self.requests().await {
            let request = RequestId::new(asked.request_id);
            let amount = dinars(asked.claimed.unwrap());
            let transfer = self.transfer(1_000_000 + number_of(request.uuid()), amount);
            let wallet = WalletId::new(asked.wallet_id);
            let approved = ApproveTopUp { wallet, request, amount, transfer };
            self.ask(Command::ApproveTopUp(Box::new(approved)));
        }
        if self.local().hour() == 11 {
            self.place_money();
        }
        for (order, _) in self.worklist("financial_reviewing").await {
            self.ask(Command::Release { order });
        }
    }

    /// Money came in that names nobody; whose it is, is found out.
    fn place_money(&mut self) {
        let (paper, _) = self.file();
        let reference = code(&format!("U-{paper}"));
        let payment = PaymentId::transfer("rafidain", reference.as_str());
        let date = self.local().date_naive();
        let account = code("rafidain");
        self.ask(Command::RecordPayment {
            payment,
            kind: Kind::BankTransfer { account, reference, date },
            amount: amount(300),
            customer: None,
        });
        let to = Allocation::Customer(customer(of(paper)));
        self.ask(Command::AllocatePayment { payment, amount: None, to });
    }

    /// Begins, and packs what it began an hour ago; of one in ten orders goods are missing at first.
    async fn warehouse(&self) {
        for (order, _) in self.worklist("warehouse_processing").await {
            self.ask(Command::Pack { order });
        }
        for (order, _) in self.worklist("warehouse_rejected").await {
            self.ask(Command::StartProcessing { order });
        }
        for (order, _) in self.worklist("warehouse_pending").await {
            if number_of(order.uuid()).is_multiple_of(10) {
                self.ask(Command::RejectStock { order, reason: because() });
            } else {
                self.ask(Command::StartProcessing { order });
            }
        }
    }

    /// The van leaves in the afternoon.
    async fn loaders(&self) {
        if self.local().hour() != 15 {
            return;
        }
        for (order, _) in self.worklist("warehouse_approved").await {
            self.ask(Command::Dispatch {
                order,
                shipment: shipment(order),
                lines: None,
                carrier: code("camel"),
                tracking: None,
                code: None,
            });
        }
    }

    /// They deliver on any day; one in eight is not at home the first time.
    async fn couriers(&self) {
        if self.local().hour() != 12 {
            return;
        }
        for (order, _) in self.worklist("logistics_failed").await {
            self.ask(Command::RetryDelivery { order, shipment: shipment(order) });
        }
        for (order, row) in self.worklist("logistics_dispatched").await {
            let shipment = shipment(order);
            let is_retried = self.now() == row.updated_at;
            if number_of(order.uuid()).is_multiple_of(8) && !is_retried {
                self.ask(Command::FailDelivery { order, shipment, reason: because() });
            } else {
                let proof = DeliveryProof::Override { reason: because() };
                self.ask(Command::Deliver { order, shipment: Some(shipment), proof });
            }
        }
    }
}

/// What an order comes to.
fn price(number: u64) -> i64 {
    i64::try_from(40 + number % 17).unwrap()
}

fn of(number: u64) -> &'static str {
    CUSTOMERS[usize::try_from(number).unwrap() % CUSTOMERS.len()]
}

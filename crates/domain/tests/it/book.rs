//! A book in memory that checks every law after every command: `given(…).when(…).then(…)`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use domain::account::{Account, Side};
use domain::decide::{Change, Circumstances, Command, States, Undecided, decide_all};
use domain::id::{OrderId, PaymentId, StatementLineId, SuspenseId, WalletId};
use domain::memory::Memory;
use domain::money::Currency;
use domain::order::Facts;
use domain::order::status::Phase;
use domain::payment::Held;
use domain::wallet::Payout;
use domain::{Event, Rejection, State, StreamKey, payment, posting, statement_line};
use rust_decimal::Decimal;

use crate::build;

/// Streams, their replayed double, and the accounts that their events fill.
#[derive(Debug, Clone)]
pub(crate) struct Book {
    pub(crate) now: DateTime<Utc>,
    /// Another person agrees to what is wished.
    pub(crate) second_person: bool,
    memory: Memory,
    replayed: Memory,
    /// Debits less credits.
    accounts: BTreeMap<(Account, &'static str), Decimal>,
    /// The sum of all accounts, by currency.
    trial: BTreeMap<&'static str, Decimal>,
    /// Payments that came in after all: what was matched with them before tells of what was not.
    recorded_anew: BTreeSet<PaymentId>,
}

/// A book in which these commands were accepted.
pub(crate) fn given(commands: impl IntoIterator<Item = Command>) -> Book {
    commands.into_iter().fold(Book::new(), Book::and)
}

impl Book {
    pub(crate) fn new() -> Self {
        Self {
            now: build::noon(),
            second_person: false,
            memory: Memory::default(),
            replayed: Memory::default(),
            accounts: BTreeMap::new(),
            trial: BTreeMap::new(),
            recorded_anew: BTreeSet::new(),
        }
    }

    /// Takes a step of the history, to which a second person agreed.
    pub(crate) fn and(mut self, command: Command) -> Self {
        let told = format!("{command:?}");
        let before = std::mem::replace(&mut self.second_person, true);
        let taken = self.take(command);
        self.second_person = before;
        taken.unwrap_or_else(|refusal| panic!("{refusal:?} refuses {told}"));
        self
    }

    pub(crate) fn later(mut self, by: TimeDelta) -> Self {
        self.now += by;
        self
    }

    /// What one person wishes, alone.
    pub(crate) fn when(mut self, command: Command) -> Outcome {
        let decided = self.take(command);
        Outcome { book: self, decided }
    }

    /// Decides a command, keeps what it does, and checks every law.
    pub(crate) fn take(&mut self, command: Command) -> Result<Vec<Change>, Rejection> {
        self.take_all(vec![command])
    }

    /// The same, for several commands in one decision.
    pub(crate) fn take_all(&mut self, commands: Vec<Command>) -> Result<Vec<Change>, Rejection> {
        let circumstances = Circumstances { now: self.now, second_person: self.second_person };
        let changes = match decide_all(&self.memory, circumstances, commands.clone()) {
            Ok(changes) => changes,
            Err(Undecided::Refused(rejection)) => return Err(rejection),
            Err(Undecided::Missing(missing)) => panic!("{missing:?} in a memory that has all"),
        };
        for change in &changes {
            self.append(change);
        }
        let before = self.memory.clone();
        self.memory.apply(&changes);
        // What did not change was found equal before.
        let touched: BTreeSet<StreamKey> = changes.iter().map(|change| change.stream).collect();
        for stream in &touched {
            let (is, replayed) = (self.memory.state(*stream), self.replayed.state(*stream));
            assert_eq!(is, replayed, "a replay of the stored forms after {commands:?}");
            // A snapshot is of what stands between commands.
            let snapshot = serde_json::to_string(&*is.unwrap()).unwrap();
            let read: State = serde_json::from_str(&snapshot).unwrap();
            assert_eq!(read, *replayed.unwrap(), "a snapshot after {commands:?}");
        }
        self.check_end(&commands);
        self.check_fees();
        check_terminal(&before, &self.memory, &commands);
        Ok(changes)
    }

    fn append(&mut self, change: &Change) {
        let before = self.replayed.state(change.stream).unwrap();
        assert_eq!(change.version, before.version() + 1, "gapless: {change:?}");

        if let (StreamKey::Payment(id), Event::Payment(payment::Event::Recorded { .. })) =
            (change.stream, &change.event)
            && before.version() > 0
        {
            self.recorded_anew.insert(id);
        }

        let payload = change.event.payload().unwrap();
        let parsed = Event::parse(change.stream.aggregate_type(), &payload).unwrap();
        assert_eq!(parsed, change.event);
        self.replayed.evolve(change.stream, &parsed);

        let entry = posting::entry(change.stream, &change.event).unwrap();
        for posting in entry.postings() {
            let key = (posting.account.clone(), posting.amount.currency().code());
            let amount = posting.amount.money().amount();
            let moved = match posting.side {
                Side::Debit => amount,
                Side::Credit => -amount,
            };
            *self.trial.entry(key.1).or_default() += moved;
            *self.accounts.entry(key).or_default() += moved;
        }
        // The other accounts stand as they stood.
        for posting in entry.postings() {
            self.check_not_overdrawn(&posting.account, posting.amount.currency(), change);
        }
        let trial = &self.trial;
        assert!(trial.values().all(Decimal::is_zero), "trial balance {trial:?} after {change:?}");
    }

    /// Nobody else's money is spent.
    fn check_not_overdrawn(&self, account: &Account, currency: Currency, change: &Change) {
        let holds_others_money = matches!(
            account,
            Account::Wallet(_)
                | Account::Prepayment(_)
                | Account::Unallocated(_)
                | Account::Payout(_)
        );
        let held = self.holds(account.clone(), currency);
        assert!(
            !holds_others_money || !held.is_sign_negative() || held.is_zero(),
            "{account:?} is overdrawn by {held} after {change:?}"
        );
    }

    /// A replay of all that was stored comes to what stands here.
    pub(crate) fn check_replay(&self) {
        assert_eq!(self.memory, self.replayed);
    }

    /// What must be true when a command is over.
    fn check_end(&self, commands: &[Command]) {
        for (stream, state) in self.memory.streams() {
            match (stream, state) {
                (StreamKey::Wallet(id), State::Wallet(wallet)) => {
                    let facts = wallet.facts().unwrap();
                    let held = self.holds(Account::Wallet(id), facts.currency);
                    assert_eq!(facts.balance.amount(), held, "wallet {id} after {commands:?}");
                    let debt = Account::Receivable(facts.customer.clone());
                    let debt = -self.holds(debt, facts.currency);
                    assert_eq!(facts.debt.amount(), debt, "debt of {id} after {commands:?}");
                    for (request, withdrawal) in &*facts.withdrawals {
                        let held = self.holds(Account::Payout(*request), facts.currency);
                        let waits = match withdrawal.outcome {
                            Payout::Open => withdrawal.amount.money().amount(),
                            Payout::Paid { .. } | Payout::Failed => Decimal::ZERO,
                        };
                        assert_eq!(waits, held, "withdrawal {request} after {commands:?}");
                    }
                }
                (StreamKey::Order(id), State::Order(order)) => {
                    let facts = order.facts().unwrap();
                    let held = self.holds(Account::Prepayment(id), facts.currency);
                    assert_eq!(facts.held().amount(), held, "order {id} after {commands:?}");
                    let unpaid = [Phase::AwaitingPayment, Phase::PaymentRejected];
                    assert!(
                        !unpaid.contains(&facts.phase()) || facts.deadline.is_some(),
                        "unpaid order {id} has no deadline after {commands:?}"
                    );
                    let finished = [
                        Phase::Delivered,
                        Phase::Completed,
                        Phase::Cancelled,
                        Phase::Expired,
                        Phase::Returned,
                    ];
                    assert!(
                        !finished.contains(&facts.phase()) || held.is_zero(),
                        "{held} is left in finished order {id} after {commands:?}"
                    );
                }
                (StreamKey::Payment(id), State::Payment(payment)) => {
                    let facts = payment.facts().unwrap();
                    let held = self.holds(Account::Unallocated(id), facts.amount.currency());
                    assert_eq!(facts.left.amount(), held, "payment {id} after {commands:?}");
                    self.check_payment(id, facts);
                }
                (StreamKey::StatementLine(id), State::StatementLine(line)) => {
                    self.check_line(id, line.facts().unwrap());
                }
                (StreamKey::ReceiptFile(_), State::ReceiptFile(file)) => {
                    assert!(!file.uploads.is_empty(), "{file:?} after {commands:?}");
                }
                (StreamKey::Suspense(id), State::Suspense(suspense)) => {
                    let facts = suspense.facts().unwrap();
                    let held = -self.holds(Account::Suspense(facts.item), facts.currency);
                    assert_eq!(facts.balance.amount(), held, "item {id} after {commands:?}");
                }
                (StreamKey::Settings, State::Settings(_)) => {}
                (stream, state) => panic!("{state:?} stands in {stream}"),
            }
        }
    }

    /// A payment's money is where it says, and what it went to sums to what came in.
    fn check_payment(&self, id: PaymentId, facts: &payment::Facts) {
        let amount = facts.amount.money().amount();
        for (account, held) in [
            (Account::BankClearing(id), Held::BankClearing),
            (Account::GatewayClearing(id), Held::GatewayClearing),
            (Account::Cash(id), Held::Cash),
        ] {
            let there = if facts.held == Some(held) { amount } else { Decimal::ZERO };
            assert_eq!(-self.holds(account, facts.amount.currency()), there, "payment {id}");
        }
        if facts.held.is_some() {
            let allocated = facts.allocations.iter().map(|part| part.amount.money().amount());
            assert_eq!(allocated.sum::<Decimal>() + facts.left.amount(), amount, "payment {id}");
        }
    }

    /// A matched line is its payments less the fee.
    fn check_line(&self, id: StatementLineId, facts: &statement_line::Facts) {
        let Some(matched) = &facts.matched else { return };
        if matched.payments.iter().any(|payment| self.recorded_anew.contains(payment)) {
            return;
        }
        let payments = matched.payments.iter().map(|payment| self.payment(*payment).unwrap());
        let sum: Decimal = payments
            .map(|payment| {
                assert_eq!(payment.matched, Some(id));
                payment.amount.money().amount()
            })
            .sum();
        let line = facts.recorded.amount.money().amount();
        assert_eq!(sum, line + matched.fee.amount(), "line {id}");
    }

    /// What banks kept is what the matched lines say they kept.
    fn check_fees(&self) {
        let fee = |state: &State| {
            let State::StatementLine(line) = state else { return None };
            Some(line.facts()?.matched.as_ref()?.fee.amount())
        };
        let total: Decimal = self.memory.streams().filter_map(|(_, state)| fee(state)).sum();
        let kept: Decimal = self
            .accounts
            .iter()
            .filter(|((account, _), _)| *account == Account::BankFees)
            .map(|(_, balance)| *balance)
            .sum();
        assert_eq!(kept, total, "bank fees");
    }

    /// What an account of ours owes: credits less debits.
    pub(crate) fn holds(&self, account: Account, currency: Currency) -> Decimal {
        -self.accounts.get(&(account, currency.code())).copied().unwrap_or_default()
    }

    /// An account's credits less its debits in dinars, over all its items.
    pub(crate) fn total(&self, code: &str) -> String {
        let of_code = |((account, _), _): &(&(Account, &str), &Decimal)| account.code() == code;
        let sum: Decimal = self.accounts.iter().filter(of_code).map(|(_, balance)| -balance).sum();
        sum.normalize().to_string()
    }

    pub(crate) fn facts(&self, order: OrderId) -> Facts {
        let state = self.memory.state(StreamKey::Order(order)).unwrap();
        let State::Order(order) = &*state else { panic!("{state:?}") };
        order.facts().unwrap().clone()
    }

    pub(crate) fn is_placed(&self, order: OrderId) -> bool {
        self.memory.state(StreamKey::Order(order)).unwrap().version() > 0
    }

    pub(crate) fn phase(&self, order: OrderId) -> Phase {
        self.facts(order).phase()
    }

    pub(crate) fn wallet(&self, wallet: WalletId) -> Option<domain::wallet::Facts> {
        let state = self.memory.state(StreamKey::Wallet(wallet)).unwrap();
        let State::Wallet(wallet) = &*state else { panic!("{state:?}") };
        wallet.facts().cloned()
    }

    /// A customer's dinars.
    pub(crate) fn balance(&self, customer: &str) -> String {
        let wallet = self.wallet(build::wallet(customer));
        wallet.map_or_else(|| "no wallet".to_owned(), |facts| facts.balance.amount().to_string())
    }

    pub(crate) fn payment(&self, payment: PaymentId) -> Option<payment::Facts> {
        let state = self.memory.state(StreamKey::Payment(payment)).unwrap();
        let State::Payment(payment) = &*state else { panic!("{state:?}") };
        payment.facts().cloned()
    }

    pub(crate) fn suspense(&self, item: SuspenseId) -> Option<domain::suspense::Facts> {
        let state = self.memory.state(StreamKey::Suspense(item)).unwrap();
        let State::Suspense(suspense) = &*state else { panic!("{state:?}") };
        suspense.facts().cloned()
    }

    /// What a customer owes in dinars.
    pub(crate) fn debt(&self, customer: &str) -> String {
        let wallet = self.wallet(build::wallet(customer));
        wallet.map_or_else(|| "no wallet".to_owned(), |facts| facts.debt.amount().to_string())
    }

    pub(crate) fn settings(&self) -> domain::settings::Settings {
        let state = self.memory.state(StreamKey::Settings).unwrap();
        let State::Settings(settings) = &*state else { panic!("{state:?}") };
        settings.clone()
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) fn streams(&self) -> impl Iterator<Item = (StreamKey, &State)> {
        self.memory.streams()
    }
}

/// Terminal is terminal: only reopening and correcting lead out of it.
fn check_terminal(before: &Memory, after: &Memory, commands: &[Command]) {
    for (stream, state) in before.streams() {
        let now = after.state(stream).unwrap();
        let (State::Order(was), State::Order(is)) = (state, &*now) else { continue };
        let (was, is) = (was.facts().unwrap().phase(), is.facts().unwrap().phase());
        let has = |is: fn(&Command) -> bool| commands.iter().any(is);
        let may_change = match was {
            Phase::Completed => has(|command| {
                matches!(command, Command::CorrectOrder { .. } | Command::Reopen { .. })
            }),
            Phase::Cancelled | Phase::Expired => {
                has(|command| matches!(command, Command::Reopen { .. }))
            }
            Phase::ImportReview
            | Phase::AwaitingPayment
            | Phase::PaymentReview
            | Phase::PaymentRejected
            | Phase::FinanceReview
            | Phase::WarehouseReady
            | Phase::WarehouseProcessing
            | Phase::StockRejected
            | Phase::Packed
            | Phase::PartlyShipped
            | Phase::Dispatched
            | Phase::DeliveryFailed
            | Phase::ReturningToOrigin
            | Phase::Delivered
            | Phase::Returned => true,
        };
        assert!(was == is || may_change, "{commands:?} leads from {was:?} to {is:?}");
    }
}

/// What a command did, and the book after it.
#[derive(Debug)]
pub(crate) struct Outcome {
    book: Book,
    decided: Result<Vec<Change>, Rejection>,
}

impl Outcome {
    /// The events, as `order.placed`, in their order.
    #[track_caller]
    pub(crate) fn then(self, expected: &[&str]) -> Book {
        let changes = self.decided.unwrap();
        let types: Vec<String> = changes.iter().map(type_name).collect();
        assert_eq!(types, expected);
        self.book
    }

    /// These events come first, whatever follows.
    #[track_caller]
    pub(crate) fn then_first(self, expected: &[&str]) -> Book {
        let changes = self.decided.unwrap();
        let types: Vec<String> = changes.iter().take(expected.len()).map(type_name).collect();
        assert_eq!(types, expected);
        self.book
    }

    /// What was asked for is already so.
    #[track_caller]
    pub(crate) fn then_nothing(self) -> Book {
        self.then(&[])
    }

    #[track_caller]
    pub(crate) fn then_refused(self, expected: Rejection) -> Book {
        assert_eq!(self.decided.unwrap_err(), expected);
        self.book
    }

    /// Refused, whatever the details.
    #[track_caller]
    pub(crate) fn then_code(self, expected: &str) -> Book {
        assert_eq!(self.decided.unwrap_err().code(), expected);
        self.book
    }
}

pub(crate) fn type_name(change: &Change) -> String {
    format!("{}.{}", change.stream.aggregate_type(), change.event.event_type())
}

impl Book {
    #[track_caller]
    pub(crate) fn expect_phase(self, order: OrderId, phase: Phase) -> Self {
        assert_eq!(self.phase(order), phase);
        self
    }

    #[track_caller]
    pub(crate) fn expect_balance(self, customer: &str, balance: &str) -> Self {
        assert_eq!(self.balance(customer), balance);
        self
    }

    /// What an account holds over all its items (credits less debits).
    #[track_caller]
    pub(crate) fn expect_total(self, code: &str, total: &str) -> Self {
        assert_eq!(self.total(code), total, "account {code}");
        self
    }
}

impl Book {
    #[track_caller]
    pub(crate) fn expect_debt(self, customer: &str, debt: &str) -> Self {
        assert_eq!(self.debt(customer), debt);
        self
    }
}

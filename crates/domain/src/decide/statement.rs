//! Lines of a bank's statement: what finance believed is in the bank, or is not.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use crate::event::{Event, StreamKey};
use crate::id::{PaymentId, StatementLineId};
use crate::money::{Money, MoneyError};
use crate::payment::{self, Held, Kind};
use crate::rejection::Rejection;
use crate::statement_line::{self, Command, Match, Recorded};

use super::{Decision, Undecided};

/// Records a line; a transfer that it names and that comes to the same is matched at once.
pub(super) fn record(decision: &mut Decision<'_>, line: Recorded) -> Result<(), Undecided> {
    let (id, transfer, amount) = (line.id(), line.transfer(), line.amount);
    let events = decision.statement_line(id)?.decide(Command::Record(line))?;
    if events.is_empty() {
        return Ok(());
    }
    for event in events {
        decision.emit(StreamKey::StatementLine(id), Event::StatementLine(event))?;
    }
    let Some(payment) = transfer else {
        return Ok(());
    };
    let known = decision.payment(payment)?;
    match known.facts() {
        Some(facts) if facts.amount == amount && facts.held == Some(Held::BankClearing) => {
            match_line(decision, id, vec![payment], Money::zero(amount.currency()))
        }
        Some(_) | None => Ok(()),
    }
}

/// Matches a line with the payments that it is, less what was kept as a fee.
pub(super) fn match_line(
    decision: &mut Decision<'_>,
    id: StatementLineId,
    payments: Vec<PaymentId>,
    fee: Money,
) -> Result<(), Undecided> {
    let line = decision.statement_line(id)?;
    let line = line.recorded()?;
    if let Some(matched) = &line.matched {
        let same = *matched == Match { payments, fee };
        return if same { Ok(()) } else { Err(Rejection::StatementLineMatched.into()) };
    }
    let sum = sum(decision, line, &payments)?;
    let net = sum.checked_sub(fee)?;
    if fee.is_negative() || net != line.recorded.amount.money() || repeats(&payments) {
        let line = line.recorded.amount.money();
        return Err(Rejection::StatementLineUnbalanced { payments: sum, fee, line }.into());
    }
    // What is called a fee leaves the books.
    decision.must_be_two_above_threshold(fee)?;
    let mut spread = Spread { fee, over: sum, seen: Money::zero(fee.currency()) };
    for payment in &payments {
        let state = decision.payment(*payment)?;
        let facts = state.recorded()?;
        let matched = payment::Event::Matched {
            line: id,
            held: facts.must_be_held()?.clone(),
            account: line.recorded.account.clone(),
            amount: facts.amount,
            fee: spread.next(facts.amount.money())?,
        };
        decision.emit(StreamKey::Payment(*payment), Event::Payment(matched))?;
    }
    let matched = statement_line::Event::Matched { payments, fee };
    decision.emit(StreamKey::StatementLine(id), Event::StatementLine(matched))
}

/// What the payments come to, each of which may be on this line.
fn sum(
    decision: &Decision<'_>,
    line: &statement_line::Facts,
    payments: &[PaymentId],
) -> Result<Money, Undecided> {
    let mut sum = Money::zero(line.recorded.amount.currency());
    for payment in payments {
        let state = decision.payment(*payment)?;
        let facts = state.recorded()?;
        if facts.matched.is_some() {
            return Err(Rejection::PaymentMatched.into());
        }
        let account = match (facts.must_be_held()?, &facts.kind) {
            (Held::Bank(account), _) | (_, Kind::BankTransfer { account, .. }) => Some(account),
            (Held::BankClearing | Held::GatewayClearing | Held::Cash, _) => None,
        };
        if account.is_some_and(|account| *account != line.recorded.account) {
            return Err(Rejection::WrongBankAccount.into());
        }
        sum = sum.checked_add(facts.amount.money())?;
    }
    Ok(sum)
}

fn repeats(payments: &[PaymentId]) -> bool {
    payments.iter().collect::<BTreeSet<_>>().len() < payments.len()
}

/// Spreads a fee over payments by cumulative allocation, so that its parts sum to the whole. No
/// part exceeds its payment, since the fee is less than the sum of them.
struct Spread {
    fee: Money,
    over: Money,
    seen: Money,
}

impl Spread {
    fn next(&mut self, amount: Money) -> Result<Money, MoneyError> {
        let before = self.share()?;
        self.seen = self.seen.checked_add(amount)?;
        self.share()?.checked_sub(before)
    }

    fn share(&self) -> Result<Money, MoneyError> {
        let share = part(self.fee.amount(), self.seen.amount(), self.over.amount());
        Money::rounded(share.ok_or(MoneyError::OutOfRange)?, self.fee.currency())
    }
}

/// `whole * of / over`, without leaving the range of decimals on the way.
fn part(whole: Decimal, of: Decimal, over: Decimal) -> Option<Decimal> {
    match whole.checked_mul(of) {
        Some(product) => product.checked_div(over),
        None => whole.checked_mul(of.checked_div(over)?),
    }
}

//! The log in order of position: its chain, the decisions behind it, the journal's entries and what
//! its items hold at every position.

use std::collections::BTreeMap;

use domain::StreamKey;
use eventstore::verify::{Finding as LogFinding, Follower};
use eventstore::{Generation, Head, Position, RecordedEvent, read};
use futures::TryStreamExt as _;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{FromRow as _, PgConnection};
use uuid::Uuid;

use super::beside::Beside;
use super::decisions::{self, Made};
use super::finding::{Check, Finding, Findings};
use super::numbers::Counters;
use super::sums::{Item, PREPAYMENTS, Sums, WALLETS};
use super::{CurrencySums, VerifyError};
use crate::journal_lines::JournalLines;
use crate::projection::Projection as _;
use crate::replay::upcasters;
use crate::whole::Quarantined;

/// How far the log was followed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Log {
    follower: Follower,
    /// No event is chained under the head's uuid: said once.
    is_unchained: bool,
    /// The decision whose last event may be still to come.
    open: Option<Made>,
    counters: Counters,
    /// Debits and credits by currency.
    trial_balance: BTreeMap<String, (Decimal, Decimal)>,
    /// Not kept: whoever goes on reads them in one statement.
    #[serde(skip)]
    sums: Option<Sums>,
}

#[derive(sqlx::FromRow)]
struct Line {
    position: Position,
    #[sqlx(rename = "line")]
    number: i32,
    account: String,
    item: String,
    side: String,
    amount: Decimal,
    currency: String,
}

impl Log {
    /// Begins after a position, which is believed.
    pub(super) async fn start(
        conn: &mut PgConnection,
        head: &Head,
        since: Position,
    ) -> Result<Self, VerifyError> {
        let follower = Follower::start(conn, head.book, head.uuid, since).await?;
        let mut trial_balance = BTreeMap::new();
        if since > Position::ZERO
            && let Some(journal) = head.generation(JournalLines::NAME)
        {
            let sums: Vec<CurrencySums> =
                sqlx::query_as(include_str!("../sql/verify/sum_currencies.sql"))
                    .bind(head.book)
                    .bind(journal)
                    .bind(since)
                    .fetch_all(conn)
                    .await?;
            for CurrencySums { currency, debits, credits } in sums {
                trial_balance.insert(currency, (debits, credits));
            }
        }
        Ok(Self {
            follower,
            is_unchained: false,
            open: None,
            counters: Counters::new(since > Position::ZERO),
            trial_balance,
            sums: None,
        })
    }

    pub(super) fn follower(&self) -> &Follower {
        &self.follower
    }

    pub(super) fn position(&self) -> Position {
        self.follower.position()
    }

    pub(super) fn trial_balance(&self) -> Vec<CurrencySums> {
        let sums = self.trial_balance.iter().map(|(currency, (debits, credits))| CurrencySums {
            currency: currency.clone(),
            debits: debits.normalize(),
            credits: credits.normalize(),
        });
        sums.collect()
    }

    /// What the items hold at the position that was reached.
    pub(super) fn sums(&mut self) -> Option<&mut Sums> {
        self.sums.as_mut()
    }

    /// Looks at the next events up to a position, so many at most; how many there were.
    pub(super) async fn page<B: Beside>(
        &mut self,
        conn: &mut PgConnection,
        head: &Head,
        (until, size): (Position, u16),
        findings: &mut Findings,
        beside: &mut B,
    ) -> Result<u64, VerifyError> {
        let from = self.position();
        let journal = head.generation(JournalLines::NAME);
        if let (None, Some(journal)) = (&self.sums, journal) {
            self.sums = Some(Sums::load(conn, head.book, journal, from).await?);
        }
        let mut events = read::after(conn, head.book, from, size.into()).await?;
        events.retain(|event| event.position <= until);
        let Some(last) = events.last().map(|event| event.position) else { return Ok(0) };
        self.chain(conn, from, &events, findings).await?;
        let made = decisions::group(&mut self.open, &events);
        decisions::check_made(conn, head.book, &made, findings).await?;
        let upcasters = upcasters();
        for event in &events {
            self.counters.follow(&upcasters, event, findings);
            quarantine_stranger(event, findings);
        }
        if let Some(journal) = journal {
            self.journal(conn, head, journal, (from, last), &events, findings).await?;
        }
        if findings.looks_for(Check::PersonalData) {
            for finding in beside.of_events(conn, &events).await? {
                findings.add(finding);
            }
        }
        Ok(u64::try_from(events.len()).unwrap_or_default())
    }

    /// The last decision is complete: the log ends here.
    pub(super) async fn finish(
        &mut self,
        conn: &mut PgConnection,
        head: &Head,
        findings: &mut Findings,
    ) -> Result<(), sqlx::Error> {
        let made: Vec<Made> = self.open.take().into_iter().collect();
        decisions::check_made(conn, head.book, &made, findings).await
    }

    async fn chain(
        &mut self,
        conn: &mut PgConnection,
        from: Position,
        events: &[RecordedEvent],
        findings: &mut Findings,
    ) -> Result<(), sqlx::Error> {
        let found = self.follower.follow(conn, events).await?;
        let is_unlinked =
            |finding: &&LogFinding| matches!(finding, LogFinding::HashMismatch { .. });
        let unlinked = found.iter().filter(is_unlinked).count();
        if from == Position::ZERO && events.len() > 1 && unlinked == events.len() {
            self.is_unchained = true;
            let finding = Finding::new(Check::Head, "book").in_column("uuid");
            findings.add(finding.found("no event is chained under it").at(Position(1)));
        }
        for finding in &found {
            if !(self.is_unchained && is_unlinked(&finding)) {
                findings.add(Finding::of_log(finding));
            }
        }
        Ok(())
    }

    /// The journal's lines after one position and up to another: every entry balances, and no item
    /// goes below zero that must not.
    async fn journal(
        &mut self,
        conn: &mut PgConnection,
        head: &Head,
        journal: Generation,
        (from, to): (Position, Position),
        events: &[RecordedEvent],
        findings: &mut Findings,
    ) -> Result<(), sqlx::Error> {
        let mut entry = Entry::default();
        let mut lines = sqlx::query(include_str!("../sql/verify/page_journal.sql"))
            .bind(head.book)
            .bind(journal)
            .bind(from)
            .bind(to)
            .fetch(conn);
        while let Some(row) = lines.try_next().await? {
            let line = Line::from_row(&row)?;
            if line.position != entry.position {
                self.settle(std::mem::take(&mut entry), findings);
                entry.position = line.position;
                let is_there = events.binary_search_by_key(&line.position, |event| event.position);
                if is_there.is_err() {
                    findings.add(of_line(&line).found("a line of no event"));
                }
            }
            let is_credit = line.side == "credit";
            let credited = if is_credit { line.amount } else { -line.amount };
            let sides = self.trial_balance.entry(line.currency.clone()).or_default();
            if is_credit {
                sides.1 += line.amount;
            } else {
                sides.0 += line.amount;
            }
            *entry.difference.entry(line.currency.clone()).or_default() -= credited;
            let item = Item { account: line.account, id: line.item, currency: line.currency };
            if let Some(sums) = &mut self.sums
                && let Some((before, _)) = sums.add(item.clone(), credited, line.position)
            {
                entry.before.entry(item).or_insert(before);
            }
        }
        self.settle(entry, findings);
        Ok(())
    }

    fn settle(&mut self, entry: Entry, findings: &mut Findings) {
        let position = entry.position;
        for (currency, difference) in entry.difference {
            if !difference.is_zero() {
                let finding = Finding::new(Check::TrialBalance, format!("entry {position}"));
                let found = format!("{} {currency}", difference.normalize());
                findings.add(finding.expected("0").found(found).at(position));
            }
        }
        for (item, before) in entry.before {
            let now = self.sums.as_ref().map_or(Decimal::ZERO, |sums| sums.amount(&item));
            let may_not = item.account == WALLETS || item.account == PREPAYMENTS;
            // Named where it goes below zero, and not at every step that it stays there.
            if may_not && now < Decimal::ZERO && before >= Decimal::ZERO {
                let Item { account, id, currency } = &item;
                let key = json!({ "account": account, "item": id, "currency": currency });
                let finding = Finding::new(Check::NegativeBalance, key);
                findings.add(finding.found(now.normalize().to_string()).at(position));
            }
        }
    }
}

/// The lines of one event.
#[derive(Default)]
struct Entry {
    position: Position,
    /// Debits less credits.
    difference: BTreeMap<String, Decimal>,
    /// What the items held before it.
    before: BTreeMap<Item, Decimal>,
}

fn of_line(line: &Line) -> Finding {
    let key = json!({ "position": line.position, "line": line.number });
    Finding::new(Check::ExtraRow, key).of_view(JournalLines::NAME).at(line.position)
}

/// A stream of a type or an id that is nobody's is read by no fold.
fn quarantine_stranger(event: &RecordedEvent, findings: &mut Findings) {
    let id = event.stream.aggregate_id.parse::<Uuid>().ok();
    let stream = id.and_then(|id| StreamKey::parse(&event.stream.aggregate_type, id));
    if stream.is_none() {
        findings.quarantine(Quarantined {
            stream: event.stream.clone(),
            position: event.position,
            why: "it is no stream of this ledger".to_owned(),
        });
    }
}

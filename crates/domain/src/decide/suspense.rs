//! Suspense items: what wallets are opened and adjusted against, until somebody explains it.

use crate::account::SuspenseItem;
use crate::event::{Event, StreamKey};
use crate::id::{Code, CustomerId, Reason, SuspenseId, WalletId};
use crate::money::{Currency, Money};
use crate::rejection::Rejection;
use crate::suspense::{self, Against};
use crate::wallet::Opening;

use super::{Decision, Undecided};

/// Who looks into what an old wallet's rows do not explain.
const IMPORT_OWNER: &str = "finance";

pub(super) fn open(
    decision: &mut Decision<'_>,
    item: SuspenseItem,
    currency: Currency,
    owner: Code,
    reason: Reason,
) -> Result<(), Undecided> {
    let open = suspense::Command::Open { item, currency, owner, reason };
    suspense_decides(decision, item.id(), open)
}

/// Takes a wallet over; what its own rows do not explain opens a suspense item.
pub(super) fn import_wallet(
    decision: &mut Decision<'_>,
    customer: CustomerId,
    currency: Currency,
    opening: Opening,
) -> Result<(), Undecided> {
    let id = WalletId::of(&customer, currency);
    if decision.wallet(id)?.facts().is_some() {
        return Err(Rejection::WalletExists.into());
    }
    let unexplained = opening.balance.checked_sub(opening.explained)?;
    let row = opening.row.clone();
    decision.emit_wallet(id, opening.open(customer, currency)?)?;
    if unexplained.is_zero() {
        return Ok(());
    }
    let item = SuspenseItem::Wallet(id);
    let reason = Reason::new(format!("what the rows of {row} do not explain"))?;
    open(decision, item, currency, Code::new(IMPORT_OWNER)?, reason)?;
    book(decision, item, id, unexplained)
}

/// Refuses unless the item is there, open, and kept in this currency.
pub(super) fn must_take(
    decision: &Decision<'_>,
    item: SuspenseItem,
    currency: Currency,
) -> Result<(), Undecided> {
    decision.suspense(item.id())?.opened()?.must_take(currency)?;
    Ok(())
}

/// Notes on an item what a wallet's event posts against it.
pub(super) fn book(
    decision: &mut Decision<'_>,
    item: SuspenseItem,
    wallet: WalletId,
    amount: Money,
) -> Result<(), Undecided> {
    let id = item.id();
    decision.suspense(id)?.opened()?.balance.checked_add(amount)?;
    let booked = suspense::Event::Booked { wallet, amount };
    decision.emit(StreamKey::Suspense(id), Event::Suspense(booked))
}

/// Explains a part of an item, or all of it. What one person may explain alone is counted by item.
pub(super) fn explain(
    decision: &mut Decision<'_>,
    id: SuspenseId,
    amount: Option<Money>,
    against: Against,
    reason: Reason,
) -> Result<(), Undecided> {
    let state = decision.suspense(id)?;
    let facts = state.opened()?;
    let claimed = amount.unwrap_or(facts.balance).magnitude();
    let moved_alone_on = match claimed {
        Some(claimed) if !decision.second_person => {
            let settings = decision.settings()?;
            let day = settings.day(decision.now);
            let moved = facts.moved_alone.on(day, facts.currency);
            settings.one_person_may_move(claimed.money(), moved)?;
            Some(day)
        }
        Some(_) | None => None,
    };
    let explain = suspense::Command::Explain { amount, against, reason, moved_alone_on };
    suspense_decides(decision, id, explain)
}

fn suspense_decides(
    decision: &mut Decision<'_>,
    id: SuspenseId,
    command: suspense::Command,
) -> Result<(), Undecided> {
    for event in decision.suspense(id)?.decide(command)? {
        decision.emit(StreamKey::Suspense(id), Event::Suspense(event))?;
    }
    Ok(())
}

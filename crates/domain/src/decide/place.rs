//! Placing an order: lines and totals checked, the number allotted, the wallet part taken, all in
//! one.

use serde::{Deserialize, Serialize};

use crate::event::{Event, StreamKey};
use crate::id::{CustomerId, OrderId, WalletId};
use crate::money::{Money, MoneyError};
use crate::number;
use crate::order::status::{Channel, Method};
use crate::order::totals::{Charges, Percent};
use crate::order::{self, Order, PersonalRef, Placed};
use crate::rejection::Rejection;
use crate::wallet::Purpose;

use super::offer::{Offer, OrderedLine};
use super::{Decision, Undecided, WalletPurpose, pay};

/// What a shop's server asks for when a customer checks out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceOrder {
    pub order: OrderId,
    pub customer: CustomerId,
    pub method: Method,
    /// How the remainder of a partly wallet-paid order comes; must be absent for other methods.
    pub remainder: Option<Channel>,
    /// What is taken from the wallet; for a full wallet order it may be left out.
    pub wallet_part: Option<Money>,
    pub lines: Vec<OrderedLine>,
    pub discount: Money,
    pub delivery: Money,
    pub surcharge_rate: Percent,
    pub tax_rate: Percent,
    /// What the shop computed; it must agree.
    pub total: Money,
    pub recipient: Option<PersonalRef>,
}

pub(super) fn place(decision: &mut Decision<'_>, place: PlaceOrder) -> Result<(), Undecided> {
    if matches!(*decision.order(place.order)?, Order::Placed(_)) {
        return Err(Rejection::OrderExists.into());
    }
    let currency = place.total.currency();
    decision.keeps(currency)?;
    let settings = decision.settings()?;
    let charges = Charges {
        discount: place.discount,
        delivery: place.delivery,
        surcharge_rate: place.surcharge_rate,
        tax_rate: place.tax_rate,
    };
    let offer = Offer { lines: &place.lines, charges, total: place.total };
    let (lines, totals) = offer.check(settings.settlement_unit)?;
    let (channel, wallet_part) = split(&place, totals.due)?;

    let wallet = WalletId::of(&place.customer, currency);
    if let Some(part) = wallet_part.as_amount() {
        decision.wallet(wallet)?.must_cover(part)?;
    }
    let series = number::series(settings.number_prefix.as_str(), decision.now, settings.time_zone)?;
    let counter = decision.next_counter(&series)?;
    let unpaid = wallet_part != totals.due;
    let deadline = decision.now.checked_add_signed(settings.payment_period(channel));
    let placed = Placed {
        number: number::number(&series, counter)?,
        series,
        counter,
        customer: place.customer,
        method: place.method,
        channel,
        currency,
        lines,
        totals,
        wallet_part,
        deadline: deadline.filter(|_| unpaid),
        recipient: place.recipient,
    };
    let stream = StreamKey::Order(place.order);
    decision.emit(stream, Event::Order(order::Event::Placed(placed)))?;
    match wallet_part.as_amount() {
        Some(part) => pay::take(decision, place.order, part, WalletPurpose::Payment),
        None => Ok(()),
    }
}

/// What comes from the wallet, and how the rest comes. A remainder of zero is paid, not partial.
fn split(place: &PlaceOrder, due: Money) -> Result<(Channel, Money), Rejection> {
    let zero = Money::zero(due.currency());
    let part = place.wallet_part.unwrap_or(match place.method {
        Method::WalletFull => due,
        Method::WalletPartial | Method::BankTransferGrace | Method::OnlinePayment => zero,
    });
    if part.currency() != due.currency() {
        return Err(MoneyError::CurrencyMismatch(due.currency(), part.currency()).into());
    }
    let fits = !part.is_negative() && due.covers(part);
    let channel = match (place.method, place.remainder) {
        (Method::WalletFull, None) if part == due => Some(Channel::Wallet),
        (Method::WalletPartial, Some(remainder @ (Channel::BankTransfer | Channel::Gateway)))
            if part.is_positive() =>
        {
            Some(remainder)
        }
        (Method::BankTransferGrace, None) if part.is_zero() => Some(Channel::BankTransfer),
        (Method::OnlinePayment, None) if part.is_zero() => Some(Channel::Gateway),
        (
            Method::WalletFull
            | Method::WalletPartial
            | Method::BankTransferGrace
            | Method::OnlinePayment,
            _,
        ) => None,
    };
    channel
        .filter(|_| fits)
        .map(|channel| (channel, part))
        .ok_or(Rejection::WalletPartMismatch { due })
}

/// The wallet event's purpose for an order.
pub(super) fn purpose(order: OrderId, purpose: WalletPurpose) -> Purpose {
    match purpose {
        WalletPurpose::Payment => Purpose::OrderPayment { order },
        WalletPurpose::Shortfall => Purpose::Shortfall { order },
    }
}

//! What customers and finance do with wallets, and with what nobody can explain.

use chrono::NaiveDate;
use domain::account::SuspenseItem;
use domain::decide::{ApproveTopUp, Command, Transfer};
use domain::id::{CustomerId, PaymentId, RequestId, SuspenseId, WalletId};
use domain::money::Amount;
use domain::payment::Kind;
use domain::suspense::Against;
use domain::wallet::{Facts, Opening, Payout, Purpose, Source, TopUp, TopUpRequested};

use super::dice::Dice;
use super::form::{CURRENCY, amount, because, code, iqd, less};
use super::orders::BANK;
use super::shop::Shop;

pub(super) fn wish(shop: &Shop, dice: &mut Dice) -> Command {
    let customer = shop.customer(dice);
    let id = WalletId::of(&customer, CURRENCY);
    let Some(wallet) = shop.wallet(id) else {
        return match dice.below(10) {
            0 => Command::OpenWallet { customer, currency: CURRENCY },
            1 | 2 => take_over(customer, dice),
            _ => top_up(shop, customer, dice),
        };
    };
    if wallet.frozen.is_some() {
        return Command::UnfreezeWallet { wallet: id, reason: because("it was nothing") };
    }
    if wallet.debt.is_positive() && dice.chance(40) {
        return match dice.below(4) {
            0 => Command::WriteOffDebt { wallet: id, amount: None, reason: because("gone") },
            _ if wallet.balance.is_positive() => Command::RepayDebt { wallet: id, amount: None },
            _ => top_up(shop, customer, dice),
        };
    }
    pending(shop, id, wallet, dice).unwrap_or_else(|| move_money(shop, customer, id, wallet, dice))
}

fn move_money(
    shop: &Shop,
    customer: CustomerId,
    wallet: WalletId,
    facts: &Facts,
    dice: &mut Dice,
) -> Command {
    match dice.below(20) {
        0 => Command::FreezeWallet { wallet, reason: because("odd orders") },
        1 | 2 => Command::CreditWallet {
            wallet,
            amount: amount(250 + dice.below(40) * 250),
            source: Source::Goodwill { reason: because("it came late") },
        },
        3 => match facts.correctable.keys().next_back() {
            Some(sequence) => Command::CorrectWallet {
                wallet,
                sequence: *sequence,
                reason: because("the wrong customer"),
                ticket: code("T-9"),
            },
            None => top_up(shop, customer, dice),
        },
        4..7 => Command::RequestTopUp {
            customer,
            currency: CURRENCY,
            asked: TopUpRequested {
                request: RequestId::new(dice.id(shop.now)),
                claimed: Some(sum(dice)),
                file: dice.chance(50).then(|| code(format!("{:064x}", dice.roll()))),
                stored: None,
                repeats: None,
            },
        },
        7 | 8 => Command::RequestWithdrawal {
            wallet,
            request: RequestId::new(dice.id(shop.now)),
            amount: facts
                .balance
                .as_amount()
                .filter(|_| dice.chance(20))
                .unwrap_or_else(|| sum(dice)),
            destination: None,
        },
        9 if facts.balance.is_zero() => Command::CloseWallet { wallet },
        _ => top_up(shop, customer, dice),
    }
}

/// What a customer asked for and finance has not decided.
fn pending(shop: &Shop, wallet: WalletId, facts: &Facts, dice: &mut Dice) -> Option<Command> {
    if !facts.pending() {
        return None;
    }
    let asked = facts.top_ups.iter().find_map(|(request, state)| match state {
        TopUp::Open { claimed, .. } => Some((*request, *claimed)),
        TopUp::Approved { .. } | TopUp::Rejected => None,
    });
    if let Some((request, claimed)) = asked {
        let reason = because("no such transfer");
        return Some(if dice.chance(20) {
            Command::RejectTopUp { wallet, request, reason }
        } else {
            let amount = claimed.unwrap_or_else(|| sum(dice));
            let transfer = Transfer {
                account: code(BANK),
                reference: code(format!("w-{:016x}", dice.roll())),
                date: shop.now.date_naive(),
                amount,
            };
            Command::ApproveTopUp(Box::new(ApproveTopUp { wallet, request, amount, transfer }))
        });
    }
    let open = facts.withdrawals.iter().find(|(_, asked)| asked.outcome == Payout::Open);
    let (request, _) = open?;
    let request = *request;
    Some(if dice.chance(20) {
        Command::FailWithdrawal { wallet, request, reason: because("no such account") }
    } else {
        let reference = code(format!("p-{:016x}", dice.roll()));
        Command::PayWithdrawal { wallet, request, account: code(BANK), reference }
    })
}

pub(super) fn sum(dice: &mut Dice) -> Amount {
    amount((1 + dice.below(400)) * 1_000)
}

fn top_up(shop: &Shop, customer: CustomerId, dice: &mut Dice) -> Command {
    let (payment, kind) = if dice.chance(50) {
        (PaymentId::new(dice.id(shop.now)), Kind::Cash { note: None })
    } else {
        transfer(shop.now.date_naive(), dice)
    };
    Command::TopUpWallet { customer, payment, kind, amount: sum(dice) }
}

pub(super) fn transfer(date: NaiveDate, dice: &mut Dice) -> (PaymentId, Kind) {
    let reference = format!("b-{:016x}", dice.roll());
    let id = PaymentId::transfer(BANK, &reference);
    (id, Kind::BankTransfer { account: code(BANK), reference: code(reference), date })
}

/// A wallet of an old system, whose own rows do not always explain what is in it.
fn take_over(customer: CustomerId, dice: &mut Dice) -> Command {
    let balance = match dice.below(6) {
        0 => less(iqd(0), iqd(3_000)),
        1 => iqd(0),
        _ => iqd(1_000 * (1 + dice.below(200))),
    };
    let explained = if dice.chance(60) { balance } else { less(balance, iqd(500)) };
    let row = code(format!("customer_wallets:{}", dice.below(1 << 32)));
    let opening = Opening { row, balance, explained };
    Command::ImportWallet { customer, currency: CURRENCY, opening }
}

/// Opens an item, adjusts a wallet against one, or explains one.
pub(super) fn suspense(shop: &Shop, dice: &mut Dice) -> Command {
    let open = Command::OpenSuspense {
        item: SuspenseId::new(dice.id(shop.now)),
        currency: CURRENCY,
        owner: code("finance"),
        reason: because("the count is off"),
    };
    let Some(facts) = shop.items.draw(dice).and_then(|id| shop.suspense(id)) else { return open };
    let customer = shop.customer(dice);
    let wallet = WalletId::of(&customer, CURRENCY);
    match dice.below(5) {
        0 if !facts.balance.is_zero() => Command::ExplainSuspense {
            item: facts.item.id(),
            amount: None,
            against: dice.one_of(&[Against::WriteOff, Against::Goodwill, Against::Rounding]),
            reason: because("found it"),
        },
        1 if matches!(facts.item, SuspenseItem::Wallet(_)) => {
            let SuspenseItem::Wallet(wallet) = facts.item else { return open };
            Command::ExplainSuspense {
                item: facts.item.id(),
                amount: None,
                against: Against::OpeningBalance(wallet),
                reason: because("it was so before"),
            }
        }
        2 | 3 if shop.wallet(wallet).is_some() => {
            let (item, reason) = (facts.item, because("the count is off"));
            let amount = amount(250 + dice.below(8) * 250);
            if dice.chance(50) {
                let source = Source::Adjustment { item, reason };
                Command::CreditWallet { wallet, amount, source }
            } else {
                let purpose = Purpose::Adjustment { item, reason };
                Command::DebitWallet { wallet, amount, purpose }
            }
        }
        _ => open,
    }
}

//! What is done with an order, from its placing to its end.

use domain::decide::{
    ApproveReceipt, Command, EditOrder, OrderedLine, PlaceOrder, Transfer, WalletPurpose,
};
use domain::id::{OrderId, ReceiptId, ShipmentId};
use domain::money::Money;
use domain::order::status::{Channel, Method, Phase};
use domain::order::totals::{Charges, LineItem, Quantity, Totals};
use domain::order::{DeliveryProof, Department, Facts, Line, LineQuantity, Receipt, ShipmentStage};
use rust_decimal::Decimal;

use super::dice::Dice;
use super::form::{CURRENCY, because, code, fils, iqd, less, percent, plus};
use super::shop::Shop;

const SKUS: [&str; 6] = ["acetone", "ethanol", "toluene", "glycerine", "xylene", "borax"];

/// Our bank account, where all transfers go.
pub(super) const BANK: &str = "rafidain";
pub(super) const GATEWAY: &str = "zain";

/// An order placed, or the next step of one that is not over.
pub(super) fn wish(shop: &mut Shop, dice: &mut Dice) -> Command {
    let places = if shop.orders.len() < 100 { 60 } else { 8 };
    for _ in 0..4 {
        if dice.chance(places) {
            break;
        }
        let Some(id) = shop.orders.draw(dice) else { break };
        let Some(facts) = shop.order(id) else { break };
        match step(shop, id, facts, dice) {
            Next::Do(command) => return command,
            Next::Wait => {}
            Next::Forget => shop.forget_order(id),
        }
    }
    Command::PlaceOrder(Box::new(place(shop, dice)))
}

/// Something that often does not fit.
pub(super) fn blunder(shop: &Shop, dice: &mut Dice) -> Option<Command> {
    let order = shop.orders.draw(dice)?;
    let facts = shop.order(order)?;
    Some(match dice.below(8) {
        0 => Command::Release { order },
        1 => Command::Pack { order },
        2 => Command::Complete { order },
        3 => Command::Expire { order },
        4 => Command::Refund { order, lines: None, fees: true },
        5 => Command::Deliver { order, shipment: None, proof: DeliveryProof::None },
        6 => Command::PayFromWallet {
            order,
            amount: iqd(90_000_000).as_amount(),
            purpose: WalletPurpose::Payment,
        },
        _ => Command::CorrectOrder {
            order,
            sequence: facts.steps.last().map_or(1, |step| step.sequence),
            reason: because("the wrong button"),
            ticket: code("T-7"),
        },
    })
}

enum Next {
    Do(Command),
    /// It is the customer's turn.
    Wait,
    /// It is over for good.
    Forget,
}

fn place(shop: &Shop, dice: &mut Dice) -> PlaceOrder {
    let customer = shop.customer(dice);
    let lines: Vec<OrderedLine> = (0..=dice.below(3)).map(|_| line(dice)).collect();
    let mut place = PlaceOrder {
        order: OrderId::new(dice.id(shop.now)),
        customer,
        method: Method::BankTransferGrace,
        remainder: None,
        wallet_part: None,
        lines,
        discount: dice.one_of(&[iqd(0), iqd(0), iqd(250)]),
        delivery: dice.one_of(&[iqd(0), iqd(5_000), iqd(7_500)]),
        surcharge_rate: dice.one_of(&[percent(0), percent(0), percent(250)]),
        tax_rate: dice.one_of(&[percent(0), percent(500)]),
        total: iqd(0),
        recipient: None,
    };
    let charges = Charges {
        discount: place.discount,
        delivery: place.delivery,
        surcharge_rate: place.surcharge_rate,
        tax_rate: place.tax_rate,
    };
    place.total = total(&place.lines, &charges);
    let wallet = shop.wallet_of(&place.customer).filter(|wallet| wallet.frozen.is_none());
    let available = wallet.map_or_else(|| iqd(0), |wallet| wallet.balance);
    match dice.below(10) {
        0..5 if available.covers(place.total) => place.method = Method::WalletFull,
        0..2 if available.is_positive() && place.total.amount() > available.amount() => {
            place.method = Method::WalletPartial;
            place.remainder = Some(dice.one_of(&[Channel::BankTransfer, Channel::Gateway]));
            place.wallet_part = Some(available);
        }
        5..=7 => place.method = Method::OnlinePayment,
        // More than there is: refused.
        8 if dice.chance(20) => place.method = Method::WalletFull,
        _ => {}
    }
    place
}

fn line(dice: &mut Dice) -> OrderedLine {
    let price = if dice.chance(20) {
        fils(1 + dice.below(40_000_000))
    } else {
        iqd(250 + dice.below(400) * 250)
    };
    let thousandths = if dice.chance(15) { 500 } else { 1_000 } * (1 + dice.below(3));
    let quantity = Decimal::new(i64::try_from(thousandths).expect("it is small"), 3);
    OrderedLine {
        sku: dice.one_of(&SKUS).parse().expect("it is a short, visible text"),
        quantity: Quantity::new(quantity).expect("it is a quantity"),
        unit_price: price,
    }
}

fn total(lines: &[OrderedLine], charges: &Charges) -> Money {
    let lines: Vec<LineItem> = lines
        .iter()
        .map(|line| {
            LineItem::price(1, line.sku.clone(), line.quantity, line.unit_price)
                .expect("prices are in range")
        })
        .collect();
    Totals::compute(&lines, charges, Decimal::ZERO, CURRENCY).expect("sums are in range").due
}

fn step(shop: &Shop, order: OrderId, facts: &Facts, dice: &mut Dice) -> Next {
    if let Some(department) = facts.holds.keys().next() {
        return Next::Do(Command::LiftHold { order, department: *department });
    }
    if !facts.every(Line::refundable).is_empty() {
        return Next::Do(Command::Refund { order, lines: None, fees: dice.chance(30) });
    }
    if dice.chance(3)
        && let Some(command) = change_of_mind(order, facts, dice)
    {
        return Next::Do(command);
    }
    Next::Do(match facts.phase() {
        Phase::ImportReview => super::imports::review(order, facts, dice),
        Phase::AwaitingPayment | Phase::PaymentRejected => {
            let Some(command) = unpaid(shop, order, facts, dice) else { return Next::Wait };
            command
        }
        Phase::PaymentReview => {
            let Some(receipt) = facts.open_receipt() else { return Next::Forget };
            decide_receipt(shop, order, receipt, facts, dice)
        }
        Phase::FinanceReview => Command::Release { order },
        Phase::WarehouseReady => match dice.below(30) {
            0 => Command::RejectStock { order, reason: because("none left") },
            1 => Command::Cancel { order, reason: because("changed their mind") },
            _ => Command::StartProcessing { order },
        },
        Phase::WarehouseProcessing => match dice.below(40) {
            0 => Command::RejectStock { order, reason: because("broken") },
            _ => Command::Pack { order },
        },
        Phase::StockRejected => match dice.below(3) {
            0 => Command::Cancel { order, reason: because("none left") },
            _ => Command::StartProcessing { order },
        },
        Phase::Packed => dispatch(shop, order, facts, dice),
        Phase::PartlyShipped if dice.chance(40) => dispatch(shop, order, facts, dice),
        Phase::PartlyShipped | Phase::Dispatched if !facts.settled() => match dice.below(3) {
            0 => Command::LeaveOnAccount { order },
            _ => from_wallet(order),
        },
        Phase::PartlyShipped
        | Phase::Dispatched
        | Phase::DeliveryFailed
        | Phase::ReturningToOrigin => carry(shop, order, facts, dice),
        Phase::Delivered => match dice.below(20) {
            0 => Command::CorrectOrder {
                order,
                sequence: facts.steps.last().map_or(1, |step| step.sequence),
                reason: because("the wrong house"),
                ticket: code("T-8"),
            },
            1 | 2 => return_goods(order, facts, dice),
            3 => Command::CompleteAfterReturnWindow { order },
            _ => Command::Complete { order },
        },
        Phase::Completed | Phase::Returned => match dice.below(3) {
            0 => Command::Reopen { order },
            1 if !facts.every(Line::returnable).is_empty() => return_goods(order, facts, dice),
            _ => return Next::Forget,
        },
        Phase::Cancelled | Phase::Expired => match dice.below(3) {
            0 => callback(shop, order, iqd(5_000), dice),
            1 => Command::Reopen { order },
            _ => return Next::Forget,
        },
    })
}

fn change_of_mind(order: OrderId, facts: &Facts, dice: &mut Dice) -> Option<Command> {
    let early = matches!(
        facts.phase(),
        Phase::AwaitingPayment | Phase::FinanceReview | Phase::WarehouseReady
    );
    match dice.below(3) {
        0 => Some(Command::PutOnHold {
            order,
            department: dice.one_of(&Department::ALL),
            reason: because("a question"),
        }),
        1 if early => Some(edit(order, facts, dice)),
        2 if early && facts.lines.len() > 1 => {
            let mut lines = facts.every(Line::unshipped);
            lines.truncate(1);
            let reason = because("one less");
            (!lines.is_empty()).then_some(Command::CancelLines { order, lines, reason })
        }
        _ => None,
    }
}

fn edit(order: OrderId, facts: &Facts, dice: &mut Dice) -> Command {
    let mut lines: Vec<OrderedLine> = facts
        .lines
        .iter()
        .map(|line| OrderedLine {
            sku: line.item.sku.clone(),
            quantity: line.item.quantity,
            unit_price: line.item.unit_price,
        })
        .collect();
    if dice.chance(50) || lines.is_empty() {
        lines.push(line(dice));
    } else {
        lines[0].unit_price = iqd(1_000);
    }
    let charges = Charges {
        discount: iqd(0),
        delivery: iqd(5_000),
        surcharge_rate: percent(0),
        tax_rate: percent(0),
    };
    Command::EditOrder(Box::new(EditOrder {
        order,
        total: total(&lines, &charges),
        lines,
        discount: charges.discount,
        delivery: charges.delivery,
        surcharge_rate: charges.surcharge_rate,
        tax_rate: charges.tax_rate,
    }))
}

/// None where the customer lets it lie.
fn unpaid(shop: &Shop, order: OrderId, facts: &Facts, dice: &mut Dice) -> Option<Command> {
    if facts.deadline.is_some_and(|deadline| deadline <= shop.now) {
        return Some(Command::Expire { order });
    }
    if order.uuid().as_bytes()[14].is_multiple_of(16) {
        return facts
            .deadline
            .filter(|_| facts.reminded.is_none() && dice.chance(30))
            .map(|_| Command::Remind { order });
    }
    let owed = facts.owed();
    Some(match (facts.channel, dice.below(20)) {
        (_, 0) => Command::Cancel { order, reason: because("found it cheaper") },
        (_, 1) | (Channel::Wallet, _) => from_wallet(order),
        (Channel::BankTransfer, _) => Command::UploadReceipt {
            order,
            receipt: Receipt {
                receipt: ReceiptId::new(dice.id(shop.now)),
                claimed: owed.as_amount(),
                file: dice.chance(60).then(|| code(format!("{:064x}", dice.roll()))),
                stored: None,
                repeats: None,
            },
        },
        (Channel::Gateway, 2) => callback(shop, order, plus(owed, iqd(750)), dice),
        (Channel::Gateway, 3) if owed.covers(iqd(1_000)) => {
            callback(shop, order, less(owed, iqd(500)), dice)
        }
        (Channel::Gateway, _) => callback(shop, order, owed, dice),
    })
}

fn from_wallet(order: OrderId) -> Command {
    Command::PayFromWallet { order, amount: None, purpose: WalletPurpose::Payment }
}

fn callback(shop: &Shop, order: OrderId, sum: Money, dice: &mut Dice) -> Command {
    Command::GatewayCallback {
        gateway: code(GATEWAY),
        gateway_id: code(format!("z-{:016x}", dice.roll())),
        amount: sum.as_amount().unwrap_or_else(|| super::form::amount(1_000)),
        order: Some(order),
        customer: shop.order(order).map(|facts| facts.customer.clone()),
    }
}

fn decide_receipt(
    shop: &Shop,
    order: OrderId,
    receipt: ReceiptId,
    facts: &Facts,
    dice: &mut Dice,
) -> Command {
    let owed = facts.owed();
    let verified = match dice.below(25) {
        0 | 1 => return Command::RejectReceipt { order, receipt, reason: because("unreadable") },
        2 => plus(owed, iqd(1_500)),
        3 if owed.covers(iqd(2_000)) => less(owed, iqd(1_000)),
        _ => owed,
    };
    let verified = verified.as_amount().unwrap_or_else(|| super::form::amount(1_000));
    let whole = if dice.chance(5) { plus(verified.money(), iqd(10_000)) } else { verified.money() };
    Command::ApproveReceipt(Box::new(ApproveReceipt {
        order,
        receipt,
        verified,
        transfer: Transfer {
            account: code(BANK),
            reference: code(format!("r-{:016x}", dice.roll())),
            date: shop.now.date_naive(),
            amount: whole.as_amount().expect("it is no less than what was verified"),
        },
    }))
}

fn some_of(facts: &Facts, there: fn(&Line) -> Decimal, dice: &mut Dice) -> Vec<LineQuantity> {
    let mut lines = facts.every(there);
    if dice.chance(50) {
        lines.truncate(1);
    }
    lines
}

fn dispatch(shop: &Shop, order: OrderId, facts: &Facts, dice: &mut Dice) -> Command {
    let some = some_of(facts, Line::unshipped, dice);
    Command::Dispatch {
        order,
        shipment: ShipmentId::new(dice.id(shop.now)),
        lines: (dice.chance(15) && !some.is_empty()).then_some(some),
        carrier: code(dice.one_of(&["post", "express"])),
        tracking: dice.chance(50).then(|| code(format!("t-{:08x}", dice.below(1 << 32)))),
        code: dice.chance(20).then(|| code("told")),
    }
}

/// What becomes of a shipment that has not arrived.
fn carry(shop: &Shop, order: OrderId, facts: &Facts, dice: &mut Dice) -> Command {
    let open = facts.shipments.iter().find(|(_, shipment)| {
        !matches!(shipment.stage, ShipmentStage::Delivered | ShipmentStage::ReceivedBack)
    });
    let Some((shipment, state)) = open else {
        return dispatch(shop, order, facts, dice);
    };
    let shipment = *shipment;
    match (state.stage, dice.below(30)) {
        (ShipmentStage::UnderWay, 0) => {
            Command::FailDelivery { order, shipment, reason: because("nobody home") }
        }
        (ShipmentStage::UnderWay, 1) => Command::ReturnToOrigin { order, shipment },
        (ShipmentStage::UnderWay, 2) => {
            Command::IssueDeliveryCode { order, shipment, code: code("told") }
        }
        (ShipmentStage::UnderWay, chance) => {
            let proof = match (&state.code, chance) {
                (None, _) => DeliveryProof::None,
                (Some(_), 3..6) => DeliveryProof::Code(code("misheard")),
                (Some(_), 6) => DeliveryProof::Override { reason: because("knows them") },
                (Some(code), _) => DeliveryProof::Code(code.clone()),
            };
            Command::Deliver { order, shipment: Some(shipment), proof }
        }
        (ShipmentStage::Failed, 0..20) => Command::RetryDelivery { order, shipment },
        (ShipmentStage::Failed, _) => Command::ReturnToOrigin { order, shipment },
        (ShipmentStage::Returning | ShipmentStage::ReceivedBack | ShipmentStage::Delivered, _) => {
            Command::ReceiveBack { order, shipment }
        }
    }
}

fn return_goods(order: OrderId, facts: &Facts, dice: &mut Dice) -> Command {
    let lines = some_of(facts, Line::returnable, dice);
    Command::ReturnGoods { order, lines, reason: because("not what they wanted") }
}

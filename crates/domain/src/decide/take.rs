//! The table of contents of deciding: which rule decides which command.

use crate::account::SuspenseItem;
use crate::event::{Event, StreamKey};
use crate::id::ShipmentId;
use crate::order;
use crate::order::status::Channel;
use crate::payment::{self, Kind};
use crate::rejection::Rejection;
use crate::settings;
use crate::statement_line::Recorded;
use crate::wallet;

use super::{
    Command, Decision, Undecided, cancel, debt, edit, gateway, pay, place, receipt, receipt_file,
    refund, remind, reverse, statement, suspense, wallets,
};

impl Decision<'_> {
    #[expect(
        clippy::too_many_lines,
        reason = "one arm a command, each a line or two: the table of contents"
    )]
    pub(super) fn take(&mut self, command: Command) -> Result<(), Undecided> {
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
                pay::record(self, payment, kind, amount, customer)
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
                pay::correct(self, payment, reason, ticket)
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
                let weakens = self.settings()?.weakens_four_eyes(&setting);
                let change = settings::Command::Change { setting, reason };
                let events = self.settings()?.decide(change)?;
                if let Some(amount) = weakens {
                    self.must_be_two(amount)?;
                }
                for event in events {
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
}

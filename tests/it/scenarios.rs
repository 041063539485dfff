//! What must keep working: each scenario opens with the sentence that it shows, and says after
//! every command which events it appended, what both views, the wallet and the journal show, and
//! that the books balance.

pub(crate) mod world;

mod bank_statement;
mod bank_transfer;
mod cancelled_line;
mod customer_94;
mod edit;
mod expired_mixed_payment;
mod fifty_times;
mod forged_receipt;
mod four_eyes;
mod holds;
mod late_money;
mod long_receipt;
mod one_wallet_many_orders;
mod races;
mod refund;
mod rejected_twice;
mod review_stops_the_clock;
mod short_receipt;
mod suspense;
mod wallet_order;
mod wallet_requests;

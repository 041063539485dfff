//! Every route, one endpoint a file.

use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::openapi::{join, taken_by, with_takes};

/// Handlers of one path, each described with what its signature says it takes.
macro_rules! routes {
    ($($handler:path),+ $(,)?) => {
        join([$(with_takes(utoipa_axum::routes!($handler), taken_by($handler))),+])
    };
}

mod admin {
    pub(super) mod alerts;
    pub(super) mod book_settings;
    pub(super) mod emergency_order_fix;
    pub(super) mod inconsistencies;
    pub(super) mod jobs;
    pub(super) mod keys;
    pub(super) mod monitors;
    pub(super) mod principals;
    pub(super) mod projections;
    pub(super) mod rebuild;
    pub(super) mod repairs;
    pub(super) mod scrubber;
    pub(super) mod verify;
}
mod approvals;
mod audit {
    pub(super) mod account_lines;
    pub(super) mod chain;
    pub(super) mod event;
    pub(super) mod export;
    pub(super) mod replay;
    pub(super) mod trial_balance;
}
mod bank_statements {
    pub(super) mod upload;
}
mod book {
    pub(super) mod settings;
}
mod customers {
    pub(super) mod orders;
    pub(super) mod statement;
    pub(super) mod wallet;
}
mod events;
mod gateways {
    pub(super) mod callback;
}
pub(crate) mod health;
mod management {
    pub(super) mod deadlines;
    pub(super) mod orders;
    pub(super) mod payments;
    pub(super) mod wallet_requests;
}
mod me;
mod orders {
    pub(super) mod allowed_commands;
    pub(super) mod approve_receipt;
    pub(super) mod cancel;
    pub(super) mod cancel_lines;
    pub(super) mod complete;
    pub(super) mod correct;
    mod decide_receipt;
    pub(super) mod deliver;
    pub(super) mod delivery_code;
    pub(super) mod delivery_codes;
    pub(super) mod dispatch;
    pub(super) mod edit;
    pub(super) mod events;
    pub(super) mod fail_delivery;
    pub(super) mod get;
    pub(super) mod hold;
    pub(super) mod leave_on_account;
    pub(super) mod lift_hold;
    mod of_department;
    pub(super) mod pack;
    pub(super) mod pay_from_wallet;
    pub(super) mod place;
    pub(super) mod receipt_file;
    pub(super) mod receive_back;
    pub(super) mod refunds;
    pub(super) mod reject_receipt;
    pub(super) mod reject_stock;
    pub(super) mod release;
    pub(super) mod reopen;
    pub(super) mod retry_delivery;
    pub(super) mod return_to_origin;
    pub(super) mod returns;
    pub(super) mod start_processing;
    pub(super) mod timeline;
    pub(super) mod upload_receipt;
}
mod metrics;
mod payments {
    pub(super) mod allocate;
    pub(super) mod bank;
    pub(super) mod correct;
    mod found;
    pub(super) mod get;
    pub(super) mod record;
    pub(super) mod repay_debt;
    pub(super) mod reverse;
}
mod statement_lines {
    mod found;
    pub(super) mod get;
    pub(super) mod list;
    pub(super) mod match_line;
    pub(super) mod record;
}
mod suspense;
mod wallets;
mod webhooks;

pub(crate) use bank_statements::upload::Upload as StatementUpload;

/// All routes, with their description.
pub(crate) fn all() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(order_routes())
        .merge(wallet_routes())
        .merge(suspense_routes())
        .merge(payment_routes())
        .merge(webhook_routes())
        .merge(job_routes())
        .merge(alert_routes())
        .routes(routes!(customers::orders::handler))
        .routes(routes!(customers::wallet::handler))
        .routes(routes!(customers::statement::handler))
        .routes(routes!(gateways::callback::handler))
        .routes(routes!(approvals::list::handler))
        .routes(routes!(approvals::get::handler))
        .routes(routes!(approvals::approve::handler))
        .routes(routes!(approvals::reject::handler))
        .routes(routes!(management::orders::handler))
        .routes(routes!(management::deadlines::handler))
        .routes(routes!(management::wallet_requests::handler))
        .routes(routes!(audit::trial_balance::handler))
        .routes(routes!(audit::account_lines::handler))
        .routes(routes!(audit::event::handler))
        .routes(routes!(events::handler))
        .routes(routes!(events::stream::handler))
        .routes(routes!(audit::export::handler))
        .routes(routes!(audit::chain::handler))
        .routes(routes!(audit::replay::handler))
        .routes(routes!(audit::replay::order::handler))
        .routes(routes!(audit::replay::wallet::handler))
        .routes(routes!(audit::replay::view::handler))
        .routes(routes!(audit::replay::diff::handler))
        .routes(routes!(admin::book_settings::handler))
        .routes(routes!(admin::principals::create, admin::principals::list))
        .routes(routes!(admin::keys::create, admin::keys::list))
        .routes(routes!(admin::principals::disable))
        .routes(routes!(admin::keys::revoke))
        .routes(routes!(admin::keys::rotate))
        .routes(routes!(admin::inconsistencies::handler))
        .routes(routes!(admin::emergency_order_fix::handler))
        .routes(routes!(admin::emergency_order_fix::approve))
        .routes(routes!(book::settings::handler))
        .routes(routes!(me::handler))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::handler))
}

fn order_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(orders::place::handler))
        .routes(routes!(orders::get::handler))
        .routes(routes!(orders::upload_receipt::handler))
        .routes(routes!(orders::receipt_file::handler))
        .routes(routes!(orders::approve_receipt::handler))
        .routes(routes!(orders::reject_receipt::handler))
        .routes(routes!(orders::pay_from_wallet::handler))
        .routes(routes!(orders::release::handler))
        .routes(routes!(orders::start_processing::handler))
        .routes(routes!(orders::pack::handler))
        .routes(routes!(orders::reject_stock::handler))
        .routes(routes!(orders::dispatch::handler))
        .routes(routes!(orders::deliver::handler))
        .routes(routes!(orders::complete::handler))
        .routes(routes!(orders::cancel::handler))
        .routes(routes!(orders::reopen::handler))
        .routes(routes!(orders::allowed_commands::handler))
        .routes(routes!(orders::cancel_lines::handler))
        .routes(routes!(orders::delivery_code::handler))
        .routes(routes!(orders::delivery_codes::handler))
        .routes(routes!(orders::edit::handler))
        .routes(routes!(orders::fail_delivery::handler))
        .routes(routes!(orders::hold::handler))
        .routes(routes!(orders::leave_on_account::handler))
        .routes(routes!(orders::lift_hold::handler))
        .routes(routes!(orders::receive_back::handler))
        .routes(routes!(orders::refunds::handler))
        .routes(routes!(orders::retry_delivery::handler))
        .routes(routes!(orders::return_to_origin::handler))
        .routes(routes!(orders::returns::handler))
        .routes(routes!(orders::correct::handler))
        .routes(routes!(orders::timeline::handler))
        .routes(routes!(orders::events::handler))
}

fn wallet_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(wallets::deposit::handler))
        .routes(routes!(wallets::request_top_up::handler))
        .routes(routes!(wallets::approve_top_up::handler))
        .routes(routes!(wallets::reject_top_up::handler))
        .routes(routes!(wallets::top_up_file::handler))
        .routes(routes!(wallets::request_withdrawal::handler))
        .routes(routes!(wallets::get_withdrawal::handler))
        .routes(routes!(wallets::pay_withdrawal::handler))
        .routes(routes!(wallets::fail_withdrawal::handler))
        .routes(routes!(wallets::requests::handler))
        .routes(routes!(wallets::freeze::handler))
        .routes(routes!(wallets::unfreeze::handler))
        .routes(routes!(wallets::close::handler))
        .routes(routes!(wallets::reopen::handler))
        .routes(routes!(wallets::goodwill::handler))
        .routes(routes!(wallets::adjust::handler))
        .routes(routes!(wallets::correct::handler))
        .routes(routes!(wallets::repay_debt::handler))
        .routes(routes!(wallets::write_off_debt::handler))
}

fn payment_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(payments::record::handler))
        .routes(routes!(payments::get::handler))
        .routes(routes!(payments::allocate::handler))
        .routes(routes!(payments::repay_debt::handler))
        .routes(routes!(payments::bank::handler))
        .routes(routes!(payments::reverse::handler))
        .routes(routes!(payments::correct::handler))
        .routes(routes!(management::payments::handler))
        .routes(routes!(statement_lines::record::handler, statement_lines::list::handler))
        .routes(routes!(statement_lines::get::handler))
        .routes(routes!(statement_lines::match_line::handler))
        .routes(routes!(bank_statements::upload::handler))
}

fn suspense_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(suspense::open::handler, suspense::list::handler))
        .routes(routes!(suspense::get::handler))
        .routes(routes!(suspense::explain::handler))
}

fn job_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(admin::projections::handler))
        .routes(routes!(admin::rebuild::handler))
        .routes(routes!(admin::verify::handler))
        .routes(routes!(admin::scrubber::handler))
        .routes(routes!(admin::repairs::handler))
        .routes(routes!(admin::jobs::list::handler))
        .routes(routes!(admin::jobs::get::handler))
        .routes(routes!(admin::jobs::progress::handler))
        .routes(routes!(admin::jobs::cancel::handler))
        .routes(routes!(admin::jobs::switch::handler))
}

fn alert_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(admin::alerts::list::handler))
        .routes(routes!(admin::alerts::changes::handler))
        .routes(routes!(admin::alerts::stream::handler))
        .routes(routes!(admin::alerts::get::handler))
        .routes(routes!(admin::alerts::acknowledge::handler))
        .routes(routes!(admin::monitors::handler))
}

fn webhook_routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(webhooks::create::handler, webhooks::list::handler))
        .routes(routes!(webhooks::get::handler, webhooks::delete::handler))
        .routes(routes!(webhooks::update::handler))
        .routes(routes!(webhooks::rotate_secret::handler))
        .routes(routes!(webhooks::disable::handler))
        .routes(routes!(webhooks::enable::handler))
        .routes(routes!(webhooks::test::handler))
        .routes(routes!(webhooks::replay::handler))
        .routes(routes!(webhooks::deliveries::handler))
        .routes(routes!(webhooks::delivery::handler))
        .routes(routes!(webhooks::retry::handler))
}

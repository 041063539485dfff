//! Every route, one endpoint a file.

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

mod admin {
    pub(super) mod book_settings;
    pub(super) mod emergency_order_fix;
    pub(super) mod inconsistencies;
    pub(super) mod keys;
    pub(super) mod principals;
}
mod approvals;
mod audit {
    pub(super) mod chain;
    pub(super) mod events;
    pub(super) mod trial_balance;
}
mod book {
    pub(super) mod settings;
}
mod customers {
    pub(super) mod orders;
    pub(super) mod statement;
    pub(super) mod top_up;
    pub(super) mod wallet;
}
mod gateways {
    pub(super) mod callback;
}
mod health;
mod management {
    pub(super) mod deadlines;
    pub(super) mod orders;
}
mod orders {
    pub(super) mod approve_receipt;
    pub(super) mod cancel;
    pub(super) mod complete;
    pub(super) mod correct;
    mod decide_receipt;
    pub(super) mod deliver;
    pub(super) mod dispatch;
    pub(super) mod events;
    pub(super) mod get;
    pub(super) mod pack;
    pub(super) mod pay_from_wallet;
    pub(super) mod place;
    pub(super) mod receipt_file;
    pub(super) mod reject_receipt;
    pub(super) mod reject_stock;
    pub(super) mod release;
    pub(super) mod reopen;
    pub(super) mod start_processing;
    pub(super) mod timeline;
    pub(super) mod upload_receipt;
}
mod payments {
    pub(super) mod allocate;
    pub(super) mod record;
}

/// All routes, with their description.
pub(crate) fn all() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(order_routes())
        .routes(routes!(customers::orders::handler))
        .routes(routes!(customers::wallet::handler))
        .routes(routes!(customers::statement::handler))
        .routes(routes!(customers::top_up::handler))
        .routes(routes!(payments::record::handler))
        .routes(routes!(payments::allocate::handler))
        .routes(routes!(gateways::callback::handler))
        .routes(routes!(approvals::list::handler))
        .routes(routes!(approvals::get::handler))
        .routes(routes!(approvals::approve::handler))
        .routes(routes!(approvals::reject::handler))
        .routes(routes!(management::orders::handler))
        .routes(routes!(management::deadlines::handler))
        .routes(routes!(audit::trial_balance::handler))
        .routes(routes!(audit::events::handler))
        .routes(routes!(audit::chain::handler))
        .routes(routes!(admin::book_settings::handler))
        .routes(routes!(admin::principals::create, admin::principals::list))
        .routes(routes!(admin::keys::create, admin::keys::list))
        .routes(routes!(admin::keys::revoke))
        .routes(routes!(admin::inconsistencies::handler))
        .routes(routes!(admin::emergency_order_fix::handler))
        .routes(routes!(admin::emergency_order_fix::approve))
        .routes(routes!(book::settings::handler))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
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
        .routes(routes!(orders::correct::handler))
        .routes(routes!(orders::timeline::handler))
        .routes(routes!(orders::events::handler))
}

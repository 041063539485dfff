//! The read models' migrations: their tables and functions, then the append that writes them.

use eventstore::migrate::Migration;

use crate::append::APPEND_2;
use crate::{
    customer_orders, deadlines, imported_orders, journal_lines, order_management, payments,
    statement_lines, suspense_items, timeline, wallet_balances, wallet_lines, wallet_requests,
};

macro_rules! of_projection {
    ($first:literal, $module:ident) => {
        [
            step($first, concat!(stringify!($module), "_table"), $module::SQL.table),
            step($first + 1, concat!(stringify!($module), "_write"), $module::SQL.write),
            step($first + 2, concat!(stringify!($module), "_load"), $module::SQL.load),
            step($first + 3, concat!(stringify!($module), "_delete"), $module::SQL.delete),
        ]
    };
}

/// What `eventstore::migrate::migrate` takes beside the log's own.
pub fn migrations() -> Vec<Migration> {
    let mut all = [
        of_projection!(100, customer_orders),
        of_projection!(105, order_management),
        of_projection!(110, wallet_balances),
        of_projection!(115, wallet_lines),
        of_projection!(120, payments),
        of_projection!(125, journal_lines),
        of_projection!(130, timeline),
        of_projection!(135, imported_orders),
        of_projection!(140, deadlines),
        of_projection!(145, wallet_requests),
        of_projection!(150, suspense_items),
        of_projection!(155, statement_lines),
    ]
    .concat();
    all.push(step(200, "append", include_str!("sql/append.sql")));
    all.push(step(201, "switch_generation", include_str!("sql/switch_generation.sql")));
    all.extend([
        step(210, "view_table", include_str!("sql/rebuild/view_table.sql")),
        step(211, "switch_generations", include_str!("sql/rebuild/switch_generations.sql")),
        step(212, "sweep", include_str!("sql/rebuild/sweep.sql")),
        step(213, "carry_over", include_str!("sql/rebuild/carry_over.sql")),
        step(214, "drop_old_rebuild", include_str!("sql/rebuild/drop_old_rebuild.sql")),
    ]);
    all.push(step(
        220,
        "wallet_requests_by_wallet",
        include_str!("wallet_requests/index_by_wallet.sql"),
    ));
    all.extend([
        step(221, "repairs", include_str!("sql/repair/repairs.sql")),
        step(222, "repair", include_str!("sql/repair/repair.sql")),
    ]);
    let open_receipts = include_str!("order_management/index_of_open_receipts.sql");
    all.push(step(230, "order_management_open_receipts", open_receipts));
    all.push(step(240, "append_2", APPEND_2));
    all
}

const fn step(version: i32, name: &'static str, sql: &'static str) -> Migration {
    Migration { version, name, sql }
}

//! How the service connects: as the role that may not write the log by hand.

use sqlx::postgres::PgConnectOptions;

/// The role that owns the tables.
pub const OWNER: &str = "daftar_owner";

/// The role that owns the functions and alone may write log and read models.
pub const WRITER: &str = "daftar_writer";

/// The role that the service works as.
pub const APP: &str = "daftar_app";

/// How long a transaction may sit idle: a paused node must not keep a book's head locked.
pub const IDLE_IN_TRANSACTION_MAX: &str = "5s";

/// Options for the service's pool, whether the user is the application's own or the owner: in the
/// second case the role is a guard against accidents only.
pub fn app_options(options: PgConnectOptions) -> PgConnectOptions {
    options.options([
        ("role", APP),
        ("search_path", "daftar,pg_temp"),
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_MAX),
        // Compiling a plan costs more than any of our queries.
        ("jit", "off"),
    ])
}

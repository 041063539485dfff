//! Migrations: one ordered list, forward only, each applied once.

use sha2::{Digest, Sha256};
use sqlx::{Connection, Executor, PgConnection};

/// The first line of a migration that cannot run within a transaction, such as one that builds an
/// index on a live table. It must hold up when it is run again.
pub const NO_TRANSACTION: &str = "-- no transaction";

/// One step of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Its place: the log's are 1 to 49, of what is beside it 50 to 99, read models'
    /// 100 to 199, the outer append's from 200.
    pub version: i32,
    /// What it does, as in its file's name.
    pub name: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal, $file:literal) => {
        Migration {
            version: $version,
            name: $name,
            sql: include_str!(concat!("../../../migrations/", $file, ".sql")),
        }
    };
}

/// The log's own.
pub const LOG: &[Migration] = &[
    migration!(1, "roles", "0001_roles"),
    migration!(2, "schema", "0002_schema"),
    migration!(3, "guards", "0003_guards"),
    migration!(4, "books", "0004_books"),
    migration!(5, "events", "0005_events"),
    migration!(6, "commands", "0006_commands"),
    migration!(7, "commands_by_revision", "0007_commands_by_revision"),
    migration!(8, "snapshots", "0008_snapshots"),
    migration!(9, "heads", "0009_heads"),
    migration!(10, "create_book", "0010_create_book"),
    migration!(11, "append_events", "0011_append_events"),
    migration!(12, "set_generation", "0012_set_generation"),
    migration!(13, "set_format", "0013_set_format"),
    migration!(14, "write_snapshots", "0014_write_snapshots"),
    migration!(15, "events_for_postgres_es", "0015_events_for_postgres_es"),
    migration!(16, "expire_replies", "0016_expire_replies"),
    migration!(17, "command_digests", "0017_command_digests"),
    migration!(18, "fill_command_digests", "0018_fill_command_digests"),
    migration!(19, "set_generations", "0019_set_generations"),
    migration!(20, "stopped_books", "0020_stopped_books"),
];

/// The schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A migration that was applied is not what this build has under its number.
    #[error("migration {version} ({name}) has changed since it was applied")]
    Changed {
        /// Its number.
        version: i32,
        /// Its name in this build.
        name: &'static str,
    },
    /// The database is ahead of this build.
    #[error("migration {version} was applied by a newer build")]
    Unknown {
        /// Its number.
        version: i32,
    },
    /// Two migrations have one number.
    #[error("two migrations have the number {version}")]
    Duplicate {
        /// The number.
        version: i32,
    },
    /// The user may not create roles. Someone who may has to run these statements first.
    #[error("user {user} may not prepare the database; run this as someone who may:\n{statements}")]
    NotAllowed {
        /// Who.
        user: String,
        /// What to run.
        statements: String,
    },
    /// A migration failed.
    #[error("migration {version} ({name}) failed")]
    Failed {
        /// Its number.
        version: i32,
        /// Its name.
        name: &'static str,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// The database said no, or nothing.
    #[error("could not read which migrations are applied")]
    Database(#[from] sqlx::Error),
}

/// Brings the schema up to date with the log's migrations and `extra`; says which it applied.
/// Running it again, or twice at the same time, does nothing more.
pub async fn migrate(
    conn: &mut PgConnection,
    extra: &[Migration],
) -> Result<Vec<Migration>, MigrateError> {
    let migrations = ordered(extra)?;
    require_rights(conn).await?;
    create_table(conn).await?;
    let mut applied = Vec::new();
    for migration in missing(conn, &migrations).await? {
        if apply(conn, migration).await? {
            applied.push(migration);
        }
    }
    Ok(applied)
}

/// The migrations that this build has and the database lacks; an error when they contradict each
/// other. Needs no more than to read.
pub async fn pending(
    conn: &mut PgConnection,
    extra: &[Migration],
) -> Result<Vec<Migration>, MigrateError> {
    let migrations = ordered(extra)?;
    let is_new: bool = sqlx::query_scalar("select to_regclass('daftar.migrations') is null")
        .fetch_one(&mut *conn)
        .await?;
    if is_new {
        return Ok(migrations);
    }
    missing(conn, &migrations).await
}

fn ordered(extra: &[Migration]) -> Result<Vec<Migration>, MigrateError> {
    let mut migrations = [LOG, extra].concat();
    migrations.sort_by_key(|migration| migration.version);
    match migrations.windows(2).find(|pair| pair[0].version == pair[1].version) {
        Some(pair) => Err(MigrateError::Duplicate { version: pair[0].version }),
        None => Ok(migrations),
    }
}

async fn missing(
    conn: &mut PgConnection,
    migrations: &[Migration],
) -> Result<Vec<Migration>, MigrateError> {
    let mut applied: std::collections::BTreeMap<i32, Vec<u8>> =
        sqlx::query_as("select version, checksum from daftar.migrations")
            .fetch_all(conn)
            .await?
            .into_iter()
            .collect();
    let mut missing = Vec::new();
    for migration in migrations {
        match applied.remove(&migration.version) {
            None => missing.push(*migration),
            Some(checksum) if checksum == checksum_of(migration) => {}
            Some(_) => {
                let Migration { version, name, .. } = *migration;
                return Err(MigrateError::Changed { version, name });
            }
        }
    }
    match applied.keys().next() {
        Some(&version) => Err(MigrateError::Unknown { version }),
        None => Ok(missing),
    }
}

fn checksum_of(migration: &Migration) -> Vec<u8> {
    Sha256::digest(migration.sql.as_bytes()).to_vec()
}

async fn create_table(conn: &mut PgConnection) -> Result<(), MigrateError> {
    let is_there: bool = sqlx::query_scalar("select to_regclass('daftar.migrations') is not null")
        .fetch_one(&mut *conn)
        .await?;
    if is_there {
        return Ok(());
    }
    conn.execute(include_str!("sql/create_migrations.sql")).await?;
    Ok(())
}

/// Whether it was this call that applied it: the table lock lets one migrator through at a time,
/// and whoever comes second finds the work done.
async fn apply(conn: &mut PgConnection, migration: Migration) -> Result<bool, MigrateError> {
    let Migration { version, name, sql } = migration;
    let failed = |cause| MigrateError::Failed { version, name, cause };
    if sql.starts_with(NO_TRANSACTION) {
        conn.execute("set search_path = daftar, pg_temp").await?;
        // One by one: the server takes several sent together as one transaction.
        for statement in sql.split_inclusive(";\n") {
            conn.execute(statement).await.map_err(failed)?;
        }
        conn.execute("reset search_path").await?;
    }
    let mut tx = conn.begin().await?;
    tx.execute("lock table daftar.migrations in share row exclusive mode").await?;
    let is_applied: bool =
        sqlx::query_scalar("select exists (select from daftar.migrations where version = $1)")
            .bind(version)
            .fetch_one(&mut *tx)
            .await?;
    if is_applied {
        return Ok(false);
    }
    if !sql.starts_with(NO_TRANSACTION) {
        tx.execute("set local search_path = daftar, pg_temp").await?;
        tx.execute(sql).await.map_err(failed)?;
    }
    sqlx::query("insert into daftar.migrations (version, name, checksum) values ($1, $2, $3)")
        .bind(version)
        .bind(name)
        .bind(checksum_of(&migration))
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

/// Finds out beforehand what the user lacks, to say it whole instead of failing half-way.
async fn require_rights(conn: &mut PgConnection) -> Result<(), MigrateError> {
    let (user, statements): (String, String) =
        sqlx::query_as(include_str!("sql/find_missing_rights.sql")).fetch_one(conn).await?;
    if statements.is_empty() { Ok(()) } else { Err(MigrateError::NotAllowed { user, statements }) }
}

//! The machine and the settings that the numbers are of.

use std::fs;

use anyhow::Result;
use serde::Serialize;
use sqlx::PgConnection;

use crate::server::SETTINGS;

/// What the numbers hang on.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    memory: String,
    kernel: String,
    postgres: String,
    /// Of every server alike.
    settings: Vec<String>,
}

impl Machine {
    pub(crate) async fn look(conn: &mut PgConnection) -> Result<Self> {
        let postgres: String = sqlx::query_scalar("select current_setting('server_version')")
            .fetch_one(&mut *conn)
            .await?;
        let durable: Vec<String> = sqlx::query_scalar(
            "select name || ' = ' || setting from pg_settings
              where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'wal_level')
              order by name",
        )
        .fetch_all(conn)
        .await?;
        let set = SETTINGS.iter().map(|(name, value)| format!("{name} = {value}"));
        Ok(Self {
            processor: field("/proc/cpuinfo", "model name"),
            cores: std::thread::available_parallelism()?.get(),
            memory: field("/proc/meminfo", "MemTotal"),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")?.trim().to_owned(),
            postgres,
            settings: durable.into_iter().chain(set).collect(),
        })
    }

    /// In a few lines.
    pub(crate) fn lines(&self) -> Vec<String> {
        vec![
            format!("{} cores: {}, {}", self.cores, self.processor, self.memory),
            format!("Linux {}, Postgres {}", self.kernel, self.postgres),
            self.settings.join(", "),
        ]
    }
}

/// The first value of that name in a file of the system.
fn field(path: &str, name: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name));
    let value = line.and_then(|line| line.split_once(':')).map(|(_, value)| value.trim());
    value.unwrap_or("unknown").to_owned()
}

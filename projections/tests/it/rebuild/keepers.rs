//! Keepers: one that keeps checkpoints in a table as a job does, and stops where a test wants it; one
//! that lets clients write between all steps.

use std::future::pending;
use std::sync::Arc;

use domain::decide::Command;
use domain::id::{Reason, RequestId, Text};
use domain::order::status::Method;
use domain::wallet::Source;
use eventstore::BookId;
use projections::rebuild::Build;
use projections::{GoOn, Keeper, Progress};
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use tokio::sync::Notify;
use uuid::Uuid;

use crate::book::{Book, Databases, run};
use crate::story::{amount, order, place, top_up, wallet};

/// The table that [`Kept`] writes.
pub(crate) async fn make_table(databases: &Databases) {
    let mut conn = databases.superuser().await;
    run(
        &mut conn,
        "create schema kept;
         create table kept.checkpoints (book int primary key, checkpoint jsonb not null);
         grant usage on schema kept to daftar_app;
         grant all on kept.checkpoints to daftar_app;",
    )
    .await;
}

/// What was kept last.
pub(crate) async fn kept(conn: &mut PgConnection, book: BookId) -> Option<Build> {
    let sql = "select checkpoint from kept.checkpoints where book = $1";
    let kept: Option<Json<Build>> =
        sqlx::query_scalar(sql).bind(book).fetch_optional(conn).await.unwrap();
    kept.map(|Json(build)| build)
}

#[derive(Debug, Clone)]
pub(crate) enum Stop {
    /// Says so and never returns: whoever waits for that drops the work, as a kill does.
    Hang(Arc<Notify>),
    Answer(GoOn),
}

#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) book: BookId,
    /// How many steps were kept, the one that stopped included.
    pub(crate) steps: u32,
    /// At which step it stops.
    pub(crate) at: u32,
    pub(crate) stop: Stop,
}

impl Kept {
    pub(crate) fn stopping_at(book: BookId, at: u32, stop: Stop) -> Self {
        Self { book, steps: 0, at, stop }
    }
}

impl Keeper for Kept {
    async fn keep<C: Serialize + Sync>(
        &mut self,
        conn: &mut PgConnection,
        checkpoint: &C,
        _: &Progress,
    ) -> Result<GoOn, sqlx::Error> {
        self.steps += 1;
        let sql = "insert into kept.checkpoints values ($1, $2)
                   on conflict (book) do update set checkpoint = excluded.checkpoint";
        sqlx::query(sql).bind(self.book).bind(Json(checkpoint)).execute(conn).await?;
        match &self.stop {
            Stop::Hang(hung) if self.steps == self.at => {
                hung.notify_one();
                pending().await
            }
            Stop::Answer(answer) if self.steps == self.at => Ok(*answer),
            Stop::Hang(_) | Stop::Answer(_) => Ok(GoOn::Yes),
        }
    }
}

/// What clients do one after the other: something of every kind that changes rows, ends them, and
/// begins and goes on with streams.
pub(crate) fn command(number: u32) -> Command {
    let new = u128::from(number);
    match number % 5 {
        0 => place(0x7000_0000 + new, Method::BankTransferGrace, "500"),
        1 => top_up(0x7100_0000 + new, "11"),
        2 => credit(),
        3 => {
            let reason: Reason = Text::new("changed their mind").unwrap();
            Command::Cancel { order: order(0x7000_0000 + new - 3), reason }
        }
        _ => Command::RequestWithdrawal {
            wallet: wallet(),
            request: RequestId::new(Uuid::from_u128(0x7200_0000 + new)),
            amount: amount("1"),
            destination: None,
        },
    }
}

/// One event of a wallet's stream.
pub(crate) fn credit() -> Command {
    let reason: Reason = Text::new("late").unwrap();
    Command::CreditWallet {
        wallet: wallet(),
        amount: amount("3"),
        source: Source::Goodwill { reason },
    }
}

/// Lets clients write whenever a step is about to be committed, as long as nothing is held.
pub(crate) struct Writing<'a> {
    pub(crate) book: &'a mut Book,
    /// How many commands each time, for so many times.
    pub(crate) commands: u32,
    pub(crate) times: u32,
    pub(crate) number: u32,
    /// The phases of the steps.
    pub(crate) places: Vec<String>,
}

impl<'a> Writing<'a> {
    pub(crate) fn new(book: &'a mut Book, commands: u32, times: u32) -> Self {
        Self { book, commands, times, number: 0, places: Vec::new() }
    }

    async fn write(&mut self) {
        let number = self.number;
        self.number += self.commands;
        for first in (number..self.number).step_by(5) {
            let commands = (first..self.number.min(first + 5)).map(command).collect();
            self.book.run_all(commands).await;
        }
    }
}

impl Keeper for Writing<'_> {
    async fn keep<C: Serialize + Sync>(
        &mut self,
        _: &mut PgConnection,
        checkpoint: &C,
        _: &Progress,
    ) -> Result<GoOn, sqlx::Error> {
        let checkpoint = serde_json::to_value(checkpoint).unwrap();
        let place = checkpoint["place"]["phase"].as_str().unwrap().to_owned();
        let is_held = place == "switched";
        self.places.push(place);
        if !is_held && self.times > 0 {
            self.times -= 1;
            self.write().await;
        }
        Ok(GoOn::Yes)
    }
}

//! Writes credits to the wallet of `anna` and prints the id of each that was acknowledged: for tests
//! that need a process of its own. `write <url> <seed> <commands>`

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;

use domain::actor::{Actor, ActorKind, Role};
use domain::decide::Command;
use domain::id::{Text, WalletId};
use domain::money::{Currency, Money};
use domain::wallet::Source;
use eventstore::BookId;
use ledger::database::Database;
use ledger::{Clock, Decided, Ledger, Provenance, Reply, Submission, SubmitError};
use uuid::Uuid;

const CLIENTS: u64 = 16;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(url), Some(seed), Some(commands)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: write <url> <seed> <commands>".into());
    };
    let (seed, commands): (u64, u64) = (seed.parse()?, commands.parse()?);
    let ledger = Database::at(&url, None)?.open(BookId(1), Clock::system()).await?;
    let clients = (0..CLIENTS).map(|client| {
        let ledger = ledger.clone();
        async move {
            let mut number = client;
            while number < commands {
                write(&ledger, Uuid::from_u64_pair(seed, number)).await?;
                number += CLIENTS;
            }
            Ok::<(), Box<dyn Error>>(())
        }
    });
    futures::future::try_join_all(clients).await?;
    ledger.stop().await;
    Ok(())
}

async fn write(ledger: &Ledger, id: Uuid) -> Result<(), Box<dyn Error>> {
    let submission = credit(id)?;
    loop {
        match ledger.submit(submission.clone()).await {
            Ok(answer) if answer.is_accepted() => break,
            Ok(answer) => return Err(format!("{answer:?}").into()),
            Err(SubmitError::Unavailable | SubmitError::Overloaded) => {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{id}")?;
    // Whoever reads this relies on it even when this process is killed.
    out.flush()?;
    Ok(())
}

fn credit(id: Uuid) -> Result<Submission, Box<dyn Error>> {
    let amount = Money::parse("1", Currency::IQD)?.as_amount().ok_or("one is an amount")?;
    let command = Command::CreditWallet {
        wallet: WalletId::of(&Text::new("anna")?, Currency::IQD),
        amount,
        source: Source::Goodwill { reason: Text::new("a test")? },
    };
    let actor = Actor {
        kind: ActorKind::Service,
        id: Text::new("write")?,
        role: Role::Admin,
        department: None,
        on_behalf_of: None,
    };
    Ok(Submission {
        command_id: id,
        fingerprint: id.as_bytes().to_vec(),
        is_unrepeatable: false,
        keeps_refusal: true,
        commands: vec![command],
        fresh: Vec::new(),
        expected: Vec::new(),
        provenance: Provenance::of(actor),
        render: Arc::new(|decided| Reply {
            status: if matches!(decided, Decided::Accepted { .. }) { 201 } else { 409 },
            body: "{}".to_owned(),
            resource: None,
            version: None,
        }),
    })
}

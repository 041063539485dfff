//! `daftar doctor`: what this installation looks like, and what is wrong with it.

use std::process::ExitCode;

use serde::Serialize;

use crate::config::Config;
use crate::node::Node;
use crate::output::Output;

#[derive(Serialize)]
struct Report {
    checks: Vec<Check>,
    healthy: bool,
}

#[derive(Serialize)]
struct Check {
    name: &'static str,
    state: State,
    says: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Good,
    /// Works, and could be better.
    Advice,
    Bad,
}

pub(crate) async fn run(config: &Config, output: Output) -> anyhow::Result<ExitCode> {
    let mut checks = Vec::new();
    let mut check = |name, state, says: String| checks.push(Check { name, state, says });
    let database = match &config.database_url {
        Some(_) => "at DATABASE_URL".to_owned(),
        None => "a private Postgres".to_owned(),
    };
    match Node::start(config).await {
        Err(error) => check("database", State::Bad, format!("{database}: {error:#}")),
        Ok(node) => {
            let place = match &node.private {
                Some(pg) => format!("{database} in {}", pg.data_dir().display()),
                None => database,
            };
            check("database", State::Good, format!("{place}; writes are durable"));
            inspect(&node, config, &mut check).await;
            node.stop().await?;
        }
    }
    let healthy = checks.iter().all(|check| check.state != State::Bad);
    output.table(
        &["", "check", ""],
        checks.iter().map(|check| {
            let mark = match check.state {
                State::Good => "ok",
                State::Advice => "advice",
                State::Bad => "BAD",
            };
            vec![mark.to_owned(), check.name.to_owned(), check.says.clone()]
        }),
    );
    output.data(&Report { checks, healthy })?;
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn inspect(
    node: &Node,
    config: &Config,
    check: &mut impl FnMut(&'static str, State, String),
) {
    match node.database.pending().await {
        Ok(0) => check("schema", State::Good, "up to date".to_owned()),
        Ok(pending) => {
            let says = format!("{pending} migrations are missing: run daftar migrate");
            check("schema", State::Bad, says);
            return;
        }
        Err(error) => {
            check("schema", State::Bad, format!("{:#}", anyhow::Error::from(error)));
            return;
        }
    }
    if node.private.is_none() && !node.database.has_app_login() {
        let says = "the service works as the owner in the application's role, which guards \
                    against accidents only; give it a login of its own in DAFTAR_APP_URL";
        check("privileges", State::Advice, says.to_owned());
    } else if node.private.is_some() {
        check("privileges", State::Good, "as set up".to_owned());
    } else {
        match node.database.excess_rights().await {
            Ok(excess) if excess.is_empty() => {
                let says = "the login of the service can do nothing but its task".to_owned();
                check("privileges", State::Good, says);
            }
            Ok(excess) => {
                let says = format!(
                    "{}; let DAFTAR_APP_URL log in as daftar_app itself, which is nothing else",
                    excess.join("; ")
                );
                check("privileges", State::Bad, says);
            }
            Err(error) => check("privileges", State::Bad, error.to_string()),
        }
    }
    match node.database.broken_guards().await {
        Ok(broken) if broken.is_empty() => {
            check("guards", State::Good, "log and views are written by functions only".to_owned());
        }
        Ok(broken) => check("guards", State::Bad, broken.join("; ")),
        Err(error) => check("guards", State::Bad, error.to_string()),
    }
    match node.database.books().await {
        Err(error) => check("books", State::Bad, error.to_string()),
        Ok(books) => {
            for head in &books {
                let says = format!(
                    "{}: {} events, {} batches, last at {}",
                    head.name,
                    head.position,
                    head.revision,
                    head.recorded_at.format("%Y-%m-%d %H:%M:%S UTC"),
                );
                let ahead = head.recorded_at > node.clock.now();
                check("book", if ahead { State::Advice } else { State::Good }, says);
                if head.is_stopped {
                    let says = format!("{}: stopped; daftar book state says why", head.name);
                    check("stopped", State::Bad, says);
                }
                match node.database.compare(head.book, &node.secret.check()).await {
                    Ok(()) => check("secret", State::Good, format!("{}: fits", head.name)),
                    Err(error) => check("secret", State::Bad, error.to_string()),
                }
                match projections::fit(&head.fold_set) {
                    Ok(live) if live.missing().is_empty() => {
                        check("folds", State::Good, format!("{}: this build's", head.name));
                    }
                    Ok(live) => {
                        let missing = live.missing().join(", ");
                        let says =
                            format!("{}: a node that serves has yet to fill {missing}", head.name);
                        check("folds", State::Advice, says);
                    }
                    Err(misfit) => check("folds", State::Bad, format!("{}: {misfit}", head.name)),
                }
                if ahead {
                    let says = "the clock is behind the last event: times stand still until it \
                                catches up";
                    check("clock", State::Advice, says.to_owned());
                }
            }
            if !books.iter().any(|head| head.name == config.book) {
                let says = format!("there is no book {:?}: run daftar migrate", config.book);
                check("book", State::Bad, says);
            }
        }
    }
}

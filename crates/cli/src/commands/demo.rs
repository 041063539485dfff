//! `daftar demo`: from an empty machine to customer 94 put right, and a new order placed.

use std::collections::BTreeMap;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use domain::actor::Role;
use domain::id::{Code, CustomerId, Reason, Text, WalletId};
use domain::money::Currency;
use ledger::Ledger;
use ledger::fix::{PlanRequest, apply, plan};
use ledger::import::{self, Options};
use ledger::inconsistencies::{self, Inconsistency};
use ledger::jobs::Verified;
use ledger::principals::{NewPrincipal, PrincipalKind};
use ledger::webhooks::Allow;
use legacy::sample::{DECISIONS, Sample};
use projections::{customer_orders, imported_orders, order_management, wallet_balances};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{fix, keys, rebuild, verify};
use crate::config::{Config, Listen};
use crate::limits::LimitArgs;
use crate::node::{Node, random_uuid};
use crate::output::Output;
use crate::secret::Secret;
use crate::service::{Service, Settings, StopSignals, vault};

const DATABASE: &str = "daftar_demo";
const CUSTOMER: &str = "94";
const OWNER: &str = "owner";
/// The orders on which the old shop's two tables were compared.
const ORDERS: [&str; 5] = ["M2511128", "M2511130", "M2511133", "M2511135", "M2511138"];

#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    listen: Listen,
    #[command(flatten)]
    limits: LimitArgs,
    /// Stop at the end instead of serving on. Implied by --json.
    #[arg(long)]
    exit: bool,
}

/// What the demo did, for programs.
#[derive(Serialize)]
struct Report {
    before: Vec<Shown>,
    after: Vec<Shown>,
    wallet: Balances,
    mismatches_after: usize,
    trial_balance: String,
    verified: bool,
    position: i64,
}

/// An order as the two sides see it.
#[derive(Clone, Serialize)]
struct Shown {
    order: String,
    customer_status: String,
    management_status: String,
    classes: Vec<String>,
}

#[derive(Serialize)]
struct Balances {
    before: String,
    after: String,
}

pub(crate) async fn run(config: &Config, args: Args, output: Output) -> anyhow::Result<ExitCode> {
    let node = Node::start_fresh(config, DATABASE).await?;
    node.prepare().await?;
    let ledger = node.open(config).await?;
    ensure!(
        ledger.head().await?.position == eventstore::Position::ZERO,
        "the demo needs an empty database: DATABASE_URL names one with events in it"
    );
    match &node.private {
        Some(pg) => {
            output.say(format!("A private Postgres runs in {}.\n", pg.data_dir().display()));
        }
        None => output.say("Working in the database at DATABASE_URL.\n"),
    }
    let story = Story { ledger: &ledger, node: &node, output };
    let before = story.import().await?;
    let wallet_before = story.balance().await?;
    let key = story.owner_key().await?;
    story.fix().await?;
    let (after, mismatches_after) = story.compare().await?;
    let wallet_after = story.balance().await?;

    let listen =
        if args.exit || output.json { ([127, 0, 0, 1], 0).into() } else { args.listen.listen };
    let settings = Settings {
        listen,
        fires_deadlines: true,
        sends_webhooks: true,
        webhooks: Allow::Open,
        works_at_jobs: true,
        watches: true,
        scrubs: Some(ledger::scrubber::Options::default()),
        limits: args.limits,
    };
    let service = Service::start(&node, ledger.clone(), settings).await?;
    let base = format!("http://{}", service.address);
    story.place_order(&base).await?;

    output.say("\nBoth views again, folded from the log:");
    let views = ["customer_orders", "order_management"];
    rebuild::now(&ledger, &views, output).await?;
    let Verified { report, trial_balance, .. } =
        verify::now(&ledger, vault(&node.secret), output).await?;
    output.say(format!("trial balance {trial_balance}"));
    let verified = report.is_clean();
    output.data(&Report {
        before,
        after,
        wallet: Balances { before: wallet_before, after: wallet_after },
        mismatches_after,
        trial_balance,
        verified,
        position: report.position.get(),
    })?;

    if !args.exit && !output.json {
        let stop = StopSignals::listen()?;
        output.say(format!("\nServing on {base} with the key {key}\nTry:"));
        for path in ["orders/M2511135", "orders/M2511135/timeline", "customers/94/wallet/statement"]
        {
            output.say(format!("  curl -H 'Authorization: Bearer {key}' {base}/api/{path}"));
        }
        if let Some(pg) = &node.private {
            let pool = ledger.pool().connect_options();
            let secret = Secret::path(config, Some(pg.data_dir()))?;
            output.say(format!(
                "For other commands in another terminal (daftar verify, daftar replay, daftar jobs):\n\
                 \u{20} export DATABASE_URL='{}'\n\
                 \u{20} export DAFTAR_SECRET_FILE='{}'",
                pg.url(pool.get_database().unwrap_or(DATABASE)),
                secret.display()
            ));
        }
        output.say("Stop it with Ctrl-C.");
        stop.received().await;
    }
    service.stop().await;
    node.stop().await?;
    Ok(if verified && mismatches_after == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Story<'a> {
    ledger: &'a Ledger,
    node: &'a Node,
    output: Output,
}

impl Story<'_> {
    /// Takes over the old shop, and shows its two tables side by side.
    async fn import(&self) -> anyhow::Result<Vec<Shown>> {
        let mut old = self.node.database.owner().await?;
        legacy::sample::load(&mut old, Sample::Missing)
            .await
            .context("could not load the old shop")?;
        let options = Options::of("demo");
        let vault = vault(&self.node.secret);
        let report = import::run(self.ledger, &vault, &mut old, &options, &mut |_| {}).await?;
        self.output.say(format!(
            "Took over {} orders and {} wallet of an old shop that kept each order twice.",
            report.orders.imported, report.wallets.imported
        ));
        let found = inconsistencies::list(self.ledger).await?;
        let before = self.old_tables(&found).await?;
        self.output.say("\nThe old shop's two tables for customer 94, and what is wrong:");
        self.show(&before, "customer_orders", "order_management");
        for one in &found {
            self.output.say(format!("{}: {}", one.number, one.evidence.join("; ")));
        }
        Ok(before)
    }

    /// The statuses as the old rows had them.
    async fn old_tables(&self, found: &[Inconsistency]) -> anyhow::Result<Vec<Shown>> {
        let mut shown = Vec::new();
        let mut conn = self.ledger.pool().acquire().await?;
        for number in ORDERS {
            let order = self.order_id(number).await?;
            let evidence = imported_orders::find(&mut conn, self.ledger.book(), order).await?.value;
            let found_evidence =
                evidence.with_context(|| format!("order {number} did not come over"))?;
            let evidence = found_evidence.evidence;
            shown.push(Shown {
                order: number.to_owned(),
                customer_status: evidence.customer_status.unwrap_or_default(),
                management_status: evidence.management_status.unwrap_or_default(),
                classes: classes(found, number),
            });
        }
        Ok(shown)
    }

    async fn order_id(&self, number: &str) -> anyhow::Result<Uuid> {
        let mut conn = self.ledger.pool().acquire().await?;
        let found = customer_orders::find_by_number(&mut conn, self.ledger.book(), number).await?;
        let order = found.value.first().with_context(|| format!("there is no order {number}"))?;
        Ok(order.order_id)
    }

    /// The person who puts things right, and a key of theirs.
    async fn owner_key(&self) -> anyhow::Result<String> {
        let owner = principal(OWNER, Role::Admin, PrincipalKind::Person)?;
        Ok(keys::create(self.ledger, &owner, None).await?.reveal())
    }

    /// Plans with the owner's decisions, shows the plan, applies exactly that.
    async fn fix(&self) -> anyhow::Result<()> {
        let owner = fix::known(self.ledger, &Text::new(OWNER)?).await?;
        let request = PlanRequest {
            orders: None,
            decisions: fix::decisions(DECISIONS)?,
            ticket: Code::new("DEMO-94")?,
            reason: Reason::new("customer 94: put right what the old shop's two tables broke")?,
        };
        let made = plan(self.ledger, request, &owner).await?;
        self.output.say("\nThe plan, with the owner's decisions about what records cannot say:");
        fix::show_plan(self.output, &made);
        let applied = apply(self.ledger, &made.digest, &owner).await?;
        self.output.say("\nApplied exactly that plan:");
        fix::show_applied(self.output, &applied);
        ensure!(applied.complete, "the plan could not be applied whole");
        Ok(())
    }

    /// Both views, which are folds of one log.
    async fn compare(&self) -> anyhow::Result<(Vec<Shown>, usize)> {
        let found = inconsistencies::list(self.ledger).await?;
        let book = self.ledger.book();
        let mut conn = self.ledger.pool().acquire().await?;
        let mut after = Vec::new();
        for number in ORDERS {
            let order = self.order_id(number).await?;
            let customer = customer_orders::find(&mut conn, book, order).await?.value;
            let management = order_management::find(&mut conn, book, order).await?.value;
            let (Some(customer), Some(management)) = (customer, management) else {
                bail!("order {number} is not in both views");
            };
            after.push(Shown {
                order: number.to_owned(),
                customer_status: customer.status,
                management_status: management.current_status,
                classes: classes(&found, number),
            });
        }
        self.output.say("\nBoth views afterwards:");
        self.show(&after, "customer_orders", "order_management");
        Ok((after, found.len()))
    }

    fn show(&self, orders: &[Shown], customer: &str, management: &str) {
        self.output.table(
            &["order", customer, management, "trouble"],
            orders.iter().cloned().map(|order| {
                let trouble = order.classes.join(", ");
                vec![order.order, order.customer_status, order.management_status, trouble]
            }),
        );
    }

    async fn balance(&self) -> anyhow::Result<String> {
        let wallet = WalletId::of(&CustomerId::new(CUSTOMER)?, Currency::IQD);
        let mut conn = self.ledger.pool().acquire().await?;
        let found =
            wallet_balances::find(&mut conn, self.ledger.book(), wallet.uuid()).await?.value;
        let balance = found.context("customer 94 has no wallet")?.balance.normalize().to_string();
        self.output.say(format!("\nCustomer 94's wallet holds {balance} IQD."));
        Ok(balance)
    }

    /// A customer checks out: over real HTTP, paid from the wallet, all in one transaction.
    async fn place_order(&self, base: &str) -> anyhow::Result<()> {
        let shop = principal("storefront", Role::Client, PrincipalKind::Service)?;
        let shop_key = keys::create(self.ledger, &shop, None).await?.reveal();
        let iqd = |amount: &str| json!({ "amount": amount, "currency": "IQD" });
        let order = json!({
            "customer": CUSTOMER,
            "method": "wallet_full",
            "lines": [
                { "sku": "ACETONE-5L", "quantity": "2", "unit_price": iqd("12500") },
                { "sku": "NITRILE-M", "quantity": "10", "unit_price": iqd("950.5") },
            ],
            "delivery": iqd("5000"),
            "total": iqd("39505"),
        });
        let response = reqwest::Client::new()
            .post(format!("{base}/api/orders"))
            .bearer_auth(&shop_key)
            .header("Idempotency-Key", random_uuid().to_string())
            .json(&order)
            .send()
            .await?;
        let status = response.status();
        let reply: Value = response.json().await?;
        if !status.is_success() {
            bail!("the new order was refused with {status}: {reply}");
        }
        let mut events: BTreeMap<i64, String> = BTreeMap::new();
        for event in reply["events"].as_array().into_iter().flatten() {
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            let position = event["position"].as_i64().unwrap_or_default();
            events.insert(position, format!("{} {}", text("stream"), text("type")));
        }
        self.output.say(format!(
            "\nA new order over HTTP, paid from the wallet in one transaction: {}, which its \
             customer sees as {} and the departments as {}.",
            reply["order"]["number"].as_str().unwrap_or_default(),
            reply["order"]["customer_status"].as_str().unwrap_or_default(),
            reply["order"]["management_status"].as_str().unwrap_or_default(),
        ));
        for (position, event) in events {
            self.output.say(format!("  event {position}: {event}"));
        }
        Ok(())
    }
}

fn principal(id: &str, role: Role, kind: PrincipalKind) -> anyhow::Result<NewPrincipal> {
    Ok(NewPrincipal { id: Text::new(id)?, kind, role, department: None, owner: None })
}

fn classes(found: &[Inconsistency], number: &str) -> Vec<String> {
    let of_order = found.iter().filter(|one| one.number.as_str() == number);
    of_order.flat_map(|one| one.classes.clone()).collect()
}

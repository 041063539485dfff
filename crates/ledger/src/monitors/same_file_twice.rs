//! One receipt's file that was uploaded for more than one order or top-up, while one of them waits.
//!
//! One transfer may pay several orders of a customer, so that it may be as it should; a file that more
//! than one customer sent is worse.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use domain::id::{OrderId, ReceiptFileId, RequestId};
use domain::receipt_file::{On, ReceiptFile};
use serde_json::{Value, json};
use sqlx::FromRow;
use uuid::Uuid;

use super::waiting::{self, Waiting};
use super::{LookError, Monitor, Owner, Scene, Sighting};
use crate::alerts::Severity;

pub(super) const MONITOR: Monitor = Monitor {
    name: "same-file-twice",
    severity: Severity::Warning,
    owner: Owner::Finance,
    every: Duration::from_mins(1),
    watches: "a receipt under review whose file was uploaded for another order or top-up too",
    to_do: "See whether one transfer pays for all of them. If so, approve each with its part of that \
            transfer; if not, reject the receipts that it was not meant for.",
    thresholds: &[],
    reads_views: true,
    look: |scene| Box::pin(look(scene)),
};

/// An order or a wallet.
#[derive(FromRow)]
struct Named {
    id: Uuid,
    customer_id: String,
    number: Option<String>,
}

/// What money is asked for by a receipt: one order, or one request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Purpose {
    Order(OrderId),
    TopUp(RequestId),
}

impl Purpose {
    fn of(on: On) -> Self {
        match on {
            On::Order { order, .. } => Self::Order(order),
            On::TopUp { request, .. } => Self::TopUp(request),
        }
    }
}

async fn look(scene: &mut Scene<'_>) -> Result<Vec<Sighting>, LookError> {
    let waiting = waiting::all(scene).await?;
    let mut files = waiting::files(scene, &waiting).await?;
    files.retain(|_, file| purposes(file).len() > 1);
    let names = names(scene, &files).await?;
    let sighting = |(file, state): (&String, &ReceiptFile)| {
        let waits: Vec<&Waiting> =
            waiting.iter().filter(|one| one.file.as_deref() == Some(file)).collect();
        sighting(file, state, &waits, &names)
    };
    Ok(files.iter().map(sighting).collect())
}

fn purposes(file: &ReceiptFile) -> BTreeSet<Purpose> {
    file.uploads.iter().copied().map(Purpose::of).collect()
}

/// Of the orders and wallets that these files were uploaded for.
async fn names(
    scene: &mut Scene<'_>,
    files: &BTreeMap<String, ReceiptFile>,
) -> Result<BTreeMap<Uuid, Named>, sqlx::Error> {
    let uploads = || files.values().flat_map(|file| &file.uploads);
    let orders: Vec<Uuid> = uploads().filter_map(|on| stream_of(*on).ok()).collect();
    let wallets: Vec<Uuid> = uploads().filter_map(|on| stream_of(*on).err()).collect();
    let found: Vec<Named> = sqlx::query_as(include_str!("sql/name_orders_and_wallets.sql"))
        .bind(scene.ledger.book())
        .bind(orders)
        .bind(wallets)
        .fetch_all(&mut *scene.conn)
        .await?;
    Ok(found.into_iter().map(|one| (one.id, one)).collect())
}

/// An order, or else a wallet.
fn stream_of(on: On) -> Result<Uuid, Uuid> {
    match on {
        On::Order { order, .. } => Ok(order.uuid()),
        On::TopUp { wallet, .. } => Err(wallet.uuid()),
    }
}

fn sighting(
    file: &str,
    state: &ReceiptFile,
    waits: &[&Waiting],
    names: &BTreeMap<Uuid, Named>,
) -> Sighting {
    let known = |on: On| match stream_of(on) {
        Ok(id) | Err(id) => names.get(&id),
    };
    let customers: BTreeSet<&str> =
        state.uploads.iter().filter_map(|on| known(*on)).map(|one| &*one.customer_id).collect();
    let mut told: Vec<String> = Vec::new();
    for on in &state.uploads {
        let one = match (on, known(*on)) {
            (On::Order { .. }, Some(Named { number: Some(number), .. })) => {
                format!("order {number}")
            }
            (On::Order { order, .. }, _) => format!("order {order}"),
            (On::TopUp { request, .. }, _) => format!("top-up {request}"),
        };
        if !told.contains(&one) {
            told.push(one);
        }
    }
    let of = match customers.len() {
        1 => "",
        _ => " of several customers",
    };
    let says = format!("one file is the receipt of {}{of}", listed(&told));
    let uploads: Vec<Value> = state
        .uploads
        .iter()
        .map(|on| {
            json!({
                "sent": waiting::ids(*on),
                "customer": known(*on).map(|one| &one.customer_id),
                "number": known(*on).and_then(|one| one.number.as_ref()),
                "waits": waits.iter().any(|one| one.on == *on),
            })
        })
        .collect();
    let evidence = json!({
        "file": file,
        "uploads": uploads,
        "shows_payment": state.approved,
        "sent_at": waits.iter().map(|one| one.sent_at).max(),
    });
    let subject = format!("receipt-file/{}", ReceiptFileId::of(file));
    let severity = if customers.len() > 1 { Severity::Critical } else { Severity::Warning };
    Sighting { severity: Some(severity), ..Sighting::new(subject, says, evidence) }
}

/// How many are named in a line.
const NAMED_MAX: usize = 5;

fn listed(told: &[String]) -> String {
    let (named, more) = told.split_at(told.len().min(NAMED_MAX));
    let named = named.join(", ");
    match more.len() {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

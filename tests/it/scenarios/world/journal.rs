//! The journal as the document writes it: `Dr account:item / Cr account:item amount`.

use std::collections::BTreeMap;

use sqlx::PgConnection;

/// A line: position, side, account, item, amount.
type Line = (i64, String, String, String, String);

/// The last event's position.
pub(super) async fn last_position(log: &mut PgConnection) -> i64 {
    sqlx::query_scalar("select position from daftar.books where book_id = 1")
        .fetch_one(log)
        .await
        .expect("the book is there")
}

/// The entries after a position, one an event.
pub(super) async fn entries_after(log: &mut PgConnection, position: i64) -> Vec<String> {
    let lines: Vec<Line> = sqlx::query_as(
        "select position, side, account, item, trim_scale(amount)::text
         from daftar.journal_lines
         where book_id = 1 and position > $1
           and generation = (select generation from daftar.book_projections
                              where book_id = 1 and name = 'journal_lines')
         order by position, line",
    )
    .bind(position)
    .fetch_all(&mut *log)
    .await
    .expect("the journal can be read");
    let names = names(log).await;
    let mut entries: BTreeMap<i64, Vec<Line>> = BTreeMap::new();
    for line in lines {
        entries.entry(line.0).or_default().push(line);
    }
    entries.into_values().map(|lines| write(&lines, &names)).collect()
}

fn write(lines: &[Line], names: &BTreeMap<String, String>) -> String {
    let side = |wanted: &str| -> Vec<(String, &str)> {
        let lines = lines.iter().filter(|(_, side, ..)| side == wanted);
        lines
            .map(|(_, _, account, item, amount)| (place(account, item, names), &**amount))
            .collect()
    };
    let (debits, credits) = (side("debit"), side("credit"));
    if let ([(debit, _)], [(credit, amount)]) = (&*debits, &*credits) {
        return format!("Dr {debit} / Cr {credit} {amount}");
    }
    let list = |side: Vec<(String, &str)>| {
        let list: Vec<String> =
            side.into_iter().map(|(place, amount)| format!("{place} {amount}")).collect();
        list.join(", ")
    };
    format!("Dr {} / Cr {}", list(debits), list(credits))
}

/// Account and item, the item by the name that people know it by.
fn place(account: &str, item: &str, names: &BTreeMap<String, String>) -> String {
    if item.is_empty() {
        return account.to_owned();
    }
    let name = names.get(item).map_or(item, String::as_str);
    format!("{account}:{name}")
}

/// A wallet and what is asked of it are their customer's, an order has a number, a payment its
/// reference.
async fn names(log: &mut PgConnection) -> BTreeMap<String, String> {
    let names: Vec<(String, String)> = sqlx::query_as(
        "select wallet_id::text, customer_id from daftar.wallet_balances where book_id = 1
         union all
         select order_id::text, number from daftar.customer_orders where book_id = 1
         union all
         select request_id::text, customer_id from daftar.wallet_requests where book_id = 1
         union all
         select payment_id::text, coalesce(reference, gateway_id, kind)
         from daftar.payments where book_id = 1",
    )
    .fetch_all(log)
    .await
    .expect("the views can be read");
    names.into_iter().collect()
}

//! What the views hold at a moment, read row by row and written as a replay writes it.

use eventstore::{BookId, Position, read_head};
use projections::past::PastRow;
use projections::{Projection, select_list};
use sqlx::{AssertSqlSafe, PgPool};

/// The rows of all views at a position.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) position: Position,
    pub(crate) rows: Vec<PastRow>,
}

pub(crate) async fn entry(pool: &PgPool, book: BookId) -> Entry {
    let position = read_head(&mut pool.acquire().await.unwrap(), book).await.unwrap().position;
    let mut rows = Vec::new();
    macro_rules! read {
        ($($view:ident: $projection:ident,)+) => {
            $(rows.extend(read::<projections::$view::$projection>(pool, book).await);)+
        };
    }
    read! {
        customer_orders: CustomerOrders,
        order_management: OrderManagement,
        wallet_balances: WalletBalances,
        wallet_lines: WalletLines,
        payments: Payments,
        journal_lines: JournalLines,
        timeline: Timeline,
        imported_orders: ImportedOrders,
        deadlines: Deadlines,
        wallet_requests: WalletRequests,
        suspense_items: SuspenseItems,
        statement_lines: StatementLines,
    }
    Entry { position, rows: sorted(rows) }
}

async fn read<P: Projection>(pool: &PgPool, book: BookId) -> Vec<PastRow> {
    let (columns, table) = (select_list::<P>(), P::NAME);
    let sql = format!("select {columns} from daftar.{table} where book_id = $1");
    let query = sqlx::query_as::<_, P::Row>(AssertSqlSafe(sql)).bind(book);
    let rows: Vec<P::Row> = query.fetch_all(pool).await.unwrap();
    rows.iter().map(PastRow::of::<P>).collect()
}

/// In an order of their own, whatever order they came in.
pub(crate) fn sorted(mut rows: Vec<PastRow>) -> Vec<PastRow> {
    rows.sort_by_cached_key(|row| (row.view, format!("{:?}", row.key)));
    rows
}

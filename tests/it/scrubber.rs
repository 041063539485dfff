//! `kill -9` of a service that goes round its book: what was damaged is repaired all the same, once.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::PgConnection;

use crate::daftar::{Api, Installation, Service, Ticket};
use crate::load::{Sent, Shop, Until, assert_log, is_full, position, seed, settle};

const CUSTOMERS: u32 = 4;
const CLIENTS: u64 = 2;
/// The longest that a service lives.
const LIFE_MAX_MS: u64 = 2_500;
/// How long a service has for the rounds that come after all kills.
const REPAIRED_WITHIN: Duration = Duration::from_mins(2);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// How often it is killed.
fn kills() -> u32 {
    if is_full() { 100 } else { 6 }
}

/// Two rows of each order are damaged, and another one's each time: what is repaired twice shows.
async fn damage(conn: &mut PgConnection, order: &str) {
    let sql = format!(
        "begin;
         alter table customer_orders disable trigger user;
         alter table timeline disable trigger user;
         update customer_orders set total = total + 1 where order_id = '{order}';
         delete from timeline where order_id = '{order}'
            and position = (select min(position) from timeline where order_id = '{order}');
         alter table customer_orders enable always trigger only_functions_write;
         alter table timeline enable always trigger only_functions_write;
         commit"
    );
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(conn).await.expect("it may");
}

/// A service at its fastest, which does not wait for the claim of one that is gone.
async fn serve(installation: &Installation, conn: &mut PgConnection) -> Service {
    sqlx::raw_sql("update scrubs set claimed_until = clock_timestamp() where claim is not null")
        .execute(conn)
        .await
        .expect("it may");
    Service::start(installation.daftar(&["serve", "--scrub-share", "100"]))
}

async fn count(conn: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(conn).await.expect("it can be counted")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_damaged_under_a_service_that_is_killed_again_and_again_is_repaired_once() {
    let installation = Installation::new("scrubkill");
    let service = Service::start(installation.daftar(&["serve", "--no-scrubber"]));
    let api = Api::new(service.base());
    let shop = Shop::open(&installation, &api, CUSTOMERS).await;
    let mut orders = Vec::new();
    for number in 0..kills() {
        let key = format!("order-{number}");
        let reply = api.command(&Ticket::place(&shop.client, key, &shop.customers[0], 10)).await;
        assert!(reply.is_accepted(), "{}", reply.body);
        orders.push(reply.json()["order"]["id"].as_str().expect("it has an id").to_owned());
    }
    service.kill();
    let mut conn = installation.postgres().connect("daftar").await;
    let mut end = position(&mut conn).await;

    let mut random = StdRng::seed_from_u64(seed());
    let mut cut_short = 0;
    for order in &orders {
        damage(&mut conn, order).await;
        let service = serve(&installation, &mut conn).await;
        let until = Until::Unanswered;
        let clients = shop.clients(&Api::new(service.base()), CLIENTS, random.random(), &until);
        tokio::time::sleep(Duration::from_millis(random.random_range(1..=LIFE_MAX_MS))).await;
        service.kill();
        cut_short +=
            count(&mut conn, "select count(*) from scrubs where checkpoint is not null").await;
        let mut sent: Vec<Sent> = clients.join_all().await.into_iter().flatten().collect();
        let service = Service::start(installation.daftar(&["serve", "--no-scrubber"]));
        settle(&Api::new(service.base()), &mut sent).await;
        service.kill();
        end = assert_log(&mut conn, end, &sent).await;
    }

    let service = serve(&installation, &mut conn).await;
    let begun = Instant::now();
    let damaged = i64::from(kills()) * 2;
    while count(&mut conn, "select count(*) from repairs").await < damaged {
        assert!(begun.elapsed() < REPAIRED_WITHIN, "not repaired:\n{}", service.log());
        tokio::time::sleep(LOOK_EVERY).await;
    }
    installation.assert_verified();
    let rows = "select count(distinct (view, key::text)) from repairs";
    assert_eq!(count(&mut conn, rows).await, damaged, "each row of each order");
    assert_eq!(count(&mut conn, "select count(*) from repairs").await, damaged, "and once");
    println!("{} kills, {cut_short} of them within a lap", kills());
    assert!(cut_short > 0, "no kill met a lap under way: nothing was tried");
}

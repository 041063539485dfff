//! Rebuilds whose process or whose Postgres is killed at moments that nobody chose.

use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::PgConnection;
use tokio::task::block_in_place;

use super::jobs::{Admin, let_claims_run_out, unfinished};
use super::rows::unseen;
use super::traded::{Book, Traded};
use crate::daftar::{Api, Service};
use crate::load::{Sent, Until, assert_log_of, is_full, position_of, seed, stop};

const EVENTS: u64 = 1_000;
const EVENTS_FULL: u64 = 15_000;
/// Each round has a book of its own: clients write all the while, and what is rebuilt must not grow
/// until nobody can wait for it.
const ROUNDS_FULL: i32 = 5;
const KILLS_A_ROUND: u32 = 10;
const POSTGRES_KILLS_A_ROUND: u32 = 2;
const FIRST_BOOK: i32 = 11;
const CLIENTS: u64 = 4;
const BACK_WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);

/// A node that listens at the same address each time it is started.
struct Node<'a> {
    traded: &'a Traded,
    book: &'a Book,
    address: String,
    service: Service,
}

impl<'a> Node<'a> {
    fn start(traded: &'a Traded, book: &'a Book) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let address = free.expect("some port is free").to_string();
        let service = serve(traded, book, &address);
        Self { traded, book, address, service }
    }

    fn api(&self) -> Api {
        Api::new(self.service.base())
    }

    /// `kill -9`, and another in its place.
    fn kill(self) -> Self {
        let Self { traded, book, address, service } = self;
        service.kill();
        let service = serve(traded, book, &address);
        Self { traded, book, address, service }
    }
}

fn serve(traded: &Traded, book: &Book, address: &str) -> Service {
    let arguments = ["serve", "--book", &book.name, "--no-deadlines", "--listen", address];
    Service::start(traded.installation.daftar(&arguments))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_whose_process_is_killed_at_any_moment_is_resumed_or_begun_anew() {
    let mut random = StdRng::seed_from_u64(seed());
    let traded = Traded::new("rebuildkill");
    for number in books() {
        killed_again_and_again(&traded, number, &mut random).await;
    }
}

async fn killed_again_and_again(traded: &Traded, number: i32, random: &mut StdRng) {
    let book = traded.book(number, events()).await;
    let mut node = Node::start(traded, &book);
    let api = node.api();
    let key = traded.installation.key_of(&book.name, "admin", "amina");
    let admin = Admin { api: api.clone(), key };
    let shop = traded.shop(&book, &api).await;
    let mut conn = traded.installation.postgres().connect("daftar").await;
    let begun = position_of(book.id, &mut conn).await;
    let (until, answered) = Until::told();
    let clients = shop.clients(&api, CLIENTS, random.random(), &until);

    let undisturbed = Instant::now();
    admin.done(&admin.rebuild_all().await).await;
    let takes = undisturbed.elapsed();

    let (mut met, mut by_cli) = (0, 0);
    for kill in 1..=KILLS_A_ROUND {
        let life = within(takes, random);
        if kill % 2 == 0 {
            let rebuild = ["rebuild", "--book", &book.name, "--json"];
            let cli = Service::spawn(traded.installation.daftar(&rebuild));
            tokio::time::sleep(life).await;
            block_in_place(|| cli.kill());
            by_cli += 1;
        } else {
            if unfinished(&mut conn, book.id).await.is_empty() {
                admin.rebuild_all().await;
            }
            tokio::time::sleep(life).await;
            node = block_in_place(|| node.kill());
        }
        met += u32::from(!unfinished(&mut conn, book.id).await.is_empty());
        let_claims_run_out(&mut conn, book.id).await;
        // What the command left is taken up by the node: killed in turn, or let go to its end.
        if kill % 2 == 1 || random.random_bool(0.5) {
            end_what_is_left(&admin, &mut conn, &book).await;
        }
    }
    end_what_is_left(&admin, &mut conn, &book).await;
    println!(
        "{KILLS_A_ROUND} kills, {by_cli} of them of the command; {met} met an unfinished rebuild, which \
         takes {takes:?} undisturbed"
    );
    assert!(met > 0, "no kill met a rebuild: nothing was tried");

    stop(&answered);
    let sent: Vec<Sent> = clients.join_all().await.into_iter().flatten().collect();
    assert_log_of(book.id, &mut conn, begun, &sent).await;
    shop.assert_balances(&api, &sent).await;
    assert_eq!(unseen(&mut conn, book.id).await, [], "rows are left behind");
    block_in_place(|| traded.installation.assert_verified_of(&book.name));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rebuild_outlives_a_killed_postgres() {
    let mut random = StdRng::seed_from_u64(seed());
    let traded = Traded::new("rebuildpg");
    for number in books() {
        its_postgres_killed(&traded, number, &mut random).await;
    }
}

async fn its_postgres_killed(traded: &Traded, number: i32, random: &mut StdRng) {
    let book = traded.book(number, events()).await;
    let node = Node::start(traded, &book);
    let api = node.api();
    let key = traded.installation.key_of(&book.name, "admin", "amina");
    let admin = Admin { api: api.clone(), key };
    let shop = traded.shop(&book, &api).await;
    let mut conn = traded.installation.postgres().connect("daftar").await;
    let begun = position_of(book.id, &mut conn).await;
    let (until, answered) = Until::told();
    let clients = shop.clients(&api, CLIENTS, random.random(), &until);
    let undisturbed = Instant::now();
    admin.done(&admin.rebuild_all().await).await;
    let takes = undisturbed.elapsed();

    let mut met = 0;
    for _ in 0..POSTGRES_KILLS_A_ROUND {
        let job = admin.rebuild_all().await;
        tokio::time::sleep(within(takes, random)).await;
        traded.installation.postgres().kill();
        let (killed, before) = (Instant::now(), answered.load(Ordering::Relaxed));
        while answered.load(Ordering::Relaxed) < before + 2 * CLIENTS {
            assert!(killed.elapsed() < BACK_WITHIN, "the service does not come back");
            tokio::time::sleep(POLL).await;
        }
        conn = traded.installation.postgres().connect("daftar").await;
        met += u32::from(!unfinished(&mut conn, book.id).await.is_empty());
        let_claims_run_out(&mut conn, book.id).await;
        admin.done(&job).await;
    }
    println!("{POSTGRES_KILLS_A_ROUND} kills of Postgres; {met} met an unfinished rebuild");

    stop(&answered);
    let sent: Vec<Sent> = clients.join_all().await.into_iter().flatten().collect();
    assert_log_of(book.id, &mut conn, begun, &sent).await;
    shop.assert_balances(&api, &sent).await;
    assert_eq!(unseen(&mut conn, book.id).await, [], "rows are left behind");
    block_in_place(|| traded.installation.assert_verified_of(&book.name));
}

/// A book a round.
fn books() -> std::ops::Range<i32> {
    FIRST_BOOK..FIRST_BOOK + if is_full() { ROUNDS_FULL } else { 1 }
}

fn events() -> u64 {
    if is_full() { EVENTS_FULL } else { EVENTS }
}

/// The node goes on with what was left, by itself, and it comes to a good end.
async fn end_what_is_left(admin: &Admin, conn: &mut PgConnection, book: &Book) {
    for job in unfinished(conn, book.id).await {
        admin.done(&job).await;
    }
}

/// Some time up to that.
fn within(takes: Duration, random: &mut StdRng) -> Duration {
    let most = u64::try_from(takes.as_micros()).expect("nothing takes so long");
    Duration::from_micros(random.random_range(0..=most))
}

//! An installation with books that hold a simulated trade, and whoever serves them.

use testkit::Trade;

use crate::daftar::{Api, Installation, Service};
use crate::load::Shop;

/// How many wallets the writers use in each book: beside those of the trade.
const CUSTOMERS: u32 = 40;

/// The database and its Postgres, with nobody at work in it but the one who keeps it running.
#[derive(Debug)]
pub(super) struct Traded {
    /// Serves the book that nobody uses. Dropped before the other, lest it start Postgres again.
    _keeper: Service,
    pub(super) installation: Installation,
}

/// A book of it.
#[derive(Debug, Clone)]
pub(super) struct Book {
    pub(super) id: i32,
    pub(super) name: String,
}

impl Traded {
    pub(super) fn new(name: &str) -> Self {
        let installation = Installation::new(name);
        let keeper = installation.serve();
        Self { _keeper: keeper, installation }
    }

    /// Makes a book of at least so many events.
    pub(super) async fn book(&self, id: i32, events: u64) -> Book {
        let mut conn = self.installation.postgres().connect("daftar").await;
        let seed = u64::from(id.unsigned_abs());
        let loaded = Trade::new(seed).load(&mut conn, eventstore::BookId::new(id), events).await;
        println!("book {id}: {} events in {:?}", loaded.events, loaded.took);
        // As the server does it by itself, when it has the time.
        sqlx::query("analyze").execute(&mut conn).await.expect("the superuser may");
        Book { id, name: format!("trade {id}") }
    }

    /// Serves it. Nothing happens but what clients ask for: no deadline is fired.
    pub(super) fn serve(&self, book: &Book) -> Service {
        let quiet = ["--no-deadlines", "--rate-limit", "off", "--peer-rate-limit", "off"];
        let arguments = [&["serve", "--book", &book.name][..], &quiet].concat();
        Service::start(self.installation.daftar(&arguments))
    }

    /// Wallets for the writers.
    pub(super) async fn shop(&self, book: &Book, api: &Api) -> Shop {
        Shop::open_in(&book.name, &self.installation, api, CUSTOMERS).await
    }
}

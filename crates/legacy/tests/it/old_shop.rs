//! A database that holds one of the data sets, changed as a test wants it.

use legacy::{Assessment, Links, OrderAssessment, Shop};
use rust_decimal::Decimal;
use sqlx::{Connection, PgConnection};
use testkit::Database;

pub(crate) const MISSING: &str = include_str!("../../../../data/legacy/missing.sql");
pub(crate) const MISLABELLED: &str = include_str!("../../../../data/legacy/mislabelled.sql");
pub(crate) const REPAIRED: &str = include_str!("../../../../data/legacy/repaired.sql");

pub(crate) struct Weighed {
    pub(crate) shop: Shop,
    pub(crate) links: Links,
    pub(crate) assessment: Assessment,
}

impl Weighed {
    /// The first order of that number.
    pub(crate) fn order(&self, number: &str) -> &OrderAssessment {
        let same = |order: &&OrderAssessment| order.number.as_deref() == Some(number);
        self.assessment.orders.iter().find(same).unwrap()
    }

    pub(crate) fn classes(&self, number: &str) -> Vec<&'static str> {
        self.order(number).classes().into_iter().map(legacy::Class::name).collect()
    }

    pub(crate) fn wallet_classes(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self
            .assessment
            .wallets
            .iter()
            .flat_map(|wallet| &wallet.findings)
            .map(|evidence| evidence.class.name())
            .collect();
        names.dedup();
        names
    }

    pub(crate) fn loose(&self) -> Vec<String> {
        self.assessment.loose.iter().map(ToString::to_string).collect()
    }

    pub(crate) fn oddities(&self) -> Vec<String> {
        self.shop.findings.iter().map(ToString::to_string).collect()
    }
}

pub(crate) fn dinars(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Loads a data set, runs `change`, reads everything back and weighs it.
pub(crate) async fn weigh(data_set: &'static str, change: &'static str) -> Weighed {
    let shop = read(data_set, change).await.unwrap();
    let links = legacy::link(&shop.claimants(), &shop.debits());
    let assessment = legacy::assess(&shop, &links);
    Weighed { shop, links, assessment }
}

pub(crate) async fn read(
    data_set: &'static str,
    change: &'static str,
) -> Result<Shop, legacy::Error> {
    let database = Database::empty().await;
    let mut conn = PgConnection::connect_with(&database.connect_options()).await.unwrap();
    sqlx::raw_sql(data_set).execute(&mut conn).await.unwrap();
    sqlx::raw_sql(change).execute(&mut conn).await.unwrap();
    let shop = legacy::read(&mut conn, "public").await;
    conn.close().await.unwrap();
    shop
}

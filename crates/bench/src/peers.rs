//! The peers: daftar and what else one could take, each on a Postgres of its own.

use std::fmt;

use anyhow::Result;
use serde::Serialize;

use crate::load::Client;
use crate::server::Server;
use crate::workload::Workload;

pub(crate) mod bare;
mod http;
pub(crate) mod library;
mod naive;
pub(crate) mod postgres_es;
mod wish;

/// How many connections a peer gets that is written by hand.
pub(crate) const CONNECTIONS: u32 = 16;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Peer {
    /// daftar, called as a library.
    Library,
    /// daftar, called over HTTP.
    Http,
    /// Stock cqrs-es and postgres-es, which does less: three commands that are not one.
    PostgresEs,
    /// A transaction written by hand, with sqlx: the same rows.
    Naive,
    /// The same with gapless positions and the chain.
    Guaranteed,
    /// pgbench and one row a transaction: the limit.
    BareInsert,
}

impl Peer {
    pub(crate) const ALL: [Self; 6] = [
        Self::Library,
        Self::Http,
        Self::PostgresEs,
        Self::Naive,
        Self::Guaranteed,
        Self::BareInsert,
    ];

    /// Whether it can be asked for that.
    pub(crate) fn does(self, workload: Workload) -> bool {
        match self {
            Self::Library | Self::Http | Self::Naive | Self::Guaranteed => true,
            Self::PostgresEs | Self::BareInsert => workload == Workload::Full,
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Library => "daftar, library",
            Self::Http => "daftar, HTTP",
            Self::PostgresEs => "cqrs-es + postgres-es",
            Self::Naive => "sqlx by hand",
            Self::Guaranteed => "sqlx by hand, gapless and chained",
            Self::BareInsert => "pgbench, one INSERT",
        })
    }
}

/// A peer at work.
pub(crate) struct Running {
    pub(crate) peer: Peer,
    pub(crate) server: Server,
    kind: Kind,
}

enum Kind {
    Library(library::Library),
    Http(http::Http),
    PostgresEs(postgres_es::Stock),
    Naive(naive::Naive),
    BareInsert,
}

impl Running {
    /// Starts it on a fresh Postgres, with customers whose wallets last.
    pub(crate) async fn start(peer: Peer) -> Result<Self> {
        let server = Server::start().await?;
        let kind = match peer {
            Peer::Library => Kind::Library(library::Library::start(&server).await?),
            Peer::Http => Kind::Http(http::Http::start(&server).await?),
            Peer::PostgresEs => Kind::PostgresEs(postgres_es::Stock::start(&server).await?),
            Peer::Naive => Kind::Naive(naive::Naive::start(&server, false).await?),
            Peer::Guaranteed => Kind::Naive(naive::Naive::start(&server, true).await?),
            Peer::BareInsert => {
                bare::prepare(&server).await?;
                Kind::BareInsert
            }
        };
        Ok(Self { peer, server, kind })
    }

    /// One more client; none of a peer that brings its own.
    pub(crate) async fn client(
        &self,
        workload: Workload,
        number: u32,
    ) -> Result<Option<Box<dyn Client>>> {
        Ok(match &self.kind {
            Kind::Library(library) => Some(Box::new(library.client(workload, number))),
            Kind::Http(http) => Some(Box::new(http.client(workload, number).await?)),
            Kind::PostgresEs(stock) => Some(Box::new(stock.client(workload, number))),
            Kind::Naive(naive) => Some(Box::new(naive.client(workload, number))),
            Kind::BareInsert => None,
        })
    }

    pub(crate) async fn stop(self) -> Result<()> {
        match self.kind {
            Kind::Library(library) => library.stop().await,
            Kind::Http(http) => http.stop().await,
            Kind::PostgresEs(stock) => stock.stop().await,
            Kind::Naive(_) | Kind::BareInsert => {}
        }
        self.server.stop().await
    }
}

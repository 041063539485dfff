//! daftar over HTTP: a service of its own, and clients that keep their connections.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, ensure};
use api::{App, Limits, Secrets};
use domain::actor::Role;
use domain::id::{OrderId, Text};
use futures::future::BoxFuture;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{Request, header};
use hyper_util::rt::TokioIo;
use ledger::Ledger;
use ledger::personal::Vault;
use ledger::principals::{NewKey, NewPrincipal, PrincipalKind, create_key, create_principal};
use serde::Deserialize;
use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{library, wish};
use crate::load::{Client, Done};
use crate::server::Server;
use crate::workload::{Stage, Step, Steps, Workload};

const KEY: [u8; 32] = [7; 32];
/// More than any run has.
const MANY: usize = 4_096;

pub(crate) struct Http {
    ledger: Ledger,
    address: SocketAddr,
    token: String,
    serving: JoinSet<()>,
}

impl Http {
    pub(crate) async fn start(server: &Server) -> Result<Self> {
        let ledger = library::open(server).await?;
        let token = key(&ledger).await?;
        // Nobody is turned away: it is measured what it can do.
        let limits = Limits {
            principal_rate: None,
            peer_rate: None,
            requests_max: MANY,
            principal_requests_max: MANY,
            ..Limits::default()
        };
        let secrets = Secrets::new(KEY, KEY, Vault::new(KEY));
        let app = App::new(ledger.clone(), secrets).with_limits(limits);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let service = api::router(app).into_make_service_with_connect_info::<SocketAddr>();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            axum::serve(listener, service).await.expect("it serves until it is dropped");
        });
        Ok(Self { ledger, address, token, serving })
    }

    pub(crate) async fn client(&self, workload: Workload, number: u32) -> Result<Shopper> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        let mut driving = JoinSet::new();
        driving.spawn(async move {
            connection.await.ok();
        });
        Ok(Shopper {
            sender,
            _driving: driving,
            bearer: format!("Bearer {}", self.token),
            steps: Steps::new(workload, number),
            order: None,
        })
    }

    pub(crate) async fn stop(mut self) {
        self.serving.abort_all();
        while self.serving.join_next().await.is_some() {}
        self.ledger.stop().await;
    }
}

async fn key(ledger: &Ledger) -> Result<String> {
    let mut conn = ledger.pool().acquire().await?;
    let (book, now) = (ledger.book(), ledger.clock().now());
    let principal = NewPrincipal {
        id: Text::new("storefront")?,
        kind: PrincipalKind::Service,
        role: Role::Admin,
        department: None,
        owner: None,
    };
    create_principal(&mut conn, book, &principal, None, now).await?;
    let new = NewKey { principal: principal.id, customers: None, expires_at: None };
    let token = create_key(&mut conn, book, &new, &rand::random(), None, now).await?;
    Ok(token.reveal())
}

pub(crate) struct Shopper {
    sender: SendRequest<Full<Bytes>>,
    /// Drives the connection for as long as this client lives.
    _driving: JoinSet<()>,
    bearer: String,
    steps: Steps,
    order: Option<Uuid>,
}

impl Shopper {
    async fn step(&mut self) -> Result<Done> {
        let (step, counts) = self.steps.next();
        let opens = matches!(step, Step::Open { .. });
        let (path, body, events) = match step {
            Step::Open { customer } => ("/api/orders".to_owned(), place(customer)?, 3),
            Step::Advance(stage) => {
                let order = self.order.context("an order was opened before")?;
                let stage = match stage {
                    Stage::Release => "release",
                    Stage::Start => "start-processing",
                    Stage::Pack => "pack",
                };
                (format!("/api/orders/{order}/{stage}"), "{}".to_owned(), 1)
            }
        };
        let request = Request::post(path)
            .header(header::HOST, "localhost")
            .header(header::AUTHORIZATION, &self.bearer)
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", wish::id().to_string())
            .body(Full::new(Bytes::from(body)))?;
        let reply = self.sender.send_request(request).await?;
        let status = reply.status();
        let body = reply.into_body().collect().await?.to_bytes();
        ensure!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
        if opens {
            let Opened { order } = serde_json::from_slice(&body)?;
            self.order = Some(order.id);
        }
        Ok(Done { events, counts })
    }
}

/// What is read of the reply to an order.
#[derive(Deserialize)]
struct Opened {
    order: OpenedOrder,
}

#[derive(Deserialize)]
struct OpenedOrder {
    id: Uuid,
}

fn place(customer: u32) -> Result<String> {
    // The service gives it an id.
    let place = wish::place(OrderId::new(Uuid::nil()), customer)?;
    let lines: Vec<_> = place
        .lines
        .iter()
        .map(|line| {
            json!({ "sku": line.sku, "quantity": line.quantity, "unit_price": line.unit_price })
        })
        .collect();
    let body = json!({
        "customer": place.customer,
        "method": "wallet_full",
        "lines": lines,
        "delivery": place.delivery,
        "total": place.total,
    });
    Ok(body.to_string())
}

impl Client for Shopper {
    fn next(&mut self) -> BoxFuture<'_, Result<Done>> {
        Box::pin(self.step())
    }
}

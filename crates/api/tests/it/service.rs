//! A running service: a database of its own, a listener, and a key for every role.

use std::collections::BTreeMap;

use api::{App, Secrets};
use domain::actor::Role;
use domain::id::{CustomerId, Text};
use eventstore::{BookId, Revision};
use ledger::database::Database as Store;
use ledger::gateways::{self, GatewayName, GatewaySecret};
use ledger::personal::Vault;
use ledger::principals::{self, NewKey, NewPrincipal, PrincipalKind};
use ledger::{Clock, Ledger};
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};
use testkit::Database;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::codes;
use crate::described;
use crate::gateways::sign;

pub(crate) const BOOK: BookId = BookId(1);
/// A gateway: whatever it sends is signed.
pub(crate) const GATEWAY: &str = "zain";
/// The beginning of a file.
pub(crate) const PDF: &[u8] = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n";

pub(crate) struct Service {
    pub(crate) database: Database,
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
    pub(crate) ledger: Ledger,
    pub(crate) vault: Vault,
    /// What the gateway of the tests signs with.
    pub(crate) gateway: GatewaySecret,
    keys: BTreeMap<&'static str, String>,
}

/// An answer that has been read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) async fn read(response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { self.json() }
    }

    /// A problem of this code, whole.
    #[track_caller]
    pub(crate) fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        let on_page = codes::on_page(code);
        let title = Some(on_page.title.as_str());
        assert_eq!((on_page.status, problem["title"].as_str()), (status, title), "{problem}");
        for member in ["type", "title", "instance", "trace_id"] {
            assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{problem}");
        }
        problem
    }
}

/// A request in the making.
pub(crate) struct Ask<'a> {
    service: &'a Service,
    builder: reqwest::RequestBuilder,
    is_signed: bool,
}

impl Ask<'_> {
    pub(crate) fn by(mut self, who: &str) -> Self {
        if who == GATEWAY {
            self.is_signed = true;
            return self;
        }
        self.builder = self.builder.bearer_auth(&self.service.keys[who]);
        self
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    pub(crate) fn json(mut self, body: &Value) -> Self {
        self.builder =
            self.builder.header("content-type", "application/json").body(body.to_string());
        self
    }

    pub(crate) fn body(mut self, body: &str) -> Self {
        self.builder = self.builder.body(body.to_owned());
        self
    }

    pub(crate) fn raw(mut self, body: impl Into<reqwest::Body>) -> Self {
        self.builder = self.builder.header("content-type", "application/json").body(body);
        self
    }

    /// A file as the whole body.
    pub(crate) fn file(mut self, media_type: &str, file: &[u8]) -> Self {
        self.builder = self.builder.header("content-type", media_type).body(file.to_vec());
        self
    }

    /// The answer's beginning, for what is not to be read as a text.
    pub(crate) async fn begin(self) -> Response {
        self.builder.send().await.unwrap()
    }

    pub(crate) async fn send_for_bytes(self) -> (StatusCode, HeaderMap, Vec<u8>) {
        let response = self.builder.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        (status, headers, response.bytes().await.unwrap().to_vec())
    }

    pub(crate) async fn send(self) -> Answer {
        let mut request = self.builder.build().unwrap();
        if self.is_signed {
            let body = request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default();
            let now = self.service.ledger.clock().now().timestamp();
            let signature = sign(&self.service.gateway, now, body);
            request.headers_mut().insert("daftar-signature", signature.parse().unwrap());
        }
        let told = told(&request);
        let answer = Answer::read(self.service.http.execute(request).await.unwrap()).await;
        described::check(&told, &answer);
        answer
    }
}

/// The request as it is held against the description.
fn told(request: &reqwest::Request) -> described::Request {
    let url = request.url();
    let media_type = request.headers().get("content-type");
    described::Request {
        method: request.method().clone(),
        path: url.path().to_owned(),
        query: url.query().unwrap_or_default().to_owned(),
        media_type: media_type.and_then(|text| text.to_str().ok()).unwrap_or_default().to_owned(),
        body: request.body().and_then(reqwest::Body::as_bytes).unwrap_or_default().to_vec(),
    }
}

impl Service {
    pub(crate) async fn start() -> Self {
        let migrations = ledger::schema::migrations();
        let log = eventstore::migrate::LOG;
        let key: String = log.iter().chain(&migrations).map(|migration| migration.sql).collect();
        let database = Database::create_from(&key, async |url| {
            Store::at(url, None).unwrap().migrate().await.unwrap();
        })
        .await;
        let store = Store::at(&database.url(), None).unwrap();
        let clock = Clock::system();
        let uuid = Uuid::from_u128(0xb00c_0000_0000_4000_8000_0000_0000_0001);
        store.create_book(BOOK, "main", uuid, clock.now()).await.unwrap();
        let ledger = store.open(BOOK, clock).await.unwrap();
        let mut keys = BTreeMap::new();
        for role in Role::ALL {
            let kind = match role {
                Role::Client | Role::Gateway => PrincipalKind::Service,
                Role::Finance | Role::Warehouse | Role::Logistics | Role::Auditor | Role::Admin => {
                    PrincipalKind::Person
                }
            };
            keys.insert(role.as_str(), make(&ledger, role.as_str(), kind, role, None).await);
        }
        let limited = Some(vec![CustomerId::new("c-limited").unwrap()]);
        let person = PrincipalKind::Service;
        keys.insert("limited", make(&ledger, "shop", person, Role::Client, limited).await);
        let second = PrincipalKind::Person;
        keys.insert("second", make(&ledger, "second", second, Role::Admin, None).await);

        let vault = Vault::new([9; 32]);
        let name = GatewayName::parse(GATEWAY).unwrap();
        let gateway = {
            let (mut conn, now) = (ledger.pool().acquire().await.unwrap(), ledger.clock().now());
            gateways::add(&mut conn, &vault, BOOK, &name, None, now).await.unwrap()
        };
        let app = App::new(ledger.clone(), Secrets::new([7; 32], [8; 32], vault.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let tasks = TaskTracker::new();
        tasks.spawn(async move { axum::serve(listener, api::router(app)).await.unwrap() });
        let http = reqwest::Client::new();
        Self { database, http, url, ledger, vault, gateway, keys }
    }

    /// The key of somebody, for a request that is written by hand.
    pub(crate) fn bearer(&self, who: &str) -> &str {
        &self.keys[who]
    }

    pub(crate) fn ask(&self, method: Method, path: &str) -> Ask<'_> {
        let builder = self.http.request(method, format!("{}{path}", self.url));
        Ask { service: self, builder, is_signed: false }
    }

    pub(crate) fn get(&self, path: &str) -> Ask<'_> {
        self.ask(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Ask<'_> {
        self.ask(Method::POST, path)
    }

    /// A command that must be accepted.
    #[track_caller]
    pub(crate) fn must(
        &self,
        who: &str,
        path: &str,
        body: &Value,
    ) -> impl Future<Output = Value> + use<> {
        let key = Uuid::from_u128(rand_bits()).to_string();
        let builder = self
            .http
            .post(format!("{}{path}", self.url))
            .bearer_auth(&self.keys[who])
            .header("idempotency-key", key)
            .header("content-type", "application/json")
            .body(body.to_string());
        let place = path.to_owned();
        let http = self.http.clone();
        async move {
            let request = builder.build().unwrap();
            let told = told(&request);
            let answer = Answer::read(http.execute(request).await.unwrap()).await;
            described::check(&told, &answer);
            assert!(answer.status.is_success(), "{place}: {} {}", answer.status, answer.text);
            answer.json()
        }
    }

    /// A receipt that must be accepted; the order after it.
    pub(crate) async fn show_receipt(&self, order: &str, claimed: &str) -> Value {
        let path = format!("/api/orders/{order}/receipts?claimed={claimed}&currency=IQD");
        let file = [PDF, &rand_bits().to_be_bytes()].concat();
        let key = Uuid::from_u128(rand_bits()).to_string();
        let ask = self.post(&path).by("client").key(&key).file("application/pdf", &file);
        ask.send().await.expect(200)
    }

    /// Money in a customer's wallet.
    pub(crate) async fn top_up(&self, customer: &str, amount: &str) {
        let body = json!({ "amount": iqd(amount), "payment": { "cash": {} } });
        self.must("finance", &format!("/api/customers/{customer}/wallet/deposits"), &body).await;
    }

    /// Changes what lies beside the log, behind the service's back.
    pub(crate) async fn run(&self, sql: &'static str) {
        self.database.run(sql).await;
    }

    /// How many commands were recorded.
    pub(crate) async fn recorded(&self) -> (usize, i64) {
        let pool = self.database.pool(1);
        let mut conn = pool.acquire().await.unwrap();
        let head = eventstore::read_head(&mut conn, BOOK).await.unwrap();
        let commands =
            eventstore::read::commands_after(&mut conn, BOOK, Revision::ZERO, 10_000).await;
        (commands.unwrap().len(), head.position.get())
    }
}

fn rand_bits() -> u128 {
    let bytes: [u8; 16] = rand::random();
    u128::from_be_bytes(bytes)
}

async fn make(
    ledger: &Ledger,
    name: &str,
    kind: PrincipalKind,
    role: Role,
    customers: Option<Vec<CustomerId>>,
) -> String {
    let principal: Text<64> = Text::new(name).unwrap();
    let now = ledger.clock().now();
    let mut conn = ledger.pool().acquire().await.unwrap();
    let new = NewPrincipal { id: principal.clone(), kind, role, department: None, owner: None };
    principals::create_principal(&mut conn, BOOK, &new, None, now).await.unwrap();
    let new = NewKey { principal, customers, expires_at: None };
    let token =
        principals::create_key(&mut conn, BOOK, &new, &rand::random(), None, now).await.unwrap();
    token.reveal()
}

pub(crate) fn iqd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "IQD" })
}

/// An order of one line at this price, paid from the wallet in full.
pub(crate) fn wallet_order(customer: &str, price: &str) -> Value {
    json!({
        "customer": customer,
        "method": "wallet_full",
        "lines": [{ "sku": "ACID-1", "quantity": "1", "unit_price": iqd(price) }],
        "total": iqd(price),
    })
}

pub(crate) fn transfer_order(customer: &str, price: &str) -> Value {
    let mut order = wallet_order(customer, price);
    order["method"] = json!("bank_transfer_grace");
    order
}

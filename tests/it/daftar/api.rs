//! What a client sends, and what it hears.

use std::time::Duration;

use serde_json::{Value, json};

const TIMEOUT: Duration = Duration::from_secs(40);

/// A node, as a client with some key sees it.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    base: String,
}

/// One command, for as long as it takes: its idempotency key and everything else that a retry must
/// repeat.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) idempotency_key: String,
    pub(crate) bearer: String,
    pub(crate) path: String,
    pub(crate) body: Value,
}

/// A reply, whatever it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: String,
    pub(crate) is_replayed: bool,
    /// When to ask again, as it says itself.
    pub(crate) retry_after: Option<String>,
}

/// What came of an attempt.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// Decided: accepted or refused, for ever.
    Decided(Reply),
    /// The service said that it cannot tell.
    Unavailable(Reply),
    /// It said nothing.
    Nothing(String),
    /// Nobody listens.
    Refused(String),
}

impl Api {
    pub(crate) fn new(base: String) -> Self {
        Self::keeping(base, usize::MAX)
    }

    /// A client that opens a connection for each request.
    pub(crate) fn unkept(base: String) -> Self {
        Self::keeping(base, 0)
    }

    /// A client that keeps so many connections once they were asked on.
    pub(crate) fn keeping(base: String, connections: usize) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .timeout(TIMEOUT)
            .pool_max_idle_per_host(connections)
            .build()
            .expect("a client needs nothing");
        Self { http, base }
    }

    /// Whatever is there, without a key: its status and its text.
    pub(crate) async fn look(&self, path: &str) -> Option<(u16, String)> {
        let response = self.http.get(format!("{}{path}", self.base)).send().await.ok()?;
        Some((response.status().as_u16(), response.text().await.ok()?))
    }

    /// What is counted under this name and these labels. The connection of the last request may not
    /// be free again yet, and another one be one too many: then it asks again.
    pub(crate) async fn counted(&self, sample: &str) -> u64 {
        let (mut status, mut text) = self.look("/metrics").await.expect("the service answers");
        for _ in 0..100 {
            if status != 503 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            (status, text) = self.look("/metrics").await.expect("the service answers");
        }
        assert_eq!(status, 200, "{text}");
        let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        let count = line.unwrap_or_else(|| panic!("no {sample} in {text}"));
        count.parse().expect("a whole number")
    }

    /// One attempt at a command.
    pub(crate) async fn attempt(&self, ticket: &Ticket) -> Answer {
        self.send(self.post(ticket).json(&ticket.body)).await
    }

    /// One attempt at a command whose body is sent as it is, a file or what somebody signed.
    pub(crate) async fn send_raw(
        &self,
        ticket: &Ticket,
        headers: &[(&'static str, String)],
        body: &[u8],
    ) -> Answer {
        let request = self.post(ticket).body(body.to_owned());
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
        self.send(request).await
    }

    fn post(&self, ticket: &Ticket) -> reqwest::RequestBuilder {
        self.http
            .post(format!("{}{}", self.base, ticket.path))
            .bearer_auth(&ticket.bearer)
            .header("Idempotency-Key", &ticket.idempotency_key)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Answer::Refused(format!("{error:?}")),
            Err(error) => return Answer::Nothing(format!("{error:?}")),
        };
        let status = response.status().as_u16();
        let is_replayed = response.headers().contains_key("idempotency-replayed");
        let retry_after = response.headers().get("retry-after");
        let retry_after = retry_after.and_then(|text| Some(text.to_str().ok()?.to_owned()));
        match response.text().await {
            Err(error) => Answer::Nothing(format!("{error:?}")),
            Ok(body) if status < 500 && status != 429 => {
                Answer::Decided(Reply { status, body, is_replayed, retry_after })
            }
            Ok(body) => Answer::Unavailable(Reply { status, body, is_replayed, retry_after }),
        }
    }

    /// One attempt, which must be decided.
    pub(crate) async fn command(&self, ticket: &Ticket) -> Reply {
        match self.attempt(ticket).await {
            Answer::Decided(reply) => reply,
            other @ (Answer::Unavailable(_) | Answer::Nothing(_) | Answer::Refused(_)) => {
                panic!("{} was not decided: {other:?}", ticket.path)
            }
        }
    }

    pub(crate) async fn get(&self, bearer: &str, path: &str) -> Value {
        let response = self
            .http
            .get(format!("{}{path}", self.base))
            .bearer_auth(bearer)
            .send()
            .await
            .expect("the service answers");
        let status = response.status();
        let body = response.text().await.expect("the answer is whole");
        assert!(status.is_success(), "GET {path} answered {status}: {body}");
        serde_json::from_str(&body).expect("the answer is JSON")
    }

    /// One attempt at a request that has no body or gets no reply of a command.
    pub(crate) async fn try_get(&self, bearer: &str, path: &str) -> Answer {
        self.send(self.http.get(format!("{}{path}", self.base)).bearer_auth(bearer)).await
    }

    /// What a customer's one wallet holds.
    pub(crate) async fn balance(&self, bearer: &str, customer: &str) -> String {
        let said = self.get(bearer, &format!("/api/customers/{customer}/wallet")).await;
        let balance = said["wallets"][0]["balance"]["amount"].as_str();
        balance.unwrap_or_else(|| panic!("{customer} has no wallet: {said}")).to_owned()
    }

    /// One attempt to have something deleted.
    pub(crate) async fn try_delete(&self, bearer: &str, path: &str) -> Answer {
        self.send(self.http.delete(format!("{}{path}", self.base)).bearer_auth(bearer)).await
    }
}

impl Reply {
    pub(crate) fn is_accepted(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("every reply is JSON")
    }
}

impl Ticket {
    /// Money that came in over the counter.
    pub(crate) fn top_up(bearer: &str, customer: &str, amount: u64) -> Self {
        Self {
            idempotency_key: format!("top-up {customer}"),
            bearer: bearer.to_owned(),
            path: format!("/api/customers/{customer}/wallet/deposits"),
            body: json!({ "amount": iqd(amount), "payment": { "cash": {} } }),
        }
    }

    /// An order of one line, paid from the wallet.
    pub(crate) fn place(bearer: &str, key: String, customer: &str, amount: u64) -> Self {
        Self {
            idempotency_key: key,
            bearer: bearer.to_owned(),
            path: "/api/orders".to_owned(),
            body: json!({
                "customer": customer,
                "method": "wallet_full",
                "lines": [{ "sku": "LB-502", "quantity": "1", "unit_price": iqd(amount) }],
                "total": iqd(amount),
            }),
        }
    }

    /// A paid order into the warehouse.
    pub(crate) fn release(bearer: &str, key: String, order: &str) -> Self {
        Self {
            idempotency_key: key,
            bearer: bearer.to_owned(),
            path: format!("/api/orders/{order}/release"),
            body: json!({}),
        }
    }
}

fn iqd(amount: u64) -> Value {
    json!({ "amount": amount.to_string(), "currency": "IQD" })
}

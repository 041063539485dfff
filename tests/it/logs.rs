//! What the process says on stderr, at the most that it can be asked to say: which stream, which
//! position, which principal, which trace; and nothing that anyone sent.

use std::fs;
use std::path::Path;

use hmac::{Hmac, KeyInit as _, Mac as _};
use rustix::process::Signal;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::daftar::{Answer, Api, Installation, Service, Ticket};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CUSTOMER: &str = "customer-log-770";
const IBAN: &str = "IQ98NBIQ850123456789012";
/// What is sent in bodies, headers and queries, and is nobody else's business.
const TOLD: [&str; 12] = [
    "Noor Al-Saadi",
    "+9647701234567",
    "Karrada 52",
    "ring-twice-note",
    "behalf-of-umm-noor",
    "a-receipt-in-a-file",
    "a-reason-nobody-logs",
    "query-secret-value",
    "gateway-told-id-9",
    "idempotency-key-of-noor",
    "malformed-body-secret",
    "hook-address-secret",
];

/// Calls with a key, each of them noted.
struct Caller {
    api: Api,
    bearer: String,
    count: u32,
}

impl Caller {
    async fn post(&mut self, path: &str, body: Value) -> Value {
        self.count += 1;
        let ticket = Ticket {
            idempotency_key: format!("idempotency-key-of-noor {} {path}", self.count),
            bearer: self.bearer.clone(),
            path: path.to_owned(),
            body: Value::Null,
        };
        let headers = [
            ("content-type", "application/json".to_owned()),
            ("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01")),
        ];
        let reply = match self.api.send_raw(&ticket, &headers, body.to_string().as_bytes()).await {
            Answer::Decided(reply) => reply,
            other @ (Answer::Unavailable(_) | Answer::Nothing(_) | Answer::Refused(_)) => {
                panic!("{path}: {other:?}")
            }
        };
        assert!(reply.is_accepted(), "{path}: {} {}", reply.status, reply.body);
        reply.json()
    }

    async fn get(&self, path: &str) -> Value {
        self.api.get(&self.bearer, path).await
    }
}

/// A call as it comes, with whatever answer.
async fn send(
    api: &Api,
    bearer: &str,
    path: &str,
    headers: &[(&'static str, String)],
    body: &[u8],
) {
    let ticket = Ticket {
        idempotency_key: format!("idempotency-key-of-noor {path} {}", body.len()),
        bearer: bearer.to_owned(),
        path: path.to_owned(),
        body: Value::Null,
    };
    match api.send_raw(&ticket, headers, body).await {
        Answer::Decided(_) => {}
        other @ (Answer::Unavailable(_) | Answer::Nothing(_) | Answer::Refused(_)) => {
            panic!("{path}: {other:?}")
        }
    }
}

fn iqd(amount: &str) -> Value {
    json!({ "amount": amount, "currency": "IQD" })
}

fn order(method: &str) -> Value {
    json!({
        "customer": CUSTOMER,
        "method": method,
        "lines": [{ "sku": "LB-502", "quantity": "1", "unit_price": iqd("700") }],
        "total": iqd("700"),
        "recipient": {
            "name": "Noor Al-Saadi", "phone": "+9647701234567", "address": "Karrada 52",
            "note": "ring-twice-note",
        },
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_says_what_was_decided_and_nothing_that_was_sent() {
    let installation = Installation::new("logs");
    let mut command = installation.daftar(&["serve"]);
    command.env("RUST_LOG", "trace");
    let mut service = Service::start(command);
    let api = Api::new(service.base());
    let mut secrets: Vec<String> = TOLD.map(str::to_owned).to_vec();
    secrets.extend([CUSTOMER.to_owned(), IBAN.to_owned()]);
    let who = |role: &str, name: &str| {
        let bearer = installation.key(role, name);
        Caller { api: api.clone(), bearer, count: 0 }
    };
    let (mut shop, mut finance) = (who("client", "storefront"), who("finance", "zahra"));
    let (mut admin, auditor) = (who("admin", "hamid"), who("auditor", "ali"));
    let (mut warehouse, mut logistics) = (who("warehouse", "huda"), who("logistics", "omar"));
    for caller in [&shop, &finance, &admin, &auditor, &warehouse, &logistics] {
        secrets.push(caller.bearer.clone());
    }

    // Money in, an order with personal data, its way to the door with a delivery code.
    let wallet = format!("/api/customers/{CUSTOMER}/wallet");
    let deposit = json!({ "amount": iqd("9000"), "payment": { "cash": {} } });
    finance.post(&format!("{wallet}/deposits"), deposit).await;
    let placed = shop.post("/api/orders", order("wallet_full")).await;
    let id = placed["order"]["id"].as_str().expect("it has an id").to_owned();
    finance.post(&format!("/api/orders/{id}/release"), json!({})).await;
    warehouse.post(&format!("/api/orders/{id}/start-processing"), json!({})).await;
    warehouse.post(&format!("/api/orders/{id}/pack"), json!({})).await;
    let sent = json!({ "carrier": "van", "tracking": "T-1" });
    logistics.post(&format!("/api/orders/{id}/dispatch"), sent).await;
    let codes = shop.get(&format!("/api/orders/{id}/delivery-code")).await;
    let code = codes["delivery_codes"][0]["code"].as_str().expect("it has a code").to_owned();
    secrets.push(code.clone());
    logistics.post(&format!("/api/orders/{id}/deliver"), json!({ "code": code })).await;

    // A withdrawal, a receipt, a reason, whom a service acts for.
    let destination = json!({ "iban": IBAN, "holder": "Noor Al-Saadi" });
    let wished = json!({ "amount": iqd("500"), "destination": destination });
    let asked = shop.post(&format!("{wallet}/withdrawals"), wished).await;
    let request = asked["request"].as_str().expect("it has an id");
    finance.get(&format!("/api/wallet-withdrawals/{request}")).await;
    let transfer = shop.post("/api/orders", order("bank_transfer_grace")).await;
    let other = transfer["order"]["id"].as_str().expect("it has an id");
    let receipts = format!("/api/orders/{other}/receipts?claimed=700&currency=IQD");
    let file = [b"%PDF-1.7\n".as_slice(), b"a-receipt-in-a-file"].concat();
    let pdf = [("content-type", "application/pdf".to_owned())];
    send(&api, &shop.bearer, &receipts, &pdf, &file).await;
    let hold = json!({ "department": "finance", "reason": "a-reason-nobody-logs" }).to_string();
    let path = format!("/api/orders/{other}/hold");
    let for_whom = [
        ("content-type", "application/json".to_owned()),
        ("on-behalf-of", "behalf-of-umm-noor".to_owned()),
    ];
    send(&api, &finance.bearer, &path, &for_whom[..1], hold.as_bytes()).await;
    let body = order("bank_transfer_grace").to_string();
    send(&api, &shop.bearer, "/api/orders", &for_whom, body.as_bytes()).await;

    // A gateway that signs, a key that is made over the API, a webhook.
    let gateway = installation.json(&["gateways", "add", "zain", "--as", "hamid"]);
    let secret = gateway["secret"].as_str().expect("it is shown").to_owned();
    let told = json!({ "id": "gateway-told-id-9", "amount": iqd("50"), "customer": CUSTOMER });
    let now = now();
    let signature = sign(&secret, now, told.to_string().as_bytes());
    let signed = [
        ("content-type", "application/json".to_owned()),
        ("daftar-signature", format!("t={now},v1={signature}")),
    ];
    let path = "/api/gateways/main/zain/callback";
    send(&api, "none", path, &signed, told.to_string().as_bytes()).await;
    secrets.extend([secret, signature]);
    let made = admin.post("/api/admin/keys", json!({ "principal": "zahra" })).await;
    secrets.push(made["key"].as_str().expect("it is shown").to_owned());
    let hook = json!({ "url": "https://192.0.2.1/hook-address-secret", "after": "0" });
    send(&api, &admin.bearer, "/api/webhooks", &for_whom[..1], hook.to_string().as_bytes()).await;

    // What is wrong: queries, bodies, keys.
    for path in ["/api/orders?query-secret-value=1", "/api/nothing/query-secret-value"] {
        api.look(path).await.expect("it answers");
    }
    let wrong = format!("dk_{}_{}", "0123456789ab", "f".repeat(64));
    let malformed = b"{\"customer\": \"malformed-body-secret\", ";
    send(&api, &shop.bearer, "/api/orders", &for_whom[..1], malformed).await;
    send(&api, &wrong, "/api/orders", &for_whom[..1], malformed).await;
    let odd = json!({ "customer": "malformed-body-secret", "method": "malformed-body-secret" });
    send(&api, &shop.bearer, "/api/orders", &for_whom[..1], odd.to_string().as_bytes()).await;
    secrets.push("f".repeat(64));
    auditor.get("/api/audit/trial-balance").await;
    auditor.get("/api/events?after=0").await;

    service.signal(Signal::TERM);
    assert!(service.ended().success());
    let log = service.log();
    let found: Vec<&String> = secrets.iter().filter(|secret| mentions(&log, secret)).collect();
    let lines: Vec<&str> =
        log.lines().filter(|line| found.iter().any(|secret| mentions(line, secret))).collect();
    assert!(found.is_empty(), "the log names {found:?}:\n{}", lines.join("\n"));

    let accepted: Vec<&str> =
        log.lines().filter(|line| line.contains("a command was accepted")).collect();
    assert!(accepted.len() >= 10, "{log}");
    let line = accepted.iter().find(|line| line.contains(&format!("order-{id}@")));
    let line = line.unwrap_or_else(|| panic!("nothing of the order in {accepted:#?}"));
    for part in ["position=", "principal=", &format!("trace.id=\"{TRACE}\"")] {
        assert!(line.contains(part), "no {part} in {line}");
    }
    assert!(log.contains("DEBUG"), "that was not all that it can say");
    no_trace_in(&installation.data(), &secrets);
}

/// Digits stand for a code only where they stand alone.
fn mentions(text: &str, secret: &str) -> bool {
    let is_digits = secret.bytes().all(|byte| byte.is_ascii_digit());
    text.match_indices(secret).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + secret.len()..].chars().next();
        let is_part = |next: Option<char>| next.is_some_and(char::is_alphanumeric);
        !is_digits || !is_part(before) && !is_part(after) && before != Some('.')
    })
}

/// Nor does the private Postgres write it into its own log.
fn no_trace_in(data: &Path, secrets: &[String]) {
    let mut places = vec![data.to_owned()];
    let mut read = 0;
    while let Some(place) = places.pop() {
        for entry in fs::read_dir(&place).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                places.push(path);
            } else if path.extension().is_some_and(|extension| extension == "log") {
                let text =
                    String::from_utf8_lossy(&fs::read(&path).expect("it is ours")).into_owned();
                let found: Vec<&String> =
                    secrets.iter().filter(|secret| mentions(&text, secret)).collect();
                assert!(found.is_empty(), "{} names {found:?}", path.display());
                read += 1;
            }
        }
    }
    assert!(read > 0, "Postgres keeps no log where one was looked for");
}

/// What the service's clock says as well.
#[expect(clippy::disallowed_methods, reason = "whoever signs knows what time it is")]
fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

fn sign(secret: &str, seconds: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(format!("{seconds}.").as_bytes());
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

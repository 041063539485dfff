//! Connections that are silent, slow, too long-winded or too many.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::daftar::{Api, Installation, Service};

/// Far longer than the second that the service waits.
const PATIENCE: Duration = Duration::from_secs(20);
const MANY: usize = 8;

fn connect(service: &Service) -> TcpStream {
    let stream = TcpStream::connect(service.base().replace("http://", "")).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a time is a time");
    stream
}

/// Everything that comes until the service closes the connection.
fn read_to_the_end(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("it is not closed: {error}"),
    }
    String::from_utf8(text).expect("it is text")
}

#[test]
fn whoever_is_silent_or_slow_is_hung_up_on() {
    let installation = Installation::new("slow");
    let limits = ["serve", "--header-seconds", "1", "--request-seconds", "2"];
    let service = Service::start(installation.daftar(&limits));
    let silent = connect(&service);
    let mut halfway = connect(&service);
    halfway.write_all(b"GET /livez HTTP/1.1\r\nHost:").expect("it reads");
    let mut idle = connect(&service);
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: daftar\r\n\r\n").expect("it reads");
    let mut trickling = connect(&service);
    let head = b"POST /api/webhooks HTTP/1.1\r\nHost: daftar\r\nContent-Length: 10\r\n\r\n";
    trickling.write_all(head).expect("it reads");
    let mut wordy = connect(&service);
    wordy.write_all(b"GET /livez HTTP/1.1\r\nHost: daftar\r\nX-Long: ").expect("it reads");
    // Whether all of it is taken does not matter.
    wordy.write_all("x".repeat(100_000).as_bytes()).ok();
    wordy.write_all(b"\r\n\r\n").ok();

    assert_eq!(read_to_the_end(silent), "");
    let said = read_to_the_end(halfway);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 408 "), "{said}");
    let said = read_to_the_end(idle);
    assert!(said.starts_with("HTTP/1.1 204 "), "{said}");
    let said = read_to_the_end(trickling);
    assert!(said.starts_with("HTTP/1.1 401 ") || said.starts_with("HTTP/1.1 503 "), "{said}");
    let said = read_to_the_end(wordy);
    assert!(said.is_empty() || said.starts_with("HTTP/1.1 431 "), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_beyond_the_limit_are_told_so_and_the_others_go_on() {
    let installation = Installation::new("many");
    let limit = (MANY + 1).to_string();
    let service = Service::start(installation.daftar(&["serve", "--connections-max", &limit]));
    let api = Api::keeping(service.base(), 1);
    // Whoever waited for the service to begin has hung up.
    reaches(&api, "daftar_http_connections", 1).await;
    let held: Vec<TcpStream> = (0..MANY).map(|_| connect_and_ask(&service)).collect();

    let mut beyond = connect(&service);
    beyond.write_all(b"GET /livez HTTP/1.1\r\nHost: daftar\r\n\r\n").expect("it reads");
    let said = read_to_the_end(beyond);
    assert!(said.starts_with("HTTP/1.1 503 "), "{said}");
    assert!(said.contains("\"code\":\"overloaded\""), "{said}");
    assert!(said.to_lowercase().contains("\r\nretry-after: 1\r\n"), "{said}");
    // Whoever was there goes on.
    assert!(api.counted("daftar_http_shed_total{what=\"connections\"}").await >= 1);

    drop(held);
    reaches(&api, "daftar_http_connections", 1).await;
    let mut after = connect(&service);
    let ask = b"GET /livez HTTP/1.1\r\nHost: daftar\r\nConnection: close\r\n\r\n";
    after.write_all(ask).expect("it reads");
    let said = read_to_the_end(after);
    assert!(said.starts_with("HTTP/1.1 204 "), "{said}");
}

/// A connection that was answered, so that it is one of those within the limit: the other client's
/// one connection is two for a moment, if it asks before it has given the first one back.
fn connect_and_ask(service: &Service) -> TcpStream {
    let begun = Instant::now();
    loop {
        let mut stream = connect(service);
        stream.write_all(b"GET /livez HTTP/1.1\r\nHost: daftar\r\n\r\n").expect("it reads");
        let mut status = [0; "HTTP/1.1 204 ".len()];
        stream.read_exact(&mut status).expect("it answers");
        if status == *b"HTTP/1.1 204 " {
            return stream;
        }
        assert!(begun.elapsed() < PATIENCE, "{}", String::from_utf8_lossy(&status));
        std::thread::sleep(Duration::from_millis(20));
    }
}

async fn reaches(api: &Api, sample: &str, goal: u64) {
    let begun = Instant::now();
    loop {
        let count = api.counted(sample).await;
        if count == goal {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{sample} stays at {count}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

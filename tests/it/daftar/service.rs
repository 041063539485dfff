//! A running `daftar serve`.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Slow machines that build something else meanwhile.
const SERVES_WITHIN: Duration = Duration::from_mins(1);
const ENDS_WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(10);

/// Dropped with `kill -9`.
#[derive(Debug)]
pub(crate) struct Service {
    child: Child,
    serves: Receiver<String>,
    base: Option<String>,
    log: Arc<Mutex<String>>,
}

impl Service {
    /// Starts it, and waits until it serves.
    pub(crate) fn start(command: Command) -> Self {
        let mut service = Self::spawn(command);
        service.await_serving();
        service
    }

    /// Starts it, and waits for nothing.
    pub(crate) fn spawn(mut command: Command) -> Self {
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let stderr = child.stderr.take().expect("it is piped");
        let (say, serves) = channel();
        let log = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&log);
        std::thread::spawn(move || read(stderr, &written, &say));
        Self { child, serves, base: None, log }
    }

    fn await_serving(&mut self) {
        match self.serves.recv_timeout(SERVES_WITHIN) {
            Ok(address) => self.base = Some(format!("http://{address}")),
            Err(error) => panic!("it does not serve ({error}):\n{}", self.log()),
        }
    }

    /// `http://127.0.0.1:…`
    pub(crate) fn base(&self) -> String {
        self.base.clone().expect("it was waited for")
    }

    /// What it wrote to stderr so far.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it runs");
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, and waits until it is gone.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it is ours");
    }

    /// Waits until it ends by itself.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return status;
            }
            assert!(begun.elapsed() < ENDS_WITHIN, "it does not end:\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the service said:\n{}", self.log());
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Keeps what it says, and passes on the address that it serves at.
fn read(stderr: ChildStderr, log: &Mutex<String>, serves: &Sender<String>) {
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if line.contains("serving")
            && let Some((_, after)) = line.split_once("address=")
        {
            let address = after.split_whitespace().next().unwrap_or_default();
            serves.send(address.to_owned()).ok();
        }
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_str(&line);
        log.push('\n');
    }
}

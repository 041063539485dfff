//! A database URL that names a Unix socket, as sqlx and psql read it.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::server::{PORT, SUPERUSER};

pub(crate) fn of(socket_dir: &Path, database: &str) -> String {
    let host = encoded(socket_dir.as_os_str().as_bytes());
    let database = encoded(database.as_bytes());
    format!("postgres://{SUPERUSER}@{host}:{PORT}/{database}?sslmode=disable")
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("writing to a string cannot fail");
        }
    }
    text
}

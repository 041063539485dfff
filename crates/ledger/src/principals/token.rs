//! An API key as its holder has it: `dk_<id>_<secret>`.

use std::fmt;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const PREFIX: &str = "dk";
const ID_BYTES: usize = 8;
/// 256 bits.
const SECRET_BYTES: usize = 32;

/// How many random bytes a key is made of.
pub const RANDOM_BYTES: usize = ID_BYTES + SECRET_BYTES;

/// A whole key. Shown once, to whoever it was made for; never printed by accident.
#[derive(Clone)]
pub struct Token {
    id: String,
    secret: String,
}

impl fmt::Debug for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Token").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Token {
    /// Makes a key of bytes that nobody can guess.
    pub fn from_random(random: &[u8; RANDOM_BYTES]) -> Self {
        let (id, secret) = random.split_at(ID_BYTES);
        Self { id: hex(id), secret: hex(secret) }
    }

    /// Reads a key; none if the text is not of its form.
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(PREFIX)?.strip_prefix('_')?.split_once('_')?;
        let is_hex = |text: &str, bytes: usize| {
            text.len() == 2 * bytes
                && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        (is_hex(id, ID_BYTES) && is_hex(secret, SECRET_BYTES))
            .then(|| Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// The part that names the key and may be shown.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The text to give to its holder.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}_{}_{}", self.id, self.secret)
    }

    /// What is kept of the secret.
    pub(super) fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.secret.as_bytes()).into()
    }

    /// Compares in the same time whatever differs.
    pub(super) fn is_hashed_to(&self, stored: &[u8]) -> bool {
        self.hash().ct_eq(stored).into()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes any text");
        text
    })
}

//! Why a client says that something is done: in a code, since what customers write is personal
//! data, and a reason stays in the log for ever.

use domain::actor::Role;
use domain::id::Reason;

use super::Caller;
use crate::problem::Problem;
use crate::scope::Scope;

const LENGTH_MAX: usize = 64;

impl<const SCOPE: Scope> Caller<SCOPE> {
    /// Refuses a client's reason that is no code. Those who work for the shop write sentences.
    pub(crate) fn may_give(&self, reason: &Reason) -> Result<(), Problem> {
        if self.credential.role != Role::Client || is_code(reason.as_str()) {
            return Ok(());
        }
        Err(Problem::new("bad-text").fault("/reason", "not-a-code"))
    }
}

fn is_code(text: &str) -> bool {
    let plain = |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit();
    text.len() <= LENGTH_MAX
        && text.bytes().all(|letter| plain(letter) || matches!(letter, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_short_and_holds_nothing_that_people_write() {
        for code in ["ordered-twice", "changed_mind", "x", "4", &"a".repeat(64)] {
            assert!(is_code(code), "{code}");
        }
        for text in ["Zaid", "moved to Basra", "call 0770-123", "نعم", "a.b", &"a".repeat(65)] {
            assert!(!is_code(text), "{text}");
        }
    }
}

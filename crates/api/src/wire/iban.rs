//! An IBAN: money must not go astray over a typing error.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The longest that ISO 13616 allows, and the shortest that any country has.
const LENGTH_MAX: usize = 34;
const LENGTH_MIN: usize = 15;

/// An IBAN whose check digits are right, without spaces. It never shows in a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Iban(String);

impl Iban {
    fn is_valid(text: &str) -> bool {
        let (country, rest) = text.split_at_checked(2).unwrap_or_default();
        let (check, account) = rest.split_at_checked(2).unwrap_or_default();
        (LENGTH_MIN..=LENGTH_MAX).contains(&text.len())
            && country.bytes().all(|byte| byte.is_ascii_uppercase())
            && check.bytes().all(|byte| byte.is_ascii_digit())
            && account.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            && remainder(account.chars().chain(country.chars()).chain(check.chars())) == 1
    }
}

/// ISO 7064, MOD 97-10: letters count from ten.
fn remainder(characters: impl Iterator<Item = char>) -> u32 {
    characters.filter_map(|character| character.to_digit(36)).fold(0, |sum, digit| {
        let places = if digit < 10 { 10 } else { 100 };
        (sum * places + digit) % 97
    })
}

impl TryFrom<String> for Iban {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if Self::is_valid(&text) { Ok(Self(text)) } else { Err("this is no IBAN") }
    }
}

impl From<Iban> for String {
    fn from(iban: Iban) -> Self {
        iban.0
    }
}

impl fmt::Debug for Iban {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Iban")
    }
}

#[cfg(test)]
mod tests {
    use super::Iban;

    #[test]
    fn one_wrong_or_swapped_character_is_noticed() {
        for good in ["IQ98NBIQ850123456789012", "GB82WEST12345698765432", "NO9386011117947"] {
            assert!(Iban::is_valid(good), "{good}");
        }
        for bad in [
            "",
            "IQ",
            "IQ98NBIQ850123456789013",
            "IQ98NBIQ850123456789021",
            "IQ98 NBIQ 8501 2345 6789 012",
            "iq98nbiq850123456789012",
            "9898NBIQ850123456789012",
            "IQ98NBIQ85012345678901٢",
            "ÄÖ98NBIQ850123456789012",
        ] {
            assert!(!Iban::is_valid(bad), "{bad}");
        }
    }
}

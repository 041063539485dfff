//! A build that folds otherwise, for tests of how one build follows another. A release has none.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rust_decimal::Decimal;

use crate::customer_orders::CustomerOrders;
use crate::fact::Fact;
use crate::projection::Projection;
use crate::views::{CODED, Views};

static VARIANT: OnceLock<Variant> = OnceLock::new();

/// What is other than in the code.
#[derive(Debug, Default)]
struct Variant {
    versions: BTreeMap<&'static str, i32>,
    lacking: BTreeSet<&'static str>,
    /// Orders are said to have been paid twice over.
    doubles_paid: bool,
}

/// What is wrong with the text that asks for a variant.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum VariantError {
    #[error(
        "{0:?} is not a variant: say `payments:2`, `customer_orders:2:bug` or `-statement_lines`"
    )]
    Text(String),
    #[error("the variant of this process is set already")]
    Twice,
}

/// Makes this process another build, once and before anything else: `customer_orders:2` is a fold
/// version, `customer_orders:2:bug` one that doubles `paid`, `-statement_lines` a projection that
/// this build does not have. Several are parted by commas.
pub fn set(text: &str) -> Result<(), VariantError> {
    VARIANT.set(parse(text)?).map_err(|_| VariantError::Twice)
}

fn parse(text: &str) -> Result<Variant, VariantError> {
    let mut variant = Variant::default();
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let wrong = || VariantError::Text(part.to_owned());
        let known =
            |name: &str| CODED.iter().copied().find(|known| *known == name).ok_or_else(wrong);
        if let Some(name) = part.strip_prefix('-') {
            variant.lacking.insert(known(name)?);
            continue;
        }
        let mut words = part.split(':');
        let name = known(words.next().unwrap_or_default())?;
        let version = words.next().and_then(|version| version.parse().ok()).ok_or_else(wrong)?;
        variant.versions.insert(name, version);
        match (words.next(), words.next()) {
            (None, _) => {}
            (Some("bug"), None) if name == CustomerOrders::NAME => variant.doubles_paid = true,
            (Some(_), _) => return Err(wrong()),
        }
    }
    Ok(variant)
}

fn get() -> Option<&'static Variant> {
    VARIANT.get()
}

/// Whether this build has the projection.
pub(crate) fn has(name: &str) -> bool {
    get().is_none_or(|variant| !variant.lacking.contains(name))
}

/// The fold version that this build says it has.
pub(crate) fn version(name: &str) -> Option<i32> {
    get()?.versions.get(name).copied()
}

/// Folds wrongly, where that was asked for.
pub(crate) fn spoil(fact: &Fact<'_>, views: &mut Views) {
    if get().is_some_and(|variant| variant.doubles_paid)
        && let Some((order, _, _)) = fact.order()
    {
        views.customer_orders.change(&order, |row| row.paid *= Decimal::TWO);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_variant_is_refused() {
        for text in ["orders:2", "payments", "payments:x", "payments:2:bug", "-nothing"] {
            assert_eq!(parse(text).unwrap_err(), VariantError::Text(text.to_owned()));
        }
        assert!(parse("customer_orders:2:bug:bug").is_err());
        let variant = parse("customer_orders:2:bug, -statement_lines,payments:7,").unwrap();
        assert!(variant.doubles_paid && variant.lacking.contains("statement_lines"));
        assert_eq!(variant.versions["payments"], 7);
    }
}

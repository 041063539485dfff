//! How a book's live projections stand to those of this build: whether it can write them, and if
//! not, what differs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use eventstore::{AppendFunction, fold_set};

use crate::customer_orders::CustomerOrders;
use crate::projection::Projection;
use crate::views::projections;

/// The next order's number is found in it: without it nothing can be decided.
const NEEDED: &str = CustomerOrders::NAME;

/// The live projections of a book that this build can write: all of its own, or all but those that
/// are still to be filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    names: BTreeSet<String>,
    missing: Vec<String>,
    fold_set: String,
}

impl Live {
    /// Every projection of this build.
    pub fn all() -> Self {
        let ours = ours();
        let fold_set = fold_set(ours.iter().map(|(name, version)| (name.as_str(), *version)));
        Self { names: ours.into_keys().collect(), missing: Vec::new(), fold_set }
    }

    /// Whether readers see this projection, so that an append has to write it.
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// The projections of this build that are still to be filled.
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// As the head writes it.
    pub fn fold_set(&self) -> &str {
        &self.fold_set
    }

    /// The function that writes a batch together with these.
    pub fn append_function(&self) -> AppendFunction {
        AppendFunction { sql: include_str!("sql/call_append.sql"), fold_set: self.fold_set.clone() }
    }
}

/// A projection that is not the same in the book and in this build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Differing {
    pub name: String,
    /// The fold version that is live in the book.
    pub live: Option<i32>,
    /// This build's.
    pub ours: Option<i32>,
}

impl Differing {
    /// Rows of this build would be newer than those that readers see.
    fn is_to_be_rebuilt(&self) -> bool {
        self.ours > self.live
    }
}

impl fmt::Display for Differing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, live, ours } = self;
        match (live, ours) {
            (Some(live), Some(ours)) => write!(formatter, "{name} {live} (here {ours})"),
            (Some(live), None) => write!(formatter, "{name} {live} (not here)"),
            (None, Some(ours)) => write!(formatter, "no {name} (here {ours})"),
            (None, None) => write!(formatter, "{name}"),
        }
    }
}

/// A book has live projections that this build can neither write nor read for sure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    differing: Vec<Differing>,
}

impl Misfit {
    /// What is not the same, by name.
    pub fn differing(&self) -> &[Differing] {
        &self.differing
    }

    /// A rebuild by this build makes the book's projections its own. Otherwise the book is ahead of
    /// this build in at least one of them.
    pub fn needs_rebuild(&self) -> bool {
        self.differing.iter().all(Differing::is_to_be_rebuilt)
    }

    /// The projections to be rebuilt.
    pub fn to_be_rebuilt(&self) -> Vec<&str> {
        let differing = self.differing.iter().filter(|one| one.is_to_be_rebuilt());
        differing.map(|one| one.name.as_str()).collect()
    }
}

impl std::error::Error for Misfit {}

impl fmt::Display for Misfit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.needs_rebuild() {
            write!(formatter, "run `daftar rebuild {}`", self.to_be_rebuilt().join(" "))?;
        } else {
            formatter.write_str("this build is too old for the book")?;
        }
        formatter.write_str(": the live rows are of fold version ")?;
        for (index, one) in self.differing.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(formatter, "{comma}{one}")?;
        }
        Ok(())
    }
}

/// What this build can do in a book whose head has this set of projections.
pub fn fit(theirs: &str) -> Result<Live, Misfit> {
    let ours = ours();
    let live = parse(theirs);
    let differs = |(name, version): (&String, &i32)| {
        let here = ours.get(name).copied();
        (here != Some(*version)).then(|| Differing {
            name: name.clone(),
            live: Some(*version),
            ours: here,
        })
    };
    let mut differing: Vec<Differing> = live.iter().filter_map(differs).collect();
    if !live.contains_key(NEEDED) {
        let here = ours.get(NEEDED).copied();
        differing.push(Differing { name: NEEDED.to_owned(), live: None, ours: here });
    }
    if !differing.is_empty() {
        return Err(Misfit { differing });
    }
    let missing = ours.into_keys().filter(|name| !live.contains_key(name)).collect();
    Ok(Live { names: live.into_keys().collect(), missing, fold_set: theirs.to_owned() })
}

fn ours() -> BTreeMap<String, i32> {
    projections().into_iter().map(|state| (state.name, state.fold_version)).collect()
}

/// What cannot be read is a projection that no build has.
fn parse(text: &str) -> BTreeMap<String, i32> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    let named = parts.map(|part| match part.split_once(':') {
        Some((name, version)) => (name.to_owned(), version.parse().unwrap_or_default()),
        None => (part.to_owned(), 0),
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_book_with_the_very_projections_of_this_build_fits() {
        let all = Live::all();
        assert_eq!(fit(all.fold_set()), Ok(all.clone()));
        assert!(all.has("payments") && all.missing().is_empty());
    }

    #[test]
    fn a_book_that_lacks_a_projection_is_written_without_it() {
        let all = Live::all();
        let theirs = all.fold_set().replace(",statement_lines:1", "");
        let live = fit(&theirs).unwrap();
        assert_eq!(live.missing(), ["statement_lines"]);
        assert!(!live.has("statement_lines") && live.has("suspense_items"));
        assert_eq!(live.append_function().fold_set, theirs);
    }

    #[test]
    fn a_misfit_names_what_differs_and_what_to_do() {
        let all = Live::all();
        let older = fit(&all.fold_set().replace("payments:1", "payments:0")).unwrap_err();
        assert!(older.needs_rebuild());
        assert_eq!(
            older.to_string(),
            "run `daftar rebuild payments`: the live rows are of fold version payments 0 (here 1)",
        );
        let newer = fit(&all.fold_set().replace("payments:1", "payments:2")).unwrap_err();
        assert!(!newer.needs_rebuild());
        assert_eq!(
            newer.to_string(),
            "this build is too old for the book: the live rows are of fold version payments 2 (here 1)",
        );
        let both = all.fold_set().replace("payments:1", "payments:0") + ",more:7";
        let both = fit(&both).unwrap_err();
        assert!(!both.needs_rebuild(), "{both}");
        assert!(both.to_string().contains("more 7 (not here), payments 0 (here 1)"), "{both}");
    }

    #[test]
    fn a_book_without_its_numbers_is_not_written() {
        let theirs = Live::all().fold_set().replace("customer_orders:1,", "");
        let misfit = fit(&theirs).unwrap_err();
        assert!(misfit.needs_rebuild());
        assert_eq!(misfit.to_be_rebuilt(), ["customer_orders"]);
        assert!(fit("").unwrap_err().needs_rebuild());
        assert!(!fit("what").unwrap_err().needs_rebuild());
    }
}

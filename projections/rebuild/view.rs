//! What a rebuild has to know of a read model beside its fold.

use crate::projection::{Maker, Projection, columns};
use crate::row::Row;
use crate::views::{Views, each_projection, projections};

use super::error::RebuildError;

/// A read model as statements name it.
#[derive(Debug, Clone)]
pub(super) struct View {
    pub(super) name: &'static str,
    pub(super) key: &'static [&'static str],
    pub(super) maker: Maker,
    pub(super) is_append_only: bool,
    /// The table's columns beside the book and the generation.
    pub(super) columns: Vec<&'static str>,
    /// Those that hold money.
    pub(super) money: Vec<&'static str>,
}

impl View {
    fn of<P: Projection>() -> Self {
        Self {
            name: P::NAME,
            key: P::KEY,
            maker: P::MAKER,
            is_append_only: P::APPEND_ONLY,
            columns: columns::<P>().collect(),
            money: P::Row::money_columns(),
        }
    }

    pub(super) fn has(&self, column: &str) -> bool {
        self.columns.contains(&column)
    }
}

macro_rules! define_view {
    ($($field:ident: $projection:ty,)+) => {
        impl Views {
            pub(crate) const NAMES: &'static [&'static str] = &[$(<$projection>::NAME),+];
        }

        fn all() -> Vec<View> {
            vec![$(View::of::<$projection>()),+]
        }
    };
}

each_projection!(define_view);

/// The names of this build's projections.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    let ours = projections();
    let has = move |name: &&str| ours.iter().any(|state| state.name == *name);
    Views::NAMES.iter().copied().filter(has)
}

/// The projections of these names; without any, all of them.
pub(super) fn choose(names: &[&str]) -> Result<Vec<View>, RebuildError> {
    let ours: Vec<_> = self::names().collect();
    if let Some(unknown) = names.iter().find(|name| !ours.contains(name)) {
        return Err(RebuildError::UnknownProjection((*unknown).to_owned()));
    }
    let is_chosen =
        |view: &View| ours.contains(&view.name) && (names.is_empty() || names.contains(&view.name));
    Ok(all().into_iter().filter(is_chosen).collect())
}

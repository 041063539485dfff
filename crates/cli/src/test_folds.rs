//! Another build, for a test of how one follows another. A release is what it is.

use anyhow::Context;

/// Says how this process folds otherwise, see [`projections::variant::set`].
const VARIABLE: &str = "DAFTAR_TEST_FOLDS";

/// Makes this process the build that the environment asks for, if it does.
pub(crate) fn take() -> anyhow::Result<()> {
    let Some(folds) = std::env::var_os(VARIABLE) else { return Ok(()) };
    let folds = folds.to_str().with_context(|| format!("{VARIABLE} is no text"))?;
    tracing::warn!(folds, "this is a test: the process folds as another build");
    projections::variant::set(folds).context(VARIABLE)
}

//! Another build, for a test of how one follows another. A release is what it is.

use anyhow::Context;

/// Says how this process folds otherwise, see [`projections::variant::set`].
const VARIABLE: &str = "DAFTAR_TEST_FOLDS";

/// Makes this process the build that the environment asks for, if it does.
#[expect(clippy::disallowed_methods, reason = "no setting: a debug build's tests alone set it")]
pub(crate) fn take() -> anyhow::Result<()> {
    let Ok(folds) = std::env::var(VARIABLE) else { return Ok(()) };
    tracing::warn!(folds, "this is a test: the process folds as another build");
    projections::variant::set(&folds).context(VARIABLE)
}

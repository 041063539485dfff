//! `as_of`, `basis` and `known_at`: which book a read shows.

use std::str::FromStr;

use domain::account::CHART;
use domain::money::Currency;
use ledger::as_of::{AsOfError, Moment};
use ledger::reports::{self, StatementError};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Problem;

/// By which of an event's two times a report counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Basis {
    /// When it was recorded.
    #[default]
    Recorded,
    /// When it took effect in the world.
    Effective,
}

impl Basis {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Effective => "effective",
        }
    }

    /// What a report on this basis counts.
    pub(crate) fn report(
        self,
        as_of: Option<&str>,
        known_at: Option<&str>,
    ) -> Result<reports::Basis, Problem> {
        match self {
            Self::Recorded if known_at.is_some() => {
                Err(Problem::new("invalid-query").fault("known_at", "not-with-this-basis"))
            }
            Self::Recorded => Ok(reports::Basis::Recorded { as_of: moment("as_of", as_of)? }),
            Self::Effective => Ok(reports::Basis::Effective {
                as_of: moment("as_of", as_of)?,
                known_at: moment("known_at", known_at)?,
            }),
        }
    }

    /// After what the period of a statement begins.
    pub(crate) fn after(self, text: Option<&str>) -> Result<Option<reports::After>, Problem> {
        Ok(match self {
            Self::Recorded => moment("after", text)?.map(reports::After::Recorded),
            Self::Effective => moment("after", text)?.map(reports::After::Effective),
        })
    }
}

/// The parameter of a read of one thing.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsOf {
    /// Shows it as it was: at a position, a cursor, a time by RFC 3339, or the end of a day (by the
    /// book's time zone) of recording. Within a command it is the command's end.
    as_of: Option<String>,
}

impl AsOf {
    pub(crate) fn moment(&self) -> Result<Option<Moment>, Problem> {
        moment("as_of", self.as_of.as_deref())
    }
}

/// A moment, or only a time, of a parameter.
pub(crate) fn moment<M: FromStr>(
    name: &'static str,
    text: Option<&str>,
) -> Result<Option<M>, Problem> {
    let parsed = text.map(str::parse).transpose();
    // Some parameters take times alone.
    parsed.map_err(|_| {
        Problem::new("invalid-query").fault(name, "invalid-value").detail(format!(
            "{name} is a time by RFC 3339 or a date; where a place in the log is meant, a position \
             or a cursor as well"
        ))
    })
}

/// A currency of a parameter; IQD, if left out.
pub(crate) fn currency(text: Option<&str>) -> Result<Currency, Problem> {
    Currency::from_code(text.unwrap_or("IQD"))
        .ok_or_else(|| Problem::new("invalid-query").fault("currency", "unknown-value"))
}

/// What an account of the chart is called.
pub(crate) fn account_name(number: &str) -> Option<&'static str> {
    CHART.iter().find(|account| account.code == number).map(|account| account.name)
}

impl From<AsOfError> for Problem {
    fn from(error: AsOfError) -> Self {
        match error {
            AsOfError::Elsewhere { cause, asked, end } => {
                let detail = format!("{asked} was asked for; the book ends at {end}");
                Self::from(cause).detail(detail)
            }
            AsOfError::History(error) => error.into(),
            AsOfError::Query(error) => Self::unreadable(error),
        }
    }
}

impl From<StatementError> for Problem {
    fn from(error: StatementError) -> Self {
        match error {
            StatementError::Backwards => Self::new("invalid-query").fault("after", "out-of-range"),
            StatementError::AsOf(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_no_time_at_which_anything_takes_effect() {
        assert!(Basis::Recorded.report(Some("7"), None).is_ok());
        assert!(Basis::Effective.report(Some("7"), None).is_err());
        assert!(Basis::Effective.report(Some("2025-11-20"), Some("7")).is_ok());
        assert!(Basis::Recorded.report(None, Some("7")).is_err());
    }
}

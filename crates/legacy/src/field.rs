//! One old row as names and raw JSON values, and tolerant ways to take a typed value from it.

use std::{collections::BTreeMap, str::FromStr};

use chrono::{DateTime, NaiveDateTime, Utc};
use rust_decimal::Decimal;
use serde_json::value::RawValue;

use crate::shop::{Finding, Oddity, Personal, Table};

/// A row, and where what is odd about it is written down.
///
/// Values stay raw JSON, because a parsed JSON number would be a float. An absent column reads as
/// null; that it is absent is noted once for the table, not here for each row.
pub(crate) struct Fields<'a> {
    table: Table,
    id: Option<i64>,
    values: BTreeMap<String, Box<RawValue>>,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(
        table: Table,
        json: &str,
        findings: &'a mut Vec<Finding>,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self { table, id: None, values: serde_json::from_str(json)?, findings })
    }

    /// The row's own id; without one the row cannot be named and is left out.
    pub(crate) fn row_id(&mut self) -> Option<i64> {
        self.id = self.plain("id").and_then(|text| text.parse().ok());
        if self.id.is_none() {
            self.note("id", Oddity::UnusableId);
        }
        self.id
    }

    pub(crate) fn note(&mut self, column: &'static str, oddity: Oddity) {
        self.findings.push(Finding { table: self.table, id: self.id, column, oddity });
    }

    /// Takes the values of a column out of the row's account: its type cannot be trusted.
    pub(crate) fn forget(&mut self, column: &str) {
        self.values.remove(column);
    }

    fn is_absent(&self, column: &str) -> bool {
        !self.values.contains_key(column)
    }

    /// A string without its quotes, anything else as it was written, null as none.
    fn plain(&self, column: &str) -> Option<String> {
        let raw = self.values.get(column)?.get();
        match raw.as_bytes().first()? {
            b'n' => None,
            b'"' => serde_json::from_str(raw).ok(),
            _ => Some(raw.to_owned()),
        }
    }

    pub(crate) fn text(&mut self, column: &'static str) -> Option<String> {
        self.plain(column)
    }

    /// A text without which the row means nothing.
    pub(crate) fn expected_text(&mut self, column: &'static str) -> Option<String> {
        let text = self.plain(column);
        if text.is_none() && !self.is_absent(column) {
            self.note(column, Oddity::Null);
        }
        text
    }

    pub(crate) fn id(&mut self, column: &'static str) -> Option<i64> {
        let text = self.plain(column)?;
        let id = text.trim().parse().ok();
        if id.is_none() {
            self.note(column, Oddity::NotANumber);
        }
        id
    }

    /// An id of another row without which this one stands alone.
    pub(crate) fn expected_id(&mut self, column: &'static str) -> Option<i64> {
        if self.plain(column).is_none() && !self.is_absent(column) {
            self.note(column, Oddity::Null);
        }
        self.id(column)
    }

    pub(crate) fn decimal(&mut self, column: &'static str) -> Option<Decimal> {
        let text = self.plain(column)?;
        let number = Decimal::from_str_exact(&text).ok();
        if number.is_none() {
            self.note(column, Oddity::NotANumber);
        }
        number
    }

    /// An amount that must be there and may not be negative; a negative one is kept and noted.
    pub(crate) fn expected_amount(&mut self, column: &'static str) -> Option<Decimal> {
        if self.plain(column).is_none() {
            if !self.is_absent(column) {
                self.note(column, Oddity::Null);
            }
            return None;
        }
        let number = self.decimal(column)?;
        if number < Decimal::ZERO {
            self.note(column, Oddity::Negative);
        }
        Some(number)
    }

    /// A time; one without a zone is UTC.
    pub(crate) fn time(&mut self, column: &'static str) -> Option<DateTime<Utc>> {
        let text = self.plain(column)?;
        let time = NaiveDateTime::from_str(&text)
            .map(|naive| naive.and_utc())
            .or_else(|_| DateTime::parse_from_rfc3339(&text).map(|zoned| zoned.to_utc()))
            .ok();
        if time.is_none() {
            self.note(column, Oddity::NotATime);
        }
        time
    }

    pub(crate) fn expected_time(&mut self, column: &'static str) -> Option<DateTime<Utc>> {
        if self.plain(column).is_none() && !self.is_absent(column) {
            self.note(column, Oddity::Null);
        }
        self.time(column)
    }

    /// Moves the named columns, where they hold anything, out of the record.
    pub(crate) fn personal(&mut self, columns: &[&'static str]) -> Personal {
        let fields = columns
            .iter()
            .filter_map(|column| self.plain(column).map(|text| (*column, text)))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        Personal { fields }
    }
}

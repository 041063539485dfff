//! The old shop, read from a real Postgres and weighed.

#[cfg(test)]
mod classes;
#[cfg(test)]
mod data_sets;
#[cfg(test)]
mod decisions;
#[cfg(test)]
mod linking;
#[cfg(test)]
mod linking_laws;
#[cfg(test)]
mod old_shop;
#[cfg(test)]
mod planted;
#[cfg(test)]
mod tolerance;
#[cfg(test)]
mod words;

/// How many cases a property is tried with; twenty times as many in the long run.
#[cfg(test)]
fn cases() -> u32 {
    if std::env::var_os("DAFTAR_FULL").is_some() { 20_000 } else { 1_000 }
}

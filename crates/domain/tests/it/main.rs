//! The rules, from outside: examples for behaviour, properties for laws, tables and golden files
//! for what must never change unseen.

#[cfg(test)]
mod aggregates;
#[cfg(test)]
mod allowed;
#[cfg(test)]
mod book;
#[cfg(test)]
mod build;
#[cfg(test)]
mod catalogue;
#[cfg(test)]
mod code;
#[cfg(test)]
mod correct;
#[cfg(test)]
mod deadline;
#[cfg(test)]
mod debt;
#[cfg(test)]
mod edit;
#[cfg(test)]
mod end;
#[cfg(test)]
mod four_eyes;
#[cfg(test)]
mod freeze;
#[cfg(test)]
mod fulfil;
#[cfg(test)]
mod gateway;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod goods;
#[cfg(test)]
mod guard;
#[cfg(test)]
mod hold;
#[cfg(test)]
mod import;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod parse;
#[cfg(test)]
mod pay;
#[cfg(test)]
mod place;
#[cfg(test)]
mod posting;
#[cfg(test)]
mod receipt;
#[cfg(test)]
mod receipt_file;
#[cfg(test)]
mod recorded_anew;
#[cfg(test)]
mod refund;
#[cfg(test)]
mod reversal;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod share;
#[cfg(test)]
mod statement;
#[cfg(test)]
mod status;
#[cfg(test)]
mod suspense;
#[cfg(test)]
mod tolerance;
#[cfg(test)]
mod top_up;
#[cfg(test)]
mod wallet;
#[cfg(test)]
mod window;
#[cfg(test)]
mod withdrawal;
#[cfg(test)]
mod working_week;

/// How many cases a property is tried with; twenty times as many in the long run.
#[cfg(test)]
fn cases() -> u32 {
    if std::env::var_os("DAFTAR_FULL").is_some() { 5_120 } else { 256 }
}

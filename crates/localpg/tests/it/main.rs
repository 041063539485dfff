//! localpg against real servers, each in a directory of its own below `/tmp`.

#[cfg(test)]
mod adoption;
#[cfg(test)]
mod discovery;
#[cfg(test)]
mod durability;
#[cfg(test)]
mod holder;
#[cfg(test)]
mod keeper;
#[cfg(test)]
mod layout;
#[cfg(test)]
mod leaving;
#[cfg(test)]
mod lost_server;
#[cfg(test)]
mod support;

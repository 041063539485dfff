//! Tests of the whole: what stands where in the sources, and what the binary does from outside.

mod architecture;
mod daftar;
mod demo;
mod guards;
mod kill_postgres;
mod kill_service;
mod legacy;
mod lifecycle;
mod load;
mod overdraw;
mod two_nodes;

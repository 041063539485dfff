//! Tests of the whole: what stands where in the sources, and what the binary does from outside.

mod architecture;
mod daftar;
mod demo;

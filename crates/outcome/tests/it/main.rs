//! Integration tests of the crate.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod evidence;

//! Integration tests of the crate: tables of cases, and records that are refused.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod notation;
mod properties;
mod response_cases;
mod validation;

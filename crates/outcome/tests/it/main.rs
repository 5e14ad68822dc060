//! Integration tests of the crate: tables of cases, records that are refused, and
//! figures of cohorts beside R.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod evidence;
mod notation;
mod properties;
mod response_cases;
mod validation;

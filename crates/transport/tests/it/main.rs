//! Validation: against tables of EGSnrc and against what theory demands.
//!
//! The tables are compiled in (`data/egsnrc`).

#![allow(
    clippy::unwrap_used,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod repeatability;
mod validation;
mod worlds;

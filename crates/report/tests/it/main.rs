//! Documents as their readers get them.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod evidence_plots;
mod fixture;
mod html;
#[cfg(feature = "pdf")]
mod pdf;
mod plot;

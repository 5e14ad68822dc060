//! Checks of the phantom against its own closed forms.

#![allow(
    clippy::unwrap_used,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod anatomy;
mod bits;
mod images;
mod outlines;

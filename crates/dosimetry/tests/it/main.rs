//! Integration tests of `sirt-dosimetry`.

#![allow(
    clippy::unwrap_used,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod calibration;
mod dvh_shapes;
mod kernel_tables;

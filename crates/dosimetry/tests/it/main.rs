//! Integration tests of `sirt-dosimetry`.

#![allow(
    clippy::unwrap_used,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod absorbed_dose;
mod calibration;
mod dose_limit_page;
mod dvh_shapes;
mod gamma_reference;
mod kernel_convolution;
mod kernel_tables;
mod uncertainty_budget;
mod vial_order;

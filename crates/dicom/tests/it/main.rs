//! Integration tests of `sirt-dicom`.

#![allow(
    clippy::unwrap_used,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod read;
mod read_real;
mod write;

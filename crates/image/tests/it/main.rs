//! Integration tests of `sirt-image`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod damaged_files;
mod fixtures;
mod metaimage;
mod nifti;
mod nrrd;
mod real_files;

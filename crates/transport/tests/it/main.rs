//! Validation: against tables of EGSnrc and against what theory demands.
//!
//! The tables stand in `../shared/physics` (its README has settings and
//! uncertainties); tests that need them are skipped where they are absent.

#![allow(
    clippy::unwrap_used,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod energy_balance;
mod fano;
mod honesty;
mod point_kernels;
mod repeatability;
mod slabs;
mod sphere;
mod voxel_s_values;
mod worlds;

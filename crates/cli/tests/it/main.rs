//! Integration tests of `sirt`: the binary as a user runs it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "fixtures outside of test functions may unwrap as tests do"
)]

mod activity;
mod add;
mod architecture;
mod dose;
mod evidence;
mod evidence_cohort;
mod evidence_import;
mod findings;
mod folders;
mod follow;
mod follow_case;
mod new_case;
mod output;
mod pet;
mod plan;
mod plan_delivered;
mod references;
mod report;
mod roles;
mod shunt;
mod transport;
mod work_up;

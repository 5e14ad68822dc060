//! The statistics of cohorts, held against R itself.

mod proportion;
mod r;
mod survival;

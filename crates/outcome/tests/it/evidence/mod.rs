//! The statistics of cohorts, held against R itself.

mod cox;
mod proportion;
mod r;
mod survival;

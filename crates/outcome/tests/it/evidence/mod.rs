//! The statistics of cohorts, held against R itself.

mod claim;
mod cox;
mod proportion;
mod r;
mod survival;

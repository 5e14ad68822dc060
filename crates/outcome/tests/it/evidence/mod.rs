//! The statistics of cohorts, held against R itself.

mod agreement;
mod claim;
mod competing_risks;
mod cox;
mod pooling;
mod proportion;
mod r;
mod reconstruction;
mod survival;

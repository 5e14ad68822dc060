//! Known answers for tests: shapes whose volume and dose-volume histogram
//! have a closed form, and tables computed elsewhere.
//!
//! Only ever a dev-dependency: it opens files and prints what it skips, which
//! no other library crate of the workspace does.

mod error;
mod shape;
mod shared;
mod table;

pub use error::ReferenceError;
pub use shape::{LinearDose, Shape};
pub use shared::shared_file;
pub use table::{Table, physics_table};

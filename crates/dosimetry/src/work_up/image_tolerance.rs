//! How far images of a work-up may be from what the case says.
//!
//! Values with their reasons are in `data/work_up_images.toml`.

use serde::Deserialize;

use crate::{Cited, DosimetryError};

/// Tolerances between images and case.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkUpImageTolerance {
    /// Relative difference of weights.
    pub weight_relative: Cited<f64>,
    /// Relative difference of heights.
    pub height_relative: Cited<f64>,
    /// Days between MAA images and work-up.
    pub maa_image_to_work_up_days: Cited<i32>,
    /// Weeks from an image to the treatment.
    pub weeks_before_treatment: Cited<i32>,
}

impl WorkUpImageTolerance {
    /// The values of `data/work_up_images.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out.
    pub fn built_in() -> Result<Self, DosimetryError> {
        toml::from_str(include_str!("../../data/work_up_images.toml")).map_err(|error| {
            DosimetryError::DataTable {
                table: "tolerances of work-up images",
                reason: error.to_string(),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_its_values_are_marked() {
        let table = WorkUpImageTolerance::built_in().unwrap();
        assert!((0.0..1.0).contains(&table.weight_relative.value));
        assert!((0.0..1.0).contains(&table.height_relative.value));
        assert!(table.maa_image_to_work_up_days.value >= 1);
        assert!(table.weeks_before_treatment.value >= 1);
        assert!(table.weight_relative.doubtful);
    }
}

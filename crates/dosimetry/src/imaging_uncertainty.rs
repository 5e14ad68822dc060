//! Inputs of the uncertainty budget that an image does not state.
//!
//! Typical resolutions and relative standard uncertainties by modality, as a
//! table with sources (`data/imaging_uncertainty.toml`); a result names the
//! row that it used.

use serde::{Deserialize, Serialize};

use crate::DosimetryError;

/// The table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagingUncertainty {
    modality: Vec<ModalityUncertainty>,
    /// What does not depend on the image.
    pub physics: PhysicsUncertainty,
}

/// A modality's resolution and uncertainties.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModalityUncertainty {
    /// DICOM modality.
    pub name: String,
    /// Full width at half maximum of a point, mm.
    pub resolution_fwhm_mm: f64,
    /// Of the counts in a structure by noise.
    pub relative_counts: f64,
    /// Of the calibration.
    pub relative_calibration: f64,
    /// Where the values are from.
    pub source: String,
    /// Whether they are typical rather than found.
    pub doubtful: bool,
}

/// Uncertainties of physical data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhysicsUncertainty {
    /// Of the density.
    pub relative_density: f64,
    /// Of the half-life.
    pub relative_half_life: f64,
    /// Of the energy per decay.
    pub relative_energy: f64,
    /// Where the values are from.
    pub source: String,
    /// Whether they are typical rather than found.
    pub doubtful: bool,
}

impl ImagingUncertainty {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        toml::from_str(include_str!("../data/imaging_uncertainty.toml")).map_err(|error| {
            DosimetryError::DataTable {
                table: "imaging uncertainty",
                reason: error.to_string(),
            }
        })
    }

    /// The row of a modality; that of SPECT, the coarser one, for an image
    /// whose file does not say.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table has no row at all.
    pub fn of_modality(&self, modality: &str) -> Result<&ModalityUncertainty, DosimetryError> {
        let named = |name: &str| self.modality.iter().find(|row| row.name == name);
        named(modality)
            .or_else(|| named("NM"))
            .ok_or_else(|| DosimetryError::DataTable {
                table: "imaging uncertainty",
                reason: "no row NM".to_owned(),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_table_knows_pet_and_takes_spect_for_the_rest() {
        let table = ImagingUncertainty::built_in().unwrap();
        assert_eq!(table.of_modality("PT").unwrap().name, "PT");
        assert_eq!(table.of_modality("NIfTI").unwrap().name, "NM");
    }
}

//! What tissue is made of, by CT number.
//!
//! Rows of `data/tissue_composition.toml` are ranges of CT number; a voxel of
//! the dose grid has a mean density, and the CT number that has this density
//! by the lines of [`TissueTable`] chooses its row. A voxel that is half lung and
//! half liver so counts as dense lung, whose composition is that of soft tissue.
//! Source: schneider2000, table 6.

use std::collections::BTreeMap;

use serde::Deserialize;
use sirt_quantity::Density;
use sirt_transport::{Material, MaterialLibrary};

use crate::{DosimetryError, TissueTable};

/// Compositions by CT number.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TissueComposition {
    source: String,
    tissue: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    name: String,
    from_hu: f64,
    #[serde(default)]
    gas: bool,
    mean_excitation_ev: Option<f64>,
    fractions: BTreeMap<String, f64>,
}

/// CT number past which the last row goes on, for its nominal density: the end
/// of schneider2000.
const LAST_HU: f64 = 1600.0;

impl TissueComposition {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        Self::from_toml(include_str!("../data/tissue_composition.toml"))
    }

    /// Reads a table of the form of `data/tissue_composition.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table, without
    /// rows or with rows that do not ascend.
    pub fn from_toml(text: &str) -> Result<Self, DosimetryError> {
        let wrong = |reason: String| DosimetryError::DataTable {
            table: "tissue compositions",
            reason,
        };
        let table: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        if table.tissue.is_empty() || !table.tissue.is_sorted_by(|a, b| a.from_hu < b.from_hu) {
            return Err(wrong(
                "needs a tissue or more, in ascending order of from_hu".to_owned(),
            ));
        }
        if table.tissue.len() > usize::from(u8::MAX) {
            return Err(wrong(format!(
                "has {} tissues, allowed are 255",
                table.tissue.len()
            )));
        }
        Ok(table)
    }

    /// Bibliography key of the table.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Names of the tissues.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tissue.iter().map(|row| row.name.as_str())
    }

    /// Materials in the order of the table, each with the density in the middle
    /// of its range.
    pub(crate) fn materials(
        &self,
        library: &MaterialLibrary,
        density: &TissueTable,
    ) -> Result<Vec<Material>, DosimetryError> {
        self.tissue
            .iter()
            .enumerate()
            .map(|(at, row)| {
                let next = self.tissue.get(at + 1).map_or(LAST_HU, |next| next.from_hu);
                let fractions: Vec<(&str, f64)> = row
                    .fractions
                    .iter()
                    .map(|(symbol, fraction)| (symbol.as_str(), *fraction))
                    .collect();
                Ok(library.compound(
                    &row.name,
                    density.density(0.5 * (row.from_hu + next)),
                    row.mean_excitation_ev,
                    row.gas,
                    &fractions,
                )?)
            })
            .collect()
    }

    /// Density (g/mL) from which each tissue after the first holds.
    pub(crate) fn lower_densities(&self, density: &TissueTable) -> Vec<f32> {
        self.tissue
            .iter()
            .skip(1)
            .map(|row| density.density(row.from_hu).as_g_per_ml() as f32)
            .collect()
    }

    /// Name of the tissue at a density.
    #[must_use]
    pub fn of_density(&self, density: Density, table: &TissueTable) -> &str {
        let lower = self.lower_densities(table);
        &self.tissue[tissue_at(&lower, density.as_g_per_ml() as f32)].name
    }
}

/// Number of the tissue at a density, from the lower densities of all but the
/// first.
pub(crate) fn tissue_at(lower: &[f32], g_per_ml: f32) -> usize {
    lower.partition_point(|limit| *limit <= g_per_ml)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_lies_in_an_abdomen() {
        let (composition, density) = (
            TissueComposition::built_in().unwrap(),
            TissueTable::built_in().unwrap(),
        );
        // Bins of schneider2000, table 6; 110 HU is liver with contrast medium.
        for (hu, expected) in [
            (-1000.0, "air"),
            (-700.0, "lung"),
            (-100.0, "adipose 1"),
            (0.0, "adipose and gland 2"),
            (45.0, "soft tissue"),
            (110.0, "soft tissue"),
            (150.0, "bone 1"),
            (1550.0, "bone 15"),
            (3000.0, "bone 15"),
        ] {
            assert_eq!(
                composition.of_density(density.density(hu), &density),
                expected,
                "{hu} HU"
            );
        }
    }

    #[test]
    fn every_tissue_is_a_material() {
        let (composition, density) = (
            TissueComposition::built_in().unwrap(),
            TissueTable::built_in().unwrap(),
        );
        let library = MaterialLibrary::built_in().unwrap();
        let materials = composition.materials(&library, &density).unwrap();
        assert_eq!(materials.len(), composition.names().count());
        let of = |name: &str| {
            materials
                .iter()
                .find(|material| material.name() == name)
                .unwrap()
        };
        // Of ICRU 44 materials, as NIST lists them beside its mass attenuation
        // coefficients: soft tissue 74.7, lung 75.2, cortical bone 112.0 eV, which
        // is the last row; compositions differ in the third digit.
        for (name, ev, within) in [
            ("air", 85.7, 0.01),
            ("soft tissue", 74.7, 1.5),
            ("lung", 75.2, 1.5),
            ("bone 15", 112.0, 1.5),
        ] {
            let found = of(name).mean_excitation_ev();
            assert!((found - ev).abs() < within, "{name}: {found} eV");
        }
    }

    #[test]
    fn a_table_out_of_order_is_refused() {
        let text = include_str!("../data/tissue_composition.toml")
            .replace("from_hu = 18.0", "from_hu = 3.0");
        assert!(TissueComposition::from_toml(&text).is_err());
    }
}

//! Density and tissue class from CT numbers.
//!
//! `ρ(H)` is piecewise linear between the nodes of `data/tissue.toml`, in
//! g/mL for `H` in HU; classes are ranges of `H` from the same table.
//! Assumes a calibrated scanner without contrast medium; the table states
//! what contrast does.
//! Source: schneider2000.

use serde::{Deserialize, Serialize};
use sirt_image::{Hounsfield, Volume};
use sirt_quantity::Density;

use crate::DosimetryError;

/// Density and classes by CT number.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TissueTable {
    source: String,
    max_density_g_per_ml: f64,
    node: Vec<Node>,
    class: Vec<Class>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Node {
    hu: f64,
    density_g_per_ml: f64,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    name: String,
    from_hu: f64,
}

/// A tissue class and how much of something it holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassFraction {
    /// Name of the class.
    pub class: String,
    /// Fraction of the voxels, 0..1.
    pub fraction: f64,
}

impl TissueTable {
    /// The table that OpenSIRT carries.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] when the table is damaged, which a unit
    /// test rules out for the built-in one.
    pub fn built_in() -> Result<Self, DosimetryError> {
        Self::from_toml(include_str!("../data/tissue.toml"))
    }

    /// Reads a table of the form of `data/tissue.toml`.
    ///
    /// # Errors
    /// [`DosimetryError::DataTable`] for text that is no such table, fewer
    /// than two nodes, nodes or classes that do not ascend.
    pub fn from_toml(text: &str) -> Result<Self, DosimetryError> {
        let wrong = |reason: String| DosimetryError::DataTable {
            table: "tissue table",
            reason,
        };
        let table: Self = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let ascending = table.node.is_sorted_by(|a, b| a.hu < b.hu)
            && table
                .node
                .is_sorted_by(|a, b| a.density_g_per_ml <= b.density_g_per_ml)
            && table.class.is_sorted_by(|a, b| a.from_hu < b.from_hu);
        if table.node.len() < 2
            || table.class.is_empty()
            || !ascending
            || table.node[0].density_g_per_ml <= 0.0
        {
            return Err(wrong(
                "needs two nodes with density above 0 or more, and a class, in ascending order of hu".to_owned(),
            ));
        }
        Ok(table)
    }

    /// Bibliography key of the table.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Density at a CT number.
    #[must_use]
    pub fn density(&self, hu: f64) -> Density {
        let first = &self.node[0];
        let above = self.node.partition_point(|node| node.hu <= hu);
        if above == 0 {
            return Density::from_g_per_ml(first.density_g_per_ml);
        }
        let upper = above.min(self.node.len() - 1);
        let (a, b) = (&self.node[upper - 1], &self.node[upper]);
        let slope = (b.density_g_per_ml - a.density_g_per_ml) / (b.hu - a.hu);
        let density = a.density_g_per_ml + slope * (hu - a.hu);
        Density::from_g_per_ml(density.min(self.max_density_g_per_ml))
    }

    /// Largest density that still belongs to the first class, air: dose to it
    /// means nothing for tissue.
    #[must_use]
    pub fn air_limit(&self) -> Density {
        match self.class.get(1) {
            Some(second) => self.density(second.from_hu),
            None => Density::ZERO,
        }
    }

    /// Density of each voxel of a CT.
    #[must_use]
    pub fn density_volume(&self, ct: &Volume<Hounsfield>) -> Volume<Density> {
        ct.mapped(|hu| self.density(f64::from(hu)).as_g_per_ml() as f32)
    }

    /// Name of the class at a density, by the density at the bounds of the classes.
    #[must_use]
    pub fn class_of_density(&self, density: Density) -> &str {
        let at = self
            .class
            .iter()
            .skip(1)
            .take_while(|class| self.density(class.from_hu) <= density)
            .count();
        &self.class[at].name
    }

    /// Share of each class among weighted densities (g/mL), in the order of
    /// the table; classes that do not occur are left out.
    #[must_use]
    pub fn class_fractions(
        &self,
        densities: impl Iterator<Item = (f64, f64)>,
    ) -> Vec<ClassFraction> {
        let mut weights = vec![0.0; self.class.len()];
        for (density, weight) in densities {
            let name = self.class_of_density(Density::from_g_per_ml(density));
            if let Some(at) = self.class.iter().position(|class| class.name == name) {
                weights[at] += weight;
            }
        }
        let total: f64 = weights.iter().sum();
        self.class
            .iter()
            .zip(weights)
            .filter(|(_, weight)| *weight > 0.0)
            .map(|(class, weight)| ClassFraction {
                class: class.name.clone(),
                fraction: weight / total,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn follows_the_published_lines() {
        let table = TissueTable::built_in().unwrap();
        // schneider2000: 1.018 + 0.893e-3 H and 1.017 + 0.592e-3 H.
        for (hu, expected) in [
            (-98.0, 0.930486),
            (0.0, 1.018),
            (14.0, 1.030502),
            (101.0, 1.076792),
            (800.0, 1.4906),
            (-1000.0, 0.00121),
            (-1024.0, 0.00121),
            (30000.0, 3.0),
        ] {
            let density = table.density(hu).as_g_per_ml();
            assert!((density - expected).abs() < 1e-4, "{hu} HU: {density}");
        }
    }

    #[test]
    fn density_never_falls_with_the_ct_number() {
        let table = TissueTable::built_in().unwrap();
        let mut before = 0.0;
        for hu in -1100..3100 {
            let density = table.density(f64::from(hu)).as_g_per_ml();
            assert!(density >= before, "{hu} HU");
            before = density;
        }
    }

    #[test]
    fn names_the_classes_of_an_abdomen() {
        let table = TissueTable::built_in().unwrap();
        for (hu, expected) in [
            (-1000.0, "air"),
            (-800.0, "lung"),
            (-100.0, "adipose"),
            (60.0, "soft tissue"),
            (700.0, "bone"),
        ] {
            assert_eq!(
                table.class_of_density(table.density(hu)),
                expected,
                "{hu} HU"
            );
        }
    }

    #[test]
    fn a_table_out_of_order_is_refused() {
        let text = include_str!("../data/tissue.toml").replace("hu = 14.0", "hu = -140.0");
        assert!(TissueTable::from_toml(&text).is_err());
    }
}

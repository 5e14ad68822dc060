//! What microspheres add to the tissue that they lodge in.
//!
//! A stated mass `M` of spheres lies as the activity does: voxel `v` holds
//! `m_v = M·C_v/ΣC`, in tissue only. Spheres displace tissue, so that with their
//! density `ρ_s` and the voxel's volume `V`
//!
//! `ρ′_v = ρ_v·(1 − m_v/(ρ_s V)) + m_v/V`,  `w_v = m_v/(ρ′_v V)`
//!
//! are density and mass fraction of spheres afterwards. Dose is then energy over
//! the mass of both. For a CT from before the treatment: one from after it shows
//! the spheres already. Source: mixtures by mass, icru37; docs/methods/monte_carlo.md.

use sirt_image::{Unspecified, Volume};
use sirt_quantity::{ActivityConcentration, Density, Mass};
use sirt_transport::{Material, MaterialLibrary};

use crate::{DosimetryError, Medium, TissueTable};

/// Part of a voxel's volume that spheres of one size can fill, packed at random.
const CLOSEST: f64 = 0.64;
/// Mass fraction of the thinnest mixture; others have twice, four times it, and
/// so on. Stopping powers by mass of tissue and glass differ by 15 %, so that the
/// nearest of them is right to 0.3 % at 4 %.
const THINNEST: f64 = 0.005;
/// Mixtures of a tissue with spheres; the last holds from 45 % on.
pub(crate) const MIXTURES: u8 = 8;

/// What spheres are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SphereMaterial {
    /// Polymer.
    Resin,
    /// Yttrium aluminosilicate.
    Glass,
}

impl SphereMaterial {
    /// Name in the library of materials.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resin => "resin",
            Self::Glass => "glass",
        }
    }
}

/// Spheres in tissue.
#[derive(Debug, Clone)]
pub struct SphereLoad {
    material: SphereMaterial,
    /// Density of a sphere, g/mL.
    sphere: f64,
    /// Mass fraction of spheres in each voxel.
    fraction: Volume<Unspecified>,
    density: Volume<Density>,
}

impl SphereLoad {
    /// Spheres of a mass, where the activity is and air is not.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] for a mass that is not positive or more
    /// than fits where the activity is, [`DosimetryError::GridMismatch`] for a
    /// medium on another grid.
    pub fn new(
        material: SphereMaterial,
        mass: Mass,
        activity: &Volume<ActivityConcentration>,
        medium: Medium<'_>,
        tissue: &TissueTable,
    ) -> Result<Self, DosimetryError> {
        medium.check(activity)?;
        let refuse = |allowed| DosimetryError::OutOfRange {
            what: "mass of microspheres",
            value: format!("{} g", mass.as_g()),
            allowed,
        };
        if !(mass.as_g() > 0.0 && mass.as_g().is_finite()) {
            return Err(refuse("above 0 g"));
        }
        let sphere = MaterialLibrary::built_in()?
            .get(material.name())?
            .density()
            .as_g_per_ml();
        let air = tissue.air_limit().as_g_per_ml();
        let share: Vec<f64> = activity
            .values()
            .iter()
            .enumerate()
            .map(|(at, value)| {
                if medium.density_g_per_ml(at) < air {
                    0.0
                } else {
                    f64::from(value.max(0.0))
                }
            })
            .collect();
        let sum: f64 = share.iter().sum();
        if sum <= 0.0 {
            return Err(refuse("none: there is no activity in tissue to lodge with"));
        }
        let per_share = mass.as_g() / sum / activity.grid().voxel_capacity().as_ml();
        let mut fraction = Vec::with_capacity(share.len());
        let mut density = Vec::with_capacity(share.len());
        for (at, share) in share.iter().enumerate() {
            let added = share * per_share;
            let filled = added / sphere;
            if filled > CLOSEST {
                return Err(refuse(
                    "what fits where the activity is: at most 64 % of each voxel",
                ));
            }
            let loaded = medium.density_g_per_ml(at) * (1.0 - filled) + added;
            density.push(loaded as f32);
            fraction.push((added / loaded) as f32);
        }
        let grid = activity.grid();
        let frame = activity.frame_of_reference();
        Ok(Self {
            material,
            sphere,
            fraction: Volume::new(grid.clone(), frame.cloned(), fraction)?,
            density: Volume::new(grid.clone(), frame.cloned(), density)?,
        })
    }

    /// What the spheres are made of.
    #[must_use]
    pub const fn material(&self) -> SphereMaterial {
        self.material
    }

    /// Densities of tissue with spheres: the medium of all that follows.
    #[must_use]
    pub const fn density(&self) -> &Volume<Density> {
        &self.density
    }

    /// Largest mass fraction of spheres in a voxel.
    #[must_use]
    pub fn largest_fraction(&self) -> f64 {
        f64::from(self.fraction.values().iter().copied().fold(0.0, f32::max))
    }

    /// Density of the tissue alone, g/mL.
    pub(crate) fn tissue_density(&self, voxel: usize) -> f64 {
        let loaded = f64::from(self.density.values()[voxel]);
        let fraction = f64::from(self.fraction.values()[voxel]);
        loaded * (1.0 - fraction) / (1.0 - loaded * fraction / self.sphere)
    }

    /// Number of the mixture in a voxel; 0 is tissue alone.
    pub(crate) fn mixture(&self, voxel: usize) -> u8 {
        let fraction = f64::from(self.fraction.values()[voxel]);
        (1..=MIXTURES)
            .rev()
            .find(|number| fraction >= fraction_of(*number) * std::f64::consts::FRAC_1_SQRT_2)
            .unwrap_or(0)
    }

    /// A tissue with the spheres of a mixture.
    pub(crate) fn mixed(
        &self,
        tissue: Material,
        number: u8,
        library: &MaterialLibrary,
    ) -> Result<Material, DosimetryError> {
        if number == 0 {
            return Ok(tissue);
        }
        let fraction = fraction_of(number);
        let spheres = library.get(self.material.name())?;
        let density =
            1.0 / ((1.0 - fraction) / tissue.density().as_g_per_ml() + fraction / self.sphere);
        Ok(library.mixture(
            &format!(
                "{} with {} % {}",
                tissue.name(),
                100.0 * fraction,
                self.material.name()
            ),
            Density::from_g_per_ml(density),
            &[(&tissue, 1.0 - fraction), (spheres, fraction)],
        )?)
    }
}

/// Mass fraction of spheres in a mixture.
fn fraction_of(number: u8) -> f64 {
    THINNEST * f64::from(1_u32 << (number - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sirt_image::{Grid, PatientPoint};

    fn line(values: Vec<f32>) -> Volume<ActivityConcentration> {
        // Voxels of 1 mL.
        let grid = Grid::axis_aligned([values.len(), 1, 1], [10.0; 3], PatientPoint::default());
        Volume::new(grid.unwrap(), None, values).unwrap()
    }

    #[test]
    fn spheres_lie_as_the_activity_does_and_their_mass_is_kept() {
        let activity = line(vec![3.0, 1.0, 0.0, 0.0]);
        let tissue = TissueTable::built_in().unwrap();
        let medium = Medium::Homogeneous(Density::from_g_per_ml(1.05));
        let load = SphereLoad::new(
            SphereMaterial::Glass,
            Mass::from_g(0.4),
            &activity,
            medium,
            &tissue,
        )
        .unwrap();
        let in_spheres: Vec<f64> = (0..4)
            .map(|at| f64::from(load.density.values()[at]) * f64::from(load.fraction.values()[at]))
            .collect();
        // 0.3 g and 0.1 g in 1 mL each, in single precision.
        for (found, expected) in in_spheres.iter().zip([0.3, 0.1, 0.0, 0.0]) {
            assert!((found - expected).abs() < 1e-6, "{found}");
        }
        // By hand: 1.05·(1 − 0.3/3.3) + 0.3.
        let expected = 1.05 * (1.0 - 0.3 / 3.3) + 0.3;
        assert!((f64::from(load.density.values()[0]) - expected).abs() < 1e-6);
        for at in 0..4 {
            assert!((load.tissue_density(at) - 1.05).abs() < 1e-5);
        }
        // 24 % and 9 % are nearest to 32 % and 8 % by their logarithm.
        assert_eq!([0, 1, 2].map(|at| load.mixture(at)), [7, 5, 0]);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let activity = line(vec![1.0, 0.0]);
        let tissue = TissueTable::built_in().unwrap();
        let medium = Medium::Homogeneous(Density::from_g_per_ml(1.05));
        for (grams, words) in [(0.0, "above 0 g"), (2.5, "64 %")] {
            let refused = SphereLoad::new(
                SphereMaterial::Glass,
                Mass::from_g(grams),
                &activity,
                medium,
                &tissue,
            );
            let words_found = refused.unwrap_err().to_string();
            assert!(words_found.contains(words), "{words_found}");
        }
        let air = Volume::<Density>::new(activity.grid().clone(), None, vec![0.001; 2]).unwrap();
        let refused = SphereLoad::new(
            SphereMaterial::Resin,
            Mass::from_g(0.1),
            &activity,
            Medium::Heterogeneous(&air),
            &tissue,
        );
        assert!(refused.unwrap_err().to_string().contains("no activity"));
    }
}

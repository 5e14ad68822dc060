//! Absorbed dose by Monte Carlo transport.
//!
//! The grid of the activity is the world: every voxel with the density of the
//! CT and the composition of [`TissueComposition`], or all of it ICRU soft
//! tissue of one density. `N` decays are followed; with the energy `E_v` (MeV)
//! that they leave in a voxel of mass `m_v`,
//!
//! `D_v = (A·k/ē_c) · (ē/E_0) · E_v / m_v`
//!
//! with the activity at administration `A`, the dose factor `k`, the mean
//! energies per decay `ē` of all that is emitted and `ē_c` of its electrons, and
//! the energy `E_0` that the `N` decays emitted. So the energy of the electrons is
//! that of the dose factor, as with the other methods, and the sampled energy is
//! that emitted, to the last bit.
//! Statistics are those of independent batches of decays (docs/methods/transport_tally.md).

use std::ops::ControlFlow;

use sirt_image::{Unspecified, Volume};
use sirt_quantity::{AbsorbedDose, ActivityConcentration, Density};
use sirt_transport::{
    DoseTo, Emission, Goal, MaterialLibrary, Progress, RunSettings, Simulation, Source, Tally,
    World,
};

use crate::sphere_load::MIXTURES;
use crate::tissue_composition::tissue_at;
use crate::{
    DecayData, DoseDistribution, DosimetryError, Medium, NamedMask, SphereLoad, TissueComposition,
    TissueTable,
};

/// Material of a medium of one density: ICRU four-component soft tissue.
const HOMOGENEOUS: &str = "soft tissue";

/// Mean relative standard deviation, in voxels over half of the largest dose,
/// that a run goes on to where nothing else is asked for.
pub const USUAL_VOXEL_UNCERTAINTY: f64 = 0.01;

/// A Monte Carlo run that can be gone on with.
#[derive(Debug)]
pub struct MonteCarlo {
    simulation: Simulation,
    tally: Tally,
    seed: u64,
    structures: usize,
    /// Voxels of air, to which no dose is assigned.
    air: Vec<bool>,
    frame: Option<sirt_image::FrameOfReference>,
    /// What all decays emit, J.
    emitted_j: f64,
}

/// What Monte Carlo knows of its own noise.
#[derive(Debug, Clone)]
pub struct TransportStatistics {
    /// Standard deviation (k = 1) of the dose in each voxel, relative to it; 0
    /// where the dose is 0.
    pub relative_uncertainty: Volume<Unspecified>,
    /// The same of the mean dose of each structure, in their order.
    pub structures: Vec<f64>,
    /// Mean of `relative_uncertainty` over voxels with more than half of the
    /// largest dose.
    pub voxel_uncertainty: Option<f64>,
    /// Decays that were followed.
    pub histories: u64,
    /// Independent batches of them.
    pub batches: u64,
    /// Seed of the random numbers.
    pub seed: u64,
    /// Deposited and escaped energy over what was emitted, less 1.
    pub energy_error: f64,
    /// Materials of the world that hold a voxel.
    pub materials: Vec<String>,
}

impl MonteCarlo {
    /// Prepares a run; nothing is followed yet.
    ///
    /// With `spheres`, `medium` is that of tissue and spheres ([`SphereLoad::density`]).
    ///
    /// # Errors
    /// [`DosimetryError::GridMismatch`] when density, structures and activity are
    /// on different grids, [`DosimetryError::Transport`] for a nuclide without
    /// spectrum, without activity and for densities that no world can have.
    pub fn new(
        activity: &Volume<ActivityConcentration>,
        medium: Medium<'_>,
        data: &DecayData,
        tissue: &TissueTable,
        structures: &[NamedMask],
        spheres: Option<&SphereLoad>,
        seed: u64,
    ) -> Result<Self, DosimetryError> {
        medium.check(activity)?;
        let library = MaterialLibrary::built_in()?;
        let grid = activity.grid();
        let limit = tissue.air_limit().as_g_per_ml();
        let air: Vec<bool> = (0..grid.voxel_count())
            .map(|at| {
                matches!(medium, Medium::Heterogeneous(_)) && medium.density_g_per_ml(at) < limit
            })
            .collect();
        let world = match medium {
            Medium::Homogeneous(density) => {
                World::homogeneous(library.get(HOMOGENEOUS)?, density, grid.clone())?
            }
            Medium::Heterogeneous(density) => {
                let composition = TissueComposition::built_in()?;
                heterogeneous(density, &composition, tissue, spheres, &library)?
            }
        };
        let source = Source::new(&world, activity)?;
        let emission = Emission::of_nuclide(&data.nuclide)?;
        let emitted_j = activity.sum()
            * grid.voxel_capacity().as_ml()
            * data.dose_factor.as_gy_kg_per_gbq()
            * 1e-9
            * (emission.mean_energy_mev() / emission.mean_electron_energy_mev());
        let settings = RunSettings {
            seed,
            ..RunSettings::default()
        };
        let mut simulation = Simulation::new(world, source, emission, &library, settings)?;
        for structure in structures {
            if !structure
                .mask
                .grid()
                .matches(grid, crate::dvh::SAME_GRID_MM)
            {
                return Err(DosimetryError::GridMismatch {
                    what: "activity and structure",
                });
            }
            // Energy over density, so that the sum is the mean dose by volume,
            // with no dose in air.
            let mut weights = vec![0.0_f32; grid.voxel_count()];
            for (at, weight) in structure.mask.iter() {
                if !air[at] {
                    weights[at] = (f64::from(weight) / medium.density_g_per_ml(at)) as f32;
                }
            }
            simulation.add_region(&weights)?;
        }
        Ok(Self {
            tally: simulation.empty_tally(),
            simulation,
            seed,
            structures: structures.len(),
            air,
            frame: activity.frame_of_reference().cloned(),
            emitted_j,
        })
    }

    /// Goes on from what [`MonteCarlo::state`] gave.
    ///
    /// # Errors
    /// [`DosimetryError::Transport`] for bytes of another run.
    pub fn resume(&mut self, state: &[u8]) -> Result<(), DosimetryError> {
        self.tally = self.simulation.tally_from_bytes(state)?;
        Ok(())
    }

    /// Where the run stands, to go on from later to the same bits.
    #[must_use]
    pub fn state(&self) -> Vec<u8> {
        self.tally.to_bytes()
    }

    /// Decays that were followed so far.
    #[must_use]
    pub const fn histories(&self) -> u64 {
        self.tally.histories()
    }

    /// Goes on until the goal is met or `progress` breaks.
    ///
    /// # Errors
    /// [`DosimetryError::Transport`] for a goal that cannot be met.
    pub fn run(
        &mut self,
        goal: Goal,
        progress: impl FnMut(&Progress) -> ControlFlow<()>,
    ) -> Result<(), DosimetryError> {
        Ok(self.simulation.run_until(&mut self.tally, goal, progress)?)
    }

    /// Absorbed dose after complete decay, with its statistics.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] before any decay was followed.
    pub fn distribution(&self) -> Result<DoseDistribution, DosimetryError> {
        let (joule_per_mev, decays) = self.scale()?;
        let [emitted, deposited, escaped] = self.tally.energy_balance_mev();
        let per_decay = self
            .simulation
            .dose_per_decay(&self.tally, DoseTo::Medium)?;
        let mut in_air_j = 0.0;
        let mut dose = Vec::with_capacity(self.air.len());
        let mut relative = per_decay.relative_uncertainty.values().to_vec();
        for (at, value) in per_decay.mean.values().iter().enumerate() {
            if self.air[at] {
                let (energy, _) = self.simulation.energy_per_history_mev(&self.tally, at);
                in_air_j += energy * self.histories() as f64 * joule_per_mev;
                dose.push(0.0);
                relative[at] = 0.0;
            } else {
                dose.push((f64::from(*value) * decays) as f32);
            }
        }
        let grid = per_decay.mean.grid().clone();
        let structures = (0..self.structures)
            .map(|region| {
                self.simulation
                    .region_energy_mev(&self.tally, region)
                    .map_or(
                        0.0,
                        |(mean, sigma)| if mean > 0.0 { sigma / mean } else { 0.0 },
                    )
            })
            .collect();
        Ok(DoseDistribution {
            dose: Volume::<AbsorbedDose>::new(grid.clone(), self.frame.clone(), dose)?,
            kernel_density: None,
            kernel_half_width: None,
            emitted_j: self.emitted_j,
            left_grid_j: escaped * joule_per_mev,
            radiated_j: 0.0,
            in_air_j,
            statistics: Some(TransportStatistics {
                relative_uncertainty: Volume::new(grid, self.frame.clone(), relative)?,
                structures,
                voxel_uncertainty: self.simulation.voxel_uncertainty(&self.tally),
                histories: self.histories(),
                batches: self.tally.batches(),
                seed: self.seed,
                energy_error: (deposited + escaped) / emitted - 1.0,
                materials: self.materials(),
            }),
        })
    }

    /// Absorbed dose to a small piece of water in each voxel, for comparison with
    /// methods that know water alone; its energy is not that of the decays.
    ///
    /// # Errors
    /// As [`MonteCarlo::distribution`].
    pub fn dose_to_water(&self) -> Result<Volume<AbsorbedDose>, DosimetryError> {
        let (_, decays) = self.scale()?;
        let per_decay = self.simulation.dose_per_decay(&self.tally, DoseTo::Water)?;
        let dose = per_decay
            .mean
            .values()
            .iter()
            .zip(&self.air)
            .map(|(value, air)| {
                if *air {
                    0.0
                } else {
                    (f64::from(*value) * decays) as f32
                }
            })
            .collect();
        Ok(Volume::new(
            per_decay.mean.grid().clone(),
            self.frame.clone(),
            dose,
        )?)
    }

    /// Joule for each MeV of the run, and the decays that one followed decay
    /// stands for, times those followed.
    fn scale(&self) -> Result<(f64, f64), DosimetryError> {
        let [emitted, ..] = self.tally.energy_balance_mev();
        if emitted <= 0.0 {
            return Err(DosimetryError::OutOfRange {
                what: "number of decays followed",
                value: self.histories().to_string(),
                allowed: "1 or more",
            });
        }
        let joule_per_mev = self.emitted_j / emitted;
        Ok((
            joule_per_mev,
            joule_per_mev * self.histories() as f64 / sirt_quantity::MEV_IN_JOULE,
        ))
    }

    fn materials(&self) -> Vec<String> {
        self.simulation
            .world()
            .materials()
            .iter()
            .map(|material| material.name().to_owned())
            .collect()
    }
}

/// A world with the densities of a CT.
fn heterogeneous(
    density: &Volume<Density>,
    composition: &TissueComposition,
    tissue: &TissueTable,
    spheres: Option<&SphereLoad>,
    library: &MaterialLibrary,
) -> Result<World, DosimetryError> {
    let lower = composition.lower_densities(tissue);
    let all = composition.materials(library, tissue)?;
    let per_tissue = usize::from(MIXTURES) + 1;
    let kinds: Vec<usize> = density
        .values()
        .iter()
        .enumerate()
        .map(|(at, value)| match spheres {
            None => tissue_at(&lower, *value) * per_tissue,
            Some(spheres) => {
                tissue_at(&lower, spheres.tissue_density(at) as f32) * per_tissue
                    + usize::from(spheres.mixture(at))
            }
        })
        .collect();
    // A material costs its tables: only those that occur come along, in order.
    let mut number_of = vec![None; all.len() * per_tissue];
    for kind in &kinds {
        number_of[*kind] = Some(0_u8);
    }
    let mut materials = Vec::new();
    for (kind, number) in number_of.iter_mut().enumerate() {
        let Some(number) = number else { continue };
        if materials.len() >= usize::from(u8::MAX) {
            return Err(DosimetryError::OutOfRange {
                what: "number of tissues with their loads of spheres",
                value: "more".to_owned(),
                allowed: "up to 255",
            });
        }
        *number = materials.len() as u8;
        let tissue = all[kind / per_tissue].clone();
        materials.push(match spheres {
            None => tissue,
            Some(spheres) => spheres.mixed(tissue, (kind % per_tissue) as u8, library)?,
        });
    }
    let numbers = kinds
        .into_iter()
        .map(|kind| number_of[kind].unwrap_or_default())
        .collect();
    Ok(World::new(materials, numbers, density)?)
}

#[cfg(test)]
mod tests {
    use sirt_image::{Grid, PatientPoint};
    use sirt_quantity::{DoseFactor, Mass, NuclideLibrary};

    use super::*;
    use crate::{EnergyBalance, Method, SphereMaterial};

    fn data() -> DecayData {
        let library = NuclideLibrary::built_in().unwrap();
        let y90 = library.named("Y-90").unwrap();
        DecayData {
            nuclide: "Y-90".to_owned(),
            half_life: y90.half_life(),
            dose_factor: y90.dose_factor().unwrap(),
            beta_kernel: y90.beta_kernel.clone(),
        }
    }

    /// A ball of activity of 1 GBq in the middle of a cube of 3 mm voxels.
    fn ball(n: usize, radius_mm: f64) -> Volume<ActivityConcentration> {
        let grid = Grid::axis_aligned([n; 3], [3.0; 3], PatientPoint([0.0; 3])).unwrap();
        let centre = (n as f64 - 1.0) / 2.0;
        let inside: Vec<bool> = (0..grid.voxel_count())
            .map(|at| {
                let r2: f64 = grid
                    .index(at)
                    .iter()
                    .map(|i| (3.0 * (*i as f64 - centre)).powi(2))
                    .sum();
                r2.sqrt() <= radius_mm
            })
            .collect();
        let count = inside.iter().filter(|inside| **inside).count() as f64;
        let bq_per_ml = 1e9 / (count * grid.voxel_capacity().as_ml());
        let values = inside
            .iter()
            .map(|inside| if *inside { bq_per_ml as f32 } else { 0.0 })
            .collect();
        Volume::new(grid, None, values).unwrap()
    }

    fn run(
        activity: &Volume<ActivityConcentration>,
        medium: Medium<'_>,
        data: &DecayData,
        histories: u64,
    ) -> DoseDistribution {
        let tissue = TissueTable::built_in().unwrap();
        let mut run = MonteCarlo::new(activity, medium, data, &tissue, &[], None, 7).unwrap();
        run.run(Goal::Histories(histories), |_| ControlFlow::Continue(()))
            .unwrap();
        run.distribution().unwrap()
    }

    #[test]
    fn agrees_with_the_kernel_where_the_kernel_is_right() {
        let activity = ball(25, 24.0);
        let medium = Medium::Homogeneous(Density::from_g_per_ml(1.05));
        let data = data();
        let ours = run(&activity, medium, &data, 2_000_000);
        let tissue = TissueTable::built_in().unwrap();
        let kernel = Method::Kernel
            .absorbed_dose(&activity, medium, &data, &tissue)
            .unwrap();
        let mean = |dose: &Volume<AbsorbedDose>| {
            let inside: Vec<f64> = dose
                .values()
                .iter()
                .zip(activity.values())
                .filter(|(_, activity)| **activity > 0.0)
                .map(|(dose, _)| f64::from(*dose))
                .collect();
            inside.iter().sum::<f64>() / inside.len() as f64
        };
        // One medium, one density: kernel and transport solve the same problem.
        // Kernel and tables agree to 1 % (issue 2), transport and tables to
        // 0.3 % for the mean of a sphere (issue 4).
        let (a, b) = (mean(&ours.dose), mean(&kernel.dose));
        assert!((a / b - 1.0).abs() < 0.01, "{a} Gy against {b} Gy");
        let balance = EnergyBalance::new(&ours, medium, &[]).unwrap();
        // Doses are kept in single precision.
        assert!((balance.closure - 1.0).abs() < 1e-5, "{}", balance.closure);
        assert!(ours.statistics.unwrap().energy_error.abs() < 1e-6);
    }

    #[test]
    fn dose_goes_with_activity_and_dose_factor() {
        let activity = ball(15, 12.0);
        let medium = Medium::Homogeneous(Density::from_g_per_ml(1.05));
        let one = run(&activity, medium, &data(), 100_000);
        let larger = DecayData {
            dose_factor: DoseFactor::from_gy_kg_per_gbq(
                1.5 * data().dose_factor.as_gy_kg_per_gbq(),
            ),
            ..data()
        };
        let two = run(&activity, medium, &larger, 100_000);
        // The same decays are followed: the same bits but for the factor.
        for (a, b) in one.dose.values().iter().zip(two.dose.values()) {
            assert!((1.5 * a - b).abs() <= 1e-5 * b, "{a} {b}");
        }
    }

    #[test]
    fn air_gets_no_dose_and_its_energy_is_kept() {
        let activity = ball(15, 12.0);
        let grid = activity.grid().clone();
        // Air in the upper half: the ball is cut by it.
        let values = (0..grid.voxel_count())
            .map(|at| if grid.index(at)[2] > 7 { 0.00121 } else { 1.05 })
            .collect();
        let density = Volume::<Density>::new(grid.clone(), None, values).unwrap();
        let medium = Medium::Heterogeneous(&density);
        let ours = run(&activity, medium, &data(), 100_000);
        for (at, dose) in ours.dose.values().iter().enumerate() {
            assert!(grid.index(at)[2] <= 7 || *dose == 0.0);
        }
        assert!(ours.in_air_j > 0.0);
        let balance = EnergyBalance::new(&ours, medium, &[]).unwrap();
        assert!((balance.closure - 1.0).abs() < 1e-5, "{}", balance.closure);
        assert_eq!(ours.statistics.unwrap().materials, ["air", "soft tissue"]);
    }

    #[test]
    fn microspheres_take_their_share_of_the_energy() {
        let activity = ball(15, 12.0);
        let (data, tissue) = (data(), TissueTable::built_in().unwrap());
        let plain = Medium::Homogeneous(Density::from_g_per_ml(1.05));
        // 7.2 mL of ball: 0.35 g of glass are 4.4 % of its mass.
        let load = SphereLoad::new(
            SphereMaterial::Glass,
            Mass::from_g(0.35),
            &activity,
            plain,
            &tissue,
        )
        .unwrap();
        let loaded = Medium::Heterogeneous(load.density());
        let mut run =
            MonteCarlo::new(&activity, loaded, &data, &tissue, &[], Some(&load), 7).unwrap();
        run.run(Goal::Histories(500_000), |_| ControlFlow::Continue(()))
            .unwrap();
        let ours = run.distribution().unwrap();
        let balance = EnergyBalance::new(&ours, loaded, &[]).unwrap();
        assert!((balance.closure - 1.0).abs() < 1e-5, "{}", balance.closure);
        let bare = self::run(&activity, plain, &data, 500_000);
        let mean = |dose: &Volume<AbsorbedDose>| {
            let inside = dose.values().iter().zip(activity.values());
            inside
                .filter(|(_, activity)| **activity > 0.0)
                .map(|(dose, _)| f64::from(*dose))
                .sum::<f64>()
        };
        let medium = loaded.density_g_per_ml(activity.grid().voxel_count() / 2) / 1.05;
        // Energy over mass: the ball is heavier by 3.3 %, and what leaves it (a
        // fifth of the energy) a little less for that; noise is 0.1 %.
        let ratio = mean(&ours.dose) / mean(&bare.dose) * medium;
        assert!((1.0..1.02).contains(&ratio), "{ratio}, {medium}");
        assert_eq!(
            ours.statistics.unwrap().materials,
            ["soft tissue", "soft tissue with 4 % glass"]
        );
    }

    #[test]
    fn a_run_goes_on_to_the_same_bits() {
        let activity = ball(11, 9.0);
        let medium = Medium::Homogeneous(Density::from_g_per_ml(1.05));
        let (data, tissue) = (data(), TissueTable::built_in().unwrap());
        let begin = || MonteCarlo::new(&activity, medium, &data, &tissue, &[], None, 3).unwrap();
        let go_on = |run: &mut MonteCarlo, histories| {
            run.run(Goal::Histories(histories), |_| ControlFlow::Continue(()))
                .unwrap();
        };
        let mut whole = begin();
        go_on(&mut whole, 200_000);
        let mut first = begin();
        go_on(&mut first, 60_000);
        let state = first.state();
        let mut second = begin();
        second.resume(&state).unwrap();
        go_on(&mut second, 200_000);
        assert_eq!(
            whole.distribution().unwrap().dose.values(),
            second.distribution().unwrap().dose.values()
        );
        assert!(begin().resume(&state[1..]).is_err());
        assert!(begin().distribution().is_err());
    }

    #[test]
    fn a_nuclide_without_spectrum_is_refused() {
        let activity = ball(5, 6.0);
        let other = DecayData {
            nuclide: "I-131".to_owned(),
            ..data()
        };
        let medium = Medium::Homogeneous(Density::from_g_per_ml(1.05));
        let tissue = TissueTable::built_in().unwrap();
        let error = MonteCarlo::new(&activity, medium, &other, &tissue, &[], None, 1).unwrap_err();
        assert!(error.to_string().contains("I-131"), "{error}");
    }
}

//! Cases with a known answer, for anybody to run: tables of EGSnrc
//! (`data/egsnrc`) and what theory demands.
//!
//! Each case runs the transport as it stands and compares it point by point.
//! Limits are those that the project set before it had results; three standard
//! deviations of both sides together are always allowed.

mod balance;
mod fano;
mod interface;
mod point_kernel;
mod reference_table;
mod sphere;
mod uncertainty;
mod voxel_s_value;

use crate::TransportError;

/// A case that can be run.
#[derive(Debug, Clone, Copy)]
pub struct ValidationCase {
    /// Short name.
    pub name: &'static str,
    /// What is compared, for a reader.
    pub title: &'static str,
    /// What it is compared with.
    pub reference: &'static str,
    /// What is allowed, in words.
    pub limit: &'static str,
    run: fn(Effort) -> Result<Vec<ComparedPoint>, TransportError>,
}

/// How many histories a case takes, as a part of the usual number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Effort(f64);

/// A value of ours beside its reference.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparedPoint {
    /// Where or what: a shell, a voxel, a slab.
    pub at: String,
    /// Ours.
    pub ours: f64,
    /// The reference.
    pub reference: f64,
    /// Largest difference that is allowed, in the unit of both.
    pub allowed: f64,
    /// Standard deviation of the difference, in the unit of both.
    pub sigma: f64,
}

/// What a case gave.
#[derive(Debug, Clone, PartialEq)]
pub struct ValidationOutcome {
    /// All points.
    pub points: Vec<ComparedPoint>,
}

impl Effort {
    /// The usual number of histories.
    pub const USUAL: Self = Self(1.0);

    /// A part of the usual number of histories, or a multiple.
    ///
    /// # Errors
    /// [`TransportError::OutOfRange`] outside 0.01..=1000.
    pub fn of(factor: f64) -> Result<Self, TransportError> {
        if (0.01..=1000.0).contains(&factor) {
            return Ok(Self(factor));
        }
        Err(TransportError::OutOfRange {
            what: "effort",
            value: factor.to_string(),
            allowed: "0.01..=1000",
        })
    }

    /// So many times the effort, `least` or more.
    fn times(self, usual: u64, least: u64) -> u64 {
        ((usual as f64 * self.0).round() as u64).max(least)
    }
}

impl ComparedPoint {
    /// Ours less the reference.
    #[must_use]
    pub fn difference(&self) -> f64 {
        self.ours - self.reference
    }

    /// Difference over what is allowed: 1 or less passes.
    #[must_use]
    pub fn share_of_allowed(&self) -> f64 {
        self.difference().abs() / self.allowed.max(3.0 * self.sigma)
    }
}

impl ValidationOutcome {
    /// The point that comes closest to its limit, or goes furthest past it.
    #[must_use]
    pub fn worst(&self) -> Option<&ComparedPoint> {
        self.points
            .iter()
            .max_by(|a, b| a.share_of_allowed().total_cmp(&b.share_of_allowed()))
    }

    /// Whether every point is within its limit; a case without points is not.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.worst()
            .is_some_and(|worst| worst.share_of_allowed() <= 1.0)
    }
}

impl ValidationCase {
    /// All cases, in the order of the page `docs/methods/transport.md`.
    pub const ALL: [Self; 12] = [
        Self {
            name: "electron-1mev",
            title: "1 MeV electrons in water, shells around a point",
            reference: "EGSnrc",
            limit: "1 % of the shell, 0.3 % of the largest, or 3 sigma, to the depth of 99 %",
            run: point_kernel::one_mev,
        },
        Self {
            name: "electron-2mev",
            title: "2 MeV electrons in water, shells around a point",
            reference: "EGSnrc",
            limit: "1 % of the shell, 0.3 % of the largest, or 3 sigma, to the depth of 99 %",
            run: point_kernel::two_mev,
        },
        Self {
            name: "y90-kernel",
            title: "Y-90 in water, shells around a point",
            reference: "EGSnrc",
            limit: "1 % of the shell, 0.3 % of the largest, or 3 sigma, to the depth of 99 %",
            run: point_kernel::y90,
        },
        Self {
            name: "voxel-3mm-tissue",
            title: "voxel S values of Y-90, 3 mm, soft tissue",
            reference: "EGSnrc",
            limit: "0.5 % at the centre, 1.5 % over a thousandth of it, or 3 sigma",
            run: voxel_s_value::tissue_3mm,
        },
        Self {
            name: "voxel-3mm-water",
            title: "voxel S values of Y-90, 3 mm, water",
            reference: "EGSnrc",
            limit: "0.5 % at the centre, 1.5 % over a thousandth of it, or 3 sigma",
            run: voxel_s_value::water_3mm,
        },
        Self {
            name: "voxel-4.8mm-tissue",
            title: "voxel S values of Y-90, 4.8 mm, soft tissue",
            reference: "EGSnrc",
            limit: "0.5 % at the centre, 1.5 % over a thousandth of it, or 3 sigma",
            run: voxel_s_value::tissue_4_8mm,
        },
        Self {
            name: "tissue-lung",
            title: "Y-90 in tissue against lung of 0.26 g/mL, slabs of 1 mm",
            reference: "EGSnrc",
            limit: "2 % over a hundredth of the maximum, or 3 sigma",
            run: interface::tissue_lung,
        },
        Self {
            name: "tissue-tissue",
            title: "Y-90 in tissue against tissue, slabs of 1 mm",
            reference: "EGSnrc",
            limit: "2 % over a hundredth of the maximum, or 3 sigma",
            run: interface::tissue_tissue,
        },
        Self {
            name: "sphere-20mm",
            title: "ball of water of 20 mm, energy that stays in it",
            reference: "EGSnrc",
            limit: "0.3 %",
            run: sphere::absorbed_fraction,
        },
        Self {
            name: "fano",
            title: "densities 0.4, 1.0 and 1.9 voxel by voxel, decays by mass",
            reference: "Fano's theorem: the same dose everywhere",
            limit: "0.3 %, or 3 sigma",
            run: fano::uniform_dose,
        },
        Self {
            name: "energy",
            title: "energy deposited and escaped, of tissue, bone and air",
            reference: "energy emitted",
            limit: "1e-6",
            run: balance::conserved,
        },
        Self {
            name: "uncertainty",
            title: "deviations over 100 seeds, in the stated standard deviation",
            reference: "mean 0, deviation 1",
            limit: "0.1",
            run: uncertainty::honest,
        },
    ];

    /// Runs the case.
    ///
    /// # Errors
    /// [`TransportError::DataTable`] for a damaged table, which a test rules out
    /// for those that are compiled in.
    pub fn run(&self, effort: Effort) -> Result<ValidationOutcome, TransportError> {
        Ok(ValidationOutcome {
            points: (self.run)(effort)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_passes_by_its_limit_or_by_its_noise() {
        let point = |ours: f64, allowed: f64, sigma: f64| ComparedPoint {
            at: "here".to_owned(),
            ours,
            reference: 1.0,
            allowed,
            sigma,
        };
        let passes = |points: Vec<ComparedPoint>| ValidationOutcome { points }.passes();
        assert!(passes(vec![point(1.01, 0.02, 0.0)]));
        assert!(!passes(vec![
            point(1.01, 0.02, 0.0),
            point(0.97, 0.02, 0.0)
        ]));
        assert!(passes(vec![point(1.01, 0.0, 0.004)]));
        assert!(!passes(vec![point(f64::NAN, 0.02, 0.0)]));
        // Nothing compared is nothing passed.
        assert!(!passes(Vec::new()));
    }

    #[test]
    fn efforts_are_bounded() {
        assert!(Effort::of(0.0).is_err() && Effort::of(f64::NAN).is_err());
        assert_eq!(Effort::of(0.5).unwrap().times(10, 8), 8);
        assert_eq!(Effort::of(2.0).unwrap().times(10, 8), 20);
    }
}

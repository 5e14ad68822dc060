//! What the activity lies in: one density, or the densities of a CT.

use sirt_image::Volume;
use sirt_quantity::{ActivityConcentration, Density};

use crate::DosimetryError;

/// What the activity lies in.
#[derive(Debug, Clone, Copy)]
pub enum Medium<'a> {
    /// One density everywhere.
    Homogeneous(Density),
    /// A density for each voxel of the activity's grid, from CT.
    Heterogeneous(&'a Volume<Density>),
}

impl Medium<'_> {
    /// Density at a position of the volume's values, g/mL.
    #[must_use]
    pub fn density_g_per_ml(self, at: usize) -> f64 {
        match self {
            Self::Homogeneous(density) => density.as_g_per_ml(),
            Self::Heterogeneous(density) => f64::from(density.values()[at]),
        }
    }

    /// Mean density of the voxels that hold activity, weighted by it: the
    /// betas travel where the activity is.
    ///
    /// # Errors
    /// [`DosimetryError::OutOfRange`] without activity.
    pub fn mean_density(
        self,
        activity: &Volume<ActivityConcentration>,
    ) -> Result<Density, DosimetryError> {
        if let Self::Homogeneous(density) = self {
            return Ok(density);
        }
        let (weighted, total) = activity.values().iter().enumerate().fold(
            (0.0, 0.0),
            |(weighted, total), (at, activity)| {
                let activity = f64::from(*activity);
                (
                    weighted + activity * self.density_g_per_ml(at),
                    total + activity,
                )
            },
        );
        if total > 0.0 {
            Ok(Density::from_g_per_ml(weighted / total))
        } else {
            Err(DosimetryError::OutOfRange {
                what: "total activity",
                value: format!("{total}"),
                allowed: "above 0",
            })
        }
    }

    pub(crate) fn check(
        self,
        activity: &Volume<ActivityConcentration>,
    ) -> Result<(), DosimetryError> {
        match self {
            Self::Homogeneous(density) => {
                let value = density.as_g_per_ml();
                // From inflated lung in deep inspiration to cortical bone.
                if (0.05..=3.0).contains(&value) {
                    Ok(())
                } else {
                    Err(DosimetryError::OutOfRange {
                        what: "density",
                        value: density.to_string(),
                        allowed: "0.05..=3 g/mL",
                    })
                }
            }
            Self::Heterogeneous(density) => {
                if activity
                    .grid()
                    .matches(density.grid(), crate::dvh::SAME_GRID_MM)
                {
                    Ok(())
                } else {
                    Err(DosimetryError::GridMismatch {
                        what: "activity and density",
                    })
                }
            }
        }
    }
}

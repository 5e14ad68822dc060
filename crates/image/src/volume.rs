//! Sampled volumes with their quantity in the type.
//!
//! A [`Volume<Q>`] is a [`Grid`] and one `f32` for each voxel, the first index
//! axis fastest.
//! `Q` says what the numbers are (activity concentration, absorbed dose,
//! Hounsfield units, counts) so that a dose is never read as an activity.

use std::marker::PhantomData;

use sirt_quantity::{AbsorbedDose, ActivityConcentration, Bed, Density};

use crate::{FrameOfReference, Grid, ImageError};

/// What the numbers of a volume mean.
pub trait VoxelQuantity: Copy + Send + Sync + std::fmt::Debug + 'static {
    /// The quantity in words.
    const NAME: &'static str;
    /// The unit of the stored numbers.
    const UNIT: &'static str;
}

/// CT numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hounsfield;

/// Detected counts, or any number proportional to activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts;

/// Numbers as stored in a file that does not say what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unspecified;

macro_rules! voxel_quantity {
    ($($quantity:ty => $name:literal, $unit:literal;)+) => {
        $(impl VoxelQuantity for $quantity {
            const NAME: &'static str = $name;
            const UNIT: &'static str = $unit;
        })+
    };
}
voxel_quantity! {
    ActivityConcentration => "activity concentration", "Bq/mL";
    AbsorbedDose => "absorbed dose", "Gy";
    Bed => "biologically effective dose", "Gy";
    Density => "density", "g/mL";
    Hounsfield => "CT number", "HU";
    Counts => "counts", "1";
    Unspecified => "unspecified", "1";
}

/// A quantity sampled on a grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume<Q> {
    grid: Grid,
    frame_of_reference: Option<FrameOfReference>,
    values: Vec<f32>,
    quantity: PhantomData<Q>,
}

impl<Q: VoxelQuantity> Volume<Q> {
    /// A volume from its values, the first index axis fastest.
    ///
    /// # Errors
    /// [`ImageError::ValueCount`] when there is not one value for each voxel.
    pub fn new(
        grid: Grid,
        frame_of_reference: Option<FrameOfReference>,
        values: Vec<f32>,
    ) -> Result<Self, ImageError> {
        if values.len() != grid.voxel_count() {
            return Err(ImageError::ValueCount {
                expected: grid.voxel_count(),
                found: values.len(),
            });
        }
        Ok(Self {
            grid,
            frame_of_reference,
            values,
            quantity: PhantomData,
        })
    }

    /// The lattice.
    #[must_use]
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The patient frame, where the source named one.
    #[must_use]
    pub fn frame_of_reference(&self) -> Option<&FrameOfReference> {
        self.frame_of_reference.as_ref()
    }

    /// All values, the first index axis fastest.
    #[must_use]
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, to be changed in place.
    #[must_use]
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// The values alone.
    #[must_use]
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// Value of a voxel; `None` outside.
    #[must_use]
    pub fn get(&self, index: [usize; 3]) -> Option<f32> {
        let inside = (0..3).all(|axis| index[axis] < self.grid.size()[axis]);
        inside.then(|| self.values[self.grid.linear(index)])
    }

    /// Sum of all values in double precision.
    #[must_use]
    pub fn sum(&self) -> f64 {
        self.values.iter().map(|value| f64::from(*value)).sum()
    }

    /// The same numbers under another meaning: for whoever settles what a
    /// file did not say, and for calibrations.
    #[must_use]
    pub fn reinterpret<R: VoxelQuantity>(self) -> Volume<R> {
        Volume {
            grid: self.grid,
            frame_of_reference: self.frame_of_reference,
            values: self.values,
            quantity: PhantomData,
        }
    }

    /// Each value through `convert`, in place, under a new meaning.
    #[must_use]
    pub fn map<R: VoxelQuantity>(mut self, convert: impl Fn(f32) -> f32 + Sync) -> Volume<R> {
        use rayon::prelude::*;
        self.values
            .par_iter_mut()
            .for_each(|value| *value = convert(*value));
        self.reinterpret()
    }

    /// Each value through `convert` in a volume of its own, under a new meaning.
    #[must_use]
    pub fn mapped<R: VoxelQuantity>(&self, convert: impl Fn(f32) -> f32 + Sync) -> Volume<R> {
        use rayon::prelude::*;
        Volume {
            grid: self.grid.clone(),
            frame_of_reference: self.frame_of_reference.clone(),
            values: self
                .values
                .par_iter()
                .map(|value| convert(*value))
                .collect(),
            quantity: PhantomData,
        }
    }

    /// The same values after a rigid motion into another patient frame.
    #[must_use]
    pub fn moved(mut self, motion: &crate::RigidTransform, into: Option<FrameOfReference>) -> Self {
        self.grid = self.grid.moved(motion);
        self.frame_of_reference = into;
        self
    }

    /// The same volume in another patient frame.
    #[must_use]
    pub fn with_frame_of_reference(mut self, frame: Option<FrameOfReference>) -> Self {
        self.frame_of_reference = frame;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PatientPoint;

    #[test]
    fn needs_one_value_for_each_voxel() {
        let grid = Grid::axis_aligned([2, 2, 2], [1.0; 3], PatientPoint::default()).unwrap();
        let error = Volume::<Hounsfield>::new(grid, None, vec![0.0; 7]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "volume has 7 values where its grid has 8 voxels"
        );
    }

    #[test]
    fn mapped_is_map_of_a_copy() {
        let grid = Grid::axis_aligned([3, 2, 1], [1.0; 3], PatientPoint::default()).unwrap();
        let values = (0..6).map(|value| value as f32).collect();
        let frame = Some(FrameOfReference("1.2".to_owned()));
        let volume = Volume::<Hounsfield>::new(grid, frame, values).unwrap();
        let twice = |value: f32| 2.0 * value;
        let mapped: Volume<crate::Unspecified> = volume.mapped(twice);
        assert_eq!(mapped, volume.clone().map(twice));
        assert!((volume.values()[5] - 5.0).abs() < 1e-9);
    }
}

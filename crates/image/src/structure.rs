//! Named structures: tumours, liver, lung.
//!
//! A [`Structure`] comes as planar contours (RTSTRUCT) or as a mask on its own
//! grid (SEG, label maps).
//! [`Structure::on_grid`] turns either into partial-voxel weights on the grid
//! that a dose is computed on.

use sirt_quantity::Capacity;

use crate::{ContourStack, FrameOfReference, Grid, ImageError, WeightMask};

/// The outline of a structure as its source gave it.
#[derive(Debug, Clone, PartialEq)]
pub enum Outline {
    /// Closed planar polygons on parallel planes.
    Contours(ContourStack),
    /// Weights on the grid of the source.
    Mask(WeightMask),
}

/// A named region of the patient.
#[derive(Debug, Clone, PartialEq)]
pub struct Structure {
    /// Name as the source has it; may be anything but is never empty.
    pub name: String,
    /// Number in the source (ROI number, segment number or label value).
    pub number: u32,
    /// Colour for display, red, green, blue.
    pub colour: Option<[u8; 3]>,
    /// DICOM tracking UID, where the source names one: identity over time.
    pub tracking_uid: Option<String>,
    /// Patient frame, where the source names one.
    pub frame_of_reference: Option<FrameOfReference>,
    /// The region.
    pub outline: Outline,
}

impl Structure {
    /// Space inside the outline as the source drew it: polygon areas times
    /// plane distance, or the mask on its own grid.
    #[must_use]
    pub fn capacity(&self) -> Capacity {
        match &self.outline {
            Outline::Contours(stack) => stack.capacity(),
            Outline::Mask(mask) => mask.capacity(),
        }
    }

    /// The structure after a rigid motion into another patient frame.
    ///
    /// # Errors
    /// As [`ContourStack::new`], which the moved polygons pass through.
    pub fn moved(
        &self,
        motion: &crate::RigidTransform,
        into: Option<FrameOfReference>,
    ) -> Result<Self, ImageError> {
        let outline = match &self.outline {
            Outline::Contours(stack) => Outline::Contours(stack.moved(motion)?),
            Outline::Mask(mask) => Outline::Mask(mask.moved(motion)),
        };
        Ok(Self {
            frame_of_reference: into,
            outline,
            ..self.clone()
        })
    }

    /// The structure as partial-voxel weights on `grid`.
    ///
    /// Frames of reference are the caller's to compare, since a registration
    /// may stand between them.
    ///
    /// # Errors
    /// Whatever makes an outline impossible to resample; see
    /// [`ContourStack::on_grid`].
    pub fn on_grid(&self, grid: &Grid) -> Result<WeightMask, ImageError> {
        match &self.outline {
            Outline::Contours(stack) => stack.on_grid(grid),
            Outline::Mask(mask) => crate::resample_mask(mask, grid),
        }
    }
}

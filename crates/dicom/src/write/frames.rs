//! How the slices of a grid become DICOM frames.
//!
//! Rows and columns are the first two index axes; frames follow the third.
//! DICOM frames climb along the normal row × column, so the slices of a
//! left-handed grid are written in reverse: every voxel stays where it was.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use sirt_image::{Grid, PatientPoint, PatientVector, Volume, VoxelQuantity};

use super::data_set::DataSet;

/// The frames of a grid in DICOM's order.
#[derive(Debug, Clone)]
pub(super) struct Frames<'a> {
    grid: &'a Grid,
    reversed: bool,
}

impl<'a> Frames<'a> {
    pub(super) fn new(grid: &'a Grid) -> Self {
        Self {
            grid,
            reversed: !grid.is_right_handed(),
        }
    }

    /// Whether frames run against the third index axis.
    pub(super) fn reversed(&self) -> bool {
        self.reversed
    }

    /// Number of columns and of rows.
    pub(super) fn plane(&self) -> [usize; 2] {
        let [columns, rows, _] = self.grid.size();
        [columns, rows]
    }

    /// Number of frames.
    pub(super) fn count(&self) -> usize {
        self.grid.size()[2]
    }

    /// The slice that is written as frame `frame`.
    pub(super) fn slice(&self, frame: usize) -> usize {
        if self.reversed {
            self.count() - 1 - frame
        } else {
            frame
        }
    }

    /// Centre of the first voxel of a frame.
    pub(super) fn position(&self, frame: usize) -> PatientPoint {
        self.grid.to_patient([0.0, 0.0, self.slice(frame) as f64])
    }

    /// Distance between frames, mm.
    pub(super) fn spacing_mm(&self) -> f64 {
        self.grid.spacing_mm()[2]
    }

    /// Direction of a row, then of a column.
    pub(super) fn orientation(&self) -> [f64; 6] {
        let [PatientVector([a, b, c]), PatientVector([d, e, f]), _] = self.grid.directions();
        [a, b, c, d, e, f]
    }

    /// Values of a frame, row by row.
    pub(super) fn values<'v, Q: VoxelQuantity>(
        &self,
        volume: &'v Volume<Q>,
        frame: usize,
    ) -> &'v [f32] {
        let [columns, rows] = self.plane();
        let plane = columns * rows;
        let start = self.slice(frame) * plane;
        &volume.values()[start..start + plane]
    }

    /// Spacing of rows, then of columns, as DICOM orders them.
    pub(super) fn pixel_spacing(&self) -> [f64; 2] {
        let [between_columns, between_rows, _] = self.grid.spacing_mm();
        [between_rows, between_columns]
    }

    /// The image-plane attributes of a frame that is a file of its own.
    pub(super) fn put_plane(&self, data: &mut DataSet, frame: usize) {
        data.decimals(tags::IMAGE_POSITION_PATIENT, &self.position(frame).0)
            .decimals(tags::IMAGE_ORIENTATION_PATIENT, &self.orientation())
            .decimals(tags::PIXEL_SPACING, &self.pixel_spacing())
            .decimals(tags::SLICE_THICKNESS, &[self.spacing_mm()]);
    }

    /// The number of frames of a multi-frame file.
    pub(super) fn put_count(&self, data: &mut DataSet) {
        data.text(tags::NUMBER_OF_FRAMES, VR::IS, &self.count().to_string());
    }
}

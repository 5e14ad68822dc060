//! Slices of CT and PET to numbers.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use dicom_dictionary_std::tags;
use rayon::prelude::*;
use sirt_image::{FrameOfReference, Grid, Hounsfield, Volume, VoxelQuantity};

use super::element::Extent;
use super::enhanced;
use super::instance::{Instance, SeriesKind, Source};
use super::pixel::{PixelFrames, Rescale, empty_voxels, numbers_into};
use super::series::Series;
use crate::DicomError;

/// Reads a CT series as Hounsfield units: stored value x (0028,1053) + (0028,1052).
///
/// # Errors
/// [`DicomError::WrongKind`] for another kind of series,
/// [`DicomError::Refused`] with the first finding that stops it, and whatever
/// makes a file unreadable.
pub fn read_ct(series: &Series) -> Result<Volume<Hounsfield>, DicomError> {
    let first = series.require_kind(&[SeriesKind::Ct, SeriesKind::EnhancedCt], "a CT series")?;
    refuse_stopped(series)?;
    if series.kind == SeriesKind::EnhancedCt {
        return Ok(enhanced::read(first)?.volume.reinterpret());
    }
    slices(series)
}

pub(crate) fn refuse_stopped(series: &Series) -> Result<(), DicomError> {
    match series.first_stop() {
        Some(finding) => Err(DicomError::Refused {
            finding: finding.clone(),
        }),
        None => Ok(()),
    }
}

/// One file for each slice, with its own rescale values, into one volume.
pub(crate) fn slices<Q: VoxelQuantity>(series: &Series) -> Result<Volume<Q>, DicomError> {
    let (Some(grid), Some(first)) = (&series.grid, series.instances.first()) else {
        return Err(DicomError::WrongKind {
            found: series.first_file.clone(),
            wanted: "a series of slices on a grid",
        });
    };
    let pixels = grid.size()[0] * grid.size()[1];
    let mut values = empty_voxels(&first.file, grid.voxel_count())?;
    values
        .par_chunks_exact_mut(pixels)
        .zip(&series.instances)
        .try_for_each_init(Vec::new, |buffer, (slab, instance)| {
            let rescale = instance
                .rescale
                .ok_or_else(|| instance.missing(tags::RESCALE_SLOPE, "a number"))?;
            read_slice(instance, rescale, buffer, slab)
        })?;
    Ok(Volume::new(
        grid.clone(),
        first.frame_of_reference.clone().map(FrameOfReference),
        values,
    )?)
}

/// Numbers of a single-frame object into `slab`.
fn read_slice(
    instance: &Instance,
    rescale: Rescale,
    buffer: &mut Vec<u8>,
    slab: &mut [f32],
) -> Result<(), DicomError> {
    // Uncompressed pixels are read from where the header scan has found them.
    if let (Source::File(path), Some((offset, there)), Some(layout)) =
        (&instance.source, instance.native_pixels, instance.layout)
        && layout.bits_allocated >= 8
        && let Some(size) = layout.native_bytes(1)
        && there >= size as u64
        && layout.pixels_per_frame() == slab.len()
    {
        let unreadable = |source| instance.unreadable(source);
        let mut file = File::open(path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(offset)).map_err(unreadable)?;
        buffer.resize(size, 0);
        file.read_exact(buffer).map_err(unreadable)?;
        numbers_into(&layout, instance.big_endian, buffer, rescale, slab);
        return Ok(());
    }
    let bytes = instance.bytes()?;
    let bytes = instance.open(&bytes)?;
    let object = bytes.parse(Extent::Whole)?;
    let frames = PixelFrames::open(&object)?;
    if frames.layout.pixels_per_frame() != slab.len() {
        return Err(object.refused(
            tags::ROWS,
            frames.layout.rows,
            "the size that the header scan found",
        ));
    }
    frames.numbers_into(0, rescale, slab)
}

/// All frames of a multi-frame object, in the order given.
pub(crate) fn stack_frames(
    frames: &PixelFrames<'_>,
    order: &[(usize, Rescale)],
    grid: &Grid,
) -> Result<Vec<f32>, DicomError> {
    let pixels = frames.layout.pixels_per_frame();
    let mut values = empty_voxels(frames.file(), pixels.saturating_mul(order.len()))?;
    debug_assert_eq!(values.len(), grid.voxel_count());
    values
        .par_chunks_exact_mut(pixels)
        .zip(order)
        .try_for_each(|(slab, (frame, rescale))| frames.numbers_into(*frame, *rescale, slab))?;
    Ok(values)
}

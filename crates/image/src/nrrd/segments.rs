//! The segment table of a `.seg.nrrd`, as 3D Slicer writes it.
//!
//! Each segment `N` has keys `SegmentN_Name`, `_ID`, `_Color`, `_LabelValue`,
//! `_Layer` and others: its voxels are those of value `LabelValue` in layer
//! `Layer` of the list axis.
//! Files of before 2020 lack the last two: each segment is then a layer of
//! its own with the value 1.
//! `_Extent` only helps drawing and is not used.
//! Source: Slicer developer guide, "Segmentations", storage in NRRD.

use super::ListAxis;
use super::header::wrong;
use crate::stored::Layout;
use crate::volume_file::{LabelRegions, MaskBudget};
use crate::{Grid, ImageError, Outline, Structure};

/// Most segments of a file.
const SEGMENTS: u32 = 10_000;

/// A row of the table.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Segment {
    number: u32,
    name: Option<String>,
    id: Option<String>,
    colour: Option<[u8; 3]>,
    label: Option<u16>,
    layer: Option<usize>,
}

/// The rows of the table by ascending number; empty for a file without one.
pub(super) fn table(pairs: &[(String, String)]) -> Result<Vec<Segment>, ImageError> {
    let mut segments = std::collections::BTreeMap::<u32, Segment>::new();
    for (key, value) in pairs {
        let Some((number, what)) = key
            .strip_prefix("Segment")
            .and_then(|rest| rest.split_once('_'))
        else {
            continue;
        };
        // `Segmentation_…` keys describe the whole.
        let Ok(number) = number.parse::<u32>() else {
            continue;
        };
        if number >= SEGMENTS {
            return Err(wrong(key, format!("more than {SEGMENTS} segments")));
        }
        let segment = segments.entry(number).or_default();
        segment.number = number;
        let text = value.trim();
        match what {
            "Name" => segment.name = Some(text.to_owned()).filter(|name| !name.is_empty()),
            "ID" => segment.id = Some(text.to_owned()).filter(|id| !id.is_empty()),
            "Color" => segment.colour = colour(text),
            "LabelValue" => {
                segment.label = Some(text.parse().map_err(|_| {
                    wrong(key, format!("`{text}` is not a whole number in 0..=65535"))
                })?);
            }
            "Layer" => {
                segment.layer = Some(
                    text.parse()
                        .map_err(|_| wrong(key, format!("`{text}` is not a whole number")))?,
                );
            }
            _ => {}
        }
    }
    Ok(segments.into_values().collect())
}

/// A colour from three shares of 1.
fn colour(text: &str) -> Option<[u8; 3]> {
    let channels: Vec<u8> = text
        .split_whitespace()
        .map(|share| {
            let share: f64 = share.parse().ok()?;
            Some((share.clamp(0.0, 1.0) * 255.0).round() as u8)
        })
        .collect::<Option<_>>()?;
    channels.try_into().ok()
}

/// The segments as structures.
pub(super) fn structures(
    grid: &Grid,
    segments: &[Segment],
    list: &ListAxis,
    layout: Layout,
    data: &[u8],
) -> Result<Vec<Structure>, ImageError> {
    let mut budget = MaskBudget::new(grid);
    let mut found: Vec<(u32, Structure)> = Vec::new();
    let mut layers = std::collections::BTreeMap::<usize, Vec<&Segment>>::new();
    for segment in segments {
        let layer = segment.layer.unwrap_or(segment.number as usize);
        if layer >= list.layers {
            return Err(wrong(
                &format!("Segment{}_Layer", segment.number),
                format!("layer {layer} where the file has {}", list.layers),
            ));
        }
        layers.entry(layer).or_default().push(segment);
    }
    for (layer, of_layer) in layers {
        let labels = layer_labels(grid, list, layer, layout, data)?;
        let regions = LabelRegions::of(grid, &labels)?;
        for segment in of_layer {
            // Without a value, the one of a layer that the segment has alone.
            let value = segment.label.unwrap_or(1);
            budget.spend(regions.box_voxels(value))?;
            let name = segment.name.clone().or_else(|| segment.id.clone());
            let number = segment.number + 1;
            found.push((
                segment.number,
                Structure {
                    name: name.unwrap_or_else(|| format!("segment {number}")),
                    number,
                    colour: segment.colour,
                    tracking_uid: None,
                    frame_of_reference: None,
                    outline: Outline::Mask(regions.mask(value)?),
                },
            ));
        }
    }
    found.sort_by_key(|(number, _)| *number);
    Ok(found.into_iter().map(|(_, structure)| structure).collect())
}

/// Labels of one layer, voxels in the order of the grid.
fn layer_labels(
    grid: &Grid,
    list: &ListAxis,
    layer: usize,
    layout: Layout,
    data: &[u8],
) -> Result<Vec<u16>, ImageError> {
    let not_whole = || wrong("data", "a label is not a whole number in 0..=65535");
    if list.stride == 1 || list.layers == 1 {
        return layout
            .decode_labels(data, layer * list.stride, list.layers)
            .ok_or_else(not_whole);
    }
    // The list is not the fastest axis: runs of `stride` voxels of one layer.
    let width = layout.scalar.width();
    let run = list.stride * width;
    let mut labels = Vec::with_capacity(grid.voxel_count());
    for block in data.chunks_exact(run * list.layers) {
        let part = &block[layer * run..(layer + 1) * run];
        labels.extend(layout.decode_labels(part, 0, 1).ok_or_else(not_whole)?);
    }
    Ok(labels)
}

//! Where the slices of a preview stand, and what part of the grid they show.

use sirt_image::{Grid, VoxelQuantity};

use super::Preview;

pub(super) const MARGIN: i64 = 28;
pub(super) const GAP: i64 = 22;
/// Room for the colour bar and its ticks, pixels.
pub(super) const BAR_ROOM: i64 = 128;
pub(super) const BAR_WIDTH: i64 = 22;
pub(super) const HEADER: i64 = 84;
pub(super) const CAPTION: i64 = 30;
/// Rows of the picture for the tallest slice, pixels.
pub(super) const TALLEST: f64 = 760.0;
/// Finest scale, pixels per mm: small grids are not blown up past it.
pub(super) const FINEST: f64 = 6.0;

/// Part of the hottest dose that counts as dosed tissue when the shown part is chosen.
pub(super) const DOSED_FRACTION: f64 = 0.02;
/// Part of the tumours' voxels that the colour scale covers.
pub(super) const TUMOUR_PART: f64 = 0.995;
/// Part of the dosed voxels that it covers where there is no tumour.
pub(super) const DOSED_PART: f64 = 0.998;
/// Room kept around structures and dose, mm.
pub(super) const SURROUNDINGS_MM: f64 = 30.0;
/// An index axis of the grid and whether it is drawn backwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Heading {
    pub(super) axis: usize,
    pub(super) backwards: bool,
}

/// One slice: which axes run to the right and down, and where it is drawn.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) name: &'static str,
    pub(super) right: Heading,
    pub(super) down: Heading,
    pub(super) normal: usize,
    pub(super) corner: [i64; 2],
    pub(super) size: [i64; 2],
}

/// The slices and what they share.
pub(super) struct Layout {
    pub(super) panels: [Panel; 3],
    /// First and last voxel edge that is shown, on each axis, in voxels.
    pub(super) shown: [[f64; 2]; 3],
    pub(super) pixels_per_mm: f64,
    pub(super) bar_x: i64,
    pub(super) bottom: i64,
}

/// The index axis nearest to each patient axis (left, posterior, superior).
pub(super) fn axes_of_patient(grid: &Grid) -> [Heading; 3] {
    let directions = grid.directions();
    let cosine = |axis: usize, patient: usize| directions[axis].0[patient];
    let orders = [
        [0, 1, 2],
        [0, 2, 1],
        [1, 0, 2],
        [1, 2, 0],
        [2, 0, 1],
        [2, 1, 0],
    ];
    let agreement = |order: &[usize; 3]| -> f64 {
        (0..3)
            .map(|patient| cosine(order[patient], patient).abs())
            .sum()
    };
    let nearest = orders
        .iter()
        .max_by(|a, b| agreement(a).total_cmp(&agreement(b)))
        .unwrap_or(&orders[0]);
    std::array::from_fn(|patient| Heading {
        axis: nearest[patient],
        backwards: cosine(nearest[patient], patient) < 0.0,
    })
}

pub(super) fn lay_out<Q: VoxelQuantity>(preview: &Preview<'_, Q>) -> Layout {
    let grid = preview.overlay.grid();
    let shown = shown_part(preview);
    let extent_mm: [f64; 3] =
        std::array::from_fn(|axis| (shown[axis][1] - shown[axis][0]) * grid.spacing_mm()[axis]);
    let [left, posterior, superior] = axes_of_patient(grid);
    let inferior = Heading {
        backwards: !superior.backwards,
        ..superior
    };
    let slices = [
        ("Axial", left, posterior, superior.axis),
        ("Coronal", left, inferior, posterior.axis),
        ("Sagittal", posterior, inferior, left.axis),
    ];
    let total_mm: f64 = slices
        .iter()
        .map(|(_, right, ..)| extent_mm[right.axis])
        .sum();
    let tallest_mm = slices
        .iter()
        .map(|(_, _, down, _)| extent_mm[down.axis])
        .fold(0.0, f64::max);
    let room = (preview.width - 2 * MARGIN - 3 * GAP - BAR_ROOM) as f64;
    let pixels_per_mm = (room / total_mm).min(TALLEST / tallest_mm).min(FINEST);
    let pixels = |axis: usize| ((extent_mm[axis] * pixels_per_mm).round() as i64).max(1);

    let used: i64 = slices.iter().map(|(_, right, ..)| pixels(right.axis)).sum();
    let spare = (room as i64 - used).max(0);
    let top = HEADER + CAPTION;
    let mut x = MARGIN + spare / 2;
    let panels = slices.map(|(name, right, down, normal)| {
        let size = [pixels(right.axis), pixels(down.axis)];
        let panel = Panel {
            name,
            right,
            down,
            normal,
            corner: [x, top],
            size,
        };
        x += size[0] + GAP;
        panel
    });
    let tallest = panels.iter().map(|panel| panel.size[1]).max().unwrap_or(1);
    Layout {
        panels,
        shown,
        pixels_per_mm,
        bar_x: x + 6,
        // Short slabs still leave the colour bar room for its ticks.
        bottom: top + tallest.max(220) + 12,
    }
}

/// The part of the grid that is worth showing: structures, dosed tissue and the focus.
pub(super) fn shown_part<Q: VoxelQuantity>(preview: &Preview<'_, Q>) -> [[f64; 2]; 3] {
    let grid = preview.overlay.grid();
    let mut lower = preview.focus;
    let mut upper = preview.focus;
    let mut include = |index: [usize; 3]| {
        for axis in 0..3 {
            lower[axis] = lower[axis].min(index[axis]);
            upper[axis] = upper[axis].max(index[axis]);
        }
    };
    let values = preview.overlay.values();
    let magnitude = |value: &f32| preview.scale.magnitude(*value);
    let threshold = values.iter().map(magnitude).fold(0.0_f32, f32::max) * DOSED_FRACTION as f32;
    for (at, value) in values.iter().enumerate() {
        if magnitude(value) > threshold {
            include(grid.index(at));
        }
    }
    for structure in preview.structures {
        let (start, size) = structure.mask.bounding_box();
        if !size.contains(&0) {
            include(start);
            include(std::array::from_fn(|axis| start[axis] + size[axis] - 1));
        }
    }
    std::array::from_fn(|axis| {
        let around = SURROUNDINGS_MM / grid.spacing_mm()[axis];
        [
            (lower[axis] as f64 - around).max(-0.5),
            (upper[axis] as f64 + around).min(grid.size()[axis] as f64 - 0.5),
        ]
    })
}

/// The colour scale: its top, where that is from, and the hottest voxel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DoseScale {
    /// Dose of the lightest colour, Gy.
    pub(super) top: f64,
    /// The hottest voxel that is shown, Gy.
    pub(super) highest: f64,
    /// Whether tumours set the top.
    pub(super) of_tumours: bool,
}

/// The scale of a preview: its top covers 99.5 % of the tumours' voxels, without
/// tumours 99.8 % of the dosed ones, so that a noisy voxel does not darken the
/// whole picture.
pub(super) fn dose_scale<Q: VoxelQuantity>(
    preview: &Preview<'_, Q>,
    shown: &[[f64; 2]; 3],
) -> DoseScale {
    let grid = preview.overlay.grid();
    let values = preview.overlay.values();
    let mut dosed: Vec<f32> = Vec::new();
    for (at, value) in values.iter().enumerate() {
        let index = grid.index(at);
        let inside = (0..3).all(|axis| {
            let place = index[axis] as f64;
            (shown[axis][0]..=shown[axis][1]).contains(&place)
        });
        let value = preview.scale.magnitude(*value);
        if inside && value > 0.0 {
            dosed.push(value);
        }
    }
    let highest = dosed.iter().copied().fold(0.0_f32, f32::max);
    dosed.retain(|value| *value > highest * DOSED_FRACTION as f32);
    let of_tumours: Vec<f32> = preview
        .structures
        .iter()
        .filter(|structure| structure.tumour && !preview.scale.is_signed())
        .flat_map(|structure| structure.mask.iter())
        .filter(|(_, weight)| *weight >= 0.5)
        .map(|(at, _)| values[at])
        .collect();
    let in_tumours = below(of_tumours, TUMOUR_PART).filter(|top| *top > 0.0);
    let top = in_tumours.or_else(|| below(dosed, DOSED_PART));
    DoseScale {
        top: top.unwrap_or(1.0),
        highest: f64::from(highest),
        of_tumours: in_tumours.is_some(),
    }
}

/// The value that a part of all values does not exceed.
fn below(mut values: Vec<f32>, part: f64) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    let rank = ((values.len() - 1) as f64 * part).round() as usize;
    let (_, at_rank, _) = values.select_nth_unstable_by(rank, f32::total_cmp);
    Some(f64::from(*at_rank))
}

/// Distance of the ticks of a scale: at least a fifth of its top, of the form
/// 1, 2, 2.5, 5 × 10ⁿ.
pub(super) fn tick_step(top: f64) -> f64 {
    let least = top / 5.0;
    let decade = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|step| step * decade)
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(10.0 * decade)
}

/// Fractional voxel index along a heading at a position in pixels from its start.
pub(super) fn index_along(layout: &Layout, grid: &Grid, heading: Heading, pixel: f64) -> f64 {
    let step = pixel / layout.pixels_per_mm / grid.spacing_mm()[heading.axis];
    let [first, last] = layout.shown[heading.axis];
    if heading.backwards {
        last - step
    } else {
        first + step
    }
}

/// Pixel position along a heading of a voxel index; inverse of [`index_along`].
pub(super) fn pixel_along(layout: &Layout, grid: &Grid, heading: Heading, index: f64) -> f64 {
    let [first, last] = layout.shown[heading.axis];
    let voxels = if heading.backwards {
        last - index
    } else {
        index - first
    };
    voxels * grid.spacing_mm()[heading.axis] * layout.pixels_per_mm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_at_most_five() {
        for (top, expected) in [
            (97.3, 20.0),
            (100.0, 20.0),
            (203.0, 50.0),
            (0.0123, 0.0025),
            (1.0, 0.2),
        ] {
            let step = tick_step(top);
            assert!((step / expected - 1.0).abs() < 1e-9, "{top}: {step}");
        }
    }

    #[test]
    fn a_part_of_the_values_is_below_the_top() {
        let values: Vec<f32> = (1..=1000).map(|value| value as f32).collect();
        assert!((below(values, TUMOUR_PART).unwrap() - 995.0).abs() < 1e-9);
        assert_eq!(below(Vec::new(), TUMOUR_PART), None);
    }
}

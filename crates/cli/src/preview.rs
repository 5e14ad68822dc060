//! The preview of a dose, or of counts: three slices through one voxel, as a PNG picture.
//!
//! Axial, coronal and sagittal slices are cut along the axes of the dose grid,
//! each index axis going to the patient axis that it is nearest to; an oblique
//! grid is shown in its own axes, and the letters at the edges say where they
//! point.
//! Left and right are in the radiological convention: the patient's right is on
//! the left of axial and coronal slices, and the sagittal slice looks from the
//! patient's left.
//! All three have the same scale in mm, so unequal voxels keep their shape.
//!
//! Between voxel centres dose and structure weights run linearly; a contour
//! is where the weight is one half.

#![expect(
    clippy::cast_possible_wrap,
    reason = "pixels of a picture, far below any wrap"
)]

mod layout;
mod legend;
mod scale;

use anyhow::ensure;
use rayon::prelude::*;
use sirt_image::{
    Counts, Grid, Hounsfield, PatientPoint, PatientVector, Volume, VoxelQuantity, WeightMask,
};
use sirt_quantity::ActivityConcentration;

use self::layout::{
    BAR_WIDTH, CAPTION, DoseScale, HEADER, Heading, Layout, MARGIN, Panel, dose_scale, index_along,
    lay_out, pixel_along, tick_step,
};
use self::legend::{draw_legend, legend_rows};
pub(crate) use self::scale::ColourScale;
use crate::canvas::{Anchor, Canvas};
use crate::colour::{Rgb, mix, readable_on_black};

const BACKGROUND: Rgb = [17, 20, 24];
const INK: Rgb = [232, 234, 237];
const FAINT_INK: Rgb = [154, 160, 166];
const BORDER: Rgb = [60, 64, 67];

/// CT numbers that are black and white: the abdominal window 400 HU wide at 40 HU.
const CT_WINDOW_HU: [f64; 2] = [-160.0, 240.0];
/// Width of a picture for a screen, pixels.
pub(crate) const SCREEN_WIDTH: i64 = 1680;
/// Width of a picture for a page, pixels: its letters are read on A4.
pub(crate) const PAGE_WIDTH: i64 = 1180;
/// Pixels after which the next of several lines on each other is drawn.
const TURN: f64 = 22.0;
/// Half the width of a contour line, pixels.
const HALF_LINE: f64 = 1.1;

/// The picture under the dose.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Underlay<'a> {
    /// CT, on any grid in the same patient frame.
    Ct(&'a Volume<Hounsfield>),
    /// Activity in grey, on any grid in the same patient frame.
    Activity(&'a Volume<ActivityConcentration>),
    /// Counts in grey, on any grid in the same patient frame.
    Counts(&'a Volume<Counts>),
    /// Nothing: the colours stand on black.
    Empty,
}

/// A structure to outline; its mask is on the grid of the dose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutlinedStructure<'a> {
    pub(crate) name: &'a str,
    pub(crate) colour: Rgb,
    pub(crate) mask: &'a WeightMask,
    /// Whether the colour scale is to show its dose.
    pub(crate) tumour: bool,
}

/// What a preview shows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preview<'a, Q> {
    /// What is shown in colours.
    pub(crate) overlay: &'a Volume<Q>,
    /// What the colours are called.
    pub(crate) scale: ColourScale,
    pub(crate) underlay: Underlay<'a>,
    pub(crate) structures: &'a [OutlinedStructure<'a>],
    /// The voxel that all three slices go through.
    pub(crate) focus: [usize; 3],
    /// First line: what is shown.
    pub(crate) title: &'a str,
    /// Second line: nuclide, method, medium.
    pub(crate) subtitle: &'a str,
    /// Width of the picture, pixels.
    pub(crate) width: i64,
}

/// Values in the plane of a slice, linear between voxel centres and held at the border.
struct Plane {
    size: [usize; 2],
    values: Vec<f32>,
}

/// Draws the preview and returns it as a PNG file.
///
/// # Errors
/// When the focus is outside the grid, a mask is on another grid, or the
/// picture cannot be encoded.
pub(crate) fn preview_png<Q: VoxelQuantity>(preview: &Preview<'_, Q>) -> anyhow::Result<Vec<u8>> {
    let (canvas, _) = draw(preview)?;
    canvas.to_png()
}

fn draw<Q: VoxelQuantity>(preview: &Preview<'_, Q>) -> anyhow::Result<(Canvas, Layout)> {
    let grid = preview.overlay.grid();
    ensure!(
        (0..3).all(|axis| preview.focus[axis] < grid.size()[axis]),
        "voxel {:?} is outside the grid {:?}",
        preview.focus,
        grid.size()
    );
    for structure in preview.structures {
        ensure!(
            structure.mask.grid().size() == grid.size(),
            "structure {} is on another grid than the dose",
            structure.name
        );
    }
    let layout = lay_out(preview);
    let scale = dose_scale(preview, &layout.shown);
    let measuring = Canvas::new(1, 1, BACKGROUND)?;
    let legend = legend_rows(&measuring, preview, &layout);
    let height = layout.bottom + 26 + 26 * legend.len() as i64 + MARGIN / 2;

    let mut canvas = Canvas::new(preview.width as usize, height as usize, BACKGROUND)?;
    let room = (preview.width - 2 * MARGIN) as f64;
    let title = canvas.fit(25.0, preview.title, room);
    canvas.text([MARGIN as f64, 38.0], Anchor::Left, 25.0, INK, &title);
    let subtitle = canvas.fit(17.0, preview.subtitle, room);
    canvas.text(
        [MARGIN as f64, 64.0],
        Anchor::Left,
        17.0,
        FAINT_INK,
        &subtitle,
    );

    let grey = Grey::of(preview.underlay);
    for panel in &layout.panels {
        let pixels = paint(preview, &layout, panel, &grey, scale.top);
        canvas.paste(panel.corner, panel.size[0] as usize, &pixels);
        annotate(&mut canvas, preview, &layout, panel);
    }
    draw_scale_bar(&mut canvas, &layout);
    draw_colour_bar(&mut canvas, &layout, preview.underlay, scale, preview.scale);
    draw_legend(&mut canvas, &layout, &legend);
    Ok((canvas, layout))
}

/// The underlay as a function from a place to a grey level, 0 to 255.
struct Grey<'a> {
    underlay: Underlay<'a>,
    activity_top: f64,
}

impl<'a> Grey<'a> {
    fn of(underlay: Underlay<'a>) -> Self {
        let top = |values: &[f32]| {
            let highest = values.iter().copied().fold(0.0_f32, f32::max);
            f64::from(highest).max(f64::MIN_POSITIVE)
        };
        let activity_top = match underlay {
            Underlay::Activity(activity) => top(activity.values()),
            Underlay::Counts(counts) => top(counts.values()),
            Underlay::Ct(_) | Underlay::Empty => 1.0,
        };
        Self {
            underlay,
            activity_top,
        }
    }

    fn at(&self, place: PatientPoint) -> Rgb {
        // The square root shows the faint background beside hot tumours.
        let shown = |value: f64| (value / self.activity_top).max(0.0).sqrt();
        let fraction = match self.underlay {
            Underlay::Ct(ct) => sample(ct, place)
                .map(|hu| (hu - CT_WINDOW_HU[0]) / (CT_WINDOW_HU[1] - CT_WINDOW_HU[0])),
            Underlay::Activity(activity) => sample(activity, place).map(shown),
            Underlay::Counts(counts) => sample(counts, place).map(shown),
            Underlay::Empty => None,
        };
        [(fraction.unwrap_or(0.0).clamp(0.0, 1.0) * 255.0).round() as u8; 3]
    }
}

fn sample<Q: VoxelQuantity>(volume: &Volume<Q>, place: PatientPoint) -> Option<f64> {
    sirt_image::sample_linear(volume, volume.grid().to_index(place)).map(f64::from)
}

impl Plane {
    /// The values of a slice; `value` gets the voxel.
    fn cut(
        grid: &Grid,
        panel: &Panel,
        focus: [usize; 3],
        value: impl Fn([usize; 3]) -> f32,
    ) -> Self {
        let size = [grid.size()[panel.right.axis], grid.size()[panel.down.axis]];
        let mut values = Vec::with_capacity(size[0] * size[1]);
        let mut index = focus;
        for down in 0..size[1] {
            index[panel.down.axis] = down;
            for right in 0..size[0] {
                index[panel.right.axis] = right;
                values.push(value(index));
            }
        }
        Self { size, values }
    }

    fn at(&self, place: [f64; 2]) -> f64 {
        self.at_spot(&Spot::new(self.size, place))
    }

    fn at_spot(&self, spot: &Spot) -> f64 {
        let [left, right] = spot.part[0];
        let [above, below] = spot.part[1];
        let value = |corner: usize| f64::from(self.values[spot.corners[corner]]);
        (value(0) * left + value(1) * right) * above + (value(2) * left + value(3) * right) * below
    }
}

/// A place among voxel centres, for all planes of one size.
struct Spot {
    /// Positions of the four voxels around it: left and right above, then below.
    corners: [usize; 4],
    /// How much the first and the second count, along each axis.
    part: [[f64; 2]; 2],
}

impl Spot {
    fn new(size: [usize; 2], place: [f64; 2]) -> Self {
        let [(left, right, across), (above, below, along)] = [0, 1].map(|axis| {
            let last = size[axis] - 1;
            let held = place[axis].clamp(0.0, last as f64);
            let lower = held as usize;
            let part = held - lower as f64;
            (lower, (lower + 1).min(last), [1.0 - part, part])
        });
        let [above, below] = [above, below].map(|row| row * size[0]);
        Self {
            corners: [left + above, right + above, left + below, right + below],
            part: [across, along],
        }
    }
}

/// The pixels of one slice: underlay, dose, contours.
fn paint<Q: VoxelQuantity>(
    preview: &Preview<'_, Q>,
    layout: &Layout,
    panel: &Panel,
    grey: &Grey<'_>,
    scale_top: f64,
) -> Vec<Rgb> {
    let grid = preview.overlay.grid();
    let [width, height] = panel.size.map(|pixels| pixels as usize);
    let values = preview.overlay.values();
    let dose = Plane::cut(grid, panel, preview.focus, |index| {
        values[grid.linear(index)]
    });
    let weights: Vec<(Rgb, Plane)> = preview
        .structures
        .iter()
        .map(|structure| {
            let plane = Plane::cut(grid, panel, preview.focus, |index| {
                structure.mask.weight(index)
            });
            (readable_on_black(structure.colour), plane)
        })
        .filter(|(_, plane)| plane.values.iter().any(|weight| *weight > 0.5))
        .collect();

    let place = |column: f64, row: f64| {
        [
            index_along(layout, grid, panel.right, column),
            index_along(layout, grid, panel.down, row),
        ]
    };
    // A plateau at one half has no outline: the weight must change across pixels.
    let coarsest_mm = grid.spacing_mm().into_iter().fold(0.0, f64::max);
    let flat = 0.05 / (coarsest_mm * layout.pixels_per_mm).max(1.0);
    (0..width * height)
        .into_par_iter()
        .map(|at| {
            let (column, row) = ((at % width) as f64 + 0.5, (at / width) as f64 + 0.5);
            let here = place(column, row);
            let mut index = preview.focus.map(|i| i as f64);
            index[panel.right.axis] = here[0];
            index[panel.down.axis] = here[1];
            let spot = Spot::new(dose.size, here);
            let fraction = dose.at_spot(&spot) / scale_top;
            let mut colour = mix(
                grey.at(grid.to_patient(index)),
                preview.scale.colour(fraction),
                preview.scale.opacity(fraction),
            );
            // Lines that run on each other take turns, so that each is seen.
            let mut lines: Vec<(Rgb, f64)> = Vec::new();
            for (line, plane) in &weights {
                let weight = plane.at_spot(&spot);
                // Far from one half no line can be near: skip the four look-ups.
                if !(0.02..=0.98).contains(&weight) {
                    continue;
                }
                let across =
                    plane.at(place(column + 0.5, row)) - plane.at(place(column - 0.5, row));
                let along = plane.at(place(column, row + 0.5)) - plane.at(place(column, row - 0.5));
                let slope = across.hypot(along);
                if slope < flat {
                    continue;
                }
                let distance = (weight - 0.5).abs() / slope;
                colour = mix(colour, [0; 3], 0.55 * (HALF_LINE + 1.3 - distance));
                if distance < HALF_LINE + 0.5 {
                    lines.push((*line, distance));
                }
            }
            if !lines.is_empty() {
                let turn = (column + 2.0 * row) / TURN;
                let (line, distance) = lines[turn as usize % lines.len()];
                colour = mix(colour, line, HALF_LINE + 0.5 - distance);
            }
            colour
        })
        .collect()
}

/// Letters of the patient directions that an axis points to, the nearest first:
/// `L`, or `LA` when it leans forward by more than about 12 degrees.
fn direction_letters(direction: PatientVector) -> String {
    let mut parts: Vec<(f64, char)> = direction
        .0
        .iter()
        .zip([('L', 'R'), ('P', 'A'), ('S', 'I')])
        .map(|(component, (positive, negative))| {
            let letter = if *component > 0.0 { positive } else { negative };
            (component.abs(), letter)
        })
        .filter(|(size, _)| *size > 0.2)
        .collect();
    parts.sort_by(|a, b| b.0.total_cmp(&a.0));
    parts.into_iter().map(|(_, letter)| letter).collect()
}

fn annotate<Q: VoxelQuantity>(
    canvas: &mut Canvas,
    preview: &Preview<'_, Q>,
    layout: &Layout,
    panel: &Panel,
) {
    let grid = preview.overlay.grid();
    let [x, y] = panel.corner;
    let [width, height] = panel.size;
    canvas.frame(panel.corner, panel.size, BORDER);
    canvas.text(
        [x as f64, (y - 10) as f64],
        Anchor::Left,
        16.0,
        INK,
        &caption(grid, panel, preview.focus),
    );

    let pointing = |heading: Heading| {
        let direction = grid.directions()[heading.axis];
        if heading.backwards {
            -direction
        } else {
            direction
        }
    };
    let (right, down) = (pointing(panel.right), pointing(panel.down));
    let middle = [
        x as f64 + width as f64 / 2.0,
        y as f64 + height as f64 / 2.0,
    ];
    let letters = [
        ([(x + 13) as f64, middle[1] + 6.0], Anchor::Left, -right),
        (
            [(x + width - 13) as f64, middle[1] + 6.0],
            Anchor::Right,
            right,
        ),
        ([middle[0], (y + 26) as f64], Anchor::Middle, -down),
        ([middle[0], (y + height - 14) as f64], Anchor::Middle, down),
    ];
    for (place, anchor, direction) in letters {
        canvas.text_on_picture(place, anchor, 17.0, INK, &direction_letters(direction));
    }

    // Marks at the border say where the other two slices cut this one.
    let focus = preview.focus.map(|i| i as f64);
    let column = x + pixel_along(layout, grid, panel.right, focus[panel.right.axis]).round() as i64;
    let row = y + pixel_along(layout, grid, panel.down, focus[panel.down.axis]).round() as i64;
    for step in 0..9 {
        for (mark_x, mark_y) in [
            (column, y + step),
            (column, y + height - 1 - step),
            (x + step, row),
            (x + width - 1 - step, row),
        ] {
            canvas.blend(mark_x, mark_y, [102, 224, 255], 1.0);
        }
    }
}

/// `Axial · 46 of 90 · z = -123.4 mm`; an oblique slice has no one coordinate.
fn caption(grid: &Grid, panel: &Panel, focus: [usize; 3]) -> String {
    let slice = format!(
        "{} · {} of {}",
        panel.name,
        focus[panel.normal] + 1,
        grid.size()[panel.normal]
    );
    let normal = grid.directions()[panel.normal];
    let along = (0..3).find(|patient| normal.0[*patient].abs() > 0.9999);
    match along {
        Some(patient) => {
            let place = grid.to_patient(focus.map(|i| i as f64)).0[patient];
            format!("{slice} · {} = {place:.1} mm", ["x", "y", "z"][patient])
        }
        None => format!("{slice} · oblique"),
    }
}

fn draw_scale_bar(canvas: &mut Canvas, layout: &Layout) {
    let panel = &layout.panels[0];
    let longest = panel.size[0] as f64 / 3.0 / layout.pixels_per_mm;
    let Some(length_mm) = [200.0_f64, 100.0, 50.0, 20.0, 10.0, 5.0, 2.0, 1.0]
        .into_iter()
        .find(|length| *length <= longest)
    else {
        return;
    };
    let length = (length_mm * layout.pixels_per_mm).round() as i64;
    let x = panel.corner[0] + 14;
    let y = panel.corner[1] + panel.size[1] - 18;
    canvas.fill([x - 1, y - 1], [length + 2, 5], [0; 3]);
    canvas.fill([x, y], [length, 3], INK);
    canvas.text_on_picture(
        [x as f64 + length as f64 / 2.0, y as f64 - 6.0],
        Anchor::Middle,
        14.0,
        INK,
        &format!("{length_mm:.0} mm"),
    );
}

fn draw_colour_bar(
    canvas: &mut Canvas,
    layout: &Layout,
    underlay: Underlay<'_>,
    scale: DoseScale,
    words: ColourScale,
) {
    let x = layout.bar_x;
    let top = HEADER + CAPTION;
    let height = (layout.bottom - 12 - top - 68).clamp(120, 420);
    // The bar lies on the grey of soft tissue, as the dose does in the picture.
    let tissue = match underlay {
        Underlay::Ct(_) => [128; 3],
        Underlay::Activity(_) | Underlay::Counts(_) => [64; 3],
        Underlay::Empty => [0; 3],
    };
    let lowest = if words.is_signed() { -1.0 } else { 0.0 };
    for row in 0..height {
        let fraction = 1.0 - (1.0 - lowest) * (row as f64 + 0.5) / height as f64;
        let colour = mix(tissue, words.colour(fraction), words.opacity(fraction));
        canvas.fill([x, top + row], [BAR_WIDTH, 1], colour);
    }
    canvas.frame([x, top], [BAR_WIDTH, height], BORDER);
    canvas.text(
        [x as f64, (top - 10) as f64],
        Anchor::Left,
        16.0,
        INK,
        words.title(),
    );
    let y_of = |value: f64| {
        let from_top = (1.0 - value / scale.top) / (1.0 - lowest);
        top + (height as f64 * from_top).round() as i64
    };
    let is_cut_off = scale.highest > scale.top;
    let cut_off = if is_cut_off { "≥ " } else { "" };
    let mut ticks = vec![(scale.top, format!("{cut_off}{}", short(scale.top)))];
    let mut numbers = 0..=5;
    if words.is_signed() {
        let cut_off = if is_cut_off { "≤ " } else { "" };
        ticks.push((-scale.top, format!("{cut_off}−{}", short(scale.top))));
        numbers = -5..=5;
    }
    let step = tick_step(scale.top * (1.0 - lowest));
    ticks.extend(
        numbers
            .map(|number| f64::from(number) * step)
            // One by the label of an end would run into it.
            .filter(|value| {
                let y = y_of(*value);
                y - top >= 18 && (!words.is_signed() || top + height - y >= 18)
            })
            .map(|value| {
                let sign = if value < 0.0 { "−" } else { "" };
                (value, format!("{sign}{}", short(value.abs())))
            }),
    );
    for (value, label) in ticks {
        let y = y_of(value);
        canvas.fill([x + BAR_WIDTH, y.min(top + height - 1)], [5, 1], INK);
        canvas.text(
            [(x + BAR_WIDTH + 9) as f64, y as f64 + 5.0],
            Anchor::Left,
            15.0,
            INK,
            &label,
        );
    }
    let (part, of) = words.covered(scale.of_tumours);
    let notes = [
        format!("top: {} %", short(part * 100.0)),
        format!("{of} voxels"),
        format!("max {}{}", short(scale.highest), words.unit()),
    ];
    for (row, note) in notes.iter().enumerate() {
        let place = [x as f64, (top + height + 26 + 19 * row as i64) as f64];
        canvas.text(place, Anchor::Left, 14.0, FAINT_INK, note);
    }
}

/// Three significant digits without trailing zeros.
fn short(value: f64) -> String {
    if value <= 0.0 {
        return "0".to_owned();
    }
    let decimals = (2 - value.log10().floor() as i32).clamp(0, 6) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use sirt_quantity::AbsorbedDose;

    use super::*;
    use crate::colour::dose_colour;

    /// 40 × 30 × 20 voxels of 2 × 3 × 4 mm with a hot box to the left, posterior
    /// and superior of the middle, on a grid whose axes may run backwards.
    fn dose(signs: [f64; 3]) -> Volume<AbsorbedDose> {
        let size = [40, 30, 20];
        let spacing = [2.0, 3.0, 4.0];
        let directions = std::array::from_fn(|axis| {
            PatientVector(std::array::from_fn(|patient| {
                if patient == axis { signs[axis] } else { 0.0 }
            }))
        });
        let origin = PatientPoint(std::array::from_fn(|axis| {
            -signs[axis] * spacing[axis] * (size[axis] - 1) as f64 / 2.0
        }));
        let grid = Grid::new(size, spacing, origin, directions).unwrap();
        let values = (0..grid.voxel_count())
            .map(|at| {
                let place = grid.to_patient(grid.index(at).map(|i| i as f64)).0;
                let inside = place[0] > 10.0 && place[1] > 10.0 && place[2] > 10.0;
                if inside { 100.0 } else { 0.0 }
            })
            .collect();
        Volume::new(grid, None, values).unwrap()
    }

    fn hottest(dose: &Volume<AbsorbedDose>) -> [usize; 3] {
        dose.grid().index(
            dose.values()
                .iter()
                .position(|value| *value > 99.0)
                .unwrap(),
        )
    }

    fn decode(bytes: &[u8]) -> (usize, Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        (frame.width as usize, pixels)
    }

    #[test]
    fn the_hot_corner_is_drawn_where_the_patient_has_it_on_every_grid() {
        // Left, posterior and superior of the middle: right and low in the
        // axial slice, right and high in the coronal, right and high in the
        // sagittal, whatever way the index axes run.
        for signs in [[1.0, 1.0, 1.0], [-1.0, 1.0, 1.0], [1.0, -1.0, -1.0]] {
            let dose = dose(signs);
            let preview = Preview {
                overlay: &dose,
                scale: ColourScale::Dose,
                underlay: Underlay::Empty,
                structures: &[],
                focus: hottest(&dose),
                title: "hot corner",
                subtitle: "",
                width: SCREEN_WIDTH,
            };
            let layout = lay_out(&preview);
            let (width, pixels) = decode(&preview_png(&preview).unwrap());
            assert_eq!(width, 1680);
            let at = |panel: usize, fraction: [f64; 2]| -> [u8; 3] {
                let panel = &layout.panels[panel];
                let x = panel.corner[0] + (panel.size[0] as f64 * fraction[0]) as i64;
                let y = panel.corner[1] + (panel.size[1] as f64 * fraction[1]) as i64;
                let start = 3 * (x as usize + width * y as usize);
                [pixels[start], pixels[start + 1], pixels[start + 2]]
            };
            // 100 Gy is the top of the scale: its colour at 85 % on black.
            let hot = mix([0; 3], dose_colour(1.0), 0.85);
            for (panel, hot_at) in [(0, [0.8, 0.85]), (1, [0.8, 0.15]), (2, [0.85, 0.15])] {
                assert_eq!(at(panel, hot_at), hot, "panel {panel}, signs {signs:?}");
                let [x, y] = hot_at;
                assert_eq!(at(panel, [1.0 - x, y]), [0; 3]);
                assert_eq!(at(panel, [x, 1.0 - y]), [0; 3]);
            }
        }
    }

    #[test]
    fn slices_keep_the_shape_of_the_patient() {
        let dose = dose([1.0; 3]);
        let preview = Preview {
            overlay: &dose,
            scale: ColourScale::Dose,
            underlay: Underlay::Empty,
            structures: &[],
            focus: hottest(&dose),
            title: "",
            subtitle: "",
            width: SCREEN_WIDTH,
        };
        let layout = lay_out(&preview);
        for panel in &layout.panels {
            let mm = |heading: Heading| {
                let [first, last] = layout.shown[heading.axis];
                (last - first) * dose.grid().spacing_mm()[heading.axis]
            };
            let expected = mm(panel.right) / mm(panel.down);
            let drawn = panel.size[0] as f64 / panel.size[1] as f64;
            // Half a pixel of rounding on sides of a hundred pixels and more.
            assert!((drawn / expected - 1.0).abs() < 0.02, "{}", panel.name);
        }
    }

    #[test]
    fn a_contour_runs_along_the_border_of_its_mask() {
        let dose = dose([1.0; 3]);
        let grid = dose.grid().clone();
        let weights: Vec<f32> = dose.values().iter().map(|value| value / 100.0).collect();
        let mask = WeightMask::from_weights(grid.clone(), &weights).unwrap();
        let colour = [0, 255, 0];
        let structures = [OutlinedStructure {
            name: "hot",
            colour,
            mask: &mask,
            tumour: true,
        }];
        let preview = Preview {
            overlay: &dose,
            scale: ColourScale::Dose,
            underlay: Underlay::Empty,
            structures: &structures,
            focus: hottest(&dose),
            title: "",
            subtitle: "",
            width: SCREEN_WIDTH,
        };
        let layout = lay_out(&preview);
        let panel = &layout.panels[0];
        let pixels = paint(&preview, &layout, panel, &Grey::of(Underlay::Empty), 100.0);
        // The mask begins at 10 mm of x; the centre of its first voxel is at
        // 11 mm, so half a weight is at 10 mm, at index 24.5.
        let column = pixel_along(&layout, &grid, panel.right, 24.5) as usize;
        let row = pixel_along(&layout, &grid, panel.down, 25.0) as usize;
        let green = |x: usize| {
            let [r, g, b] = pixels[x + panel.size[0] as usize * row];
            g > 180 && r < 80 && b < 80
        };
        assert!(green(column) || green(column - 1));
        assert!(!green(column - 6) && !green(column + 6));
    }

    #[test]
    fn letters_follow_the_axis() {
        assert_eq!(direction_letters(PatientVector([1.0, 0.0, 0.0])), "L");
        assert_eq!(direction_letters(PatientVector([0.0, -1.0, 0.0])), "A");
        assert_eq!(direction_letters(PatientVector([0.0, 0.1, 0.995])), "S");
        assert_eq!(direction_letters(PatientVector([-0.9, -0.43, 0.0])), "RA");
    }

    #[test]
    fn ticks_print_three_digits() {
        assert_eq!(short(0.016), "0.016");
        assert_eq!(short(250.0), "250");
        assert_eq!(short(12.5), "12.5");
    }

    #[test]
    fn refuses_a_focus_outside_the_grid() {
        let dose = dose([1.0; 3]);
        let preview = Preview {
            overlay: &dose,
            scale: ColourScale::Dose,
            underlay: Underlay::Empty,
            structures: &[],
            focus: [40, 0, 0],
            title: "",
            subtitle: "",
            width: SCREEN_WIDTH,
        };
        let error = preview_png(&preview).unwrap_err().to_string();
        assert_eq!(error, "voxel [40, 0, 0] is outside the grid [40, 30, 20]");
    }
}

//! The names of the structures under the slices of a preview.

use sirt_image::VoxelQuantity;

use super::layout::{Layout, MARGIN};
use super::{BACKGROUND, FAINT_INK, INK, OutlinedStructure, Preview};
use crate::canvas::{Anchor, Canvas};
use crate::colour::{Rgb, mix, readable_on_black};

/// One structure of the legend.
pub(super) struct LegendEntry {
    x: i64,
    line: Rgb,
    ink: Rgb,
    name: String,
}

/// Whether the outline of a structure can be seen in at least one slice.
fn is_cut<Q: VoxelQuantity>(
    structure: &OutlinedStructure<'_>,
    preview: &Preview<'_, Q>,
    layout: &Layout,
) -> bool {
    let grid = preview.overlay.grid();
    structure
        .mask
        .iter()
        .filter(|(_, weight)| *weight > 0.5)
        .any(|(at, _)| {
            let index = grid.index(at);
            layout
                .panels
                .iter()
                .any(|panel| index[panel.normal] == preview.focus[panel.normal])
        })
}

/// Names with their colours, broken into rows; what no slice cuts is faint.
pub(super) fn legend_rows<Q: VoxelQuantity>(
    canvas: &Canvas,
    preview: &Preview<'_, Q>,
    layout: &Layout,
) -> Vec<Vec<LegendEntry>> {
    let room = preview.width - 2 * MARGIN;
    let mut rows: Vec<Vec<LegendEntry>> = Vec::new();
    let mut x = room;
    for structure in preview.structures {
        let mut name = canvas.fit(16.0, structure.name, 320.0);
        let line = readable_on_black(structure.colour);
        let mut entry_colours = (line, INK);
        if !is_cut(structure, preview, layout) {
            name.push_str(" (not in these slices)");
            entry_colours = (mix(BACKGROUND, line, 0.6), FAINT_INK);
        }
        let width = 34 + canvas.text_width(16.0, &name).ceil() as i64 + 26;
        if x + width > room {
            rows.push(Vec::new());
            x = 0;
        }
        if let Some(row) = rows.last_mut() {
            let (line, ink) = entry_colours;
            row.push(LegendEntry { x, line, ink, name });
        }
        x += width;
    }
    rows
}

pub(super) fn draw_legend(canvas: &mut Canvas, layout: &Layout, rows: &[Vec<LegendEntry>]) {
    for (number, row) in rows.iter().enumerate() {
        let y = layout.bottom + 30 + 26 * number as i64;
        for entry in row {
            let x = MARGIN + entry.x;
            canvas.fill([x, y - 7], [26, 3], entry.line);
            let place = [(x + 34) as f64, y as f64];
            canvas.text(place, Anchor::Left, 16.0, entry.ink, &entry.name);
        }
    }
}

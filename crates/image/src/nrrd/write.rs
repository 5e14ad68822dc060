//! Writing NRRD: volumes as 32-bit floats, structures as `.seg.nrrd`.

use crate::{Compression, Grid, ImageError, Volume, VoxelQuantity, WeightMask};

const FORMAT: &str = "NRRD";

/// A volume as an attached NRRD file, LPS, mm.
///
/// # Errors
/// [`ImageError::Format`] when compression fails.
pub fn write_nrrd<Q: VoxelQuantity>(
    volume: &Volume<Q>,
    compression: Compression,
) -> Result<Vec<u8>, ImageError> {
    let grid = volume.grid();
    let [nx, ny, nz] = grid.size();
    let head = format!(
        "NRRD0005\ntype: float\ndimension: 3\nspace: left-posterior-superior\nsizes: {nx} {ny} {nz}\nspace directions: {}\nkinds: domain domain domain\nendian: little\nencoding: {}\nspace origin: {}\nspace units: \"mm\" \"mm\" \"mm\"\n\n",
        directions(grid),
        encoding(compression),
        vector(grid.origin().0),
    );
    let mut numbers = Vec::with_capacity(4 * volume.values().len());
    numbers.extend(volume.values().iter().flat_map(|value| value.to_le_bytes()));
    joined(head, numbers, compression)
}

/// Structures on one grid as a `.seg.nrrd`: a layer of bytes and a row of the
/// segment table for each, so that structures may overlap.
///
/// A voxel belongs to a segment where the weight is one half or more.
///
/// # Errors
/// [`ImageError::GridMismatch`] when a structure is on another grid;
/// [`ImageError::Format`] when there is none, or compression fails.
pub fn write_seg_nrrd(
    grid: &Grid,
    structures: &[(&str, Option<[u8; 3]>, &WeightMask)],
    compression: Compression,
) -> Result<Vec<u8>, ImageError> {
    let layers = structures.len();
    if layers == 0 {
        return Err(super::wrong("structures", "none to be written"));
    }
    let [nx, ny, nz] = grid.size();
    let mut head = format!(
        "NRRD0005\ntype: unsigned char\ndimension: 4\nspace: left-posterior-superior\nsizes: {layers} {nx} {ny} {nz}\nspace directions: none {}\nkinds: list domain domain domain\nencoding: {}\nspace origin: {}\n",
        directions(grid),
        encoding(compression),
        vector(grid.origin().0),
    );
    let mut labels = vec![0_u8; layers * grid.voxel_count()];
    for (layer, (name, colour, mask)) in structures.iter().enumerate() {
        if !mask.grid().matches(grid, 0.01) {
            return Err(ImageError::GridMismatch);
        }
        for (voxel, weight) in mask.iter() {
            if weight >= 0.5 {
                labels[layer + layers * voxel] = 1;
            }
        }
        let (lower, size) = mask.bounding_box();
        let extent: Vec<String> = (0..3)
            .map(|axis| {
                let last = (lower[axis] + size[axis]).saturating_sub(1);
                format!("{} {last}", lower[axis])
            })
            .collect();
        let name = name.replace('\\', "\\\\").replace(['\n', '\r'], " ");
        head.push_str(&format!(
            "Segment{layer}_ID:=Segment_{}\nSegment{layer}_Name:={name}\nSegment{layer}_LabelValue:=1\nSegment{layer}_Layer:={layer}\nSegment{layer}_Extent:={}\n",
            layer + 1,
            extent.join(" "),
        ));
        if let Some(colour) = colour {
            let [red, green, blue] = colour.map(|channel| f64::from(channel) / 255.0);
            head.push_str(&format!(
                "Segment{layer}_Color:={red:.6} {green:.6} {blue:.6}\n"
            ));
        }
    }
    head.push('\n');
    joined(head, labels, compression)
}

fn joined(head: String, numbers: Vec<u8>, compression: Compression) -> Result<Vec<u8>, ImageError> {
    let mut bytes = head.into_bytes();
    bytes.extend(compression.packed(numbers, FORMAT)?);
    Ok(bytes)
}

fn encoding(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "raw",
        Compression::Gzip => "gzip",
    }
}

/// Shortest decimal that reads back as the same double.
fn vector([x, y, z]: [f64; 3]) -> String {
    format!("({x:?},{y:?},{z:?})")
}

fn directions(grid: &Grid) -> String {
    (0..3)
        .map(|axis| vector((grid.directions()[axis] * grid.spacing_mm()[axis]).0))
        .collect::<Vec<_>>()
        .join(" ")
}

//! Writes a few small files of each kind to start from: `seeds FOLDER`, one
//! folder for each target.

use sirt_image::{
    Compression, Grid, PatientPoint, Unspecified, Volume, WeightMask, write_nifti,
    write_nifti_labels, write_nrrd, write_seg_nrrd,
};

const META: &str = "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\nCompressedData = False\nTransformMatrix = 1 0 0 0 1 0 0 0 1\nOffset = 0 0 0\nElementSpacing = 1 1 1\nHeaderSize = 0\nDimSize = 2 2 1\nElementNumberOfChannels = 1\nElementType = MET_SHORT\nElementDataFile = ";
const NRRD: &str = "NRRD0004\ntype: short\nendian: big\ndimension: 3\nsizes: 2 1 2\nspace: RAS\nspace directions: (1,0,0) (0,1,0) (0,0,-2)\nspace origin: (0,0,0)\nspace units: \"mm\" \"mm\" \"mm\"\nline skip: 0\nbyte skip: -1\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).ok_or("seeds FOLDER")?);
    let grid = Grid::axis_aligned([4, 3, 2], [1.0, 2.0, 3.0], PatientPoint([1.0; 3]))?;
    let values = (0..24_u8).map(f32::from).collect();
    let volume = Volume::<Unspecified>::new(grid.clone(), None, values)?;
    let mask = WeightMask::from_weights(grid.clone(), &[1.0; 24])?;
    let (raw, packed) = (Compression::None, Compression::Gzip);
    let segments = [("a", Some([1, 2, 3]), &mask), ("b", None, &mask)];
    let nrrd = |rest: &str| [NRRD.as_bytes(), rest.as_bytes()].concat();
    let meta = |rest: &[u8]| [META.as_bytes(), rest].concat();
    for (target, files) in [
        (
            "nifti",
            vec![
                write_nifti(&volume, "", raw)?,
                write_nifti(&volume, "", packed)?,
                write_nifti_labels(&grid, &[&mask], "", raw)?,
            ],
        ),
        (
            "nrrd",
            vec![
                write_nrrd(&volume, raw)?,
                write_nrrd(&volume, packed)?,
                write_seg_nrrd(&grid, &segments, raw)?,
                write_seg_nrrd(&grid, &segments, packed)?,
                nrrd("encoding: raw\n\n\0\x01\0\x02\0\x03\0\x04"),
                nrrd("encoding: ascii\n\n1 2 3 4\n"),
                nrrd("encoding: raw\ndata file: s%02d.raw 1 2 1\n"),
                nrrd("encoding: raw\ndata file: LIST\na\nb\n"),
            ],
        ),
        (
            "metaimage",
            vec![
                meta(b"LOCAL\n\0\x01\0\x02\0\x03\0\x04"),
                meta(b"a.raw\n"),
                meta(b"LIST\na.raw\n"),
            ],
        ),
    ] {
        let folder = folder.join(target);
        std::fs::create_dir_all(&folder)?;
        for (number, bytes) in files.into_iter().enumerate() {
            std::fs::write(folder.join(format!("seed-{number}")), bytes)?;
        }
    }
    Ok(())
}

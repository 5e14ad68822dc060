//! The files of a comparison: where two doses differ, as volumes and a picture.

use std::path::Path;

use anyhow::Context as _;
use sirt_dosimetry::{GammaComparison, NamedMask, Role};
use sirt_image::{Compression, Hounsfield, PatientPoint, Volume, write_nifti};
use sirt_quantity::AbsorbedDose;

use crate::colour::structure_colour;
use crate::dose_files::write;
use crate::output_folder::{self, OutputFolder};
use crate::preview::{
    ColourScale, OutlinedStructure, Preview, SCREEN_WIDTH, Underlay, preview_png,
};

const RECORD: &str = "comparison.json";
const DIFFERENCE: &str = "difference.nii.gz";
const GAMMA: &str = "gamma.nii.gz";
const PICTURE: &str = "difference.png";
const FILES: [&str; 4] = [DIFFERENCE, GAMMA, PICTURE, RECORD];

/// What is drawn and written.
pub(crate) struct Compared<'a> {
    /// Evaluated less reference, on the grid of the reference; NaN where the
    /// evaluated dose says nothing.
    pub(crate) difference: &'a Volume<AbsorbedDose>,
    pub(crate) gamma: &'a GammaComparison,
    pub(crate) masks: &'a [NamedMask],
    pub(crate) ct: Option<&'a Volume<Hounsfield>>,
    /// The voxel that the slices go through.
    pub(crate) focus: [usize; 3],
    pub(crate) subtitle: String,
}

/// Names of the files that [`Compared::write`] will have written.
pub(crate) fn names() -> Vec<String> {
    FILES.map(str::to_owned).to_vec()
}

/// Refuses a folder with files that only look like those of an earlier run.
///
/// # Errors
/// Names the file and what to do.
pub(crate) fn require_ours(out: &Path) -> anyhow::Result<()> {
    output_folder::require_ours(out, RECORD, &FILES)
}

impl Compared<'_> {
    /// Writes everything, in place of the files of an earlier run.
    pub(crate) fn write(&self, out: &Path, record: &impl serde::Serialize) -> anyhow::Result<()> {
        let output = OutputFolder::begin(out)?;
        let folder = output.folder();
        let packed = Compression::Gzip;
        write(
            &folder,
            DIFFERENCE,
            &write_nifti(self.difference, "evaluated less reference, Gy", packed)?,
        )?;
        write(
            &folder,
            GAMMA,
            &write_nifti(&self.gamma.map, "gamma index", packed)?,
        )?;
        write(&folder, PICTURE, &self.picture()?)?;
        let json =
            serde_json::to_vec_pretty(record).context("cannot express the result as JSON")?;
        write(&folder, RECORD, &json)?;
        require_ours(out)?;
        output.publish(RECORD, &output_folder::earlier(out, RECORD, &FILES))
    }

    fn picture(&self) -> anyhow::Result<Vec<u8>> {
        let structures: Vec<_> = self
            .masks
            .iter()
            .enumerate()
            // Normal liver runs along the lines of liver and tumours and would hide them.
            .filter(|(_, named)| named.role != Role::NormalLiver)
            .map(|(number, named)| OutlinedStructure {
                name: &named.name,
                colour: structure_colour(number),
                mask: &named.mask,
                tumour: named.role == Role::Tumour,
            })
            .collect();
        let shown = self
            .difference
            .mapped::<AbsorbedDose>(|value| if value.is_finite() { value } else { 0.0 });
        preview_png(&Preview {
            overlay: &shown,
            scale: ColourScale::Difference,
            underlay: self.ct.map_or(Underlay::Empty, Underlay::Ct),
            structures: &structures,
            focus: self.focus,
            title: "Difference of two doses: evaluated less reference",
            subtitle: &self.subtitle,
            width: SCREEN_WIDTH,
        })
    }
}

/// The voxel of a place.
///
/// # Errors
/// For one outside of the grid.
pub(crate) fn voxel_at(
    volume: &Volume<AbsorbedDose>,
    place: PatientPoint,
) -> anyhow::Result<[usize; 3]> {
    let grid = volume.grid();
    let index = grid.to_index(place);
    let inside =
        (0..3).all(|axis| index[axis] >= -0.5 && index[axis] < grid.size()[axis] as f64 - 0.5);
    anyhow::ensure!(
        inside,
        "--at {},{},{}: outside of the reference dose",
        place.0[0],
        place.0[1],
        place.0[2]
    );
    Ok(index.map(|at| at.round().max(0.0) as usize))
}

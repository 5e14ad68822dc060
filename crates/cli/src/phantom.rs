//! `sirt phantom`: the built-in digital patient as DICOM.
//!
//! ```text
//! DIR/ct/                 planning CT, portal-venous
//!     structures.dcm      RTSTRUCT on the CT
//!     segmentation.dcm    SEG on the CT
//!     maa_spect.dcm       Tc-99m MAA SPECT, multi-frame NM
//!     maa_planar.dcm      anterior and posterior views with the lungs
//!     maa_planar_regions.toml  outlines of lungs and liver in them
//!     pet/                Y-90 PET of the day after treatment
//!     case.toml, measurements.csv  the case with its follow-up
//!     true_activity.nii.gz, true_dose.dcm, truth.json
//!     month_03/ …         CT and structures at follow-up
//! ```

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use jiff::civil::DateTime;
use rayon::prelude::*;
use serde::Serialize;
use sirt_dicom::{
    Code, CtRecord, DicomSeries, DoseRecord, DoseWord, GammaCameraRecord, Heterogeneity,
    PatientSex, PetRecord, PlanarRecord, PlanarView, RadiopharmaceuticalRecord, RoiPurpose,
    RoiRecord, SegmentRecord, SegmentationKind, SegmentationSource, SeriesContext, StudyContext,
    TomogramRecord, UidSeed, encode_absorbed_dose, encode_ct_series, encode_nm_planar,
    encode_nm_tomogram, encode_pet_series, encode_segmentation, encode_structure_set,
};
use sirt_dosimetry::{DecayData, Medium, Method, TissueTable};
use sirt_image::{
    Compression, DecayCorrection, FrameOfReference, Outline, mask_contours, write_nifti,
};
use sirt_phantom::{
    Calendar, CtSettings, IDENTITY, Organ, PetSettings, Phantom, PlanarSettings, SpectSettings,
    Treatment,
};
use sirt_quantity::{Activity, Energy, NuclideLibrary, TimeSpan};
use sirt_store::CASE_FILE;
use sirt_store::{PlanarOutline, PlanarRegionRole, PlanarRegions, PlanarUnit};

use crate::arguments::PhantomArguments;
use crate::dose_files::write;
use crate::output_folder::{self, OutputFolder};
use crate::phantom_case;
use crate::progress::Stages;
use crate::table::{self, Table, digits};

/// Folder of the planning CT.
pub(crate) const CT: &str = "ct";
/// Folder of the PET.
pub(crate) const PET: &str = "pet";
/// The structure set.
pub(crate) const STRUCTURE_SET: &str = "structures.dcm";
/// The true dose.
pub(crate) const TRUE_DOSE: &str = "true_dose.dcm";
/// The truth, and the names of all files.
const RECORD: &str = "truth.json";
/// Outlines in the planar views.
const PLANAR_REGIONS: &str = "maa_planar_regions.toml";
/// Seed of the demo.
pub(crate) const DEFAULT_SEED: u64 = 1;

/// Voxel of the true activity and dose, mm: half of the PET's.
const TRUTH_VOXEL_MM: f64 = 2.0;

/// Runs the command.
pub(crate) fn run(arguments: &PhantomArguments) -> anyhow::Result<ExitCode> {
    let truth = written(&arguments.out, arguments.seed, !arguments.no_follow_up)?;
    if arguments.json {
        table::print_json(&truth)?;
    } else {
        table::print(&text(&truth, arguments))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The truth, and the files beside it.
#[derive(Serialize)]
struct Record<'a> {
    #[serde(flatten)]
    truth: &'a sirt_phantom::Truth,
    files: Vec<String>,
}

/// Writes the patient, in place of an earlier one, and returns the truth about it.
pub(crate) fn written(
    out: &Path,
    seed: u64,
    follow_up: bool,
) -> anyhow::Result<sirt_phantom::Truth> {
    let stages = Stages::new();
    let output = OutputFolder::begin(out)?;
    let folder = &output.folder();
    let writer = Writer::new(seed)?;
    stages.begin("planning CT and structures");
    let ct = writer.planning(&writer.phantom, folder)?;
    stages.begin("MAA: SPECT and planar views");
    writer.maa(folder)?;
    stages.begin("Y-90 PET");
    writer.pet(folder)?;
    let dates = phantom_case::dates(&writer.phantom)?;
    write(
        folder,
        CASE_FILE,
        phantom_case::case_text(&writer.phantom, &dates)?.as_bytes(),
    )?;
    write(
        folder,
        phantom_case::MEASUREMENTS,
        phantom_case::measurements(&dates)?.as_bytes(),
    )?;
    stages.begin("true dose");
    writer.truth(folder, &ct)?;
    if follow_up {
        for date in dates.iter().filter(|date| date.month() > 0.0) {
            let month = date.month();
            stages.begin(format!("follow-up at {month} months"));
            let of_month = folder.join(format!("month_{month:02.0}"));
            writer.planning(date, &of_month)?;
        }
    }
    let truth = writer.phantom.truth()?;
    let mut files = output.written()?;
    files.push(RECORD.to_owned());
    let record = Record {
        truth: &truth,
        files,
    };
    let json = serde_json::to_vec_pretty(&record).context("cannot express the truth as JSON")?;
    write(folder, RECORD, &json)?;
    output.publish(RECORD, &output_folder::listed(out, RECORD))?;
    Ok(truth)
}

/// What all objects of the patient share.
struct Writer {
    phantom: Phantom,
    seed: u64,
    uids: UidSeed,
    frame: FrameOfReference,
}

impl Writer {
    fn new(seed: u64) -> anyhow::Result<Self> {
        let uids = UidSeed::new(format!("built-in patient, seed {seed}").as_bytes());
        Ok(Self {
            phantom: Phantom::new(Treatment::built_in())?,
            seed,
            frame: FrameOfReference(uids.uid("frame of reference")),
            uids,
        })
    }

    fn study(&self, name: &str, start: DateTime) -> StudyContext {
        StudyContext {
            patient_name: IDENTITY.patient_name.to_owned(),
            patient_id: IDENTITY.patient_id.to_owned(),
            patient_sex: Some(PatientSex::Other),
            patient_weight_kg: Some(IDENTITY.patient_weight_kg),
            patient_height_m: Some(IDENTITY.patient_size_m),
            study_uid: self.uids.uid(&format!("study {name}")),
            study_id: name.chars().take(16).collect(),
            study_start: Some(start),
            description: format!("OpenSIRT phantom, {name}"),
            ..StudyContext::default()
        }
    }

    fn series(&self, study: &str, name: &str, number: u32, created: DateTime) -> SeriesContext {
        SeriesContext {
            series_uid: self.uids.uid(&format!("series {study} {name}")),
            number,
            description: name.to_owned(),
            created,
        }
    }

    /// CT, structure set and segmentation of one date.
    fn planning(&self, phantom: &Phantom, out: &Path) -> anyhow::Result<DicomSeries> {
        let date = phantom.imaged_at()?;
        let name = if phantom.month() > 0.0 {
            format!("month {}", phantom.month())
        } else {
            "planning".to_owned()
        };
        let study = self.study(&name, date);
        let settings = if phantom.month() > 0.0 {
            CtSettings::upper_abdomen(self.seed)?
        } else {
            CtSettings::whole_trunk(self.seed)?
        };
        let ct = phantom
            .ct(&settings)?
            .with_frame_of_reference(Some(self.frame.clone()));
        let folder = made(out.join(CT))?;
        let series = encode_ct_series(
            &study,
            &self.series(&name, "CT portal-venous", 1, date),
            &ct,
            &CtRecord {
                acquired: date,
                peak_kilovoltage: Some(120.0),
                contrast_agent: Some("iodinated, portal-venous phase".to_owned()),
                convolution_kernel: Some("ANALYTIC".to_owned()),
            },
        )?;
        series.write_to(&folder)?;

        let structures = phantom.structures(ct.grid())?;
        let rois: Vec<_> = structures
            .iter()
            .filter_map(|structure| match &structure.outline {
                Outline::Contours(stack) => Some(RoiRecord {
                    number: structure.number,
                    name: structure.name.clone(),
                    contours: stack.contours(),
                    purpose: purpose(&structure.name),
                    code: code(&structure.name).map(|(_, property)| property),
                    colour: structure.colour,
                    automatic: true,
                }),
                Outline::Mask(_) => None,
            })
            .collect();
        encode_structure_set(
            &study,
            &self.series(&name, "Structures", 2, date),
            "PHANTOM",
            &rois,
            &self.frame,
            Some(&series.reference),
        )?
        .write_to(out.join(STRUCTURE_SET))?;

        let organs: Vec<Organ> = phantom
            .organs()
            .into_iter()
            .filter(|organ| *organ != Organ::Body)
            .collect();
        let masks = organs
            .par_iter()
            .map(|organ| phantom.mask(*organ, ct.grid()))
            .collect::<Result<Vec<_>, _>>()?;
        let segments: Vec<_> = organs
            .iter()
            .zip(&masks)
            .filter(|(_, mask)| !mask.is_empty())
            .map(|(organ, mask)| {
                let (category, property) =
                    code(organ.name()).unwrap_or((Code::ANATOMICAL_STRUCTURE, Code::ORGAN));
                SegmentRecord {
                    label: organ.name().to_owned(),
                    mask,
                    category,
                    property,
                    region: None,
                    tracking: Some((
                        organ.name().to_owned(),
                        self.uids.uid(&format!("tracking {}", organ.name())),
                    )),
                    algorithm: Some("OpenSIRT phantom".to_owned()),
                    colour: Some(organ.colour()),
                }
            })
            .collect();
        encode_segmentation(
            &study,
            &self.series(&name, "Segmentation", 3, date),
            &segments,
            &self.frame,
            SegmentationKind::Binary,
            Some(&SegmentationSource {
                reference: &series.reference,
                same_slices: true,
            }),
        )?
        .write_to(out.join("segmentation.dcm"))?;
        Ok(series)
    }

    /// Work-up with MAA.
    fn maa(&self, out: &Path) -> anyhow::Result<()> {
        let spect = self
            .phantom
            .maa_spect(&SpectSettings::built_in(self.seed)?)?;
        let planar_settings = PlanarSettings::built_in(self.seed);
        let planar = self.phantom.maa_planar(&planar_settings)?;
        let study = self.study("work-up", spect.started);
        let camera =
            |acquired: DateTime, duration: TimeSpan| -> anyhow::Result<GammaCameraRecord> {
                Ok(GammaCameraRecord {
                    radiopharmaceutical: self.radiopharmaceutical(
                        "Tc-99m MAA",
                        "Tc-99m",
                        Code::TECHNETIUM_99M_MAA,
                        Code::TECHNETIUM_99M,
                        self.phantom.treatment().maa_administered,
                        Calendar::BUILT_IN.maa_administration,
                    )?,
                    acquired,
                    view_duration: duration,
                    window_name: "Tc-99m 15 %".to_owned(),
                    window: [Energy::from_kev(130.0), Energy::from_kev(151.0)],
                    collimator: "LEHR".to_owned(),
                })
            };
        let counts = spect
            .volume
            .with_frame_of_reference(Some(self.frame.clone()));
        let view = spect
            .acquisition
            .frames
            .first()
            .and_then(|frame| frame.duration)
            .unwrap_or(TimeSpan::from_seconds(20.0));
        encode_nm_tomogram(
            &study,
            &self.series("work-up", "MAA SPECT", 1, spect.started),
            &counts,
            &camera(spect.started, view)?,
            &TomogramRecord {
                views: 60,
                scan_arc_degrees: 360.0,
                start_angle_degrees: 0.0,
                reconstruction: "analytic blur and Poisson noise of the OpenSIRT phantom"
                    .to_owned(),
            },
        )?
        .write_to(out.join("maa_spect.dcm"))?;

        let started = planar
            .acquisition
            .earliest_frame_start()
            .unwrap_or(spect.started);
        let view = |view: &sirt_phantom::PlanarView, posterior: bool| PlanarView {
            counts: view.counts.values().to_vec(),
            posterior,
        };
        encode_nm_planar(
            &study,
            &self.series("work-up", "MAA planar", 2, started),
            &PlanarRecord {
                size: planar_settings.pixels,
                spacing_mm: [planar_settings.pixel_mm; 2],
                views: vec![view(&planar.anterior, false), view(&planar.posterior, true)],
            },
            &camera(started, planar_settings.duration)?,
        )?
        .write_to(out.join("maa_planar.dcm"))?;
        let regions = planar_regions(&planar.anterior)?;
        write(out, PLANAR_REGIONS, regions.to_toml().as_bytes())?;
        Ok(())
    }

    /// The Y-90 PET after treatment.
    fn pet(&self, out: &Path) -> anyhow::Result<()> {
        let pet = self.phantom.y90_pet(&PetSettings::built_in(self.seed)?)?;
        let study = self.study("verification", pet.started);
        let folder = made(out.join(PET))?;
        let record = PetRecord {
            radiopharmaceutical: self.radiopharmaceutical(
                "Y-90 microspheres",
                "Y-90",
                Code::YTTRIUM_90_MICROSPHERES,
                Code::YTTRIUM_90,
                self.phantom.treatment().administered,
                Calendar::BUILT_IN.administration,
            )?,
            decay_correction: DecayCorrection::Start,
            series_start: pet.started,
            slices: pet.acquisition.frames.clone(),
            corrections: pet
                .acquisition
                .corrections
                .as_ref()
                .map(|fact| fact.value.clone())
                .unwrap_or_default(),
            reconstruction: "PHANTOM".to_owned(),
            attenuation_correction: "measured".to_owned(),
            scatter_correction: "none made".to_owned(),
        };
        let volume = pet.volume.with_frame_of_reference(Some(self.frame.clone()));
        encode_pet_series(
            &study,
            &self.series("verification", "Y-90 PET", 1, pet.started),
            &volume,
            &record,
        )?
        .write_to(&folder)?;
        Ok(())
    }

    /// True activity and its dose by the kernel on densities without noise.
    fn truth(&self, out: &Path, ct: &DicomSeries) -> anyhow::Result<()> {
        let grid = Phantom::truth_grid(TRUTH_VOXEL_MM)?;
        let activity = self
            .phantom
            .true_activity(&grid)?
            .with_frame_of_reference(Some(self.frame.clone()));
        let density = self.phantom.true_density(&grid)?;
        let nuclides = NuclideLibrary::built_in()?;
        let y90 = nuclides.named("Y-90")?;
        let data = DecayData {
            nuclide: y90.symbol.clone(),
            half_life: y90.half_life(),
            dose_factor: y90.dose_factor().context("Y-90 has no dose factor")?,
            beta_kernel: y90.beta_kernel.clone(),
        };
        let distribution = Method::Kernel.absorbed_dose(
            &activity,
            Medium::Heterogeneous(&density),
            &data,
            &TissueTable::built_in()?,
        )?;
        write(
            out,
            "true_activity.nii.gz",
            &write_nifti(
                &activity,
                "activity at administration, Bq/mL",
                Compression::Gzip,
            )?,
        )?;
        let date = Calendar::BUILT_IN.administration;
        let record = DoseRecord {
            nuclide: data.nuclide,
            half_life: data.half_life,
            dose_factor: data.dose_factor,
            engine: Method::Kernel.name().to_owned(),
            density: None,
            heterogeneity: Heterogeneity::Image,
            derivation: "true activity of the OpenSIRT phantom".to_owned(),
            site: Code::LIVER,
            sources: vec![ct.reference.clone()],
            structure_set: None,
            histograms: Vec::new(),
            word: DoseWord::Bits16,
        };
        encode_absorbed_dose(
            &self.study("truth", date),
            &self.series("truth", "True dose", 1, date),
            &distribution.dose,
            &record,
        )?
        .write_to(out.join(TRUE_DOSE))?;
        Ok(())
    }

    fn radiopharmaceutical(
        &self,
        name: &str,
        nuclide: &str,
        substance: Code,
        code: Code,
        administered: Activity,
        administration_start: DateTime,
    ) -> anyhow::Result<RadiopharmaceuticalRecord> {
        let nuclides = NuclideLibrary::built_in()?;
        let data = nuclides.named(nuclide)?;
        Ok(RadiopharmaceuticalRecord {
            name: name.to_owned(),
            substance,
            nuclide: code,
            half_life: data.half_life(),
            positron_fraction: data
                .positron_fraction
                .as_ref()
                .map(|fraction| fraction.value),
            administered,
            administration_start,
            route: Code::INTRA_ARTERIAL,
        })
    }
}

/// Outlines of lungs and liver in the anterior view, in pixels; mirrored they
/// are those of the posterior one.
fn planar_regions(view: &sirt_phantom::PlanarView) -> anyhow::Result<PlanarRegions> {
    let grid = view.counts.grid();
    let mut outlines = Vec::new();
    for (role, mask) in [
        (PlanarRegionRole::Lungs, &view.lungs),
        (PlanarRegionRole::Liver, &view.liver),
    ] {
        for contour in mask_contours(mask)? {
            let polygon = contour
                .points
                .iter()
                .map(|point| {
                    let [x, y, _] = grid.to_index(*point);
                    // Thousandths of a pixel are far below what a border means.
                    [x, y].map(|place| ((place + 0.5) * 1000.0).round() / 1000.0)
                })
                .collect();
            outlines.push(PlanarOutline {
                role,
                view: None,
                polygon,
            });
        }
    }
    Ok(PlanarRegions {
        unit: PlanarUnit::Pixel,
        outlines,
    })
}

/// The folder, made with its parents.
fn made(folder: PathBuf) -> anyhow::Result<PathBuf> {
    std::fs::create_dir_all(&folder)
        .with_context(|| format!("cannot make folder {}", folder.display()))?;
    Ok(folder)
}

fn purpose(name: &str) -> RoiPurpose {
    match name {
        "Body" => RoiPurpose::External,
        _ if is_tumour(name) => RoiPurpose::Tumour,
        _ => RoiPurpose::Organ,
    }
}

fn is_tumour(name: &str) -> bool {
    sirt_dosimetry::Role::of_name(name) == sirt_dosimetry::Role::Tumour
}

/// Category and kind of a structure.
fn code(name: &str) -> Option<(Code, Code)> {
    if is_tumour(name) {
        return Some((Code::MORPHOLOGICALLY_ABNORMAL, Code::METASTASIS));
    }
    let organ = [
        ("Body", Code::BODY),
        ("Lung", Code::LUNG),
        ("Liver", Code::LIVER),
        ("Spleen", Code::SPLEEN),
        ("Spine", Code::SPINE),
        ("Gallbladder", Code::GALLBLADDER),
        ("Stomach", Code::STOMACH),
    ]
    .into_iter()
    .find(|(start, _)| name.starts_with(start))?;
    Some((Code::ANATOMICAL_STRUCTURE, organ.1))
}

fn text(truth: &sirt_phantom::Truth, arguments: &PhantomArguments) -> String {
    let mut table = Table::new(&[
        ("structure", ""),
        ("volume", "mL"),
        ("diameter", "mm"),
        ("activity", "MBq"),
        ("T/N", ""),
    ]);
    for structure in &truth.structures {
        table.row([
            structure.name.to_owned(),
            digits(structure.volume_ml),
            structure.diameter_mm.map_or_else(String::new, digits),
            digits(structure.activity_mbq),
            structure.tumour_to_normal.map_or_else(String::new, digits),
        ]);
    }
    format!(
        "{} written to {}\n{:.0} MBq of Y-90 administered, lung shunt {:.1} %\n\n{}",
        truth.identity.patient_name,
        arguments.out.display(),
        truth.treatment.administered.as_mbq(),
        truth.treatment.lung_shunt * 100.0,
        table.to_text()
    )
}

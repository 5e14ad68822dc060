//! The text of a new case: what is known, and comments on what can be added.

use std::fmt::Write as _;

use sirt_dosimetry::{Device, DeviceLibrary};
use sirt_outcome::Sex;
use sirt_quantity::{Capacity, Density, DoseFactor, Length, Mass, NuclideLibrary, TimeSpan};

use crate::case::{Age, Pseudonym};
use crate::schema::SCHEMA_VERSION;
use crate::vocabulary::TumourType;
use crate::written_number::shortest;

/// What a case starts with.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCase {
    /// Name of the patient in this case.
    pub pseudonym: Pseudonym,
    /// Sex.
    pub sex: Sex,
    /// Age or year of birth.
    pub age: Age,
    /// Height.
    pub height: Length,
    /// Weight.
    pub weight: Mass,
    /// Kind of tumour.
    pub tumour_type: TumourType,
    /// Whether the liver is cirrhotic.
    pub cirrhosis: bool,
    /// Kind of microspheres.
    pub device: Device,
    /// Volume and density of the liver with the tumours in it.
    pub liver: Option<(Capacity, Density)>,
    /// Volume of all tumours; only with a liver.
    pub tumour_volume: Option<Capacity>,
}

impl NewCase {
    /// The text of `case.toml`.
    pub(crate) fn to_toml(&self) -> String {
        let mut text = String::with_capacity(4096);
        // Writing to a string does not fail.
        let _ = self.write_known(&mut text);
        text.push_str(COMMENTS);
        text
    }

    fn write_known(&self, text: &mut String) -> std::fmt::Result {
        writeln!(
            text,
            "# OpenSIRT case; docs/case.md tells what may stand here.\n\
             # Every quantity has its unit, every activity an instant with offset from UTC,\n\
             # every mass its density.\n\
             schema = \"{SCHEMA_VERSION}\"\n\n\
             [patient]\n\
             pseudonym = {} # never the real name\n\
             sex = \"{}\"",
            toml_edit::Value::from(self.pseudonym.as_str()),
            self.sex
        )?;
        match self.age {
            Age::Years(years) => writeln!(text, "age = {years} # at the work-up")?,
            Age::BornIn(year) => writeln!(text, "birth_year = {year}")?,
        }
        writeln!(
            text,
            "height = \"{} cm\"\n\
             weight = \"{} kg\"\n\n\
             [disease]\n\
             tumour_type = \"{}\" # {}\n\
             cirrhosis = {}\n\
             # description = \"in words\"\n\n\
             [device]\n\
             kind = \"{}\" # resin, glass, holmium",
            shortest(self.height.as_cm()),
            shortest(self.weight.as_kg()),
            self.tumour_type,
            TumourType::ALL
                .iter()
                .map(|kind| kind.name())
                .collect::<Vec<_>>()
                .join(", "),
            self.cirrhosis,
            self.device
        )?;
        if let Some((factor, half_life)) = usual_numbers(self.device) {
            writeln!(
                text,
                "# dose_factor = \"{} Gy kg/GBq\" # without it that of the product\n\
                 # half_life = \"{} h\" # without it that of the nuclide",
                shortest(factor.as_gy_kg_per_gbq()),
                shortest(half_life.as_hours())
            )?;
        }
        match self.liver {
            Some((volume, density)) => {
                writeln!(
                    text,
                    "\n[liver]\nvolume = \"{} mL\" # with the tumours",
                    shortest(volume.as_ml())
                )?;
                match self.tumour_volume {
                    Some(tumour) => {
                        writeln!(text, "tumour_volume = \"{} mL\"", shortest(tumour.as_ml()))?;
                    }
                    None => writeln!(text, "# tumour_volume = \"450 mL\"")?,
                }
                writeln!(
                    text,
                    "density = \"{} g/mL\"",
                    shortest(density.as_g_per_ml())
                )
            }
            None => writeln!(
                text,
                "\n# [liver]\n# volume = \"1800 mL\" # with the tumours\n# tumour_volume = \"450 mL\"\n# density = \"1.05 g/mL\""
            ),
        }
    }
}

/// What a product is computed with where a case says nothing, for a comment.
pub(crate) fn usual_numbers(device: Device) -> Option<(DoseFactor, TimeSpan)> {
    let devices = DeviceLibrary::built_in().ok()?;
    let nuclides = NuclideLibrary::built_in().ok()?;
    let data = devices.data(device);
    let half_life = nuclides.named(&data.nuclide).ok()?.half_life();
    Some((data.default_dose_factor(), half_life))
}

/// What can be added, each line ready to be used.
const COMMENTS: &str = r#"
# [lungs]
# mass = "1.0 kg" # or volume
# density = "0.26 g/mL"
# source = "convention"

# [[prior_therapy]]
# kind = "radioembolisation" # or resection, ablation, chemoembolisation, prrt, systemic, ...
# date = "2025-09-01"
# device = "resin"
# lung_dose = "8 Gy"
# normal_liver_dose = "20 Gy"

# [[laboratory]]
# taken = "2026-02-27"
# bilirubin = "12 umol/L" # or mg/dL
# albumin = "41 g/L" # or g/dL
# inr = 1.0
# creatinine = "72 umol/L" # or mg/dL
# sodium = "139 mmol/L"
# platelets = "210 10^9/L"
# ascites = "none" # slight, moderate_or_severe
# encephalopathy = "none" # grade_1_or_2, grade_3_or_4

# [images] # paths from this folder
# maa_spect = "maa/spect"
# maa_planar = "maa/planar"
# maa_planar_regions = "maa/regions.toml" # outlines of lungs, liver, background
# ct = "ct"
# structures = ["structures.dcm"]
# y90 = "y90"

# [[structure]] # where the name in the images does not tell what it is
# name = "GTV 1"
# role = "tumour" # liver, normal_liver, territory, lung, stomach, duodenum, gallbladder, ...

# [[territory]]
# name = "right"
# lobe = "right" # left, whole, segmental
# artery = "right hepatic artery"
# segments = ["V", "VI", "VII", "VIII"]
# volume = "1200 mL" # with the tumours in it
# tumour_volume = "400 mL"
# tumour_to_normal = 4.0

# [work_up]
# date = "2026-03-02"
# maa_activity = { activity = "150 MBq", at = "2026-03-02T09:30+01:00" }
# lung_shunt = "5 %"
# lung_shunt_source = "planar report"

# [goals]
# tumour = "120 Gy"
# tumour_source = "tumour board"
# normal_liver = "40 Gy"
# lung = "30 Gy"

# [[prescription]]
# territory = "right"
# method = "partition" # bsa, mird, holmium, voxel, ...
# activity = "1.75 GBq"
# at = "2026-03-16T11:30+01:00"
# intent = "palliative" # lobectomy, segmentectomy, downstaging, bridging
# expected_residual = "2 %"
# tolerance = "10 %"

# [[lesion]] # what became of the patient: docs/case.md, sirt follow
# id = "L1"
# organ = "liver"

# [[measurement]] # or measurements = "measurements.csv" in [follow_up]
# lesion = "L1"
# date = "2026-02-27"
# modality = "ct"
# long_axis = "62 mm"

# [[liver_volume]]
# date = "2026-02-27"
# liver = "1800 mL"

# [[marker]]
# name = "chromogranin A"
# date = "2026-03-10"
# value = "812 ug/L"
# upper_limit = "102 ug/L"

# [status]
# alive = "2027-03-01" # or died, with cause
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CaseDocument;

    pub(crate) fn example() -> NewCase {
        NewCase {
            pseudonym: Pseudonym::new("SIRT-017"),
            sex: Sex::Female,
            age: Age::BornIn(1961),
            height: Length::from_cm(170.3),
            weight: Mass::from_kg(70.1),
            tumour_type: TumourType::Neuroendocrine,
            cirrhosis: false,
            device: Device::Resin,
            liver: Some((Capacity::from_l(1.8), Density::from_g_per_ml(1.05))),
            tumour_volume: Some(Capacity::from_ml(450.0)),
        }
    }

    #[test]
    fn reads_back_what_it_starts_with() {
        let new = example();
        let document = CaseDocument::start(&new).unwrap();
        let case = document.case();
        assert_eq!(case.patient.pseudonym, new.pseudonym);
        assert_eq!(case.patient.age, new.age);
        assert!((case.patient.height.as_cm() - 170.3).abs() < 1e-9);
        assert!((case.patient.weight.as_kg() - 70.1).abs() < 1e-9);
        assert!(document.to_toml().contains("height = \"170.3 cm\"\n"));
        // What the product is computed with, as data/devices.toml has it.
        assert!(
            document
                .to_toml()
                .contains("# dose_factor = \"49.67 Gy kg/GBq\"")
        );
        let liver = case.liver.unwrap();
        assert_eq!(liver.volume, Capacity::from_ml(1800.0));
        assert_eq!(liver.tumour_volume, new.tumour_volume);
        assert!(case.territories.is_empty());
    }

    #[test]
    fn every_comment_is_ready_to_be_used() {
        let mut new = example();
        new.liver = None;
        new.tumour_volume = None;
        // Lines that hold a key or a header lose their mark; sentences stay.
        let text: String = CaseDocument::start(&new)
            .unwrap()
            .to_toml()
            .lines()
            .map(|line| match line.strip_prefix("# ") {
                Some(rest) if rest.starts_with('[') || rest.contains(" = ") => {
                    format!("{rest}\n")
                }
                _ => format!("{line}\n"),
            })
            .collect();
        let case = crate::Case::from_toml(&text).unwrap();
        assert_eq!(case.territories.len(), 1);
        assert_eq!(case.prescriptions.len(), 1);
        assert_eq!(case.laboratory.len(), 1);
        assert!(case.lungs.is_some() && case.liver.is_some());
        assert_eq!(case.images.structures.len(), 1);
        assert_eq!(case.follow_up.measurements.len(), 1);
        assert!(case.follow_up.status.is_some());
    }

    #[test]
    fn a_pseudonym_with_quotes_stays_one() {
        let mut new = example();
        new.pseudonym = Pseudonym::new("a \"b\" # c\\");
        let document = CaseDocument::start(&new).unwrap();
        assert_eq!(document.case().patient.pseudonym, new.pseudonym);
    }
}

//! The case of the built-in patient: the file that its plan and its report
//! are made from.

use jiff::civil::DateTime;
use sirt_phantom::{
    Calendar, FOLLOW_UP_MONTHS, IDENTITY, LESIONS, Lobe, Organ, Phantom, TREATED_LESIONS,
};
use sirt_quantity::{Activity, NuclideLibrary, TimeSpan, decay_factor};

/// Residual in vial and lines that the case tells, as a part of what was dispensed.
const RESIDUAL: f64 = 0.02;
/// From assay to infusion and from infusion to the residual's assay.
const ASSAY: TimeSpan = TimeSpan::from_hours(2.0);
const RESIDUAL_ASSAY: TimeSpan = TimeSpan::from_hours(1.0);

/// The file of measurements beside the case.
pub(crate) const MEASUREMENTS: &str = "measurements.csv";

/// What the CT of every date would measure: the diameters of the spheres that
/// the lesions are, by the law of their course.
pub(crate) fn measurements(dates: &[Phantom]) -> anyhow::Result<String> {
    let mut rows = String::from(
        "# Diameters of the spheres that the lesions of the phantom are; nobody measured them.\nlesion,date,modality,new,long_axis [mm],perpendicular [mm],volume [mL]\n",
    );
    for date in dates {
        let day = date.imaged_at()?.date();
        for (number, lesion) in LESIONS.iter().enumerate() {
            let Some(diameter) = date.lesion_diameter_mm(number) else {
                continue;
            };
            // A sphere's, in mL.
            let volume = std::f64::consts::PI / 6.0 * diameter.powi(3) * 1e-3;
            let new = if number < TREATED_LESIONS {
                ""
            } else {
                "unequivocal"
            };
            rows.push_str(&format!(
                "{},{day},ct,{new},{diameter:.1},{diameter:.1},{volume:.2}\n",
                lesion.name
            ));
        }
    }
    Ok(rows)
}

/// The patient at every date of the series.
pub(crate) fn dates(phantom: &Phantom) -> anyhow::Result<Vec<Phantom>> {
    Ok(FOLLOW_UP_MONTHS
        .into_iter()
        .map(|month| phantom.at_month(month))
        .collect::<Result<_, _>>()?)
}

/// Tables of lesions and volumes; sizes stand beside the case.
fn follow_up(dates: &[Phantom]) -> anyhow::Result<String> {
    let mut text = format!(
        "\n[follow_up] # sirt follow; by the law of the phantom's course, no model of patients\nmeasurements = \"{MEASUREMENTS}\"\n"
    );
    for lesion in &LESIONS {
        let lobe = match lesion.lobe {
            Lobe::Right => "right",
            Lobe::Left => "left",
        };
        text.push_str(&format!(
            "\n[[lesion]]\nid = \"{name}\"\norgan = \"liver\"\nterritory = \"{lobe}\"\nstructure = \"{name}\"\n",
            name = lesion.name
        ));
    }
    for date in dates {
        let [right, left] = [Organ::RightLobe, Organ::LeftLobe].map(|organ| date.capacity(organ));
        let tumours: f64 = (0..LESIONS.len())
            .filter(|lesion| date.lesion_diameter_mm(*lesion).is_some())
            .map(|lesion| date.capacity(Organ::Lesion(lesion)).as_ml())
            .sum();
        text.push_str(&format!(
            "\n[[liver_volume]]\ndate = \"{}\"\nliver = \"{:.0} mL\"\nright = \"{:.0} mL\"\nleft = \"{:.0} mL\"\ntumour = \"{tumours:.0} mL\"\n",
            date.imaged_at()?.date(),
            right.as_ml() + left.as_ml(),
            right.as_ml(),
            left.as_ml(),
        ));
    }
    if let Some(last) = dates.last() {
        text.push_str(&format!(
            "\n[status]\nalive = \"{}\"\n",
            last.imaged_at()?.date()
        ));
    }
    Ok(text)
}

/// What `case.toml` says: patient, disease and laboratory values are invented
/// as the patient is, volumes and activities are those that the images were
/// made from.
pub(crate) fn case_text(phantom: &Phantom, dates: &[Phantom]) -> anyhow::Result<String> {
    let follow_up = follow_up(dates)?;
    let calendar = Calendar::BUILT_IN;
    let instant = |at: DateTime| at.strftime("%Y-%m-%dT%H:%M+00:00").to_string();
    let hours_after = |at: DateTime, hours: i64| -> anyhow::Result<DateTime> {
        Ok(at.checked_add(jiff::SignedDuration::from_hours(hours))?)
    };
    let given = calendar.administration;
    let shunt = phantom.treatment().lung_shunt;
    let lobe = |organ| phantom.administered_to(organ) / (1.0 - shunt);
    let tumours: f64 = phantom
        .organs()
        .into_iter()
        .filter(|organ| matches!(organ, Organ::Lesion(_)))
        .map(|lesion| phantom.capacity(lesion).as_ml())
        .sum();
    let half_life = NuclideLibrary::built_in()?.named("Y-90")?.half_life();
    let gbq = |activity: Activity| format!("{:.4} GBq", activity.as_gbq());
    let mut treatment = String::new();
    for (name, activity) in [
        ("right", lobe(Organ::RightLobe)),
        ("left", lobe(Organ::LeftLobe)),
    ] {
        treatment.push_str(&format!(
            r#"
[[prescription]]
territory = "{name}"
method = "partition"
activity = "{:.2} GBq" # to reach the territory
at = "{at}"
intent = "palliative"
expected_residual = "2 %"
tolerance = "10 %"
"#,
            activity.as_gbq(),
            at = instant(given),
        ));
    }
    for (name, activity) in [
        ("right", lobe(Organ::RightLobe)),
        ("left", lobe(Organ::LeftLobe)),
    ] {
        let dispensed = activity / (1.0 - RESIDUAL);
        let before = decay_factor(ASSAY, half_life);
        let after = decay_factor(RESIDUAL_ASSAY, half_life);
        treatment.push_str(&format!(
            r#"
[[administration]]
territory = "{name}"
at = "{}"
assay = {{ activity = "{}", at = "{}" }}
residual = {{ activity = "{}", at = "{}" }}
"#,
            instant(given),
            gbq(dispensed / before),
            instant(hours_after(given, -2)?),
            gbq(dispensed * RESIDUAL * after),
            instant(hours_after(given, 1)?),
        ));
    }
    let [right, left] = [Organ::RightLobe, Organ::LeftLobe].map(|organ| phantom.capacity(organ));
    Ok(format!(
        r#"# The built-in patient of OpenSIRT: nobody. Laboratory values are invented.
# What was prescribed is what the images show; the plan says what it would have asked for.
schema = "opensirt-case/1"

[patient]
pseudonym = "{pseudonym}"
sex = "male" # the images say "other"
age = 60
height = "{height:.0} cm"
weight = "{weight:.0} kg"

[disease]
tumour_type = "neuroendocrine"
cirrhosis = false
cholestatic_disease = false
description = "six liver metastases, both lobes; a digital patient"

[device]
kind = "resin"

[[prior_therapy]]
kind = "somatostatin_analogue"
date = "1998-11-02"

[[laboratory]]
taken = "2000-02-14"
bilirubin = "12 umol/L"
albumin = "41 g/L"
inr = 1.0
creatinine = "72 umol/L"
sodium = "139 mmol/L"
platelets = "210 10^9/L"
ascites = "none"
encephalopathy = "none"
dialysis = false

[liver]
volume = "{liver:.0} mL" # with the tumours
tumour_volume = "{tumour:.0} mL"
density = "1.06 g/mL"

[images]
maa_spect = "maa_spect.dcm"
maa_spect_resolution = "12 mm"
maa_spect_filter = "7 mm"
maa_planar = "maa_planar.dcm"
maa_planar_regions = "maa_planar_regions.toml"
ct = "ct"
structures = ["structures.dcm"]
y90 = "pet"

[[territory]]
name = "right"
lobe = "right"
artery = "right hepatic artery"
structure = "Liver right lobe"

[[territory]]
name = "left"
lobe = "left"
artery = "left hepatic artery"
structure = "Liver left lobe"

[work_up]
date = "{work_up}"
maa_activity = {{ activity = "{maa:.0} MBq", at = "{maa_at}" }}

[goals]
tumour = "120 Gy"
tumour_source = "as an example; no consensus value for neuroendocrine metastases"
normal_liver = "40 Gy"
normal_liver_source = "weber2022eanm"
lung = "30 Gy"

[[session]]
earliest = "{first}"
latest = "{last}"
territories = ["right", "left"]

[[calibration]]
at = "{calibrated}"
sizes = ["3 GBq"]
{treatment}{follow_up}"#,
        pseudonym = IDENTITY.patient_id,
        height = IDENTITY.patient_size_m * 100.0,
        weight = IDENTITY.patient_weight_kg,
        liver = right.as_ml() + left.as_ml(),
        tumour = tumours,
        work_up = calendar.maa_administration.date(),
        maa = phantom.treatment().maa_administered.as_mbq(),
        maa_at = instant(calendar.maa_administration),
        first = instant(hours_after(given, -2)?),
        last = instant(hours_after(given, 2)?),
        calibrated = instant(hours_after(given, 4)?),
    ))
}

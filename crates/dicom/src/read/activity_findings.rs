//! What an activity series says, or does not say, about units and decay.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use sirt_image::{DecayCorrection, InstantOf, PixelUnits};
use sirt_quantity::NuclideLibrary;

use super::instance::{Instance, SeriesKind};
use super::radiopharmaceutical::RadiopharmaceuticalFacts;
use crate::{Finding, Topic};

/// Y-90 half-life in seconds that a scanner may have: 64.0 to 64.24 h.
const Y90_HALF_LIFE_S: std::ops::RangeInclusive<f64> = 230_400.0..=231_300.0;

/// Positron fraction above which a scanner did not reckon with Y-90 (32 in a million).
const LARGEST_Y90_POSITRON_FRACTION: f64 = 1e-3;

/// Relative difference of a recorded decay factor that is no rounding.
const DECAY_FACTOR_TOLERANCE: f64 = 0.02;

/// Findings of PET and NM series; none for others.
pub(crate) fn activity_findings(instances: &[Instance]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some(head) = instances.first() else {
        return findings;
    };
    let Some(facts) = head.radiopharmaceutical.as_deref() else {
        return findings;
    };
    if matches!(head.kind, SeriesKind::Pet | SeriesKind::EnhancedPet) {
        units_and_decay(head.kind, facts, &mut findings);
        corrections(facts, &mut findings);
        start(instances, facts, &mut findings);
        decay_factors(instances, &mut findings);
    }
    missing_slices(instances, head, facts, &mut findings);
    radiopharmaceutical(facts, &mut findings);
    mixed_facts(instances, facts, &mut findings);
    findings
}

/// Slices at the ends leave no gap: only their number tells that they are missing.
fn missing_slices(
    instances: &[Instance],
    head: &Instance,
    facts: &RadiopharmaceuticalFacts,
    out: &mut Vec<Finding>,
) {
    let there = if head.kind.is_slices() {
        instances.len()
    } else {
        head.layout.map_or(0, |layout| layout.frames)
    };
    // A series of several beds or time points may hold more than one volume has.
    if let Some(made) = facts.slices.filter(|made| *made > there && there > 0) {
        out.push(Finding::stops(
            tags::NUMBER_OF_SLICES,
            format!(
                "is {made}, but {there} slices are there: {} are missing, at the ends where no gap is named",
                made - there
            ),
            "give the whole series, or --accept-missing-slices if it was cut on purpose",
        ).about(Topic::MissingSlices));
    }
}

fn units_and_decay(kind: SeriesKind, facts: &RadiopharmaceuticalFacts, out: &mut Vec<Finding>) {
    match facts.units.as_ref().map(|units| &units.value) {
        Some(PixelUnits::BecquerelPerMl) => {}
        Some(PixelUnits::Counts | PixelUnits::ProportionalToCounts) => out.push(Finding::stops(
            tags::UNITS,
            "counts, not activity concentration",
            "--administered ACTIVITY for relative calibration",
        ).about(Topic::Calibration)),
        Some(PixelUnits::GramPerMl) => out.push(Finding::weakens(
            tags::UNITS,
            "standardised uptake values, not activity concentration",
            "none needed where weight and activity in the header are those that the values were made with; else export in Bq/mL",
        )),
        Some(PixelUnits::Other(term)) => out.push(Finding::stops(
            tags::UNITS,
            format!("is {term:?}, allowed BQML, CNTS, PROPCNTS or GML"),
            "--units",
        ).about(Topic::Units)),
        // The enhanced object has its unit in the real-world value mapping.
        None if kind == SeriesKind::EnhancedPet => {}
        None => out.push(Finding::stops(tags::UNITS, "missing", "--units").about(Topic::Units)),
    }
    if let Some(term) = &facts.decay_correction_unknown {
        out.push(
            Finding::stops(
                tags::DECAY_CORRECTION,
                format!("is {term:?}, allowed NONE, START or ADMIN"),
                "--reference-time",
            )
            .about(Topic::Calibration),
        );
    } else if facts.decay_correction.is_none() {
        out.push(
            Finding::stops(tags::DECAY_CORRECTION, "missing", "--reference-time")
                .about(Topic::Calibration),
        );
    }
    let moment = |term: &String| matches!(term.as_str(), "DYNAMIC" | "GATED");
    if let Some(term) = facts.series_type.iter().find(|term| moment(term)) {
        out.push(Finding::weakens(
            tags::SERIES_TYPE,
            format!("is {term}: the series holds parts of the acquisition"),
            "give the static or summed reconstruction",
        ));
    }
}

fn corrections(facts: &RadiopharmaceuticalFacts, out: &mut Vec<Finding>) {
    let listed = facts.corrections.as_ref().map(|list| &list.value);
    let mut check = |term: &str, method: &Option<String>, tag: Tag, what: &str| {
        let by_list = listed.map(|list| list.iter().any(|one| one == term));
        let by_method = method
            .as_ref()
            .is_some_and(|method| !method.eq_ignore_ascii_case("NONE"));
        let rule = match by_list {
            Some(true) => return,
            None if by_method => return,
            Some(false) => format!("does not list {term}: no {what} correction"),
            None => format!("missing: {what} correction is not known"),
        };
        let tag = if by_list.is_some() {
            tags::CORRECTED_IMAGE
        } else {
            tag
        };
        out.push(Finding::weakens(
            tag,
            rule,
            "use the reconstruction with attenuation and scatter correction",
        ));
    };
    check(
        "ATTN",
        &facts.attenuation_method,
        tags::ATTENUATION_CORRECTION_METHOD,
        "attenuation",
    );
    check(
        "SCAT",
        &facts.scatter_method,
        tags::SCATTER_CORRECTION_METHOD,
        "scatter",
    );
}

fn radiopharmaceutical(facts: &RadiopharmaceuticalFacts, out: &mut Vec<Finding>) {
    if facts.radiopharmaceuticals == 0 {
        out.push(
            Finding::weakens(
                tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE,
                "missing: nuclide, half-life and administration are not known",
                "--nuclide, --half-life, --administered and --reference-time as needed",
            )
            .about(Topic::Calibration),
        );
        return;
    }
    if facts.radiopharmaceuticals > 1 {
        out.push(Finding::weakens(
            tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE,
            format!(
                "{} radiopharmaceuticals; the first is used",
                facts.radiopharmaceuticals
            ),
            "check that the first is the one imaged",
        ));
    }
    let name = facts.nuclide.as_ref().map(|nuclide| nuclide.value.as_str());
    let says_y90 = name.is_some_and(is_yttrium_90);
    if name.is_none() {
        out.push(
            Finding::weakens(
                tags::RADIONUCLIDE_CODE_SEQUENCE,
                "missing: the nuclide is not named",
                "--nuclide",
            )
            .about(Topic::Calibration),
        );
    }
    if let Some(half_life) = &facts.half_life {
        let seconds = half_life.value.as_seconds();
        let is_y90 = Y90_HALF_LIFE_S.contains(&seconds);
        if says_y90 && !is_y90 {
            out.push(Finding::weakens(
                tags::RADIONUCLIDE_HALF_LIFE,
                format!("the scanner used {seconds} s where Y-90 has 230760 s (64.10 h)"),
                "the wrong decay correction is undone with this half-life",
            ));
        } else if !says_y90 && !is_y90 {
            out.push(
                Finding::note(
                    tags::RADIONUCLIDE_HALF_LIFE,
                    format!("the scanner used {seconds} s, which is not Y-90's 230760 s"),
                    "fine for another nuclide; for Y-90 scanned as another isotope give --nuclide",
                )
                .about(Topic::Calibration),
            );
        }
    } else {
        out.push(
            Finding::weakens(
                tags::RADIONUCLIDE_HALF_LIFE,
                "missing: a decay correction by the scanner cannot be undone",
                "--half-life",
            )
            .about(Topic::Calibration),
        );
    }
    if let Some(fraction) = &facts.positron_fraction
        && fraction.value > LARGEST_Y90_POSITRON_FRACTION
    {
        let rule = format!(
            "{} where Y-90 has 3.2e-5: activity is too low by the ratio",
            fraction.value
        );
        let fix = "scale by the ratio of positron fractions, or use relative calibration";
        out.push(if says_y90 {
            Finding::stops(tags::RADIONUCLIDE_POSITRON_FRACTION, rule, fix)
                .about(Topic::Calibration)
        } else {
            Finding::note(
                tags::RADIONUCLIDE_POSITRON_FRACTION,
                format!("{}: not Y-90 (3.2e-5)", fraction.value),
                "fine for another nuclide; for Y-90 scanned as another isotope give --nuclide",
            )
            .about(Topic::Calibration)
        });
    }
    if let Some(dose) = facts.administered_without_unit {
        out.push(
            Finding::weakens(
                tags::RADIONUCLIDE_TOTAL_DOSE,
                format!("{dose} is not used: without a SOP class it may be in Bq or MBq"),
                "--administered",
            )
            .about(Topic::Calibration),
        );
    } else if facts.administered.is_none() {
        out.push(
            Finding::note(
                tags::RADIONUCLIDE_TOTAL_DOSE,
                "missing: the administered activity is not known",
                "--administered",
            )
            .about(Topic::Calibration),
        );
    }
}

fn is_yttrium_90(name: &str) -> bool {
    NuclideLibrary::built_in().is_ok_and(|library| {
        library
            .named(name)
            .ok()
            .or(library.mentioned_in(name))
            .is_some_and(|nuclide| nuclide.symbol == "Y-90")
    })
}

/// Start of the scan and of the administration.
fn start(instances: &[Instance], facts: &RadiopharmaceuticalFacts, out: &mut Vec<Finding>) {
    let earliest = instances
        .iter()
        .map(|one| one.acquisition_start)
        .collect::<Option<Vec<_>>>()
        .and_then(|starts| starts.into_iter().min());
    let series = instances.first().and_then(|one| one.series_start);
    let start_corrected = facts
        .decay_correction
        .as_ref()
        .is_some_and(|term| term.value == DecayCorrection::Start);
    if let (Some(earliest), Some(series)) = (earliest, series)
        && start_corrected
        && series > earliest
    {
        out.push(Finding::weakens(
            tags::SERIES_TIME,
            format!("the series starts {series}, after its first acquisition {earliest}: it was processed again"),
            "the first acquisition is the decay reference where (0054,1300) FrameReferenceTime confirms it; else give --reference-time",
        ).about(Topic::Calibration));
    }
    if earliest.is_none() && facts.decay_reference.is_none() {
        out.push(
            Finding::weakens(
                tags::ACQUISITION_TIME,
                "acquisition date and time are not in every slice",
                "--reference-time",
            )
            .about(Topic::Calibration),
        );
    }
    if let Some(ge) = facts.ge_scan_start {
        let same = earliest == Some(ge);
        out.push(
            Finding::note(
                Tag(0x0009, 0x100D),
                format!(
                    "the maker's scan start {ge} {} the first acquisition and is not used",
                    if same { "equals" } else { "differs from" }
                ),
                if same {
                    "nothing to do"
                } else {
                    "if the numbers are corrected to it, give --reference-time"
                },
            )
            .about(Topic::Calibration),
        );
    }
    match facts.administration_start.as_ref().map(|start| start.value) {
        Some(InstantOf::TimeOnly(time)) => {
            let after = earliest.or(series).is_some_and(|scan| time > scan.time());
            out.push(
                Finding::weakens(
                    tags::RADIOPHARMACEUTICAL_START_TIME,
                    format!(
                        "{time} has no date{}",
                        if after {
                            " and is later in the day than the scan: a midnight lies between"
                        } else {
                            ": days between administration and scan are not known"
                        }
                    ),
                    "--since-administration or --reference-time",
                )
                .about(Topic::Calibration),
            );
        }
        Some(InstantOf::DateTime(_)) => {}
        None => out.push(
            Finding::weakens(
                tags::RADIOPHARMACEUTICAL_START_DATE_TIME,
                "missing: the administration is not dated",
                "--since-administration",
            )
            .about(Topic::Calibration),
        ),
    }
}

/// (0054,1321) beside 2^(frame reference time / half-life), for START.
fn decay_factors(instances: &[Instance], out: &mut Vec<Finding>) {
    let mut wrong = 0;
    let mut example = String::new();
    for facts in instances
        .iter()
        .filter_map(|one| one.radiopharmaceutical.as_deref())
    {
        let start = facts
            .decay_correction
            .as_ref()
            .is_some_and(|term| term.value == DecayCorrection::Start);
        let (true, Some(factor), Some(time), Some(half_life)) = (
            start,
            facts.decay_factor,
            facts.frame_reference,
            &facts.half_life,
        ) else {
            continue;
        };
        let expected = (time.as_seconds() / half_life.value.as_seconds()).exp2();
        if !(factor / expected - 1.0).abs().le(&DECAY_FACTOR_TOLERANCE) {
            wrong += 1;
            example = format!("{factor} where frame time and half-life give {expected:.5}");
        }
    }
    if wrong > 0 {
        out.push(
            Finding::weakens(
                tags::DECAY_FACTOR,
                format!(
                    "disagrees in {wrong} of {} slices: {example}",
                    instances.len()
                ),
                "check half-life and reference time with --reference-time",
            )
            .about(Topic::Calibration),
        );
    }
}

/// Facts that must be the same in all files.
fn mixed_facts(instances: &[Instance], head: &RadiopharmaceuticalFacts, out: &mut Vec<Finding>) {
    let differs = |same: &dyn Fn(&RadiopharmaceuticalFacts) -> bool| {
        instances
            .iter()
            .find(|one| {
                one.radiopharmaceutical
                    .as_deref()
                    .is_some_and(|facts| !same(facts))
            })
            .map(|one| one.file.as_str())
    };
    let checks: [(Tag, Option<&str>); 4] = [
        (tags::UNITS, differs(&|facts| facts.units == head.units)),
        (
            tags::DECAY_CORRECTION,
            differs(&|facts| facts.decay_correction == head.decay_correction),
        ),
        (
            tags::RADIONUCLIDE_HALF_LIFE,
            differs(&|facts| facts.half_life == head.half_life),
        ),
        (
            tags::RADIONUCLIDE_TOTAL_DOSE,
            differs(&|facts| facts.administered == head.administered),
        ),
    ];
    for (tag, differs) in checks {
        if let Some(file) = differs {
            out.push(Finding::stops(
                tag,
                format!("differs between files of the series, first in {file}"),
                "give the files of one reconstruction only",
            ));
        }
    }
}

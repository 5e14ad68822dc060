//! Judges many patients by every criterion and prints the seconds it took.
//!
//! `response_speed [PATIENTS [THREADS [all]]]`: by default 100 000 patients with
//! 10 time points and 5 lesions each on two threads by the thirteen criteria;
//! `all` takes their variants too. Patients are made in blocks outside of the
//! timed part.

use std::io::Write;
use std::time::{Duration, Instant};

use sirt_outcome::{
    Assessment, Attenuation, CriterionRules, Day, Diameter, Lesion, LesionFinding, LesionVolume,
    Organ, PatientRecord, PetReference, ResponseCriteria, Timeline, Tracer, Uptake, VisualUptake,
};

const TIME_POINTS: u32 = 10;
const LESIONS: u32 = 5;
const BLOCK: u32 = 5000;

/// The criteria that a patient is judged by unless `all` asks for the variants too.
const CRITERIA: [&str; 13] = [
    "recist-1.1",
    "recist-1.0",
    "who",
    "minor-response",
    "mrecist",
    "easl",
    "qeasl",
    "choi",
    "volumetric",
    "percist-1.0",
    "eortc",
    "pet-visual",
    "lesion-level",
];

/// A patient whose lesions shrink, then grow, by numbers that follow from its own.
fn patient(number: u32) -> PatientRecord {
    let organs = [
        Organ::Liver,
        Organ::Liver,
        Organ::Liver,
        Organ::Lung,
        Organ::Bone,
    ];
    let lesions = (0..LESIONS)
        .zip(organs)
        .map(|(at, organ)| Lesion {
            tracking_id: format!("L{at}"),
            organ,
            ..Lesion::default()
        })
        .collect();
    let reference = PetReference {
        tracer: Tracer::Fdg,
        liver_mean: Some(Uptake::from_ticks(16_000)),
        liver_deviation: Some(Uptake::from_ticks(2500)),
        ..PetReference::default()
    };
    let mut state = number.wrapping_mul(2_654_435_761).wrapping_add(1);
    let mut draw = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) % below
    };
    let sizes: Vec<u32> = (0..LESIONS).map(|_| 150 + draw(500)).collect();
    let assessments = (0..=TIME_POINTS)
        .map(|at| Assessment {
            day: Day::from_number(i32::try_from(60 * at).unwrap_or(i32::MAX)),
            pet: Some(reference),
            findings: (0..LESIONS)
                .zip(&sizes)
                .map(|(lesion, size)| {
                    // Per cent of baseline: down to a half, then up again.
                    let course = 100 - 10 * at.min(TIME_POINTS - at) + draw(9);
                    let tenths = size * course / 100;
                    LesionFinding {
                        lesion,
                        long_axis: Some(Diameter::from_tenths(tenths)),
                        perpendicular: Some(Diameter::from_tenths(tenths * 4 / 5)),
                        enhancing_long_axis: Some(Diameter::from_tenths(tenths * 7 / 10)),
                        enhancing_perpendicular: Some(Diameter::from_tenths(tenths / 2)),
                        volume: Some(LesionVolume::from_ticks(tenths * tenths / 10 * 5)),
                        enhancing_volume: Some(LesionVolume::from_ticks(tenths * tenths / 20 * 5)),
                        density: Some(Attenuation::from_ticks(
                            600_000 + 1000 * i32::try_from(draw(200)).unwrap_or(0),
                        )),
                        suv_max: Some(Uptake::from_ticks(tenths * 200)),
                        sul_peak: Some(Uptake::from_ticks(tenths * 150)),
                        visual: Some(VisualUptake::Same),
                        ..LesionFinding::default()
                    }
                })
                .collect(),
            ..Assessment::default()
        })
        .collect();
    PatientRecord {
        id: number.to_string(),
        readers: vec!["reader".to_owned()],
        lesions,
        assessments,
        ..PatientRecord::default()
    }
}

/// A number that depends on every verdict, so that none is left out.
fn judge(patients: &[PatientRecord], criteria: &[&CriterionRules]) -> u64 {
    let mut check = 0_u64;
    for patient in patients {
        let timeline = Timeline::of(patient, 0);
        for rules in criteria {
            let result = rules.assess(&timeline);
            for point in &result.time_points {
                let code = point.overall.map_or(0, |response| response as u64 + 1);
                check = check.wrapping_mul(31).wrapping_add(code);
            }
            check = check.wrapping_add(result.best.response as u64);
        }
    }
    check
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let patients: u32 = arguments.next().map_or(Ok(100_000), |text| text.parse())?;
    let threads: usize = arguments.next().map_or(Ok(2), |text| text.parse())?;
    let table = ResponseCriteria::built_in()?;
    let criteria: Vec<&CriterionRules> = match arguments.next().as_deref() {
        Some("all") => table.iter().collect(),
        _ => CRITERIA
            .iter()
            .map(|name| table.named(name))
            .collect::<Result<_, _>>()?,
    };
    let mut spent = Duration::ZERO;
    let mut checks = Vec::new();
    for block in (0..patients).step_by(usize::try_from(BLOCK)?) {
        let records: Vec<PatientRecord> =
            (block..patients.min(block + BLOCK)).map(patient).collect();
        let start = Instant::now();
        let share = records.len().div_ceil(threads.max(1));
        let found: Vec<u64> = std::thread::scope(|scope| {
            let running: Vec<_> = records
                .chunks(share.max(1))
                .map(|part| scope.spawn(|| judge(part, &criteria)))
                .collect();
            running
                .into_iter()
                .map(|thread| thread.join().unwrap_or(0))
                .collect()
        });
        spent += start.elapsed();
        checks.extend(found);
    }
    let check = checks.iter().fold(0_u64, |sum, check| {
        sum.wrapping_mul(31).wrapping_add(*check)
    });
    writeln!(
        std::io::stdout(),
        "{patients} patients, {TIME_POINTS} time points, {LESIONS} lesions, {} criteria, {threads} threads: {:.2} s (check {check:016x})",
        criteria.len(),
        spent.as_secs_f64(),
    )?;
    Ok(())
}

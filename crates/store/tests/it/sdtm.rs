//! Tables of a study, as files, to patients.

use sirt_outcome::{CauseOfDeath, Day, Status, TreatmentKind};
use sirt_store::{Study, StudySubject};

/// The patient and the reader of every row.
const TUMOURS: &str = "DOMAIN,USUBJID,TULNKID,TULOC,TUORRES\nTU,P1,T01,LIVER,TARGET\n";

/// Reads these tables from files of their own.
fn study(tables: &[(&str, &str)]) -> Study {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in tables {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    Study::read(folder.path()).unwrap()
}

/// Results of T01 in mm by visit number (empty for none) and date.
fn results(visits: &[(&str, &str)]) -> String {
    let mut text =
        "DOMAIN,USUBJID,TRLNKID,TRTESTCD,TRSTRESC,TRSTRESU,VISITNUM,VISIT,TRDTC\n".to_owned();
    for (number, date) in visits {
        text.push_str(&format!(
            "TR,P1,T01,LDIAM,50,mm,{number},V{number},{date}\n"
        ));
    }
    text
}

/// The only reader's record of the first patient, or why there is none.
fn record(study: &Study) -> Result<&sirt_outcome::PatientRecord, &str> {
    let subject: &StudySubject = &study.subjects[0];
    subject.readers[0].record.as_ref().map_err(String::as_str)
}

/// Numbered visits and unnumbered ones that lie between them in time, in an
/// order that no comparison by pairs agrees on.
fn half_numbered() -> Vec<(String, String)> {
    (0..40)
        .map(|at| {
            let number = if at % 2 == 0 {
                (40 - at).to_string()
            } else {
                String::new()
            };
            (
                number,
                format!("2014-{:02}-{:02}", 1 + at % 12, 1 + at % 27),
            )
        })
        .collect()
}

#[test]
fn visits_of_which_some_have_numbers_go_by_their_dates() {
    let written = half_numbered();
    let visits: Vec<(&str, &str)> = written
        .iter()
        .map(|(number, date)| (number.as_str(), date.as_str()))
        .collect();
    let found = study(&[("tu.csv", TUMOURS), ("tr.csv", &results(&visits))]);
    let record = record(&found).unwrap();
    assert!(
        record
            .assessments
            .is_sorted_by_key(|assessment| assessment.day)
    );
    // Without a date for each of them there is no order.
    let found = study(&[
        ("tu.csv", TUMOURS),
        (
            "tr.csv",
            &results(&[("1", "2014-01-02"), ("", "2014-02-02"), ("3", "")]),
        ),
    ]);
    assert_eq!(
        self::record(&found).unwrap_err(),
        "tr.csv:4: TRDTC: the order of the visits is not known; all need VISITNUM, or all TRDTC"
    );
}

/// A study of one patient with two visits and these rows of LB.
fn with_laboratory(rows: &str) -> Study {
    let visits = results(&[("1", "2014-01-02"), ("2", "2014-04-02")]);
    let laboratory = format!(
        "DOMAIN,USUBJID,LBTESTCD,LBTEST,LBSPEC,LBSTRESN,LBSTRESU,LBSTNRLO,LBSTNRHI,LBDTC\n{rows}"
    );
    study(&[
        ("tu.csv", TUMOURS),
        ("tr.csv", &visits),
        ("lb.csv", &laboratory),
    ])
}

#[test]
fn values_of_urine_are_none_of_blood() {
    let found = with_laboratory(
        "LB,P1,CREAT,Creatinine,URINE,9000,umol/L,,100,2014-02-02\n\
         LB,P1,CREAT,Creatinine,SERUM,90,umol/L,,100,2014-02-02\n\
         LB,P1,CREAT,Creatinine,,91,umol/L,,100,2014-03-02\n\
         LB,P1,HIAA5,5-Hydroxyindoleacetic Acid,URINE,40,umol/day,,50,2014-03-02\n\
         LB,P1,CGA,Chromogranin A,URINE,40,ug/L,,50,2014-03-02\n",
    );
    let values: Vec<(&str, f64)> = found.subjects[0]
        .laboratory
        .iter()
        .map(|row| (row.test.as_str(), row.value))
        .collect();
    assert_eq!(
        values,
        [("creatinine", 90.0), ("creatinine", 91.0), ("5-HIAA", 40.0)]
    );
    assert_eq!(
        found.notes,
        [
            "lb.csv:2: LBSPEC: creatinine of `URINE` is not read; allowed are SERUM, PLASMA and BLOOD",
            "lb.csv:6: LBSPEC: chromogranin A of `URINE` is not read; allowed are SERUM, PLASMA and BLOOD",
        ]
    );
}

#[test]
fn a_value_that_cannot_be_is_left_out_with_its_place() {
    let found = with_laboratory(
        "LB,P1,CGA,Chromogranin A,SERUM,-1,ug/L,,100,2014-02-02\n\
         LB,P1,CGA,Chromogranin A,SERUM,inf,ug/L,,100,2014-02-02\n\
         LB,P1,CGA,Chromogranin A,SERUM,80,ug/L,,-100,2014-02-02\n\
         LB,P1,CGA,Chromogranin A,SERUM,80,ug/L,,100,2014-02-02\n",
    );
    assert_eq!(found.subjects[0].laboratory.len(), 1);
    assert_eq!(
        found.notes,
        [
            "lb.csv:2: LBSTRESN: chromogranin A -1 is outside 0..1e12 of its unit",
            "lb.csv:3: LBSTRESN: chromogranin A inf is outside 0..1e12 of its unit",
            "lb.csv:4: LBSTNRHI: a limit of -100 is outside 0..1e12 of its unit",
        ]
    );
}

/// A study of one patient, scanned on these days, with these tables beside.
fn with_course(days: [&str; 2], tables: &[(&str, &str)]) -> Study {
    let visits = results(&[("1", days[0]), ("2", days[1])]);
    let mut all = vec![("tu.csv", TUMOURS), ("tr.csv", visits.as_str())];
    all.extend(tables);
    study(&all)
}

const SCANS: [&str; 2] = ["2014-01-02", "2014-04-02"];

#[test]
fn who_died_in_a_month_or_without_a_date_is_not_alive() {
    let day = |text| Day::parse(text).unwrap();
    let cause = CauseOfDeath::Unknown;
    let june = Some([day("2014-06-01"), day("2014-06-30")]);
    let head = "DOMAIN,USUBJID,RFPENDTC,DTHDTC,DTHFL\n";
    let ended = "DOMAIN,USUBJID,DSDECOD,DSSTDTC\n";
    for (demography, disposition, expected) in [
        (
            "2014-05-30,2014-06,Y",
            "",
            Status::DeadOnUnknownDay {
                within: june,
                cause,
            },
        ),
        (
            "2014-05-30,,Y",
            "",
            Status::DeadOnUnknownDay {
                within: None,
                cause,
            },
        ),
        (
            "2014-05-30,,",
            "DEATH,2014-06",
            Status::DeadOnUnknownDay {
                within: june,
                cause,
            },
        ),
        (
            "2014-05-30,,",
            "DEATH,",
            Status::DeadOnUnknownDay {
                within: None,
                cause,
            },
        ),
        // DS knows the day in the month of DM, and another month is no help.
        (
            "2014-05-30,2014-06,Y",
            "DEATH,2014-06-14",
            Status::Dead {
                day: day("2014-06-14"),
                cause,
            },
        ),
        (
            "2014-05-30,2014-06,Y",
            "DEATH,2014-07-14",
            Status::DeadOnUnknownDay {
                within: june,
                cause,
            },
        ),
        (
            "2014-05-30,2014-06-13,Y",
            "DEATH,2014-06-14",
            Status::Dead {
                day: day("2014-06-13"),
                cause,
            },
        ),
        (
            "2014-05-30,,",
            "LOST TO FOLLOW-UP,2014-07",
            Status::Alive {
                last_contact: day("2014-07-01"),
            },
        ),
    ] {
        let demography = format!("{head}DM,P1,{demography}\n");
        let mut disposition_rows = ended.to_owned();
        if !disposition.is_empty() {
            disposition_rows.push_str(&format!("DS,P1,{disposition}\n"));
        }
        let found = with_course(
            SCANS,
            &[("dm.csv", &demography), ("ds.csv", &disposition_rows)],
        );
        assert_eq!(record(&found).unwrap().status, Some(expected));
    }
}

#[test]
fn death_is_known_in_a_study_without_dates() {
    let results = "DOMAIN,USUBJID,TRLNKID,TRTESTCD,TRSTRESC,TRSTRESU,VISITNUM,TRDY\n\
                   TR,P1,T01,LDIAM,50,mm,1,-3\nTR,P1,T01,LDIAM,50,mm,2,60\n";
    let found = study(&[
        ("tu.csv", TUMOURS),
        ("tr.csv", results),
        (
            "dm.csv",
            "DOMAIN,USUBJID,DTHDTC,DTHFL\nDM,P1,2014-06-14,Y\n",
        ),
    ]);
    assert_eq!(
        record(&found).unwrap().status,
        Some(Status::DeadOnUnknownDay {
            within: None,
            cause: CauseOfDeath::Unknown
        })
    );
}

#[test]
fn a_treatment_needs_its_day() {
    let head = "DOMAIN,USUBJID,EXDOSE,EXDOSU,EXOCCUR,EXSTDTC\n";
    for (rows, said) in [
        (
            "EX,P1,1.5,GBq,Y,2014-01\n",
            "ex.csv:2: EXSTDTC: a treatment from 2014-01-01 to 2014-01-31; its day is needed",
        ),
        (
            "EX,P1,1.5,GBq,Y,2014-01-10\nEX,P1,1,GBq,,\n",
            "ex.csv:3: EXSTDTC: a treatment without a day",
        ),
    ] {
        let found = with_course(SCANS, &[("ex.csv", &format!("{head}{rows}"))]);
        assert_eq!(record(&found).unwrap_err(), said);
    }
    // One that was planned and not given is none.
    let rows = format!("{head}EX,P1,1.5,GBq,Y,2014-01-10\nEX,P1,0,GBq,N,\n");
    let found = with_course(SCANS, &[("ex.csv", &rows)]);
    let treatments = &record(&found).unwrap().treatments;
    assert_eq!(treatments.len(), 1);
    assert_eq!(treatments[0].kind, TreatmentKind::Radioembolisation);
}

#[test]
fn patients_without_results_are_listed() {
    let tumours = format!("{TUMOURS}TU,P3,T01,LIVER,TARGET\n");
    let visits = results(&[("1", SCANS[0]), ("2", SCANS[1])]);
    let found = study(&[
        ("tu.csv", &tumours),
        ("tr.csv", &visits),
        ("dm.csv", "DOMAIN,USUBJID,DTHFL\nDM,P2,Y\nDM,P3,\nDM,P1,\n"),
    ]);
    assert_eq!(found.subjects.len(), 1);
    let left_out: Vec<(&str, &str)> = found
        .left_out
        .iter()
        .map(|left_out| (left_out.id.as_str(), left_out.reason.as_str()))
        .collect();
    assert_eq!(
        left_out,
        [
            ("P2", "no results (TR); named in DM"),
            ("P3", "no results (TR); named in DM, TU"),
        ]
    );
}

#[test]
fn what_a_cohort_needs_goes_through_tables_and_back() {
    use sirt_outcome::Attribution;
    use sirt_store::{SYNTHETIC, write_cohort};

    let tables = [
        ("tu.csv", TUMOURS.to_owned()),
        ("tr.csv", results(&[("1", SCANS[0]), ("2", SCANS[1])])),
        (
            "dm.csv",
            "DOMAIN,USUBJID,SEX,RFPENDTC\nDM,P1,F,2015-01-01\nDM,P2,M,2014-05-01\n".to_owned(),
        ),
        (
            "ex.csv",
            "DOMAIN,USUBJID,EXDOSE,EXDOSU,EXSTDTC\nEX,P1,1.5,GBq,2014-01-10\nEX,P2,1.1,GBq,2014-01-11\n"
                .to_owned(),
        ),
        (
            "fa.csv",
            "DOMAIN,USUBJID,FAOBJ,FATESTCD,FASTRESC,FADTC\n\
             FA,P1,FLUSHING,SEV,MODERATE,2014-01-08\nFA,P1,FLUSHING,FREQ,4,2014-01-08\n\
             FA,P1,FLUSHING,SEV,AWFUL,2014-03-08\n"
                .to_owned(),
        ),
        (
            "cm.csv",
            "DOMAIN,USUBJID,CMTRT,CMDOSE,CMDOSU,CMDOSFRQ,CMSTDTC,CMENDTC\n\
             CM,P1,OCTREOTIDE,30,mg,Q4W,2013-10-01,2014-02-28\n\
             CM,P1,OCTREOTIDE,15,mg,Q28D,2014-03-01,2014-06-30\n\
             CM,P1,ASPIRIN,100,mg,QD,2014-03-01,\n\
             CM,P1,LANREOTIDE,120,ug,Q4W,2014-03-01,\n"
                .to_owned(),
        ),
        (
            "ae.csv",
            "DOMAIN,USUBJID,AETERM,AEBODSYS,AETOXGR,AEREL,AESTDTC\n\
             AE,P1,NAUSEA,Gastrointestinal disorders,1,POSSIBLE,2014-01-11\n\
             AE,P1,NAUSEA,,1,PERHAPS,2014-01-11\n"
                .to_owned(),
        ),
    ];
    let borrowed: Vec<(&str, &str)> = tables
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let found = study(&borrowed);
    assert_eq!(found.synthetic, None);
    assert_eq!(
        found.notes,
        [
            "ae.csv:3: AEREL: `PERHAPS` is unknown; allowed are RELATED, PROBABLE, POSSIBLE, UNLIKELY, NOT RELATED, Y and N",
            "fa.csv:4: FASTRESC: `AWFUL` is none of NONE, MILD, MODERATE, SEVERE, 0 to 3",
            "cm.csv:5: CMDOSU: LANREOTIDE in `ug`; allowed is mg",
        ]
    );
    let subject = &found.subjects[0];
    assert_eq!(subject.symptoms[0].values.len(), 1);
    assert_eq!(subject.symptoms[0].values[0].grade, Some(2));
    assert_eq!(subject.symptoms[0].values[0].per_day, Some(4.0));
    // 30 mg, then 15 mg without a gap, then off.
    let doses: Vec<(String, f64)> = subject
        .analogue
        .iter()
        .map(|one| (one.from.to_string(), one.dose_mg))
        .collect();
    assert_eq!(
        doses,
        [
            ("2013-10-01".to_owned(), 30.0),
            ("2014-03-01".to_owned(), 15.0),
            ("2014-07-01".to_owned(), 0.0)
        ]
    );
    assert_eq!(subject.events[0].related, Some(Attribution::Possible));
    assert_eq!(subject.attributes["sex"], "F");
    // Who was treated and never scanned is in the cohort all the same.
    let cohort = found.cohort(None);
    assert_eq!(cohort.patients.len(), 2);
    assert!(cohort.refused.is_empty());
    assert!(cohort.patients[1].record.assessments.is_empty());
    assert_eq!(cohort.patients[1].record.treatments.len(), 1);

    let folder = tempfile::tempdir().unwrap();
    let files = write_cohort(folder.path(), &cohort.patients, Some(SYNTHETIC)).unwrap();
    assert!(files.iter().all(|file| file.ends_with("_synthetic.csv")));
    let again = Study::read(folder.path()).unwrap();
    assert_eq!(again.synthetic.as_deref(), Some("SYNTHETIC"));
    let mut read = again.cohort(None);
    let mut written = cohort;
    // The name of a reader and of a visit are the writer's own.
    for patient in read.patients.iter_mut().chain(&mut written.patients) {
        patient.record.readers.clear();
        for assessment in &mut patient.record.assessments {
            assessment.visit = None;
        }
    }
    assert_eq!(read, written);
}

//! Records that contradict themselves: each is refused or flagged by its own rule.

use sirt_outcome::{
    CauseOfDeath, Day, LesionState, MarkerValue, Organ, PatientMarker, PatientRecord, RecordRule,
    Severity, Status,
};

use crate::notation::patient;

fn rules(record: &PatientRecord) -> Vec<RecordRule> {
    record
        .check()
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

fn sound() -> PatientRecord {
    patient(
        "A@liver/T N@node/T",
        "0: A=30x20 N=s20;l25 | 60: A=25x18 N=s18;l22 | 120: A=21x15 N=s12;l20",
        "sirt=0",
    )
}

#[test]
fn a_sound_record_breaks_no_rule() {
    assert_eq!(sound().check(), []);
    assert_eq!(sound().checked(), Ok(Vec::new()));
}

#[test]
fn days_out_of_order_are_refused() {
    let mut record = sound();
    record.assessments.swap(1, 2);
    assert_eq!(rules(&record), [RecordRule::DatesOutOfOrder]);
    assert_eq!(
        record.checked().unwrap_err().to_string(),
        "record.dates-out-of-order: the assessment of day 60 by reader comes after that of day 120"
    );
    let mut twice = sound();
    twice.assessments[2].day = twice.assessments[1].day;
    assert_eq!(rules(&twice), [RecordRule::DayTwice]);
}

#[test]
fn a_measurement_before_baseline_is_flagged_and_counts_for_nothing() {
    let record = patient("A@liver/T", "-90: A=20 | -5: A=30 | 60: A=30", "sirt=0");
    assert_eq!(rules(&record), [RecordRule::BeforeBaseline]);
    assert_eq!(RecordRule::BeforeBaseline.severity(), Severity::Flagged);
    let late = patient("A@liver/T", "10: A=30 | 60: A=30", "sirt=0");
    assert_eq!(rules(&late), [RecordRule::NoBaseline]);
    let elsewhere = patient("A@liver/T", "0: A=30 | 60: A=30", "baseline=3");
    assert_eq!(
        rules(&elsewhere),
        [RecordRule::BaselineNotAssessed, RecordRule::BeforeBaseline]
    );
}

#[test]
fn centimetres_among_millimetres_are_flagged() {
    let mixed = patient("A@liver/T B@liver/T", "0: A=30 B=42 | 60: A=2.8 B=4", "");
    assert_eq!(rules(&mixed), [RecordRule::UnitSuspect]);
    assert!(mixed.check()[0].reason.ends_with("are these centimetres?"));
    let from_the_start = patient("A@liver/T B@liver/T", "0: A=3 B=4.2 | 60: A=30 B=42", "");
    assert_eq!(
        rules(&from_the_start),
        [RecordRule::UnitSuspect, RecordRule::UnitSuspect]
    );
    // One of two lesions that shrinks so much is a response, no unit.
    let response = patient("A@liver/T B@liver/T", "0: A=30 B=42 | 60: A=3 B=30", "");
    assert_eq!(rules(&response), []);
    let huge = patient("A@liver/T", "0: A=501 | 60: A=400", "");
    assert_eq!(rules(&huge), [RecordRule::SizeImpossible]);
}

#[test]
fn a_lesion_that_changes_its_organ_is_refused() {
    let mut record = sound();
    record.assessments[1].stated_organs = vec![(0, Organ::Lung)];
    assert_eq!(
        record.checked().unwrap_err().to_string(),
        "lesion.organ-changed: lesion A on day 60 by reader: in lung, before in liver"
    );
    record.assessments[1].stated_organs = vec![(0, Organ::Liver)];
    assert_eq!(record.check(), []);
}

#[test]
fn a_node_without_short_axis_is_flagged() {
    let record = patient("N@node/T", "0: N=s20;l25 | 60: N=l25", "");
    assert_eq!(rules(&record), [RecordRule::NodeWithoutShortAxis]);
}

#[test]
fn death_before_the_last_scan_or_treatment_is_refused() {
    let mut record = sound();
    record.status = Some(Status::Dead {
        day: Day::from_number(100),
        cause: CauseOfDeath::Other,
    });
    assert_eq!(
        record.checked().unwrap_err().to_string(),
        "status.death-before-last-scan: death on day 100 and a scan on day 120"
    );
    record.status = Some(Status::Dead {
        day: Day::from_number(-1),
        cause: CauseOfDeath::Other,
    });
    assert!(rules(&record).contains(&RecordRule::DeathBeforeTreatment));
    record.status = Some(Status::Alive {
        last_contact: Day::from_number(100),
    });
    assert_eq!(rules(&record), [RecordRule::ContactBeforeScan]);
}

#[test]
fn measurements_that_cannot_be_are_found() {
    for (points, rule) in [
        ("0: A=20x30 | 60: A=20x10", RecordRule::PerpendicularLonger),
        ("0: A=l20;e30 | 60: A=l20;e10", RecordRule::EnhancingLarger),
        ("0: A=20 | 60: A=0;12", RecordRule::AbsentWithSize),
        ("0: A=20 A=20 | 60: A=20", RecordRule::LesionTwice),
        ("0: A=20 | 60: A=20 | 90: A=>A", RecordRule::MergeRing),
        ("0: A=20 +A | 60: A=20", RecordRule::NewAtBaseline),
    ] {
        assert_eq!(rules(&patient("A@liver/T", points, "")), [rule], "{points}");
    }
    let mut unknown = sound();
    unknown.assessments[1].findings[0].lesion = 9;
    assert_eq!(rules(&unknown), [RecordRule::UnknownLesion]);
    let mut named = sound();
    named.lesions[1].tracking_id = "A".to_owned();
    assert_eq!(rules(&named), [RecordRule::NameTwice]);
    let mut fragment = sound();
    fragment.lesions[1].fragment_of = Some(1);
    assert_eq!(rules(&fragment), [RecordRule::FragmentOfItself]);
    let mut rough = sound();
    rough.assessments[1].day_is_rough = true;
    assert_eq!(rules(&rough), [RecordRule::RoughDay]);
    let mut ring = patient("A@liver/T B@liver/T", "0: A=20 B=20 | 60: A=>B B=>A", "");
    assert!(rules(&ring).contains(&RecordRule::MergeRing));
    ring.assessments[1].findings[1].state = LesionState::Present;
    assert_eq!(rules(&ring), []);
}

#[test]
fn a_marker_without_its_upper_limit_is_flagged() {
    let mut record = sound();
    record.markers = vec![PatientMarker {
        name: "chromogranin A".to_owned(),
        values: vec![MarkerValue {
            value: 400.0,
            ..MarkerValue::default()
        }],
    }];
    assert_eq!(rules(&record), [RecordRule::MarkerWithoutLimit]);
    assert!(record.checked().is_ok());
}

#[test]
fn one_cell_in_centimetres_between_two_in_millimetres_is_flagged() {
    // 4.0 cm between 62 and 34 mm: 40 mm fits between them.
    let dip = patient(
        "A@liver/T B@liver/T",
        "0: A=62 B=30 | 60: A=4 B=28 | 120: A=34 B=27",
        "",
    );
    assert_eq!(rules(&dip), [RecordRule::UnitSuspect]);
    let peak = patient(
        "A@liver/T B@liver/T",
        "0: A=30 B=30 | 60: A=280 B=28 | 120: A=27 B=27",
        "",
    );
    assert_eq!(rules(&peak), [RecordRule::UnitSuspect]);
    // A lesion that shrinks to 8 mm and grows again to 20 has no unit mixed.
    let grows = patient(
        "A@liver/T B@liver/T",
        "0: A=30 B=30 | 60: A=8 B=28 | 120: A=20 B=27",
        "",
    );
    assert_eq!(rules(&grows), []);
}

#[test]
fn a_lesion_that_turns_up_later_is_called_new_or_flagged() {
    let late = patient("A@liver/T B@liver", "0: A=30 | 60: A=28 B=12", "");
    assert_eq!(rules(&late), [RecordRule::LateLesion]);
    assert_eq!(RecordRule::LateLesion.severity(), Severity::Flagged);
}

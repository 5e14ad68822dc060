//! Follow-up of a case: what is read, what is refused, and the record it becomes.

use std::path::Path;

use sirt_outcome::{
    Certainty, Day, Diameter, ExtrahepaticSite, LesionKind, LesionState, Modality, Organ,
    RecordRule, StatedNonTarget, Status, TreatmentKind,
};
use sirt_store::{Case, CaseCourse, CaseDocument, CourseRule};

use crate::example_text;

/// The example of follow-up in docs/case.md, behind that of the case.
fn followed_text() -> String {
    let page = include_str!("../../../../docs/case.md");
    let (_, rest) = page.split_once("## Follow-up\n").unwrap();
    let (_, rest) = rest.split_once("```toml\n").unwrap();
    format!("{}\n{}", example_text(), rest.split_once("```").unwrap().0)
}

fn with(part: &str, instead: &str) -> String {
    let text = followed_text();
    assert!(text.contains(part), "the example has no `{part}`");
    text.replacen(part, instead, 1)
}

fn course(text: &str) -> CaseCourse {
    Case::from_toml(text).unwrap().course().unwrap()
}

fn refusal(text: &str) -> String {
    Case::from_toml(text).unwrap_err().to_string()
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

/// Rules that the record of the reader that counts breaks.
fn rules(text: &str) -> Vec<RecordRule> {
    let course = course(text);
    let record = course.subject.readers[course.reader]
        .record
        .as_ref()
        .unwrap();
    record
        .check()
        .into_iter()
        .map(|finding| finding.rule)
        .collect()
}

#[test]
fn the_example_becomes_a_record() {
    let course = course(&followed_text());
    let reader = &course.subject.readers[course.reader];
    assert_eq!(reader.name, "A. Example");
    assert_eq!(reader.stated, [None, Some("PR".to_owned()), None]);
    let record = reader.record.as_ref().unwrap();
    assert_eq!(record.lesions.len(), 4);
    assert_eq!(record.lesions[2].kind, LesionKind::Node);
    assert_eq!(record.lesions[1].mean_dose_gy, Some(96.0));
    assert_eq!(record.assessments.len(), 3);
    let second = &record.assessments[1];
    assert_eq!(second.day, day("2026-06-16"));
    assert_eq!(second.modality, Modality::Ct);
    assert_eq!(second.slice_thickness, Some(Diameter::from_tenths(30)));
    assert_eq!(second.non_target, Some(StatedNonTarget::Persistent));
    assert_eq!(
        second.findings[0].long_axis,
        Some(Diameter::from_tenths(400))
    );
    assert_eq!(second.findings[1].state, LesionState::TooSmall);
    let third = &record.assessments[2];
    assert_eq!(third.new_lesions[0].certainty, Certainty::Equivocal);
    // TV-B15: 1.73764 GBq delivered to the right lobe; 60 % of the other assay.
    let given: Vec<f64> = record
        .treatments
        .iter()
        .filter(|treatment| treatment.kind == TreatmentKind::Radioembolisation)
        .map(|treatment| treatment.activity_gbq.unwrap())
        .collect();
    assert!((given[0] - 1.73764).abs() <= 0.5e-5, "{given:?}");
    // 0.55 GBq decayed by 3 h 10 min of 64.1 h, 60 % of it.
    let left = 0.55 * 0.5_f64.powf(3.0 + 1.0 / 6.0).powf(1.0 / 64.1) * 0.6;
    assert!((given[1] - left).abs() < 1e-9, "{given:?}");
    assert_eq!(record.first_treatment(), Some(day("2026-03-16")));
    assert_eq!(record.first_other_treatment(), Some(day("2027-02-01")));
    assert_eq!(
        record.status,
        Some(Status::Alive {
            last_contact: day("2027-03-01")
        })
    );
    assert_eq!(record.marker_high, [(day("2026-03-10"), true)]);
    assert_eq!(record.check(), []);
    // The clearance names the duodenum.
    assert_eq!(course.sites, Some(vec![ExtrahepaticSite::Bowel]));
    assert_eq!(course.findings, []);
}

#[test]
fn laboratory_values_have_the_limits_of_their_day() {
    let text = with(
        "[[normal_range]]\ntest = \"platelets\"",
        "[[normal_range]]\ntest = \"bilirubin\"\nfrom = \"2026-04-01\"\nhigh = \"1.1 mg/dL\"\n\n[[normal_range]]\ntest = \"platelets\"",
    );
    let course = course(&text);
    let bilirubin: Vec<_> = course
        .subject
        .laboratory
        .iter()
        .filter(|row| row.test == "bilirubin")
        .map(|row| (row.day, row.upper_limit.unwrap()))
        .collect();
    assert_eq!(bilirubin[0], (day("2026-02-27"), 21.0));
    assert_eq!(bilirubin[1].0, day("2026-05-04"));
    // 1.1 mg/dL at 17.1 µmol/L.
    assert!((bilirubin[1].1 - 18.81).abs() < 1e-9);
    let haemoglobin = course
        .subject
        .laboratory
        .iter()
        .find(|row| row.test == "haemoglobin")
        .unwrap();
    assert!((haemoglobin.value - 128.0).abs() < 1e-9);
}

#[test]
fn a_plan_goes_by_values_of_before_the_treatment() {
    let case = Case::from_toml(&followed_text()).unwrap();
    assert_eq!(case.laboratory.len(), 2);
    let of_plan = case.laboratory_before_treatment().unwrap();
    assert_eq!(of_plan.taken.to_string(), "2026-02-27");
}

#[test]
fn a_case_without_follow_up_has_no_course() {
    assert!(Case::from_toml(&example_text()).unwrap().course().is_none());
}

#[test]
fn every_contradiction_has_its_own_rule() {
    for (text, rule) in [
        // Scans in an order that no calendar has.
        (
            with(
                "[[scan]]\ndate = \"2026-06-16\"",
                "[[scan]]\ndate = \"2027-01-15\"\nmodality = \"ct\"\n\n[[scan]]\ndate = \"2026-06-16\"",
            ),
            RecordRule::DatesOutOfOrder,
        ),
        (
            with(
                "[[measurement]] # one lesion",
                "[[measurement]]\nlesion = \"L1\"\ndate = \"2025-09-01\"\nmodality = \"ct\"\nlong_axis = \"50 mm\"\n\n[[measurement]] # one lesion",
            ),
            RecordRule::BeforeBaseline,
        ),
        // One cell in centimetres between two in millimetres.
        (
            with(
                "long_axis = \"40 mm\"\nperpendicular = \"31 mm\"",
                "long_axis = \"4 mm\"",
            ),
            RecordRule::UnitSuspect,
        ),
        (
            with(
                "lesion = \"L1\"\ndate = \"2026-12-15\"",
                "lesion = \"L1\"\norgan = \"lung\"\ndate = \"2026-12-15\"",
            ),
            RecordRule::OrganChanged,
        ),
        (
            with("short_axis = \"12 mm\"", "long_axis = \"12 mm\""),
            RecordRule::NodeWithoutShortAxis,
        ),
        (
            with("upper_limit = \"102 ug/L\" # without", "# without"),
            RecordRule::MarkerWithoutLimit,
        ),
        (
            with("alive = \"2027-03-01\"", "died = \"2026-11-01\""),
            RecordRule::DeathBeforeScan,
        ),
        (
            with("alive = \"2027-03-01\"", "died = \"2027-03\""),
            RecordRule::DeathDayUnknown,
        ),
        (
            with(
                "state = \"absent\"",
                "state = \"absent\"\nlong_axis = \"8 mm\"",
            ),
            RecordRule::AbsentWithSize,
        ),
        // A lesion that turns up later and that nobody calls new.
        (
            with("role = \"new\"\n", "").replacen("new = \"equivocal\"", "#", 1),
            RecordRule::LateLesion,
        ),
    ] {
        assert!(rules(&text).contains(&rule), "{rule}: {:?}", rules(&text));
    }
}

#[test]
fn what_stands_beside_the_record_has_its_rules() {
    for (text, rule) in [
        (
            with("alive = \"2027-03-01\"", "died = \"2026-06-16\""),
            CourseRule::ValueAfterDeath,
        ),
        (
            with("alive = \"2027-03-01\"", "alive = \"2026-05-30\""),
            CourseRule::ContactBeforeValue,
        ),
        (
            with("right = \"980 mL\"", "right = \"600 mL\""),
            CourseRule::LobesDiffer,
        ),
        (
            with(
                "liver = \"1620 mL\"\nright = \"980 mL\"\nleft = \"640 mL\"\ntumour = \"150 mL\"",
                "liver = \"162 mL\"",
            ),
            CourseRule::VolumeUnitSuspect,
        ),
        (
            with(
                "value = \"240 ug/L\"\nupper_limit = \"102 ug/L\"",
                "value = \"240 U/L\"",
            ),
            CourseRule::MarkerAssayChanged,
        ),
        (
            with("value = \"240 ug/L\"", "value = \"0.24 ug/L\""),
            CourseRule::MarkerUnitSuspect,
        ),
        (
            with(
                "finding = \"uptake at the duodenum\" # of",
                "finding = \"uptake at the spleen\" # of",
            ),
            CourseRule::EventFindingUnknown,
        ),
        (
            with(
                "[[lesion]]\nid = \"L3\"",
                "[[lesion]]\nid = \"L9\"\norgan = \"bone\"\n\n[[lesion]]\nid = \"L3\"",
            ),
            CourseRule::LesionNeverRead,
        ),
    ] {
        let found: Vec<CourseRule> = course(&text)
            .findings
            .iter()
            .map(|finding| finding.rule)
            .collect();
        assert!(found.contains(&rule), "{}: {found:?}", rule.id());
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    for (text, said) in [
        (
            with("long_axis = \"62 mm\"", "long_axis = 62"),
            "[[measurement]] 1, long_axis: `62` is not a length: unit `` is not one of mm, cm, m",
        ),
        (
            with("long_axis = \"62 mm\"", "long_axes = \"62 mm\""),
            "[[measurement]] 1, long_axes: no such key; did you mean `long_axis`?",
        ),
        (
            with(
                "lesion = \"L2\"\ndate = \"2026-06-16\"",
                "lesion = \"L22\"\ndate = \"2026-06-16\"",
            ),
            "[[measurement]] 5, lesion: lesion `L22` is unknown; did you mean `L2`?; known are L1, L2, N1, L3",
        ),
        (
            with("organ = \"lymph_node\" # a", "organ = \"lymphnode\" # a"),
            "[[lesion]] 3, organ: `lymphnode` is none of liver, lung, lymph_node,",
        ),
        (
            with("id = \"L2\"", "id = \"L1\""),
            "[[lesion]] 2, id: lesion `L1` stands twice",
        ),
        (
            with("id = \"N1\"\n", "id = \"N1\"\nkind = \"mass\"\n"),
            "[[lesion]] 3, kind: `kind` has no meaning in that organ",
        ),
        (
            with("territory = \"left\"\ndose", "territory = \"lift\"\ndose"),
            "[[lesion]] 2, territory: territory `lift` is unknown; did you mean `left`?",
        ),
        (
            with(
                "[[measurement]] # one lesion",
                "[[measurement]]\nlesion = \"L1\"\ndate = \"2026-02-27\"\nlong_axis = \"60 mm\"\n\n[[measurement]] # one lesion",
            ),
            "[[measurement]] 2, long_axis: `long_axis` of this lesion is there already for this day and reader",
        ),
        (
            with(
                "[[measurement]] # one lesion",
                "[[measurement]]\nlesion = \"L1\"\ndate = \"2026-09-01\"\nlong_axis = \"39 mm\"\n\n[[measurement]] # one lesion",
            ),
            "[[measurement]] 1: `modality` is missing: what made the image",
        ),
        (
            with("state = \"absent\"", "state = \"merged\""),
            "[[measurement]] 8: `into` is missing: the lesion that it grew into",
        ),
        (
            with(
                "upper_limit = \"102 ug/L\" # without",
                "upper_limit = \"0.102 mg/L\" # without",
            ),
            "[[marker]] 1, upper_limit: mg/L is another unit than ug/L of the value",
        ),
        (
            with("value = \"812 ug/L\"", "value = 812"),
            "[[marker]] 1, value: `812` is not an amount",
        ),
        (
            with("right = \"980 mL\"", "right = \"1900 mL\""),
            "[[liver_volume]] 2, right: 1900 mL is outside 0..=1620 mL, the whole liver of the day",
        ),
        (
            with("end = \"2026-06-10\"", "end = \"2026-04-10\""),
            "[[event]] 1, end: the end of the event (2026-04-10) is before its start (2026-04-20)",
        ),
        (
            with("grade = 3\nstart", "grade = 6\nstart"),
            "[[event]] 1, grade: 6 is outside 1..=5",
        ),
        (
            with("ecog = 1", "ecog = 5"),
            "[[performance]] 1, ecog: 5 is outside 0..=4",
        ),
        (
            with("date = \"2027-02-01\"", "date = \"2026-02-01\""),
            "[[later_therapy]] 1, date: a later therapy (2026-02-01) is before the first infusion (2026-03-16)",
        ),
        (
            with(
                "alive = \"2027-03-01\"",
                "alive = \"2027-03-01\"\ncause = \"other\"",
            ),
            "[status] cause: `cause` has no meaning without `died`",
        ),
        (
            with("dose = \"20 mg\"\nevery = \"28 d\"", "dose = \"20 mg\""),
            "[[analogue]] 2: `every` is missing: from one injection to the next",
        ),
        (
            with("high = \"21 umol/L\"", "high = \"21\""),
            "[[normal_range]] 1, high: `21` is not an amount",
        ),
        (
            with("high = \"400 10^9/L\"", "high = \"400 mg\""),
            "[[normal_range]] 2, high: `400 mg` is not a platelet count",
        ),
        (
            with("lymphocytes = \"700 /uL\"", "lymphocytes = \"700 10^9/L\""),
            "[[laboratory]] 2, lymphocytes: 700000 /mm3 is outside 1..=500000 /mm3",
        ),
        (
            with(
                "modality = \"ct\" # mri",
                "modality = \"ct\"\ntracer = \"fdg\" # mri",
            ),
            "[[scan]] 1, tracer: `tracer` has no meaning unless modality is \"pet\"",
        ),
    ] {
        let error = refusal(&text);
        assert!(error.contains(said), "{error}\nexpected {said}");
        assert!(!error.contains("SIRT-017"), "{error}");
    }
}

fn leaflet_case() -> &'static Path {
    Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/examples/leaflet_case"
    ))
}

#[test]
fn rows_beside_the_case_are_read_and_refused_by_their_line() {
    let case = Case::read(leaflet_case()).unwrap();
    assert_eq!(
        case.follow_up.files,
        ["lesions.csv", "measurements.csv", "markers.csv"]
    );
    let course = case.course().unwrap();
    let record = course.subject.readers[0].record.as_ref().unwrap();
    assert_eq!(record.lesions.len(), 5);
    assert!(
        record
            .lesions
            .iter()
            .all(|lesion| lesion.organ == Organ::Liver)
    );
    assert_eq!(record.assessments.len(), 2);
    assert_eq!(record.check(), []);
    let given: Vec<f64> = record
        .treatments
        .iter()
        .filter_map(|treatment| treatment.activity_gbq)
        .collect();
    // The leaflet: 2.5 GBq in right, 1.5 GBq in left lobe.
    assert_eq!(given, [2.5, 1.5]);

    let folder = tempfile::tempdir().unwrap();
    for name in [
        "case.toml",
        "lesions.csv",
        "measurements.csv",
        "markers.csv",
    ] {
        std::fs::copy(leaflet_case().join(name), folder.path().join(name)).unwrap();
    }
    let before = CaseDocument::read(folder.path())
        .unwrap()
        .contents()
        .unwrap();
    let measured = std::fs::read_to_string(folder.path().join("measurements.csv")).unwrap();
    for (part, instead, said) in [
        (
            "L2,2010-05-10",
            "L7,2010-05-10",
            "measurements.csv:8: lesion: lesion `L7` is unknown",
        ),
        (
            ",30,24,11",
            ",3O,24,11",
            "measurements.csv:8: long_axis: `3O mm` is not a length",
        ),
        (
            "long_axis [mm]",
            "long_axis",
            "measurements.csv:2: long_axis: `98` is not a length",
        ),
        (
            "long_axis [mm]",
            "longest [mm]",
            "measurements.csv:1: longest: no such column",
        ),
    ] {
        let wrong = measured.replacen(part, instead, 1);
        assert_ne!(wrong, measured, "{part}");
        std::fs::write(folder.path().join("measurements.csv"), wrong).unwrap();
        let error = Case::read(folder.path()).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
    // A size that changes changes what a signature stands under.
    std::fs::write(
        folder.path().join("measurements.csv"),
        measured.replacen(",30,24,11", ",31,24,11", 1),
    )
    .unwrap();
    let after = CaseDocument::read(folder.path())
        .unwrap()
        .contents()
        .unwrap();
    assert_ne!(before, after);
    std::fs::remove_file(folder.path().join("measurements.csv")).unwrap();
    let gone = Case::read(folder.path()).unwrap_err().to_string();
    assert!(
        gone.ends_with("[follow_up] measurements: there is nothing at `measurements.csv`"),
        "{gone}"
    );
    let text = std::fs::read_to_string(leaflet_case().join("case.toml")).unwrap();
    let outside = text.replacen("\"markers.csv\"", "\"../markers.csv\"", 1);
    std::fs::copy(
        leaflet_case().join("measurements.csv"),
        folder.path().join("measurements.csv"),
    )
    .unwrap();
    std::fs::write(folder.path().join("case.toml"), outside).unwrap();
    let error = Case::read(folder.path()).unwrap_err().to_string();
    assert!(error.contains("leaves the folder of the case"), "{error}");
}

#[test]
fn a_reader_that_counts_has_read_something() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["lesions.csv", "markers.csv"] {
        std::fs::copy(leaflet_case().join(name), folder.path().join(name)).unwrap();
    }
    let rows = std::fs::read_to_string(leaflet_case().join("measurements.csv")).unwrap();
    let rows = rows
        .replace("\nL", "\nB. Reader,L")
        .replacen("lesion,", "reader,lesion,", 1);
    std::fs::write(folder.path().join("measurements.csv"), rows).unwrap();
    let case = std::fs::read_to_string(leaflet_case().join("case.toml")).unwrap();
    let case = case.replacen("[follow_up]\n", "[follow_up]\nreader = \"B. Raeder\"\n", 1);
    std::fs::write(folder.path().join("case.toml"), case).unwrap();
    let error = Case::read(folder.path()).unwrap_err().to_string();
    assert!(
        error.ends_with(
            "[follow_up] reader: reader `B. Raeder` is unknown; did you mean `B. Reader`?; known are B. Reader"
        ),
        "{error}"
    );
}

#[test]
fn comments_stay_when_a_program_adds_to_a_followed_case() {
    let folder = tempfile::tempdir().unwrap();
    for name in [
        "case.toml",
        "lesions.csv",
        "measurements.csv",
        "markers.csv",
    ] {
        std::fs::copy(leaflet_case().join(name), folder.path().join(name)).unwrap();
    }
    let mut document = CaseDocument::read(folder.path()).unwrap();
    let before = document.to_toml().to_owned();
    document
        .append_clearance(&sirt_store::Clearance {
            finding: "uptake at the duodenum".to_owned(),
            by: "Dr. A. Example".to_owned(),
            reason: "coiled".to_owned(),
            date: "2008-03-01".parse().unwrap(),
        })
        .unwrap();
    assert!(document.to_toml().starts_with(&before));
    document.write().unwrap();
    assert!(Case::read(folder.path()).unwrap().course().is_some());
}

#[test]
fn of_two_values_of_a_day_neither_is_taken() {
    for (rows, words) in [
        (
            "[[marker]]\nname = \"chromogranin A\"\ndate = \"2027-01-05\"\nvalue = \"148 ug/L\"\n",
            "marker `chromogranin A on 2027-01-05` stands twice",
        ),
        (
            "[[liver_volume]]\ndate = \"2027-01-05\"\nliver = \"2340 mL\"\n",
            "volumes of the liver on `2027-01-05` stands twice",
        ),
        (
            "[[laboratory]]\ntaken = \"2027-01-05\"\ninr = 1.1\n",
            "laboratory values of `2027-01-05` stands twice",
        ),
    ] {
        let once = format!("{}\n{rows}", followed_text());
        assert!(Case::from_toml(&once).is_ok(), "{}", refusal(&once));
        let said = refusal(&format!("{once}\n{rows}"));
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn a_reader_calls_a_lesion_new_for_that_reader_alone() {
    // Of a lesion that is new by its row, A says how sure; B measures it and says nothing.
    let rows = |reader: &str, more: &str| {
        format!(
            "\n[[measurement]]\nlesion = \"N9\"\ndate = \"2026-12-15\"\nreader = \"{reader}\"\nmodality = \"ct\"\nlong_axis = \"14 mm\"\n{more}"
        )
    };
    let text = format!(
        "{}\n[[lesion]]\nid = \"N9\"\norgan = \"liver\"\nrole = \"new\"\n{}{}",
        followed_text(),
        rows("A. Example", "new = \"equivocal\"\n"),
        rows("B", "")
    );
    let course = course(&text);
    for (reader, certainty) in [
        ("A. Example", Certainty::Equivocal),
        ("B", Certainty::Unequivocal),
    ] {
        let read = course
            .subject
            .readers
            .iter()
            .find(|known| known.name == reader)
            .unwrap();
        let record = read.record.as_ref().unwrap();
        let new: Vec<_> = record
            .assessments
            .iter()
            .flat_map(|scan| &scan.new_lesions)
            .filter(|new| record.lesion_name(new.lesion) == "N9")
            .map(|new| new.certainty)
            .collect();
        assert_eq!(new, [certainty], "{reader}");
    }
}

#[test]
fn a_marker_stays_high_until_it_is_drawn_again() {
    // Another marker, normal, a day later does not lower the first.
    let rows = "[[marker]]\nname = \"first\"\ndate = \"2027-01-05\"\nvalue = \"500 ug/L\"\nupper_limit = \"100 ug/L\"\n[[marker]]\nname = \"second\"\ndate = \"2027-01-06\"\nvalue = \"5 ug/L\"\nupper_limit = \"10 ug/L\"\n";
    let course = course(&format!("{}\n{rows}", followed_text()));
    let record = course.subject.readers[course.reader]
        .record
        .as_ref()
        .unwrap();
    let last = record.marker_high.last().unwrap();
    assert_eq!(*last, (day("2027-01-06"), true));
}

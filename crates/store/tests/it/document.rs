//! What a program adds to a case, byte by byte.

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::Offset;
use proptest::prelude::*;
use sirt_quantity::{Activity, Fraction, Length};
use sirt_store::{
    Administration, CaseDocument, Clearance, DeliveredImage, DeliveredSource, DoseMethod,
    ImageUnits, Instant, Override, Signature, StoreError, TimedActivity,
};

use crate::{example_text, example_with};

fn administration() -> Administration {
    Administration {
        territory: "right".to_owned(),
        at: "2026-05-04T11:00+02:00".parse().unwrap(),
        assay: TimedActivity {
            activity: Activity::from_mbq(1203.4),
            at: "2026-05-04T08:30+02:00".parse().unwrap(),
        },
        residual: None,
        delivered: Some(Fraction::from_percent(97.5).unwrap()),
        stasis: true,
        vial: None,
        note: Some("second \"fraction\"".to_owned()),
        image: None,
    }
}

const ADMINISTRATION: &str = r#"
[[administration]]
territory = "right"
at = "2026-05-04T11:00+02:00"
assay = { activity = "1.2034 GBq", at = "2026-05-04T08:30+02:00" }
delivered = "97.5 %"
stasis = true
note = 'second "fraction"'
"#;

/// `before` with `added` put in front of the first `behind`.
fn expected(before: &str, added: &str, behind: &str) -> String {
    assert_eq!(before.matches(behind).count(), 1);
    before.replace(behind, &format!("{added}{behind}"))
}

#[test]
fn a_file_is_written_whole_or_what_was_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("report.html");
    for text in ["first", "second"] {
        sirt_store::write_whole(&file, text.as_bytes()).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }
    // Nothing can take the place of a folder that holds something.
    let taken = folder.path().join("taken");
    std::fs::create_dir_all(taken.join("inside")).unwrap();
    let error = sirt_store::write_whole(&taken, b"text").unwrap_err();
    assert!(
        error.to_string().contains("taken cannot be written"),
        "{error}"
    );
    let mut names: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        ["report.html", "taken"],
        "nothing is left beside them"
    );
}

#[test]
fn an_administration_keeps_its_image() {
    let image = DeliveredImage {
        source: DeliveredSource::Activity("y90/pet".into()),
        units: Some(ImageUnits::KbqPerMl),
        at: Some("2026-05-05T09:00+02:00".parse().unwrap()),
        resolution: Some(Length::from_mm(6.5)),
        ct: Some("y90/ct".into()),
        structures: vec!["y90/structures.dcm".into()],
        registration: Some("y90/registration.dcm".into()),
        method: Some(DoseMethod::Local),
        territories: vec!["right".to_owned(), "left".to_owned()],
    };
    let with_image = Administration {
        image: Some(image),
        ..administration()
    };
    let mut document = CaseDocument::from_toml(&example_text()).unwrap();
    document.append_administration(&with_image).unwrap();
    assert_eq!(document.case().administrations[2], with_image);
    // The next one goes behind it, image and all.
    document.append_administration(&administration()).unwrap();
    assert_eq!(document.case().administrations.len(), 4);
    assert!(
        document
            .to_toml()
            .contains("[administration.image]\nactivity = \"y90/pet\"")
    );
}

#[test]
fn an_administration_goes_behind_the_last_one_and_nothing_else_changes() {
    let before = example_text();
    let mut document = CaseDocument::from_toml(&before).unwrap();
    document.append_administration(&administration()).unwrap();
    assert_eq!(
        document.to_toml(),
        expected(&before, ADMINISTRATION, "\n[[override]]\n")
    );
    let case = document.case();
    assert_eq!(case.administrations.len(), 3);
    assert_eq!(case.administrations[2], administration());
}

#[test]
fn clearances_and_overrides_go_behind_their_own() {
    let before = example_text();
    let mut document = CaseDocument::from_toml(&before).unwrap();
    document
        .append_clearance(&Clearance {
            finding: "uptake at the stomach".to_owned(),
            by: "Dr. C. Example".to_owned(),
            reason: "free pertechnetate".to_owned(),
            date: date(2026, 3, 5),
        })
        .unwrap();
    document
        .append_override(&Override {
            rule: "expired-vial".to_owned(),
            by: "Dr. C. Example".to_owned(),
            reason: "label misread".to_owned(),
            date: date(2026, 3, 16),
        })
        .unwrap();
    let clearance = "\n[[clearance]]\nfinding = \"uptake at the stomach\"\nby = \"Dr. C. Example\"\nreason = \"free pertechnetate\"\ndate = \"2026-03-05\"\n";
    let override_ = "\n[[override]]\nrule = \"expired-vial\"\nby = \"Dr. C. Example\"\nreason = \"label misread\"\ndate = \"2026-03-16\"\n";
    let after = expected(&before, clearance, "\n[goals]\n");
    assert_eq!(
        document.to_toml(),
        expected(&after, override_, "\n[[signature]]")
    );
}

#[test]
fn the_first_of_its_kind_goes_to_the_end_and_comments_stay() {
    let whole = example_text();
    let (before, _) = whole.split_once("[[administration]]").unwrap();
    // Odd spacing, trailing comments and dates of TOML stay as they are.
    let before = before.replace(
        "expires = \"2026-03-17T18:00+01:00\"",
        "expires  =  2026-03-17T18:00:00+01:00   # label",
    );
    let mut document = CaseDocument::from_toml(&before).unwrap();
    document.append_administration(&administration()).unwrap();
    // What stands behind the last table stays behind what is added.
    let kept = before.trim_end_matches('\n');
    assert!(document.to_toml().starts_with(kept));
    assert_eq!(
        document.to_toml().len(),
        before.len() + ADMINISTRATION.len()
    );
    assert_eq!(document.case().administrations.len(), 1);

    let closing = format!("{before}# end of the file\n");
    let mut document = CaseDocument::from_toml(&closing).unwrap();
    document.append_administration(&administration()).unwrap();
    assert!(document.to_toml().ends_with("# end of the file\n"));
}

#[test]
fn line_ends_of_windows_stay() {
    let before = example_text().replace('\n', "\r\n");
    let mut document = CaseDocument::from_toml(&before).unwrap();
    document.append_administration(&administration()).unwrap();
    assert_eq!(
        document.to_toml(),
        expected(
            &before,
            &ADMINISTRATION.replace('\n', "\r\n"),
            "\r\n[[override]]\r\n"
        )
    );
}

#[test]
fn what_would_not_read_back_is_refused_and_changes_nothing() {
    let before = example_text();
    let mut document = CaseDocument::from_toml(&before).unwrap();
    let mut wrong = administration();
    wrong.territory = "rihgt".to_owned();
    let said = document
        .append_administration(&wrong)
        .unwrap_err()
        .to_string();
    assert!(
        said.ends_with("[[administration]] 3, territory: territory `rihgt` is unknown; did you mean `right`?; known are right, left"),
        "{said}"
    );
    assert_eq!(document.to_toml(), before);
    assert_eq!(document.case().administrations.len(), 2);
}

#[test]
fn tables_in_a_list_are_not_added_to() {
    let text = example_with(
        "[[override]]\nrule = \"delivered-activity\" # as the plan names it\nby = \"Dr. A. Example\"\nreason = \"stasis in the left lobe; a second session is planned\"\ndate = \"2026-03-04\"\n",
        "",
    )
    .replace(
        "\n[patient]\n",
        "\noverride = [{ rule = \"a\", by = \"b\", reason = \"c\", date = \"2026-03-04\" }]\n\n[patient]\n",
    );
    let mut document = CaseDocument::from_toml(&text).unwrap();
    let one_more = document.case().overrides[0].clone();
    let said = document.append_override(&one_more).unwrap_err().to_string();
    assert_eq!(
        said,
        "case.toml:4: [override]: nothing can be added here; write it as [[override]]"
    );
}

#[test]
fn writes_whole_files_and_never_over_others() {
    let folder = tempfile::tempdir().unwrap();
    let case = folder.path().join("017");
    let mut document = CaseDocument::from_toml(&example_text()).unwrap();
    document.write_new(&case).unwrap();
    let file = case.join("case.toml");
    assert!(matches!(
        document.write_new(&case),
        Err(StoreError::AlreadyThere { file: there }) if there == file
    ));

    let mut read = CaseDocument::read(&case).unwrap();
    read.append_administration(&administration()).unwrap();
    read.write().unwrap();
    assert_eq!(std::fs::read_to_string(&file).unwrap(), read.to_toml());
    assert_eq!(std::fs::read_dir(&case).unwrap().count(), 1);

    // The first one has an old state.
    document.append_administration(&administration()).unwrap();
    let said = document.write().unwrap_err().to_string();
    assert!(
        said.ends_with("case.toml has changed since it was read; read it again"),
        "{said}"
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), read.to_toml());
}

proptest! {
    // Each case is read twice, which takes milliseconds.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_added_reads_back(
        activity_mbq in 0.001..99_999.0_f64,
        percent in 0.0..=100.0_f64,
        seconds in 1_773_000_000_i64..4_000_000_000,
        quarters in -48..=56_i32,
        note in "[^\\x00-\\x08\\x0b-\\x1f\\x7f]{1,40}",
    ) {
        prop_assume!(!note.trim().is_empty());
        let offset = Offset::from_seconds(quarters * 900).unwrap();
        let at = Instant::new(Timestamp::from_second(seconds).unwrap(), offset);
        let added = Administration {
            at,
            assay: TimedActivity {
                activity: Activity::from_mbq(activity_mbq),
                at,
            },
            delivered: Some(Fraction::from_percent(percent).unwrap()),
            note: Some(note.clone()),
            ..administration()
        };
        let mut document = CaseDocument::from_toml(&example_text()).unwrap();
        document.append_administration(&added).unwrap();
        let read = document
            .case()
            .administrations
            .iter()
            .find(|given| given.note.as_ref() == Some(&note))
            .unwrap();
        // Twelve digits are written.
        prop_assert!((read.assay.activity / added.assay.activity - 1.0).abs() < 1e-11);
        let delivered = read.delivered.unwrap().as_percent();
        prop_assert!((delivered - percent).abs() <= 1e-11 * percent.max(1.0));
        prop_assert_eq!(read.at, at);
        prop_assert_eq!(read.at.to_string(), at.to_string());
    }
}

#[test]
fn contents_are_the_same_whatever_the_spelling_and_change_with_a_value() {
    let whole = example_text();
    let contents = |text: &str| CaseDocument::from_toml(text).unwrap().contents().unwrap();
    let before = contents(&whole);
    let respelled = whole
        .replace(" # never the real name", "")
        .replace("sex = \"female\"\n", "")
        .replace("[disease]", "sex = \"female\"\n\n[disease]");
    assert_eq!(before, contents(&respelled));
    let mut signed = CaseDocument::from_toml(&whole).unwrap();
    signed
        .append_signature(&Signature {
            role: "Physician".to_owned(),
            name: "Dr. C. Example".to_owned(),
            at: "2026-03-14T09:00+01:00".parse().unwrap(),
            content: "fingerprint".to_owned(),
        })
        .unwrap();
    assert_eq!(signed.case().signatures.len(), 2);
    assert_eq!(before, signed.contents().unwrap());
    assert_ne!(before, contents(&whole.replace("70 kg", "71 kg")));
}

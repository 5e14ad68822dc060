//! What a case may not say: each refusal by its exact text, at its line.

use proptest::prelude::*;
use sirt_store::Case;

use crate::{example_text, example_with};

/// Refuses the example with `part` in other words, at the line where the
/// first `marker` begins, and with exactly this text.
fn refused(part: &str, instead: &str, marker: &str, expected: &str) {
    let text = example_with(part, instead);
    let at = text
        .find(marker)
        .unwrap_or_else(|| panic!("nothing is `{marker}`"));
    refused_at(&text, at, expected);
}

/// The same where the refusal is at the last line that was written instead.
fn refused_there(part: &str, instead: &str, expected: &str) {
    let text = example_with(part, instead);
    let at = example_text().find(part).unwrap() + instead.rfind('\n').map_or(0, |end| end + 1);
    refused_at(&text, at, expected);
}

fn refused_at(text: &str, at: usize, expected: &str) {
    let error = Case::from_toml(text)
        .err()
        .unwrap_or_else(|| panic!("not refused: {expected}"))
        .to_string();
    let line = text[..at].matches('\n').count() + 1;
    assert_eq!(error, format!("case.toml:{line}: {expected}"));
    assert!(!error.contains("SIRT-017"), "{error}");
}

#[test]
fn text_that_is_not_a_case() {
    let said = |text: &str| Case::from_toml(text).unwrap_err().to_string();
    assert_eq!(
        said(""),
        "case.toml:1: schema: expected \"opensirt-case/1\""
    );
    assert_eq!(
        said("schema = \"opensirt-case/2\"\n"),
        "case.toml:1: schema: expected \"opensirt-case/1\""
    );
    assert!(said("schema = \n").starts_with("case.toml:1: not TOML: "));
    assert!(said("a = 1\n\na = 2\n").starts_with("case.toml:3: not TOML: "));
    assert_eq!(
        said("schema = \"opensirt-case/1\"\n"),
        "case.toml:1: `patient` is missing: the patient, by pseudonym"
    );
}

#[test]
fn keys_that_stand_in_no_list() {
    refused_there(
        "height = \"170 cm\"",
        "heigth = \"170 cm\"",
        "[patient] heigth: no such key; did you mean `height`?; allowed are age, birth_year, height, pseudonym, sex, weight",
    );
    refused_there(
        "[lungs]",
        "[lung]",
        "[lung]: no such key; did you mean `lungs`?; allowed are administration, analogue, calibration, clearance, device, disease, event, follow_up, goals, images, laboratory, later_therapy, lesion, liver, liver_volume, lungs, marker, measurement, normal_range, override, patient, performance, prescription, prior_therapy, scan, schema, session, signature, status, structure, symptom, territory, vial, work_up",
    );
    refused_there(
        "assay = { activity = \"0.55 GBq\",",
        "assay = { activty = \"0.55 GBq\",",
        "[[administration]] 2, assay.activty: no such key; did you mean `activity`?; allowed are activity, at",
    );
    // Nothing is near: no suggestion.
    refused_there(
        "cirrhosis = false",
        "hepatologist = false",
        "[disease] hepatologist: no such key; allowed are cholestatic_disease, cirrhosis, description, tumour_type",
    );
}

#[test]
fn words_that_stand_in_no_list() {
    refused_there(
        "lobe = \"left\"",
        "lobe = \"lefft\"",
        "[[territory]] 2, lobe: `lefft` is none of right, left, whole, segmental; did you mean `left`?",
    );
    refused_there(
        "kind = \"resin\"",
        "kind = \"Resins\"",
        "[device] kind: `Resins` is none of resin, glass, holmium; did you mean `resin`?",
    );
    refused_there(
        "segments = [\"II\", \"III\", \"IV\"]",
        "segments = [\"II\", \"III\", \"IX\"]",
        "[[territory]] 2, segments.3: `IX` is none of I, II, III, IV, IVa, IVb, V, VI, VII, VIII; did you mean `I`?",
    );
}

#[test]
fn missing_keys_and_values_of_another_kind() {
    refused(
        "sex = \"female\"\n",
        "\n",
        "[patient]",
        "[patient]: `sex` is missing: sex, as formulas ask for it",
    );
    refused(
        "[[vial]]\nlabel = \"LOT 4711\"\nactivity = \"3.0 GBq\"\n",
        "[[vial]]\nlabel = \"LOT 4711\"\n",
        "[[vial]]",
        "[[vial]] 1: `activity` is missing: activity at the calibration instant",
    );
    refused_there(
        "inr = 1.0",
        "inr = \"1.0\"",
        "[[laboratory]] 1, inr: expected a number without quotes",
    );
    refused_there(
        "stasis = true",
        "stasis = \"yes\"",
        "[[administration]] 2, stasis: expected true or false",
    );
    refused_there(
        "tumours = [\"GTV 1\"]",
        "tumours = \"GTV 1\"",
        "[[territory]] 1, tumours: expected a list in square brackets, such as [\"a\", \"b\"]",
    );
    refused_there(
        "[[override]]",
        "[override]",
        "[override]: expected [[override]], one table for each",
    );
    refused_there(
        "birth_year = 1961",
        "age = -64",
        "[patient] age: expected a whole number of 0 or more without quotes",
    );
    refused_there(
        "sizes = [\"3 GBq\"]",
        "sizes = [3]",
        "[[calibration]] 1, sizes: `3` is not an activity: unit `` is not one of MBq, Bq, kBq, GBq",
    );
}

#[test]
fn the_pseudonym_enters_no_error() {
    // Neither as a number nor as nothing, and not when another key is wrong.
    refused(
        "pseudonym = \"SIRT-017\"",
        "pseudonym = 19610412",
        "pseudonym = ",
        "[patient] pseudonym: expected text in quotes",
    );
    refused(
        "pseudonym = \"SIRT-017\"",
        "pseudonym = \" \"",
        "pseudonym = ",
        "[patient] pseudonym: expected text that is not empty",
    );
    let broken = example_with("pseudonym = \"SIRT-017\"", "pseudonym = \"SIRT-017");
    let said = Case::from_toml(&broken).unwrap_err();
    let printed = format!("{said} {said:?}");
    assert!(!printed.contains("017"), "{printed}");
}

#[test]
fn units_that_are_missing_or_foreign() {
    refused_there(
        "volume = \"1200 mL\"",
        "volume = 1200",
        "[[territory]] 1, volume: `1200` is not a volume: unit `` is not one of mL, mm3, L",
    );
    refused_there(
        "weight = \"70 kg\"",
        "weight = \"70 cm\"",
        "[patient] weight: `70 cm` is not a mass: unit `cm` is not one of g, kg",
    );
    refused_there(
        "bilirubin = \"12 umol/L\"",
        "bilirubin = \"0.7\"",
        "[[laboratory]] 1, bilirubin: `0.7` is not a bilirubin concentration: unit `` is not one of umol/L, mg/dL",
    );
    refused_there(
        "dose_factor = \"49.67 Gy kg/GBq\"",
        "dose_factor = \"49.67\"",
        "[device] dose_factor: `49.67` is not a dose factor: expected a number above 0 and its unit, such as 49.67 Gy kg/GBq",
    );
}

#[test]
fn percent_for_a_fraction_and_negative_values() {
    refused_there(
        "lung_shunt = \"5 %\"",
        "lung_shunt = 5",
        "[work_up] lung_shunt: lung shunt fraction 5 is outside 0..=1; write `5 %` for percent",
    );
    refused_there(
        "lung_shunt = \"5 %\"",
        "lung_shunt = \"-5 %\"",
        "[work_up] lung_shunt: lung shunt fraction -5 % is outside 0 %..=100 %",
    );
    refused_there(
        "delivered = \"60 %\"",
        "delivered = \"60\"",
        "[[administration]] 2, delivered: fraction 60 is outside 0..=1; write `60 %` for percent",
    );
    refused_there(
        "expected_residual = \"2 %\"",
        "expected_residual = 2.0",
        "[[prescription]] 1, expected_residual: residual fraction 2 is outside 0..=1; write `2 %` for percent",
    );
    refused_there(
        "activity = \"1.80 GBq\"",
        "activity = \"-1.80 GBq\"",
        "[[prescription]] 1, activity: -1.8 GBq is outside above 0, at most 100 GBq",
    );
    refused_there(
        "tumour_to_normal = 3.0",
        "tumour_to_normal = -3.0",
        "[[territory]] 2, tumour_to_normal: -3 is outside 0..=100",
    );
}

#[test]
fn values_that_cannot_be() {
    refused_there(
        "height = \"170 cm\"",
        "height = \"1.70 cm\"",
        "[patient] height: 1.7 cm is outside 50..=250 cm",
    );
    refused_there(
        "weight = \"70 kg\"",
        "weight = \"70 g\"",
        "[patient] weight: 0.07 kg is outside 10..=400 kg",
    );
    refused_there(
        "birth_year = 1961",
        "birth_year = 61",
        "[patient] birth_year: 61 is outside 1900..=2100",
    );
    refused_there(
        "birth_year = 1961",
        "age = 164",
        "[patient] age: 164 years is outside 0..=120 years",
    );
    refused_there(
        "albumin = \"41 g/L\"",
        "albumin = \"41 g/dL\"",
        "[[laboratory]] 1, albumin: albumin 410 g/L is outside 10..=70 g/L; is the unit right?",
    );
    refused_there(
        "inr = 1.0",
        "inr = 0",
        "[[laboratory]] 1, inr: INR 0 is outside >0",
    );
    refused_there(
        "volume = \"1800 mL\"",
        "volume = \"1.8 mL\"",
        "[liver] volume: 1.8 mL is outside 100..=12000 mL",
    );
    refused_there(
        "mass = \"1.0 kg\"",
        "mass = \"1.0 g\"",
        "[lungs] mass: 0.001 kg is outside 0.1..=5 kg",
    );
    refused_there(
        "density = \"0.26 g/mL\"",
        "density = \"0.26 kg/m3\"",
        "[lungs] density: 0.00026 g/mL is outside 0.1..=2 g/mL",
    );
    refused_there(
        "maa_activity = { activity = \"150 MBq\"",
        "maa_activity = { activity = \"150 GBq\"",
        "[work_up] maa_activity.activity: 150 GBq is outside above 0, at most 1 GBq",
    );
    refused_there(
        "liver_anterior_background = 3000",
        "liver_anterior_background = 300000",
        "[work_up] planar_counts.liver_anterior_background: 300000 counts is outside 0..=180000 counts",
    );
    refused_there(
        "half_life = \"64.1 h\"",
        "half_life = \"0 h\"",
        "[device] half_life: 0 h is outside above 0, at most 1000 h",
    );
    refused_there(
        "lung_dose = \"2 Gy\"",
        "lung_dose = \"-2 Gy\"",
        "[[prior_therapy]] 2, lung_dose: -2 Gy is outside 0..=10000 Gy",
    );
    refused_there(
        "lung = \"30 Gy\"",
        "lung = \"0 Gy\"",
        "[goals] lung: 0 Gy is outside above 0, at most 10000 Gy",
    );
}

#[test]
fn activities_without_an_instant() {
    refused_there(
        "maa_activity = { activity = \"150 MBq\", at = \"2026-03-02T09:30+01:00\" }",
        "maa_activity = \"150 MBq\"",
        "[work_up] maa_activity: expected the activity with its instant, such as { activity = \"1.85 GBq\", at = \"2026-03-15T10:00+01:00\" }",
    );
    refused_there(
        "assay = { activity = \"0.55 GBq\", at = \"2026-03-16T09:10+01:00\" }",
        "assay = { activity = \"0.55 GBq\" }",
        "[[administration]] 2, assay: `at` is missing: the instant that the activity refers to",
    );
    refused(
        "activity = \"1.80 GBq\"\nat = \"2026-03-16T11:30+01:00\"",
        "activity = \"1.80 GBq\"",
        "activity = \"1.80 GBq\"",
        "[[prescription]] 1, activity: an activity needs its instant; add `at`, such as at = \"2026-03-15T10:00+01:00\"",
    );
    refused_there(
        "calibrated = \"2026-03-16T18:00+01:00\"",
        "calibrated = \"2026-03-16T18:00\"",
        "[[vial]] 1, calibrated: `2026-03-16T18:00` is not an instant: expected date, time and offset from UTC, such as 2026-03-15T10:00+01:00",
    );
    refused_there(
        "taken = \"2026-02-27\"",
        "taken = \"27.2.2026\"",
        "[[laboratory]] 1, taken: `27.2.2026` is not a date: expected year, month and day, such as 2026-03-02",
    );
}

#[test]
fn masses_and_volumes_without_density() {
    refused(
        "density = \"1.05 g/mL\"\n",
        "\n",
        "[liver]",
        "[liver]: the volume of the liver needs its density; add `density`",
    );
    refused(
        "density = \"0.26 g/mL\"\n",
        "\n",
        "[lungs]",
        "[lungs]: the mass or volume of the lungs needs its density; add `density`",
    );
    refused(
        "[liver]\nvolume = \"1800 mL\" # with the tumours\ntumour_volume = \"450 mL\"\ndensity = \"1.05 g/mL\"\n",
        "\n",
        "[[territory]]",
        "[[territory]] 1: the volume of a territory needs its density; add `density` here or in [liver]",
    );
}

#[test]
fn one_of_several_keys() {
    refused(
        "birth_year = 1961",
        "birth_year = 1961\nage = 64",
        "[patient]",
        "[patient]: exactly one of age, birth_year has to be given, found 2",
    );
    refused(
        "birth_year = 1961",
        "",
        "[patient]",
        "[patient]: exactly one of age, birth_year has to be given, found 0",
    );
    refused(
        "mass = \"1.0 kg\"",
        "mass = \"1.0 kg\"\nvolume = \"3 L\"",
        "[lungs]",
        "[lungs]: exactly one of mass, volume has to be given, found 2",
    );
    refused(
        "maa_planar = \"maa/planar\"",
        "maa_planar_anterior = \"maa/planar\"",
        "[images]",
        "[images]: exactly one of maa_planar, or maa_planar_anterior with maa_planar_posterior has to be given, found 1",
    );
    refused(
        "accepted_reason = \"weighed again on the ward\"\n",
        "",
        "accepted = ",
        "[images] accepted: `accepted_reason` is missing: why images and case may differ",
    );
    refused(
        "maa_planar = \"maa/planar\"",
        "maa_planar_anterior = \"a\"\nmaa_planar_posterior = \"p\"",
        "maa_planar_views",
        "[images] maa_planar_views: `maa_planar_views` has no meaning beside maa_planar_anterior and maa_planar_posterior, which say the views",
    );
    refused(
        "lung_posterior_background = 2500\n",
        "",
        "[work_up.planar_counts]",
        "[work_up] planar_counts: exactly one of all four backgrounds, no background has to be given, found 3",
    );
}

#[test]
fn keys_that_mean_nothing_where_they_stand() {
    refused(
        "date = \"2023-05-11\"",
        "date = \"2023-05-11\"\nlung_dose = \"1 Gy\"",
        "lung_dose = \"1 Gy\"",
        "[[prior_therapy]] 1, lung_dose: `lung_dose` has no meaning unless kind is \"radioembolisation\"",
    );
    refused(
        "device = \"resin\"\n",
        "\n",
        "[[prior_therapy]]\nkind = \"radioembolisation\"",
        "[[prior_therapy]] 2: `device` is missing: a dose of microspheres means nothing without their kind",
    );
    refused(
        "lung_shunt_source = \"planar report of 2 March\"\n",
        "",
        "[work_up]",
        "[work_up]: `lung_shunt_source` is missing: where the stated lung shunt comes from",
    );
    refused_there(
        "delivered = \"60 %\"",
        "residual = { activity = \"0.2 GBq\", at = \"2026-03-16T13:00+01:00\" }\ndelivered = \"60 %\"",
        "[[administration]] 2, delivered: `delivered` has no meaning beside a measured `residual`, from which it follows",
    );
    refused_there(
        "ct = \"ct\"",
        "y90_units = \"counts\"",
        "[images] y90_units: `y90_units` has no meaning without its image",
    );
    refused_there(
        "lung = \"30 Gy\"",
        "lung_source = \"label\"",
        "[goals] lung_source: `lung_source` has no meaning without its dose",
    );
}

#[test]
fn tumours_larger_than_what_holds_them() {
    refused_there(
        "tumour_volume = \"450 mL\"",
        "tumour_volume = \"1850 mL\"",
        "[liver] tumour_volume: tumour volume 1850 mL is larger than the liver with 1800 mL",
    );
    refused_there(
        "tumour_volume = \"50 mL\"",
        "tumour_volume = \"650 mL\"",
        "[[territory]] 2, tumour_volume: tumour volume 650 mL is larger than its territory with 600 mL",
    );
    refused_there(
        "volume = \"600 mL\"\ntumour_volume = \"50 mL\"",
        "structure = \"Left lobe\"\ntumour_volume = \"1850 mL\"",
        "[[territory]] 2, tumour_volume: tumour volume 1850 mL is larger than the liver with 1800 mL",
    );
    refused_there(
        "tumour_volume = \"50 mL\"",
        "tumour_volume = \"80 mL\"",
        "[[territory]] 2, tumour_volume: tumour volumes add up to 480 mL in territories that do not overlap (right, left), more than the 450 mL of the liver; declare what overlaps with `overlaps_with`",
    );
}

#[test]
fn territories_that_overlap_undeclared() {
    refused_there(
        "volume = \"600 mL\"",
        "volume = \"700 mL\"",
        "[[territory]] 2, volume: volumes add up to 1900 mL in territories that do not overlap (right, left), more than the 1800 mL of the liver; declare what overlaps with `overlaps_with`",
    );
    // Declared by either of the two, it is accepted; so is rounding.
    for instead in [
        "volume = \"700 mL\"\noverlaps_with = [\"right\"]",
        "volume = \"608 mL\"",
    ] {
        Case::from_toml(&example_with("volume = \"600 mL\"", instead)).unwrap();
    }
    // A third one that overlaps with the left one alone still meets the right one.
    let third = "\n[[territory]]\nname = \"segment IVb\"\nlobe = \"segmental\"\nvolume = \"700 mL\"\noverlaps_with = [\"left\"]\n\n[work_up]\n";
    let text = example_with("\n[work_up]\n", third);
    let said = Case::from_toml(&text).unwrap_err().to_string();
    assert!(
        said.contains(
            "volumes add up to 1900 mL in territories that do not overlap (right, segment IVb)"
        ),
        "{said}"
    );
    let small = text.replace("\"700 mL\"", "\"500 mL\"");
    Case::from_toml(&small).unwrap();
}

#[test]
fn names_that_stand_twice() {
    refused_there(
        "name = \"left\"",
        "name = \"right\" # again",
        "[[territory]] 2, name: territory `right` stands twice",
    );
    refused_there(
        "name = \"St\"",
        "name = \"GTV 1\" # again",
        "[[structure]] 2, name: structure `GTV 1` stands twice",
    );
    refused(
        "[[vial]]\n",
        "[[vial]]\nlabel = \"LOT 4711\"\nactivity = \"3 GBq\"\ncalibrated = \"2026-03-16T18:00+01:00\"\n\n[[vial]]\n",
        "label = \"LOT 4711\"\nactivity = \"3.0 GBq\"",
        "[[vial]] 2, label: vial `LOT 4711` stands twice",
    );
}

#[test]
fn names_that_nothing_has() {
    refused_there(
        "[[prescription]]\nterritory = \"left\"",
        "[[prescription]]\nterritory = \"lfet\"",
        "[[prescription]] 2, territory: territory `lfet` is unknown; did you mean `left`?; known are right, left",
    );
    refused_there(
        "[[administration]]\nterritory = \"right\"",
        "[[administration]]\nterritory = \"segment 5\"",
        "[[administration]] 1, territory: territory `segment 5` is unknown; known are right, left",
    );
    refused_there(
        "vial = \"LOT 4711\"",
        "vial = \"LOT 4117\"",
        "[[administration]] 1, vial: vial `LOT 4117` is unknown; did you mean `LOT 4711`?; known are LOT 4711",
    );
    refused_there(
        "territories = [\"right\", \"left\"]",
        "territories = [\"right\", \"Left\"]",
        "[[session]] 1, territories.2: territory `Left` is unknown; did you mean `left`?; known are right, left",
    );
    refused(
        "territory = \"left\"\nlung_dose",
        "territory = \"caudate\"\nlung_dose",
        "territory = \"caudate\"",
        "[[prior_therapy]] 2, territory: territory `caudate` is unknown; known are right, left",
    );
}

#[test]
fn lobes_that_are_swapped() {
    refused_there(
        "segments = [\"V\", \"VI\", \"VII\", \"VIII\"]",
        "segments = [\"V\", \"VI\", \"VII\", \"IVa\"]",
        "[[territory]] 1, segments.4: segment IVa lies in the left lobe, the territory in the right; are the lobes swapped?",
    );
    refused_there(
        "segments = [\"II\", \"III\", \"IV\"]",
        "segments = [\"VIII\", \"III\", \"IV\"]",
        "[[territory]] 2, segments.1: segment VIII lies in the right lobe, the territory in the left; are the lobes swapped?",
    );
    // The caudate lobe lies in either; a segmental territory crosses lobes.
    for (part, instead) in [
        ("segments = [\"V\",", "segments = [\"I\", \"V\","),
        ("segments = [\"II\",", "segments = [\"I\", \"II\","),
        ("lobe = \"right\"", "lobe = \"segmental\""),
    ] {
        Case::from_toml(&example_with(part, instead)).unwrap();
    }
}

#[test]
fn events_in_an_order_that_cannot_be() {
    refused_there(
        "at = \"2026-03-02T09:30+01:00\" }",
        "at = \"2026-03-01T09:30+01:00\" }",
        "[work_up] maa_activity.at: MAA activity (2026-03-01) is before the day of the work-up (2026-03-02)",
    );
    refused_there(
        "[[administration]]\nterritory = \"left\"\nat = \"2026-03-16T12:20+01:00\"",
        "[[administration]]\nterritory = \"left\"\nat = \"2026-03-01T12:20+01:00\"",
        "[[administration]] 2, at: the administration (2026-03-01) is before the work-up (2026-03-02)",
    );
    refused_there(
        "[[administration]]\nterritory = \"left\"\nat = \"2026-03-16T12:20+01:00\"",
        "[[administration]]\nterritory = \"left\"\nat = \"2026-03-16T08:20+01:00\"",
        "[[administration]] 2, at: the administration (2026-03-16T08:20+01:00) is before its assay (2026-03-16T09:10+01:00)",
    );
    refused_there(
        "residual = { activity = \"0.062 GBq\", at = \"2026-03-16T13:00+01:00\" }",
        "residual = { activity = \"0.062 GBq\", at = \"2026-03-16T11:00+01:00\" }",
        "[[administration]] 1, residual.at: the residual (2026-03-16T11:00+01:00) is before the administration (2026-03-16T11:30+01:00)",
    );
    refused_there(
        "expires = \"2026-03-17T18:00+01:00\"",
        "expires = \"2026-03-15T18:00+01:00\"",
        "[[vial]] 1, expires: the end of use (2026-03-15T18:00+01:00) is before the calibration (2026-03-16T18:00+01:00)",
    );
    refused_there(
        "latest = \"2026-03-16T15:00+01:00\"",
        "latest = \"2026-03-16T09:00+02:00\"",
        "[[session]] 1, latest: the latest infusion (2026-03-16T09:00+02:00) is before the earliest (2026-03-16T09:00+01:00)",
    );
    refused_there(
        "clear\"\ndate = \"2026-03-03\"",
        "clear\"\ndate = \"2026-02-03\"",
        "[[clearance]] 1, date: the clearance (2026-02-03) is before the work-up (2026-03-02)",
    );
    refused_there(
        "at = \"2026-03-16T12:15+01:00\"",
        "at = \"2025-03-16T12:15+01:00\"",
        "[[prescription]] 2, at: the planned administration (2025-03-16) is before the work-up (2026-03-02)",
    );
    refused(
        "birth_year = 1961",
        "birth_year = 2061",
        "date = \"2026-03-02\"",
        "[work_up] date: the work-up (2026-03-02) is before the year of birth (2061)",
    );
}

#[test]
fn paths_that_leave_the_case() {
    refused_there(
        "ct = \"ct\"",
        "ct = \"../other/ct\"",
        "[images] ct: `../other/ct` leaves the folder of the case; move the files into it or write the whole path",
    );
    let whole = Case::from_toml(&example_with("ct = \"ct\"", "ct = \"/archive/ct\"")).unwrap();
    assert!(whole.images.ct.unwrap().is_absolute());
}

#[test]
fn the_example_itself_is_not_refused() {
    Case::from_toml(&example_text()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    // Damage anywhere but in the pseudonym itself: read or refused, no panic,
    // and no error that names the patient.
    #[test]
    fn damage_is_refused_without_naming_the_patient(
        start in 0.0..1.0_f64,
        length in 0..60_usize,
        instead in "[ -~\\n]{0,12}",
    ) {
        let text = example_text();
        let letters: Vec<char> = text.chars().collect();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in the text")]
        let begin = (start * letters.len() as f64) as usize;
        let end = (begin + length).min(letters.len());
        let damaged: String = letters[..begin]
            .iter()
            .copied()
            .chain(instead.chars())
            .chain(letters[end..].iter().copied())
            .collect();
        if let Err(error) = Case::from_toml(&damaged) {
            let said = format!("{error} {error:?}");
            prop_assert!(!said.contains("SIRT-017"), "{said}");
            prop_assert!(said.starts_with("case.toml:"), "{said}");
        }
    }
}

#[test]
fn images_after_an_infusion_that_cannot_be() {
    let after = "vial = \"LOT 4711\"\n\n[[administration]]";
    let with = |image: &str| {
        let instead =
            format!("vial = \"LOT 4711\"\n[administration.image]\n{image}\n\n[[administration]]");
        Case::from_toml(&example_with(after, &instead))
    };
    let said = |image: &str| with(image).unwrap_err().to_string();
    assert!(with("activity = \"y90\"\nat = \"2026-03-17T09:00+01:00\"").is_ok());
    let line = example_text()[..example_text().find(after).unwrap()]
        .matches('\n')
        .count()
        + 2;
    for (image, part) in [
        (
            "method = \"local\"",
            "exactly one of activity, result has to be given, found 0",
        ),
        (
            "result = \"d/result.json\"\nct = \"ct\"",
            "`ct` has no meaning beside `result`, which holds it already",
        ),
        ("activity = \"../y90\"", "leaves"),
        (
            "activity = \"y90\"\nterritories = [\"rigth\"]",
            "did you mean `right`",
        ),
        (
            "activity = \"y90\"\nat = \"2026-03-16T11:00+01:00\"",
            "the image",
        ),
        ("activity = \"y90\"\nresolution = \"60 mm\"", "0..=50 mm"),
        (
            "activity = \"y90\"\nmethod = \"monte\"",
            "`monte` is none of kernel, local",
        ),
    ] {
        let said = said(image);
        assert!(said.contains(part), "{said}");
        let at: usize = said.split(':').nth(1).unwrap().parse().unwrap();
        assert!((line..line + 4).contains(&at), "{said}");
    }
}

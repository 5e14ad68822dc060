//! Images hold the activity and the numbers that were put in.

use sirt_image::{Grid, InstantOf, WeightMask};
use sirt_phantom::{
    CtSettings, LESIONS, Lobe, Organ, PetSettings, Phantom, PlanarSettings, SpectSettings,
    TREATED_LESIONS, Treatment,
};
use sirt_quantity::{Activity, TimeSpan};

fn built_in() -> Phantom {
    Phantom::new(Treatment::built_in()).unwrap()
}

/// Total of concentrations in Bq/mL.
fn total(values: &[f32], grid: &Grid) -> Activity {
    let sum: f64 = values.iter().map(|value| f64::from(*value)).sum();
    Activity::from_bq(sum * grid.voxel_capacity().as_ml())
}

fn mean(values: &[f32], mask: &WeightMask) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (at, weight) in mask.iter() {
        sum += f64::from(weight) * f64::from(values[at]);
        weights += f64::from(weight);
    }
    sum / weights
}

#[test]
fn the_true_activity_is_what_was_given_part_by_part() {
    let phantom = built_in();
    let grid = Phantom::truth_grid(3.0).unwrap();
    let truth = phantom.true_activity(&grid).unwrap();
    // Rows of 0.6 mm: 1e-3 of a liver, see `ROW_SPACING_MM`.
    let all = total(truth.values(), &grid);
    assert!((all / Activity::from_gbq(1.8) - 1.0).abs() < 1e-3, "{all}");
    let closed: Activity = (0..TREATED_LESIONS)
        .map(|number| phantom.administered_to(Organ::Lesion(number)))
        .chain([Lobe::Right, Lobe::Left].map(|lobe| phantom.liver_outside_tumours(lobe).1))
        .fold(Activity::ZERO, |sum, part| sum + part);
    assert!((closed / phantom.administered_to(Organ::Liver) - 1.0).abs() < 1e-12);
    assert!((closed / Activity::from_mbq(1800.0 * 0.96) - 1.0).abs() < 1e-12);
    let lungs =
        phantom.administered_to(Organ::RightLung) + phantom.administered_to(Organ::LeftLung);
    assert!((lungs / Activity::from_mbq(72.0) - 1.0).abs() < 1e-12);
    // The cold tumour is colder than its lobe, the others hotter.
    let concentration = |organ| {
        let mask = phantom.mask(organ, &grid).unwrap();
        let core = mask.iter().filter(|(_, weight)| *weight > 0.999);
        let values: Vec<f64> = core.map(|(at, _)| f64::from(truth.values()[at])).collect();
        values.iter().sum::<f64>() / values.len() as f64
    };
    let (volume, activity) = phantom.liver_outside_tumours(Lobe::Right);
    let right = activity.as_bq() / volume.as_ml();
    for number in [0, 2, 3] {
        let ratio = concentration(Organ::Lesion(number)) / right;
        let wanted = phantom.treatment().tumour_to_normal[number];
        // Whole voxels hold one concentration, to the precision of f32.
        assert!((ratio / wanted - 1.0).abs() < 1e-5, "{number}: {ratio}");
    }
}

#[test]
fn pet_without_noise_holds_the_decayed_activity() {
    let phantom = built_in();
    let settings = PetSettings {
        noise: false,
        ..PetSettings::built_in(1).unwrap()
    };
    let pet = phantom.y90_pet(&settings).unwrap();
    // 20.4 h of 64.1 h: 2^(-0.318253) = 0.80204.
    let expected = 1800.0 * 0.802_04;
    let found = total(pet.volume.values(), &settings.grid).as_mbq();
    // Row sampling as above, and lung blurred past the upper border.
    assert!((found / expected - 1.0).abs() < 1e-3, "{found}");
    let facts = &pet.acquisition;
    let start = facts.series_start.as_ref().unwrap().value;
    let Some(InstantOf::DateTime(administration)) =
        facts.administration_start.as_ref().map(|fact| fact.value)
    else {
        panic!("the phantom records date and time");
    };
    let hours = administration
        .until(start)
        .unwrap()
        .total((jiff::Unit::Hour, jiff::SpanRelativeTo::days_are_24_hours()));
    assert!((hours.unwrap() - 20.4).abs() < 1e-9);
    assert_eq!(facts.earliest_frame_start(), Some(start));
    assert_eq!(facts.frames.len(), 130);
    // First bed: mean over 20 min only; second: 20 min of decay as well.
    // exp(-ln 2/64.1/3) = 0.996402, mean 0.998200.
    let factor = |slice: usize| facts.frames[slice].decay_factor.unwrap();
    assert!((factor(0) - 1.0 / 0.998_200).abs() < 2e-6);
    assert!((factor(129) - 1.0 / (0.998_200 * 0.996_402)).abs() < 3e-6);
}

#[test]
fn pet_noise_has_the_size_of_its_counts_and_no_bias() {
    let phantom = built_in();
    let noisy = PetSettings::built_in(7).unwrap();
    let clean = PetSettings {
        noise: false,
        ..noisy.clone()
    };
    let noisy_pet = phantom.y90_pet(&noisy).unwrap();
    let clean_pet = phantom.y90_pet(&clean).unwrap();
    assert!(noisy_pet.volume.values().iter().all(|value| *value >= 0.0));
    let [found, expected] =
        [&noisy_pet, &clean_pet].map(|pet| total(pet.volume.values(), &noisy.grid).as_mbq());
    // Counts of both beds: 1443.7 MBq · 31.86e-6 · 0.01 · 1200 s = 552 000 at
    // least, so five standard errors are 0.7 %.
    assert!((found / expected - 1.0).abs() < 7e-3, "{found} {expected}");
    let liver = phantom.mask(Organ::LeftLobe, &noisy.grid).unwrap();
    let [found, expected] = [&noisy_pet, &clean_pet].map(|pet| mean(pet.volume.values(), &liver));
    assert!((found / expected - 1.0).abs() < 2e-2);
}

#[test]
fn resolution_takes_from_small_lesions_what_it_takes_from_spheres() {
    let phantom = built_in();
    let settings = PetSettings {
        noise: false,
        ..PetSettings::built_in(1).unwrap()
    };
    let pet = phantom.y90_pet(&settings).unwrap();
    let decay = 0.802_04;
    let recovered = |number: usize| {
        let mask = phantom.mask(Organ::Lesion(number), &settings.grid).unwrap();
        let truth = phantom.administered_to(Organ::Lesion(number)).as_bq()
            / phantom.capacity(Organ::Lesion(number)).as_ml();
        mean(pet.volume.values(), &mask) / (truth * decay)
    };
    let recovery: Vec<f64> = (0..3).map(recovered).collect();
    // Larger lesions keep more of their mean; the 60 mm one over 0.85.
    assert!(recovery[0] > 0.85 && recovery[0] < 1.0, "{recovery:?}");
    assert!(recovery[2] < recovery[0] && recovered(5) < recovery[2]);
}

#[test]
fn spect_counts_are_whole_and_follow_the_decay() {
    let phantom = built_in();
    let noisy = SpectSettings::built_in(3).unwrap();
    let clean = SpectSettings {
        noise: false,
        ..noisy.clone()
    };
    let expected = phantom.maa_spect(&clean).unwrap().volume.sum();
    // 150 MBq, 1 h and mean over 1/3 h of 6 h: 2^(-1/6) = 0.890899, mean 0.981004;
    // times 1200 s and 5e-5.
    let closed = 150e6 * 0.890_899 * 0.981_004 * 1200.0 * 5e-5;
    assert!(
        (expected / closed - 1.0).abs() < 2e-3,
        "{expected} {closed}"
    );
    let spect = phantom.maa_spect(&noisy).unwrap();
    // Poisson sum of 7.9 million: five standard errors are 0.18 %.
    assert!((spect.volume.sum() / expected - 1.0).abs() < 1.8e-3);
    let whole = |value: &f32| *value >= 0.0 && value.fract().abs() <= 0.0 && *value < 65_535.0;
    assert!(spect.volume.values().iter().all(whole));
}

#[test]
fn the_planar_geometric_mean_gives_the_lung_shunt_back() {
    // Without blur for any shunt; with the built-in blur for the built-in shunt.
    for (lung_shunt, resolution_fwhm_mm) in [(0.02, 0.0), (0.04, 0.0), (0.15, 0.0), (0.04, 8.0)] {
        let phantom = Phantom::new(Treatment {
            lung_shunt,
            ..Treatment::built_in()
        })
        .unwrap();
        let settings = PlanarSettings {
            noise: false,
            resolution_fwhm_mm,
            ..PlanarSettings::built_in(5)
        };
        let views = phantom.maa_planar(&settings).unwrap();
        let geometric_mean = |masks: [&WeightMask; 2]| {
            let sum = |counts: &[f32], mask: &WeightMask| -> f64 {
                mask.iter().map(|(at, _)| f64::from(counts[at])).sum()
            };
            (sum(views.anterior.counts.values(), masks[0])
                * sum(views.posterior.counts.values(), masks[1]))
            .sqrt()
        };
        let lungs = geometric_mean([&views.anterior.lungs, &views.posterior.lungs]);
        let liver = geometric_mean([&views.anterior.liver, &views.posterior.liver]);
        let found = lungs / (lungs + liver);
        assert!((found / lung_shunt - 1.0).abs() < 0.01, "{found}");
        assert!((found / views.truth.lung_shunt_in_regions - 1.0).abs() < 1e-6);
        // Front and back differ: the liver lies in front.
        assert!(views.anterior.counts.sum() > 1.1 * views.posterior.counts.sum());
        // The counts themselves: A·exp(-mu T/2) with T = 240 mm.
        let decays = 150e6 * 2.0_f64.powf(-40.0 / 360.0) * 300.0 * (1.0 - 0.004_8);
        let expected = decays * 1e-4 * (-0.012 * 120.0_f64).exp();
        assert!(((lungs + liver) / expected - 1.0).abs() < 0.01);
    }
}

#[test]
fn a_collimator_makes_a_low_planar_shunt_too_high() {
    let phantom = Phantom::new(Treatment {
        lung_shunt: 0.005,
        ..Treatment::built_in()
    })
    .unwrap();
    let settings = PlanarSettings {
        resolution_fwhm_mm: 12.0,
        ..PlanarSettings::built_in(5)
    };
    let truth = phantom.maa_planar(&settings).unwrap().truth;
    assert!(truth.lung_shunt_in_regions > 1.1 * truth.lung_shunt);
}

#[test]
fn the_posterior_view_is_the_anterior_one_seen_from_behind() {
    let views = built_in().maa_planar(&PlanarSettings::built_in(5)).unwrap();
    let [front, back] = [&views.anterior.lungs, &views.posterior.lungs];
    let point = front.grid().to_patient([10.0, 20.0, 0.0]);
    let index = back.grid().to_index(point);
    assert!((index[0] - 181.0).abs() < 1e-9 && (index[1] - 20.0).abs() < 1e-9);
    for (at, _) in front.iter() {
        let [i, j, _] = front.grid().index(at);
        assert!(back.weight([191 - i, j, 0]) > 0.0);
    }
}

#[test]
fn ct_numbers_are_those_of_the_tissues() {
    let phantom = built_in();
    let settings = CtSettings::upper_abdomen(11).unwrap();
    let ct = phantom.ct(&settings).unwrap();
    let core_mean = |organ| {
        let mask = phantom.mask(organ, &settings.grid).unwrap();
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        for (at, _) in mask.iter().filter(|(_, weight)| *weight > 0.9999) {
            let value = f64::from(ct.values()[at]);
            sum += value;
            squares += value * value;
            count += 1.0;
        }
        let mean: f64 = sum / count;
        (mean, (squares / count - mean * mean).sqrt())
    };
    for (organ, expected) in [
        (Organ::Spleen, 120.0),
        (Organ::Lesion(0), LESIONS[0].hounsfield),
        (Organ::Lesion(2), LESIONS[2].hounsfield),
        (Organ::RightLung, -740.0),
    ] {
        let (mean, deviation) = core_mean(organ);
        // Over 5000 voxels of 10 HU noise: five standard errors are 0.7 HU;
        // rounding adds 1/12 to the variance.
        assert!((mean - expected).abs() < 0.7, "{organ:?}: {mean}");
        assert!((deviation - 10.0).abs() < 0.5, "{organ:?}: {deviation}");
    }
}

#[test]
fn density_gives_the_mass_of_the_closed_form() {
    let phantom = built_in();
    let grid = Phantom::truth_grid(5.0).unwrap();
    let density = phantom.true_density(&grid).unwrap();
    let liver = phantom.mask(Organ::Liver, &grid).unwrap();
    let mean = mean(density.values(), &liver);
    // Partial voxels at the border lower it a little.
    assert!((mean - 1.05).abs() < 0.01, "{mean}");
}

#[test]
fn settings_without_meaning_are_refused() {
    let phantom = built_in();
    let pet = PetSettings::built_in(1).unwrap();
    for wrong in [
        PetSettings {
            beds: 0,
            ..pet.clone()
        },
        PetSettings {
            filter_fwhm_mm: 9.0,
            ..pet.clone()
        },
        PetSettings {
            sensitivity: 0.0,
            ..pet.clone()
        },
        PetSettings {
            since_administration: TimeSpan::from_hours(f64::NAN),
            ..pet.clone()
        },
    ] {
        assert!(phantom.y90_pet(&wrong).is_err());
    }
    let later = phantom.at_month(6.0).unwrap();
    assert!(later.y90_pet(&pet).is_err());
    let planar = PlanarSettings {
        pixels: [0, 10],
        ..PlanarSettings::built_in(1)
    };
    assert!(phantom.maa_planar(&planar).is_err());
}

#[test]
fn the_truth_lists_every_structure_and_date() {
    let truth = built_in().truth().unwrap();
    assert_eq!(truth.structures.len(), 16);
    assert_eq!(truth.course.len(), 6);
    assert_eq!(truth.course[5].structures.len(), 17);
    let months: Vec<String> = truth
        .course
        .iter()
        .map(|date| date.imaged_at.date().to_string())
        .collect();
    assert_eq!(
        months,
        [
            "2000-02-15",
            "2000-06-01",
            "2000-09-01",
            "2001-03-01",
            "2001-09-01",
            "2002-05-01"
        ]
    );
}

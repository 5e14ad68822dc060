//! Every validation case, with the usual number of histories.

use sirt_transport::{Effort, ValidationCase};

/// Runs a case and returns the mean squared difference in standard deviations.
fn passes(name: &str, least_points: usize) -> f64 {
    let case = ValidationCase::ALL
        .iter()
        .find(|case| case.name == name)
        .unwrap();
    let outcome = case.run(Effort::USUAL).unwrap();
    assert!(
        outcome.points.len() >= least_points,
        "{name}: only {} points",
        outcome.points.len()
    );
    assert!(outcome.passes(), "{name}: {:?}", outcome.worst());
    let squares: f64 = outcome
        .points
        .iter()
        .map(|point| (point.difference() / point.sigma).powi(2))
        .sum();
    squares / outcome.points.len() as f64
}

/// Shells of 1 % may each be off to one side: together no deviation is as large
/// as three times the noise.
fn passes_without_bias(name: &str) {
    let squares = passes(name, 20);
    assert!(squares < 9.0, "{name}: {squares}");
}

#[test]
fn one_mev_electrons_in_water() {
    passes_without_bias("electron-1mev");
}

#[test]
fn two_mev_electrons_in_water() {
    passes_without_bias("electron-2mev");
}

#[test]
fn y90_in_water() {
    passes_without_bias("y90-kernel");
}

#[test]
fn voxels_of_three_millimetres_of_tissue() {
    passes("voxel-3mm-tissue", 5);
}

#[test]
fn voxels_of_three_millimetres_of_water() {
    passes("voxel-3mm-water", 5);
}

#[test]
fn voxels_of_nearly_five_millimetres_of_tissue() {
    passes("voxel-4.8mm-tissue", 5);
}

#[test]
fn tissue_to_lung() {
    passes("tissue-lung", 31);
}

#[test]
fn tissue_to_tissue() {
    passes("tissue-tissue", 31);
}

#[test]
fn energy_that_stays_in_a_ball() {
    passes("sphere-20mm", 1);
}

#[test]
fn replayed_tracks_give_uniform_dose() {
    passes("fano", 3);
}

#[test]
fn energy_is_conserved_in_every_kind_of_run() {
    passes("energy", 5);
}

#[test]
fn stated_deviations_are_those_over_a_hundred_seeds() {
    passes("uncertainty", 2);
}

#[test]
fn every_case_has_a_test() {
    // Twelve tests above, one for each.
    let text = include_str!("validation.rs");
    for case in &ValidationCase::ALL {
        assert!(
            text.contains(&format!("\"{}\"", case.name)),
            "{}",
            case.name
        );
    }
}

//! The fast convolution against direct summation, and what a convolution must
//! keep: linearity, flips, permutations of axes, energy.

#![expect(
    clippy::expect_used,
    reason = "fixtures fail the test that asks for them"
)]

use proptest::prelude::*;
use sirt_dosimetry::{Convolution, KernelMedium, PointKernel, VoxelKernel};
use sirt_quantity::Density;

/// The bench's requirement, relative to the largest value.
const DIFFERENCE: f64 = 1e-5;
/// Rounding of sums in single precision, relative to the largest value.
const ROUNDING: f64 = 2e-6;

fn convolution(spacing_mm: [f64; 3], rho: f64) -> Convolution {
    let kernel = PointKernel::y90().expect("the built-in table reads");
    Convolution::new(
        VoxelKernel::new(
            &kernel,
            KernelMedium::SoftTissue,
            Density::from_g_per_cm3(rho),
            spacing_mm,
        )
        .expect("the spacing is allowed"),
    )
}

/// A repeatable volume: each voxel filled with chance `filled`, from 0 to 1.
fn volume(size: [usize; 3], seed: u64, filled: f64) -> Vec<f32> {
    let mut state = seed;
    // SplitMix64 (Steele, Lea and Flood 2014).
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..size.iter().product())
        .map(|_| {
            let (chance, value) = (random(), random());
            if chance < filled { value as f32 } else { 0.0 }
        })
        .collect()
}

fn largest(values: &[f32]) -> f64 {
    values.iter().fold(0.0, |a, b| f64::max(a, f64::from(*b)))
}

fn agrees_with_direct_summation(spacing: [f64; 3], rho: f64, size: [usize; 3], filled: f64) {
    let convolution = convolution(spacing, rho);
    let activity = volume(size, 7, filled);
    let fast = convolution.apply(&activity, size).expect("sizes agree");
    let direct = convolution
        .apply_directly(&activity, size)
        .expect("sizes agree");
    let scale = largest(&fast);
    let worst = fast
        .iter()
        .zip(&direct)
        .map(|(a, b)| (f64::from(*a) - b).abs())
        .fold(0.0, f64::max);
    assert!(scale > 0.0);
    assert!(
        worst <= DIFFERENCE * scale,
        "{spacing:?} {size:?}: {worst} of {scale}"
    );
    assert!(worst <= (convolution.relative_error_bound() + ROUNDING) * scale);
}

#[test]
fn fast_is_direct_on_a_dense_volume() {
    agrees_with_direct_summation([3.0; 3], 1.0, [48, 40, 32], 1.0);
}

#[test]
fn fast_is_direct_for_other_voxels_and_media() {
    agrees_with_direct_summation([4.42, 4.42, 2.5], 1.05, [37, 21, 26], 0.3);
    agrees_with_direct_summation([2.0; 3], 1.0, [33, 27, 19], 0.5);
    agrees_with_direct_summation([0.8, 0.8, 2.2], 1.0, [41, 35, 12], 0.2);
    agrees_with_direct_summation([4.0; 3], 0.3, [30, 30, 30], 0.1);
}

#[test]
fn fast_is_direct_on_grids_smaller_than_the_kernel() {
    for size in [[1, 1, 1], [3, 1, 2], [1, 9, 4], [7, 2, 1], [17, 4, 3]] {
        agrees_with_direct_summation([3.0; 3], 1.0, size, 1.0);
    }
}

#[test]
fn a_single_voxel_gives_the_kernel_back() {
    let convolution = convolution([3.0; 3], 1.0);
    let size = [25, 23, 21];
    let source = [11_isize, 12, 10];
    let at = |[x, y, z]: [usize; 3]| x + size[0] * (y + size[1] * z);
    let mut activity = vec![0.0; size.iter().product()];
    activity[at(source.map(isize::unsigned_abs))] = 2.0;
    let energy = convolution.apply(&activity, size).expect("sizes agree");
    let peak = 2.0 * convolution.kernel().fraction([0, 0, 0]);
    for z in 0..size[2] {
        for y in 0..size[1] {
            for x in 0..size[0] {
                let offset = [
                    x.cast_signed() - source[0],
                    y.cast_signed() - source[1],
                    z.cast_signed() - source[2],
                ];
                let expected = 2.0 * convolution.kernel().fraction(offset);
                let found = f64::from(energy[at([x, y, z])]);
                assert!((found - expected).abs() < DIFFERENCE * peak, "{offset:?}");
                if offset.iter().any(|d| d.abs() > 5) {
                    assert!(found.abs() <= 0.0, "{offset:?} is out of reach");
                }
            }
        }
    }
}

#[test]
fn distant_dose_is_bremsstrahlung_and_never_negative() {
    // The separable form keeps the far voxels to a third of their value and
    // above zero: 1e-7 of the source voxel, but seen on a logarithmic scale.
    let convolution = convolution([3.0; 3], 1.0);
    let size = [11, 11, 11];
    let mut activity = vec![0.0; 1331];
    activity[5 + 11 * (5 + 11 * 5)] = 1.0;
    let energy = convolution.apply(&activity, size).expect("sizes agree");
    for (index, value) in energy.iter().enumerate() {
        let offset = [index % 11, index / 11 % 11, index / 121].map(|x| x.cast_signed() - 5);
        let expected = convolution.kernel().fraction(offset);
        assert!(*value > 0.0, "{offset:?}: {value}");
        assert!(
            (f64::from(*value) / expected - 1.0).abs() < 0.5,
            "{offset:?}"
        );
    }
}

#[test]
fn the_same_bits_with_any_number_of_threads() {
    let convolution = convolution([3.0; 3], 1.0);
    let size = [70, 50, 40];
    let activity = volume(size, 3, 0.2);
    let with = |threads| {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("threads start")
            .install(|| convolution.apply(&activity, size).expect("sizes agree"))
    };
    let one: Vec<u32> = with(1).iter().map(|value| value.to_bits()).collect();
    for threads in [2, 3, 5] {
        let other: Vec<u32> = with(threads).iter().map(|value| value.to_bits()).collect();
        assert_eq!(one, other, "{threads} threads");
    }
}

#[test]
fn energy_is_deposited_leaves_the_grid_or_is_radiated() {
    for (size, filled) in [([40, 30, 20], 1.0), ([64, 20, 9], 0.05), ([3, 2, 1], 1.0)] {
        let convolution = convolution([3.0; 3], 1.0);
        let activity = volume(size, 11, filled);
        let emitted: f64 = activity.iter().map(|a| f64::from(*a)).sum();
        let energy = convolution.apply(&activity, size).expect("sizes agree");
        let deposited: f64 = energy.iter().map(|a| f64::from(*a)).sum();
        let left = convolution
            .energy_leaving_grid(&activity, size)
            .expect("sizes agree");
        let radiated = emitted * convolution.kernel().radiated();
        let closure = (deposited + left + radiated) / emitted;
        // Bound of the form and rounding; the issue allows 1e-3.
        assert!((closure - 1.0).abs() < 2e-5, "{size:?}: {closure}");
        // The same energy by direct summation, which shares nothing with it.
        let direct: f64 = convolution
            .apply_directly(&activity, size)
            .expect("sizes agree")
            .iter()
            .sum();
        let expected = emitted * convolution.kernel().deposited() - direct;
        assert!((left - expected).abs() < 1e-10 * emitted);
    }
}

#[test]
fn a_uniform_volume_keeps_its_value_inside() {
    let convolution = convolution([3.0; 3], 1.0);
    let size = [24, 24, 24];
    let activity = vec![3.0; 24 * 24 * 24];
    let energy = convolution.apply(&activity, size).expect("sizes agree");
    let centre = f64::from(energy[12 + 24 * (12 + 24 * 12)]);
    assert!((centre / (3.0 * convolution.kernel().deposited()) - 1.0).abs() < ROUNDING);
    // In the middle of a face: the half of the kernel that looks inwards, and
    // the plane of the face.
    let mut plane = 0.0;
    for k in -5..=5 {
        for j in -5..=5 {
            plane += convolution.kernel().fraction([0, j, k]);
        }
    }
    let face = f64::from(energy[24 * (12 + 24 * 12)]);
    let expected = 1.5 * (convolution.kernel().deposited() + plane);
    assert!((face / expected - 1.0).abs() < DIFFERENCE);
}

#[test]
fn a_voxelised_20_mm_sphere_absorbs_what_the_reference_says() {
    // Reference run: 0.7997 (0.0004) of the energy; voxels of 0.5 mm with partial
    // volumes. Voxels blur the boundary by their own size, hence the 1 %.
    const SPACING_MM: f64 = 0.5;
    const HALF: usize = 21;
    let kernel = PointKernel::y90().expect("the built-in table reads");
    let convolution = Convolution::new(
        VoxelKernel::new(
            &kernel,
            KernelMedium::Water,
            Density::from_g_per_cm3(1.0),
            [SPACING_MM; 3],
        )
        .expect("allowed"),
    );
    let side = 2 * HALF;
    let weights = sphere_weights(HALF, 10.0 / SPACING_MM);
    let energy = convolution.apply(&weights, [side; 3]).expect("sizes agree");
    let absorbed: f64 = energy
        .iter()
        .zip(&weights)
        .map(|(e, w)| f64::from(*e) * f64::from(*w))
        .sum();
    let emitted: f64 = weights.iter().map(|w| f64::from(*w)).sum();
    let fraction = absorbed / emitted;
    assert!((fraction / 0.7997 - 1.0).abs() < 0.01, "{fraction}");
}

/// Share of each voxel of a `2 half` cube that is inside a centred sphere of
/// `radius` voxels, by 6 x 6 x 6 points.
fn sphere_weights(half: usize, radius: f64) -> Vec<f32> {
    const POINTS: usize = 6;
    let side = 2 * half;
    let coordinate =
        |index: usize, point: usize| index as f64 + (point as f64 + 0.5) / 6.0 - half as f64;
    let mut weights = Vec::with_capacity(side * side * side);
    for k in 0..side {
        for j in 0..side {
            for i in 0..side {
                let mut inside = 0_u16;
                for c in 0..POINTS {
                    for b in 0..POINTS {
                        for a in 0..POINTS {
                            let (x, y, z) = (coordinate(i, a), coordinate(j, b), coordinate(k, c));
                            inside += u16::from(x * x + y * y + z * z <= radius * radius);
                        }
                    }
                }
                weights.push(f32::from(inside) / 216.0);
            }
        }
    }
    weights
}

#[test]
fn refuses_a_size_that_is_not_the_volume_s() {
    let convolution = convolution([3.0; 3], 1.0);
    for size in [[2, 2, 2], [usize::MAX, 2, 1]] {
        assert!(convolution.apply(&[0.0; 9], size).is_err());
        assert!(convolution.energy_leaving_grid(&[0.0; 9], size).is_err());
    }
    assert_eq!(convolution.apply(&[], [0, 4, 4]), Ok(Vec::new()));
}

/// The volume with axis `axis` reversed.
fn flipped(values: &[f32], size: [usize; 3], axis: usize) -> Vec<f32> {
    reordered(size, values, |mut place| {
        place[axis] = size[axis] - 1 - place[axis];
        place
    })
}

fn reordered(
    size: [usize; 3],
    values: &[f32],
    from: impl Fn([usize; 3]) -> [usize; 3],
) -> Vec<f32> {
    let mut result = Vec::with_capacity(values.len());
    for z in 0..size[2] {
        for y in 0..size[1] {
            for x in 0..size[0] {
                let [x, y, z] = from([x, y, z]);
                result.push(values[x + size[0] * (y + size[1] * z)]);
            }
        }
    }
    result
}

fn close(a: &[f32], b: &[f32], tolerance: f64) -> Result<(), TestCaseError> {
    let scale = largest(a).max(f64::MIN_POSITIVE);
    for (a, b) in a.iter().zip(b) {
        prop_assert!((f64::from(*a) - f64::from(*b)).abs() <= tolerance * scale);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn linear_in_activity(
        size in prop::array::uniform3(1_usize..24), seed: u64, factor in 0.1_f32..10.0,
    ) {
        let convolution = convolution([3.0; 3], 1.0);
        let (a, b) = (volume(size, seed, 0.4), volume(size, seed ^ 1, 0.4));
        let mixed: Vec<f32> = a.iter().zip(&b).map(|(a, b)| a + factor * b).collect();
        let of = |activity: &[f32]| convolution.apply(activity, size).expect("sizes agree");
        let expected: Vec<f32> =
            of(&a).iter().zip(of(&b)).map(|(a, b)| a + factor * b).collect();
        close(&of(&mixed), &expected, ROUNDING)?;
    }

    #[test]
    fn flips_with_the_activity(
        size in prop::array::uniform3(1_usize..24), seed: u64, axis in 0_usize..3,
    ) {
        let convolution = convolution([3.0, 2.5, 4.0], 1.0);
        let activity = volume(size, seed, 0.4);
        let of = |activity: &[f32]| convolution.apply(activity, size).expect("sizes agree");
        let expected = flipped(&of(&activity), size, axis);
        close(&of(&flipped(&activity, size, axis)), &expected, ROUNDING)?;
    }

    #[test]
    fn axes_permute_with_the_activity(
        size in prop::array::uniform3(1_usize..20), seed: u64,
    ) {
        // (x, y, z) becomes (z, x, y), in the grid, the spacing and the volume.
        let spacing = [2.5, 3.0, 4.0];
        let turn = |v: [usize; 3]| [v[2], v[0], v[1]];
        let activity = volume(size, seed, 0.4);
        let turned_size = turn(size);
        let turned = |values: &[f32]| {
            let mut result = vec![0.0; values.len()];
            for z in 0..size[2] {
                for y in 0..size[1] {
                    for x in 0..size[0] {
                        let [a, b, c] = turn([x, y, z]);
                        result[a + turned_size[0] * (b + turned_size[1] * c)] =
                            values[x + size[0] * (y + size[1] * z)];
                    }
                }
            }
            result
        };
        let straight = convolution(spacing, 1.0).apply(&activity, size).expect("sizes agree");
        let around = convolution([spacing[2], spacing[0], spacing[1]], 1.0)
            .apply(&turned(&activity), turned_size)
            .expect("sizes agree");
        // Two different separable forms: twice their error.
        close(&around, &turned(&straight), 2.0 * DIFFERENCE)?;
    }
}

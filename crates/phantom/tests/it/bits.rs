//! The same bits everywhere: pinned sums of small images, for any number of
//! threads. A change here is a change of the phantom and belongs into the
//! change log.

use sirt_phantom::{CtSettings, PetSettings, Phantom, PlanarSettings, SpectSettings, Treatment};

/// FNV-1a, 64 bit, over the bits of all values.
fn fingerprint(values: &[f32]) -> u64 {
    values
        .iter()
        .flat_map(|value| value.to_bits().to_le_bytes())
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// One small image of each kind, made with this many threads.
fn fingerprints(threads: usize) -> Vec<u64> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    pool.install(|| {
        let phantom = Phantom::new(Treatment::built_in()).unwrap();
        let grid = Phantom::grid([64, 48], [6.0, 6.0, 10.0]).unwrap();
        let later = phantom.at_month(18.0).unwrap();
        let ct = |phantom: &Phantom| {
            let settings = CtSettings {
                grid: grid.clone(),
                noise_hu: 10.0,
                seed: 42,
            };
            phantom.ct(&settings).unwrap()
        };
        let pet = PetSettings {
            grid: grid.clone(),
            ..PetSettings::built_in(42).unwrap()
        };
        let spect = SpectSettings {
            grid: grid.clone(),
            ..SpectSettings::built_in(42).unwrap()
        };
        let planar = PlanarSettings {
            pixels: [48, 48],
            pixel_mm: 8.84,
            ..PlanarSettings::built_in(42)
        };
        let views = phantom.maa_planar(&planar).unwrap();
        [
            ct(&phantom).values(),
            ct(&later).values(),
            phantom.true_activity(&grid).unwrap().values(),
            phantom.y90_pet(&pet).unwrap().volume.values(),
            phantom.maa_spect(&spect).unwrap().volume.values(),
            views.anterior.counts.values(),
            views.posterior.counts.values(),
        ]
        .map(fingerprint)
        .to_vec()
    })
}

#[test]
fn images_are_the_same_bits_at_any_number_of_threads() {
    let one = fingerprints(1);
    assert_eq!(one, fingerprints(2));
    assert_eq!(one, fingerprints(5));
    // CT at month 0 and 18, true activity, PET, SPECT, views from front and back.
    let pinned: [u64; 7] = [
        0xcc25_9357_c91d_03fa,
        0xf9b5_0e0a_0be0_c7a0,
        0xe5c5_e3dd_7851_5eb3,
        0x1468_f70c_736c_9e13,
        0xaf16_398c_7566_4f0e,
        0x588c_43e4_56f7_3027,
        0x7696_a72c_d2a9_755e,
    ];
    assert_eq!(one, pinned, "{one:#x?}");
}

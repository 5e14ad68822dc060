//! Colours of pictures: the dose scale and structures.
//!
//! Dose is shown in *inferno*, whose lightness grows evenly with the value, so
//! that equal steps of dose look equal and a grey print keeps their order
//! (S. van der Walt, N. Smith, matplotlib colour maps 2015, CC0).
//! Structures are named by colour and, in curves, by dash, for those who see
//! colours differently (Okabe and Ito, Color Universal Design, 2008; P. Tol,
//! Colour Schemes, SRON technical note 2021).

/// Red, green and blue, 0 to 255, sRGB.
pub(crate) type Rgb = [u8; 3];

/// Inferno at 0, 1/16, …, 1; straight lines between differ from the full table
/// by less than three steps of 255.
const INFERNO: [Rgb; 17] = [
    [0, 0, 4],
    [10, 7, 35],
    [32, 12, 73],
    [60, 9, 100],
    [86, 15, 109],
    [112, 25, 110],
    [137, 34, 105],
    [162, 43, 97],
    [187, 54, 84],
    [208, 69, 68],
    [227, 89, 50],
    [240, 113, 30],
    [249, 140, 9],
    [251, 170, 15],
    [248, 201, 50],
    [241, 232, 101],
    [252, 255, 164],
];

/// Colours of structures: those of Paul Tol's schemes and Okabe and Ito's set
/// that keep the most apart on white and on black for every kind of colour
/// vision; further structures begin again with another dash.
const STRUCTURES: [Rgb; 10] = [
    [51, 187, 238],
    [230, 159, 0],
    [34, 136, 51],
    [221, 204, 119],
    [170, 68, 153],
    [187, 187, 187],
    [51, 34, 136],
    [204, 51, 17],
    [136, 34, 85],
    [204, 102, 119],
];

/// Colour of a dose as a fraction of the top of the scale; held at both ends.
pub(crate) fn dose_colour(fraction: f64) -> Rgb {
    let at = fraction.clamp(0.0, 1.0) * (INFERNO.len() - 1) as f64;
    let lower = (at.floor() as usize).min(INFERNO.len() - 2);
    mix(INFERNO[lower], INFERNO[lower + 1], at - lower as f64)
}

/// Colours of a difference below and above zero: blue and orange stay apart for
/// every kind of colour vision, and dark and light in a grey print.
const DIFFERENCE: [Rgb; 2] = [[24, 70, 190], [255, 182, 62]];

/// Colour of a difference of this sign.
pub(crate) fn difference_colour(fraction: f64) -> Rgb {
    DIFFERENCE[usize::from(fraction >= 0.0)]
}

/// Colour of the `position`-th structure.
pub(crate) fn structure_colour(position: usize) -> Rgb {
    STRUCTURES[position % STRUCTURES.len()]
}

/// `over` laid on `under` with an opacity of 0 to 1.
pub(crate) fn mix(under: Rgb, over: Rgb, opacity: f64) -> Rgb {
    std::array::from_fn(|channel| {
        let (below, above) = (f64::from(under[channel]), f64::from(over[channel]));
        (below + (above - below) * opacity.clamp(0.0, 1.0)).round() as u8
    })
}

/// The colour, darkened until a thin line of it can be seen on white.
pub(crate) fn readable_on_white(colour: Rgb) -> Rgb {
    // A luminance of 0.36 keeps a contrast of 2.5 : 1 against white.
    with_luminance(colour, |luminance| luminance.min(0.36))
}

/// The colour, lightened until a thin line of it can be seen on black.
pub(crate) fn readable_on_black(colour: Rgb) -> Rgb {
    let lifted = colour.map(|channel| channel.max(40));
    with_luminance(lifted, |luminance| luminance.max(0.18))
}

/// Scales a colour in linear light towards a luminance (WCAG 2.2, relative luminance).
fn with_luminance(colour: Rgb, wanted: impl Fn(f64) -> f64) -> Rgb {
    let linear = colour.map(|channel| (f64::from(channel) / 255.0).powf(2.2));
    let luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    if luminance <= 0.0 {
        return colour;
    }
    let factor = wanted(luminance) / luminance;
    linear.map(|light| ((light * factor).min(1.0).powf(1.0 / 2.2) * 255.0).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dose_scale_grows_lighter_all_the_way() {
        let lightness = |fraction: f64| {
            let [r, g, b] = dose_colour(fraction).map(f64::from);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        for step in 0..64 {
            let (lower, upper) = (f64::from(step) / 64.0, f64::from(step + 1) / 64.0);
            assert!(lightness(upper) > lightness(lower), "at {lower}");
        }
        assert_eq!(dose_colour(-1.0), INFERNO[0]);
        assert_eq!(dose_colour(2.0), INFERNO[16]);
    }

    #[test]
    fn yellow_darkens_on_white_and_navy_lightens_on_black() {
        let yellow = readable_on_white([255, 255, 0]);
        assert!(
            yellow[0] < 200 && yellow[1] < 200 && yellow[2] == 0,
            "{yellow:?}"
        );
        assert_eq!(readable_on_white([0, 0, 128]), [0, 0, 128]);
        let navy = readable_on_black([0, 0, 128]);
        assert!(navy[2] > 200, "{navy:?}");
    }

    /// Light that is seen with normal vision and without one kind of cone
    /// (Machado, Oliveira and Fernandes, IEEE TVCG 15, 2009, severity 1).
    const VISION: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    /// CIE L*a*b* of a colour as a vision sees it.
    fn lab(colour: Rgb, vision: [[f64; 3]; 3]) -> [f64; 3] {
        let light = colour.map(|channel| (f64::from(channel) / 255.0).powf(2.2));
        let times = |row: [f64; 3]| row.iter().zip(light).map(|(a, b)| a * b).sum::<f64>();
        let seen = vision.map(|row| times(row).clamp(0.0, 1.0));
        let root = |row: [f64; 3], white: f64| {
            let part = row.iter().zip(seen).map(|(a, b)| a * b).sum::<f64>() / white;
            if part > 0.008_856 {
                part.cbrt()
            } else {
                7.787 * part + 16.0 / 116.0
            }
        };
        let x = root([0.4124, 0.3576, 0.1805], 0.9505);
        let y = root([0.2126, 0.7152, 0.0722], 1.0);
        let z = root([0.0193, 0.1192, 0.9505], 1.089);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn the_sign_of_a_difference_is_seen_by_every_vision_and_in_grey() {
        for vision in VISION {
            let [below, above] = [-1.0, 1.0].map(|sign| lab(difference_colour(sign), vision));
            let apart = (0..3)
                .map(|i| (below[i] - above[i]).powi(2))
                .sum::<f64>()
                .sqrt();
            // As far as structures, in lightness alone: half of the way from
            // black to white is 50.
            assert!(
                apart > 50.0 && above[0] - below[0] > 35.0,
                "{below:?} {above:?}"
            );
        }
    }

    #[test]
    fn structures_have_colours_apart_for_every_vision_on_white_and_on_black() {
        for adapt in [readable_on_white, readable_on_black] {
            for vision in VISION {
                let seen = STRUCTURES.map(|colour| lab(adapt(colour), vision));
                for (at, a) in seen.iter().enumerate() {
                    for (other, b) in seen.iter().enumerate().skip(at + 1) {
                        let apart = (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt();
                        // 2.3 is the just noticeable difference of large fields.
                        assert!(apart > 13.0, "colours {at} and {other}: {apart}");
                    }
                }
            }
        }
    }
}

//! Colours of pictures: the dose scale and structures without a colour.
//!
//! Dose is shown in *inferno*, whose lightness grows evenly with the value, so
//! that equal steps of dose look equal and a grey print keeps their order
//! (S. van der Walt, N. Smith, matplotlib colour maps 2015, CC0).
//! Structures are named by colour and, in curves, by dash, for those who see
//! colours differently (Okabe and Ito, Color Universal Design, 2008).

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

/// Colours for structures whose source names none: the cool half of Okabe and
/// Ito's set first, since the dose scale takes the warm half.
const STRUCTURES: [Rgb; 15] = [
    [86, 180, 233],
    [0, 158, 115],
    [204, 121, 167],
    [240, 228, 66],
    [0, 114, 178],
    [230, 159, 0],
    [213, 94, 0],
    [160, 160, 160],
    // Past Okabe and Ito's: told apart by dash and place rather than by hue.
    [64, 224, 208],
    [170, 153, 255],
    [154, 205, 50],
    [250, 128, 114],
    [222, 184, 135],
    [120, 144, 156],
    [255, 105, 180],
];

/// Colour of a dose as a fraction of the top of the scale; held at both ends.
pub(crate) fn dose_colour(fraction: f64) -> Rgb {
    let at = fraction.clamp(0.0, 1.0) * (INFERNO.len() - 1) as f64;
    let lower = (at.floor() as usize).min(INFERNO.len() - 2);
    mix(INFERNO[lower], INFERNO[lower + 1], at - lower as f64)
}

/// Colour of the `position`-th structure, for sources that name none.
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
}

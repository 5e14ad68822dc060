//! Exponential decay.
//!
//! `A(t) = A_ref · 2^(−(t − t_ref)/T)` with the half-life `T`.
//! Every function takes the elapsed time and the half-life as arguments:
//! there is no ambient instant.

use crate::{Activity, TimeSpan};

/// Activity after `elapsed` relative to the activity before (1 at zero,
/// over 1 for a negative span).
#[must_use]
pub fn decay_factor(elapsed: TimeSpan, half_life: TimeSpan) -> f64 {
    (-(elapsed / half_life)).exp2()
}

/// Decays until nothing is left, of an activity that stays in place.
///
/// `N = A · T/ln 2`.
#[must_use]
pub fn number_of_decays(activity: Activity, half_life: TimeSpan) -> f64 {
    activity.as_bq() * half_life.as_seconds() / std::f64::consts::LN_2
}

/// Mean activity over a frame of `duration`, relative to that at its start.
///
/// `(1 − e^(−λΔt))/(λΔt)`; 1 for a frame without duration.
/// Divide a frame's mean by it to obtain the activity at the frame's start.
#[must_use]
pub fn frame_average_factor(duration: TimeSpan, half_life: TimeSpan) -> f64 {
    let exponent = std::f64::consts::LN_2 * (duration / half_life);
    if exponent.abs() < 1e-12 {
        return 1.0;
    }
    -(-exponent).exp_m1() / exponent
}

#[cfg(test)]
mod tests {
    use super::*;

    const Y90: TimeSpan = TimeSpan::from_hours(64.1);

    #[test]
    fn follows_the_decay_calendar() {
        // DOMAIN A.3 [C], printed to four decimals.
        for (hours, expected) in [
            (-72.0, 2.1784),
            (-24.0, 1.2963),
            (0.0, 1.0),
            (24.0, 0.7714),
            (168.0, 0.1626),
            (288.0, 0.0444),
        ] {
            let factor = decay_factor(TimeSpan::from_hours(hours), Y90);
            assert!(
                (factor - expected).abs() <= 0.5e-4 + 1e-12,
                "{hours} h: {factor}"
            );
        }
    }

    #[test]
    fn counts_the_decays_of_one_gigabecquerel() {
        // TV-A2: 3.32916e14 decays per GBq at 64.1 h.
        let decays = number_of_decays(Activity::from_gbq(1.0), Y90);
        assert!((decays / 3.32916e14 - 1.0).abs() < 1e-5);
    }

    #[test]
    fn averages_half_an_hour() {
        // DOMAIN C.1 step 4 [C]: 0.99730 for 0.5 h.
        let factor = frame_average_factor(TimeSpan::from_hours(0.5), Y90);
        assert!((factor - 0.99730).abs() < 0.5e-5);
    }
}

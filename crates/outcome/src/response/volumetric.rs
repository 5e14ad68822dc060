//! Volumes, with the limits of RECIST for a sphere.
//!
//! A sphere whose diameter changes by the factor $q$ changes its volume by
//! $q^3$: $-30$ % of diameter are $1 - 0.7^3 = 65.7$ % of volume, $+20$ % are
//! $1.2^3 - 1 = 72.8$ %. With $V = \sum_i V_i$ over the targets: complete at 0,
//! partial at $V \le 0.343\,V_0$, progression at $V \ge 1.728\,V_n$.
//! Rounded limits of 65 % and 73 % are a variant (`volumetric-65-73`).
//! Tumours are no spheres, and the error of a volume is larger than that of a
//! diameter: the equivalence is of the mean, not of a patient.

use super::LesionFinding;

/// A volume in ticks of mL.
pub(crate) fn volume(finding: &LesionFinding) -> Option<i64> {
    finding.volume.map(|volume| i64::from(volume.ticks()))
}

/// The volume of what enhances, in ticks of mL.
pub(crate) fn enhancing_volume(finding: &LesionFinding) -> Option<i64> {
    finding
        .enhancing_volume
        .map(|volume| i64::from(volume.ticks()))
}

#[cfg(test)]
mod tests {
    #[test]
    fn limits_are_those_of_a_sphere() {
        // DOMAIN D.1, in thousandths of the whole.
        assert_eq!(1000 - 7 * 7 * 7, 657);
        assert_eq!(12 * 12 * 12 - 1000, 728);
    }
}

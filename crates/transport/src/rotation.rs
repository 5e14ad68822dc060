//! Rotations: a fixed set that covers all orientations evenly, turned at random.
//!
//! The set is the super-Fibonacci spiral of unit quaternions (alexa2022). Each
//! of them times one uniform random rotation is itself uniform, so directions
//! in a group are spread evenly and each alone is isotropic.

/// Unit quaternion `(w, x, y, z)`.
pub(crate) type Quaternion = [f32; 4];

/// The `i`-th of `n` rotations of the spiral.
pub(crate) fn spiral(i: usize, n: usize) -> Quaternion {
    // Root of ψ⁴ = ψ + 4 (alexa2022).
    const PSI: f64 = 1.533_751_168_755_204_3;
    let s = i as f64 + 0.5;
    let t = s / n as f64;
    let (r, big) = (t.sqrt(), (1.0 - t).sqrt());
    let tau = 2.0 * std::f64::consts::PI * s;
    let (alpha, beta) = (tau / std::f64::consts::SQRT_2, tau / PSI);
    [
        (big * libm::cos(beta)) as f32,
        (r * libm::sin(alpha)) as f32,
        (r * libm::cos(alpha)) as f32,
        (big * libm::sin(beta)) as f32,
    ]
}

/// The rotation at three numbers in 0..1: uniform when they are (shoemake1992).
pub(crate) fn uniform([u, v, w]: [f64; 3]) -> Quaternion {
    let (r, big) = ((1.0 - u).sqrt(), u.sqrt());
    let turn = 2.0 * std::f64::consts::PI;
    [
        (big * libm::cos(turn * w)) as f32,
        (r * libm::sin(turn * v)) as f32,
        (r * libm::cos(turn * v)) as f32,
        (big * libm::sin(turn * w)) as f32,
    ]
}

/// Product of two rotations: first `b`, then `a`.
#[inline(always)]
pub(crate) fn product(a: Quaternion, b: Quaternion) -> Quaternion {
    [
        a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3],
        a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2],
        a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1],
        a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0],
    ]
}

/// Rows of the matrix of a rotation.
#[inline(always)]
pub(crate) fn matrix([w, x, y, z]: Quaternion) -> [f32; 9] {
    [
        1.0 - 2.0 * (y * y + z * z),
        2.0 * (x * y - w * z),
        2.0 * (x * z + w * y),
        2.0 * (x * y + w * z),
        1.0 - 2.0 * (x * x + z * z),
        2.0 * (y * z - w * x),
        2.0 * (x * z - w * y),
        2.0 * (y * z + w * x),
        1.0 - 2.0 * (x * x + y * y),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotations_keep_lengths_and_cover_evenly() {
        let n = 32;
        let mut mean = [0.0_f32; 9];
        for i in 0..n {
            let m = matrix(spiral(i, n));
            for row in 0..3 {
                let length: f32 = (0..3).map(|c| m[3 * row + c] * m[3 * row + c]).sum();
                // Single precision.
                assert!((length - 1.0).abs() < 1e-5);
            }
            for (sum, value) in mean.iter_mut().zip(m) {
                *sum += value / n as f32;
            }
        }
        // The mean matrix of an even cover is zero; 32 leave a few percent.
        assert!(mean.iter().all(|value| value.abs() < 0.12), "{mean:?}");
    }
}

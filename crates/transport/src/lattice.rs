//! Points that fill a cube evenly, shifted at random as a whole.
//!
//! Point `j` is `frac(shift + j α)`: for the energy with the golden ratio, for
//! the others with the powers of the root of `x⁸ = x + 1` (the generalised
//! golden ratio, roberts2018). Any run of
//! points is spread evenly; the shift makes each alone uniform, so means are
//! without bias, and batches with shifts of their own give an honest variance
//! (cranley1976).

use crate::random::Stream;

/// Number of coordinates: energy, three of the orientation, three of the place.
const COORDINATES: usize = 7;

/// Points of one batch.
#[derive(Debug, Clone)]
pub(crate) struct Lattice {
    shift: [u64; COORDINATES],
}

/// `α` in units of 2⁻⁶⁴.
const STEPS: [u64; COORDINATES] = steps();

const fn steps() -> [u64; COORDINATES] {
    // Root of x⁸ = x + 1 by Newton's method.
    let mut x = 1.1_f64;
    let mut i = 0;
    while i < 50 {
        let x2 = x * x;
        let x4 = x2 * x2;
        x -= (x4 * x4 - x - 1.0) / (8.0 * x4 * x2 * x - 1.0);
        i += 1;
    }
    let mut steps = [0; COORDINATES];
    let mut power = 1.0;
    let mut at = 0;
    while at < COORDINATES {
        power /= x;
        steps[at] = (power * 18_446_744_073_709_551_616.0) as u64;
        at += 1;
    }
    // The energy weighs most, so it gets the most even sequence.
    steps[0] = 0x9e37_79b9_7f4a_7c15;
    steps
}

impl Lattice {
    /// A lattice with a random shift.
    pub(crate) fn new(stream: &mut Stream) -> Self {
        Self {
            shift: std::array::from_fn(|_| stream.next_u64()),
        }
    }

    #[inline(always)]
    fn coordinate(&self, axis: usize, point: u64) -> u64 {
        self.shift[axis].wrapping_add(point.wrapping_mul(STEPS[axis]))
    }

    /// Share of the spectrum of a group.
    pub(crate) fn energy(&self, group: u64) -> f64 {
        (self.coordinate(0, group) >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Orientation of a group.
    pub(crate) fn orientation(&self, group: u64) -> [f64; 3] {
        std::array::from_fn(|axis| {
            (self.coordinate(1 + axis, group) >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
        })
    }

    /// Place of a history in its voxel.
    #[inline(always)]
    pub(crate) fn place(&self, history: u64) -> [f32; 3] {
        std::array::from_fn(|axis| {
            (self.coordinate(4 + axis, history) >> 40) as f32 * (1.0 / (1_u32 << 24) as f32)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_even() {
        let mut stream = Stream::new(1, 1);
        let lattice = Lattice::new(&mut stream);
        // A thousand points in ten bins: random ones would be 100 ± 10.
        let mut bins = [0; 10];
        for group in 5000..6000 {
            bins[(lattice.energy(group) * 10.0) as usize] += 1;
        }
        assert!(bins.iter().all(|n| (95..=105).contains(n)), "{bins:?}");
    }
}

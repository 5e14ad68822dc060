//! Random streams: one for each history, whichever thread runs it.
//!
//! SplitMix64 (steele2014): the state advances by the golden ratio and a mixing
//! function makes the number. A stream starts at a mixed function of seed and
//! history, so histories are independent of their order. Among 1e9 streams of
//! 1e3 numbers about fifty overlap somewhere, which no tally can see.

/// Step of the state, 2⁶⁴ divided by the golden ratio.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A stream of random numbers.
#[derive(Debug, Clone)]
pub struct Stream {
    state: u64,
}

/// The mixing function of SplitMix64.
#[inline(always)]
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Stream {
    /// The stream of a history.
    #[must_use]
    pub const fn new(seed: u64, history: u64) -> Self {
        Self {
            state: mix(mix(seed.wrapping_add(GOLDEN)) ^ history.wrapping_mul(0xd134_2543_de82_ef95)),
        }
    }

    /// The next 64 bits.
    #[inline(always)]
    pub const fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(GOLDEN);
        mix(self.state)
    }

    /// Uniform in 0..1, without 1.
    #[inline(always)]
    pub const fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1_u64 << 53) as f64)
    }

    /// Two uniform numbers in 0..1, without 1, of 24 bits each.
    #[inline(always)]
    pub(crate) const fn uniform_pair(&mut self) -> (f32, f32) {
        const SCALE: f32 = 1.0 / (1_u32 << 24) as f32;
        let bits = self.next_u64();
        (
            (bits >> 40) as f32 * SCALE,
            ((bits >> 8) & 0xff_ffff) as f32 * SCALE,
        )
    }

    /// Exponential with mean 1.
    #[inline(always)]
    pub(crate) fn exponential(&mut self) -> f64 {
        -libm::log(1.0 - self.uniform())
    }

    /// Cosine and sine of a uniform azimuth, by rejection in the unit disc.
    #[inline(always)]
    pub(crate) fn azimuth(&mut self) -> (f64, f64) {
        loop {
            let (a, b) = self.uniform_pair();
            let (x, y) = (2.0 * f64::from(a) - 1.0, 2.0 * f64::from(b) - 1.0);
            let r2 = x * x + y * y;
            if r2 <= 1.0 && r2 > 1e-8 {
                // Doubling the angle saves the root: cos 2φ = (x² − y²)/r².
                return ((x * x - y * y) / r2, 2.0 * x * y / r2);
            }
        }
    }

    /// A uniform direction.
    #[inline(always)]
    pub(crate) fn direction(&mut self) -> [f64; 3] {
        let cosine = 2.0 * self.uniform() - 1.0;
        let sine = (1.0 - cosine * cosine).sqrt();
        let (c, s) = self.azimuth();
        [sine * c, sine * s, cosine]
    }
}

/// Turns a unit vector by a polar angle of cosine `cosine` and a random azimuth.
#[inline(always)]
pub(crate) fn turned(u: [f64; 3], cosine: f64, stream: &mut Stream) -> [f64; 3] {
    let sine = (1.0 - cosine * cosine).max(0.0).sqrt();
    let (c, s) = stream.azimuth();
    turned_by(u, cosine, sine, c, s)
}

/// Turns a unit vector by polar and azimuthal angles given by cosine and sine.
#[inline(always)]
pub(crate) fn turned_by(u: [f64; 3], cosine: f64, sine: f64, c: f64, s: f64) -> [f64; 3] {
    let [x, y, z] = u;
    // Frame without a pole (frisvad2012, in the form of duff2017).
    let sign = 1.0_f64.copysign(z);
    let a = -1.0 / (sign + z);
    let b = x * y * a;
    let (p, q) = (sine * c, sine * s);
    let v = [
        p * (1.0 + sign * x * x * a) + q * b + cosine * x,
        p * sign * b + q * (sign + y * y * a) + cosine * y,
        -p * sign * x - q * y + cosine * z,
    ];
    // One Newton step keeps the length at 1 over thousands of turns.
    let scale = 1.5 - 0.5 * (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]);
    [v[0] * scale, v[1] * scale, v[2] * scale]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_uniform_and_apart() {
        let n = 100_000;
        let mut sum = 0.0;
        for history in 0..n {
            sum += Stream::new(7, history).uniform();
        }
        // 4 sigma of the mean of n uniform numbers.
        assert!((sum / n as f64 - 0.5).abs() < 4.0 / (12.0 * n as f64).sqrt());
    }

    #[test]
    fn turning_keeps_the_angle_and_the_length() {
        let mut stream = Stream::new(1, 2);
        let mut u = [0.0, 0.0, -1.0];
        for _ in 0..1000 {
            let cosine = 2.0 * stream.uniform() - 1.0;
            let v = turned(u, cosine, &mut stream);
            let dot: f64 = (0..3).map(|i| u[i] * v[i]).sum();
            let length: f64 = v.iter().map(|x| x * x).sum();
            assert!((dot - cosine).abs() < 1e-9 && (length - 1.0).abs() < 1e-9);
            u = v;
        }
    }
}

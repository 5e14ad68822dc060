//! Angles after a step: the series of Goudsmit and Saunderson.
//!
//! After a mass length `s` the cosine `x` of the angle has (goudsmit1940)
//! `P(cos > x) = (1 − x)/2 + ½ Σ_{l≥1} e^{−s G_l} [P_{l−1}(x) − P_{l+1}(x)]`,
//! `G_l = ∫ (1 − P_l) dσ`, without approximation of small angles.
//! The inverse of this distribution is tabulated in
//! `v = (1 + a) μ/(μ + a)`, `μ = (1 − x)/2`, `a` the median of `μ`
//! (the transformation of bielajew1996), in which it is nearly a straight line.

/// Number of intervals of an inverse distribution.
const QUANTILES: usize = 128;
/// Number of intervals into which the last of them, the tail of single
/// collisions at large angles, is cut again.
const TAIL: usize = 64;

/// Angles after a step at one energy.
#[derive(Debug, Clone)]
pub(crate) struct AngleTable {
    /// Median of `μ`.
    a: f32,
    /// `v` at equal steps of probability.
    v: [f32; QUANTILES + 1],
    /// `v` at equal steps of probability within the last interval.
    tail: [f32; TAIL + 1],
}

impl AngleTable {
    /// The distribution from the exponents `s G_l`, `l = 0, 1, ...`.
    pub(crate) fn new(exponents: &[f64]) -> Self {
        let damping: Vec<f64> = exponents.iter().map(|g| libm::exp(-g)).collect();
        // Mean of μ sets the scale of the grid.
        let mean = 0.5 * (1.0 - damping[1]);
        let grid: Vec<f64> = (0..=400)
            .map(|i| {
                let t = f64::from(i) / 400.0;
                // Dense at small angles, ends at 1.
                let a = 0.3 * mean;
                a * t / (1.0 + a - t)
            })
            .collect();
        let mut cumulative: Vec<(f64, f64)> = Vec::with_capacity(grid.len());
        let mut highest = 0.0_f64;
        for mu in grid {
            let value = cumulative_at(mu, &damping).clamp(highest, 1.0);
            highest = value;
            cumulative.push((value, mu));
        }
        if let Some(last) = cumulative.last_mut() {
            last.0 = 1.0;
        }
        let quantile = |u: f64| -> f64 {
            let above = cumulative
                .partition_point(|(c, _)| *c < u)
                .clamp(1, cumulative.len() - 1);
            let ((c0, m0), (c1, m1)) = (cumulative[above - 1], cumulative[above]);
            if c1 > c0 {
                m0 + (m1 - m0) * ((u - c0) / (c1 - c0)).clamp(0.0, 1.0)
            } else {
                m1
            }
        };
        let a = quantile(0.5);
        let transformed = |u: f64| -> f32 {
            let mu = quantile(u);
            ((1.0 + a) * mu / (mu + a)) as f32
        };
        let mut v: [f32; QUANTILES + 1] =
            std::array::from_fn(|at| transformed(at as f64 / QUANTILES as f64));
        v[0] = 0.0;
        v[QUANTILES] = 1.0;
        let mut tail: [f32; TAIL + 1] = std::array::from_fn(|at| {
            transformed(1.0 - (1.0 - at as f64 / TAIL as f64) / QUANTILES as f64)
        });
        tail[TAIL] = 1.0;
        Self {
            a: a as f32,
            v,
            tail,
        }
    }

    /// `μ = (1 − cos θ)/2` at a uniform number.
    #[inline(always)]
    pub(crate) fn sample(&self, u: f32) -> f32 {
        let x = u * QUANTILES as f32;
        let at = (x as usize).min(QUANTILES - 1);
        let t = x - at as f32;
        let v = if at == QUANTILES - 1 {
            let x = t * TAIL as f32;
            let at = (x as usize).min(TAIL - 1);
            self.tail[at] + (self.tail[at + 1] - self.tail[at]) * (x - at as f32)
        } else {
            self.v[at] + (self.v[at + 1] - self.v[at]) * t
        };
        self.a * v / (1.0 + self.a - v)
    }

    /// Mean of `μ` as sampled.
    #[cfg(test)]
    fn mean(&self) -> f64 {
        let n = 200_000;
        (0..n)
            .map(|i| f64::from(self.sample((i as f32 + 0.5) / n as f32)))
            .sum::<f64>()
            / f64::from(n)
    }
}

/// Probability of an angle below that of `mu`.
fn cumulative_at(mu: f64, damping: &[f64]) -> f64 {
    let x = 1.0 - 2.0 * mu;
    let (mut before, mut now) = (1.0, x);
    let mut sum = mu;
    for (l, factor) in damping.iter().enumerate().skip(1) {
        let n = l as f64;
        let next = ((2.0 * n + 1.0) * x * now - n * before) / (n + 1.0);
        sum += 0.5 * factor * (before - next);
        before = now;
        now = next;
        if *factor < 1e-12 {
            break;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Charge;
    use crate::elastic::ElasticQuadrature;
    use crate::element::ElementLibrary;

    #[test]
    fn the_mean_cosine_is_that_of_the_first_moment() {
        let library = ElementLibrary::built_in().unwrap();
        let elements = [
            (library.get(1).unwrap(), 0.1119),
            (library.get(8).unwrap(), 0.8881),
        ];
        for (energy, length) in [(2.0, 0.05), (1.0, 0.03), (0.1, 8e-4), (0.02, 5e-5)] {
            let quadrature = ElasticQuadrature::new(&elements, Charge::Negative, energy, 0.01);
            let exponents: Vec<f64> = quadrature
                .moments(25.0 / length, 1500)
                .iter()
                .map(|g| g * length)
                .collect();
            let table = AngleTable::new(&exponents);
            let exact = 0.5 * (1.0 - libm::exp(-exponents[1]));
            let ours = table.mean();
            // A linear table of 128 intervals; 0.5 % of 1 - <cos> moves the
            // doses by less than 0.1 %.
            assert!(
                (ours / exact - 1.0).abs() < 5e-3,
                "{energy} MeV: {ours} {exact}"
            );
        }
    }
}

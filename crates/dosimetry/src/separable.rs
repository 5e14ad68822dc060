//! A voxel kernel as a short sum of products of one-dimensional kernels.
//!
//! `K(i,j,k) ~ sum_p w_p(k) sum_q m_pq(j) u_q(i)  [+ t_x(i) t_y(j) t_z(k)]`
//!
//! The first part is a Tucker form (De Lathauwer 2000): `w` and `u` are the
//! leading left singular vectors of the kernel unfolded along z and x, and
//! `m` is the kernel projected on them. Every further `p` and `q` takes away
//! error, and with all of them the form is the kernel itself, so there is
//! always one that is good enough. The second part, one product fitted to the
//! voxels past the beta range, takes the bremsstrahlung tail: its thousand tiny
//! values would otherwise need a rank of their own.
//!
//! The cheapest form is chosen whose error is proven small: for any activity
//! without negative values, the convolution with the form differs from that
//! with the kernel by at most [`SeparableKernel::error_bound`] times the
//! largest value of the result. See [`proven_error`].
//! Errors are those of the single-precision factors as they are used.

use nalgebra::{DMatrix, DVector};

use crate::VoxelKernel;
use crate::voxel_s::mirror_images;

/// Largest proven error of a form that is not the kernel itself, relative to
/// the largest value of the convolution. The proof allows for the worst
/// activity there can be; measured differences are ten times smaller.
const ERROR_ALLOWED: f64 = 2e-5;

/// Factor by which shorter middle kernels may raise the proven error: a quarter
/// of a bound that measured differences stay ten times below, for a sixth of the
/// multiplications. It never passes [`ERROR_ALLOWED`].
const SHORTENING: f64 = 1.25;

/// Offsets on each side that the proof of the error looks at: enough to hold
/// most of the kernel, few enough to be quick.
const PROOF_REACH: usize = 4;

/// Octants up to this many voxels have every form tried.
const SMALL_OCTANT: usize = 512;

/// Rounds of alternating least squares for the tail: it settles in ten.
const TAIL_ROUNDS: usize = 30;

/// A group of middle-axis kernels that lead from some of the z kernels to some
/// of the x kernels.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MiddleBlock {
    /// The z kernels that it reads.
    pub(crate) from: std::ops::Range<usize>,
    /// The x kernels that it feeds.
    pub(crate) to: std::ops::Range<usize>,
    /// Distances along y, from 0 on: the rest of the kernel's width carries
    /// next to nothing of this block.
    pub(crate) distances: usize,
    /// Weights by z kernel, distance along y, x kernel (fastest).
    pub(crate) weights: Vec<f32>,
}

/// A voxel kernel in separable form. Weights at distance 0 are halved, because
/// both voxels at a distance are added first, and at 0 they are the same one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SeparableKernel {
    pub(crate) half_width: [usize; 3],
    /// Number of z kernels.
    pub(crate) z_kernels: usize,
    /// Weights by distance along z, z kernel (fastest).
    pub(crate) along_z: Vec<f32>,
    pub(crate) middle: Vec<MiddleBlock>,
    /// Number of x kernels.
    pub(crate) x_kernels: usize,
    /// Weights by x kernel, distance along x (fastest).
    pub(crate) along_x: Vec<f32>,
    error_bound: f64,
}

/// An octant in double precision while its form is sought, x fastest.
#[derive(Clone)]
struct Octant {
    /// Voxels by axis: half width and one.
    n: [usize; 3],
    values: Vec<f64>,
}

/// Factors in double precision: `u` (x by q), `w` (z by p), `m[p][q]` by y,
/// all of them as far along y as each other.
#[derive(Clone)]
struct Factors {
    u: DMatrix<f64>,
    w: DMatrix<f64>,
    m: Vec<Vec<DVector<f64>>>,
    tail: Option<[DVector<f64>; 3]>,
}

impl SeparableKernel {
    /// The cheapest form of a kernel that is accurate enough.
    pub(crate) fn new(kernel: &VoxelKernel) -> Self {
        let octant = Octant {
            n: kernel.half_width().map(|half| half + 1),
            values: kernel.octant().to_vec(),
        };
        let tail = octant.tail(|place| kernel.is_past_betas(place));
        let mut candidates = Vec::new();
        let mut bodies = Vec::new();
        for tail in [None, tail] {
            let body = match &tail {
                Some(tail) => octant.without(tail),
                None if bodies.is_empty() => octant.clone(),
                None => continue,
            };
            let (u, s_u) = body.singular_vectors(0);
            let (w, s_w) = body.singular_vectors(2);
            for (p, q) in octant.lengths_to_try(&s_w, &s_u) {
                let exact = p == w.ncols() && q == u.ncols();
                let cost = octant.cost(p, q, tail.is_some());
                candidates.push((cost, bodies.len(), p, q, exact));
            }
            bodies.push((body, u, w, tail));
        }
        candidates.sort_unstable();
        let mut best = None;
        for (_, index, p, q, exact) in candidates {
            let (body, u, w, tail) = &bodies[index];
            let factors = body.project(u, w, p, q, tail.clone()).scaled_to(&octant);
            let form = factors.rounded(&octant, exact);
            if exact {
                return form;
            }
            if form.error_bound <= ERROR_ALLOWED {
                return factors.shortened(&octant, form);
            }
            best = Some(form);
        }
        // The candidates hold the exact form, so the loop has returned; the last
        // form tried stands in for a value that never is.
        best.unwrap_or_else(|| Self {
            half_width: kernel.half_width(),
            z_kernels: 0,
            along_z: Vec::new(),
            middle: Vec::new(),
            x_kernels: 0,
            along_x: Vec::new(),
            error_bound: f64::INFINITY,
        })
    }

    /// Largest difference that the form makes to a convolution of values that
    /// are not negative, relative to the largest value of the result;
    /// rounding in single precision (below 1e-6) comes on top.
    pub(crate) fn error_bound(&self) -> f64 {
        self.error_bound
    }

    /// The octant that the single-precision weights stand for.
    fn octant(&self) -> Octant {
        let n = self.half_width.map(|half| half + 1);
        let doubled = |weight: f32, distance: usize| {
            f64::from(weight) * if distance == 0 { 2.0 } else { 1.0 }
        };
        let mut values = vec![0.0; n[0] * n[1] * n[2]];
        for block in &self.middle {
            let width = block.to.len();
            for (a, p) in block.from.clone().enumerate() {
                for (b, q) in block.to.clone().enumerate() {
                    for k in 0..n[2] {
                        let z = doubled(self.along_z[k * self.z_kernels + p], k);
                        for j in 0..block.distances {
                            let weight = block.weights[(a * block.distances + j) * width + b];
                            let y = z * doubled(weight, j);
                            let row = &mut values[n[0] * (j + n[1] * k)..][..n[0]];
                            for (i, value) in row.iter_mut().enumerate() {
                                *value += y * doubled(self.along_x[q * n[0] + i], i);
                            }
                        }
                    }
                }
            }
        }
        Octant { n, values }
    }
}

/// Root of the sum of squares of the singular values from `kept` on.
fn rest(singular: &[f64], kept: usize) -> f64 {
    singular[kept..].iter().map(|s| s * s).sum::<f64>().sqrt()
}

impl Octant {
    fn at(&self, i: usize, j: usize, k: usize) -> f64 {
        self.values[i + self.n[0] * (j + self.n[1] * k)]
    }

    fn places(&self) -> impl Iterator<Item = [usize; 3]> + use<> {
        let [ni, nj, nk] = self.n;
        (0..nk).flat_map(move |k| (0..nj).flat_map(move |j| (0..ni).map(move |i| [i, j, k])))
    }

    /// Numbers of z and x kernels that may be accurate enough, the exact form
    /// among them, by the singular values along both axes: all of them for a
    /// small kernel, for a large one those that cut both axes at one level.
    fn lengths_to_try(&self, along_z: &[f64], along_x: &[f64]) -> Vec<(usize, usize)> {
        // A sum of moduli is at least the root of the sum of squares.
        const LEVEL: f64 = 2.0 * ERROR_ALLOWED;
        let kept = |singular: &[f64], level: f64| {
            (1..singular.len())
                .find(|kept| rest(singular, *kept) < level)
                .unwrap_or(singular.len())
        };
        let (full_z, full_x) = (along_z.len(), along_x.len());
        let mut lengths = vec![(full_z, full_x)];
        if self.values.len() <= SMALL_OCTANT {
            for p in kept(along_z, LEVEL)..=full_z {
                lengths.extend((kept(along_x, LEVEL)..=full_x).map(|q| (p, q)));
            }
        } else {
            let mut level = LEVEL;
            while level > 1e-12 {
                lengths.push((kept(along_z, level), kept(along_x, level)));
                level /= 2.0;
            }
        }
        lengths.sort_unstable();
        lengths.dedup();
        lengths
    }

    /// Multiplications for one voxel.
    fn cost(&self, p: usize, q: usize, tail: bool) -> usize {
        let [ni, nj, nk] = self.n;
        p * nk + p * q * nj + q * ni + if tail { ni + nj + nk } else { 0 }
    }

    /// The octant unfolded along an axis, each voxel weighted by the root of
    /// the number of its mirror images, so that norms are those of the whole
    /// kernel; left singular vectors (weights still on) and singular values.
    fn singular_vectors(&self, axis: usize) -> (DMatrix<f64>, Vec<f64>) {
        let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
        let n = self.n[axis];
        let mut gram = DMatrix::<f64>::zeros(n, n);
        let mut column = vec![0.0; n];
        for y in 0..self.n[b] {
            for z in 0..self.n[c] {
                for (x, value) in column.iter_mut().enumerate() {
                    let mut place = [0; 3];
                    place[axis] = x;
                    place[b] = y;
                    place[c] = z;
                    let images = place.iter().map(|d| mirror_images(*d)).product::<f64>();
                    *value = self.at(place[0], place[1], place[2]) * images.sqrt();
                }
                for r in 0..n {
                    for s in 0..=r {
                        gram[(r, s)] += column[r] * column[s];
                    }
                }
            }
        }
        gram.fill_upper_triangle_with_lower_triangle();
        let eigen = gram.symmetric_eigen();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let vectors = DMatrix::from_fn(n, n, |r, s| eigen.eigenvectors[(r, order[s])]);
        let singular = order
            .iter()
            .map(|index| eigen.eigenvalues[*index].max(0.0).sqrt())
            .collect();
        (vectors, singular)
    }

    /// The octant projected on the first `p` vectors along z and `q` along x.
    fn project(
        &self,
        u: &DMatrix<f64>,
        w: &DMatrix<f64>,
        p: usize,
        q: usize,
        tail: Option<[DVector<f64>; 3]>,
    ) -> Factors {
        let root = |distance: usize| mirror_images(distance).sqrt();
        // The vectors carry the roots of the weights: once more to project,
        // once less to evaluate.
        let m = (0..p)
            .map(|p| {
                (0..q)
                    .map(|q| {
                        DVector::from_fn(self.n[1], |j, _| {
                            let mut sum = 0.0;
                            for k in 0..self.n[2] {
                                let row = &self.values[self.n[0] * (j + self.n[1] * k)..];
                                let along: f64 =
                                    (0..self.n[0]).map(|i| row[i] * u[(i, q)] * root(i)).sum();
                                sum += along * w[(k, p)] * root(k);
                            }
                            sum
                        })
                    })
                    .collect()
            })
            .collect();
        Factors {
            u: DMatrix::from_fn(self.n[0], q, |i, q| u[(i, q)] / root(i)),
            w: DMatrix::from_fn(self.n[2], p, |k, p| w[(k, p)] / root(k)),
            m,
            tail,
        }
    }

    /// One product fitted to the voxels past the beta range, each with the
    /// weight of its own value, by alternating least squares from an even
    /// start; none where a kernel has no such voxels to speak of.
    fn tail(&self, is_tail: impl Fn([usize; 3]) -> bool) -> Option<[DVector<f64>; 3]> {
        let places: Vec<[usize; 3]> = self
            .places()
            .filter(|place| is_tail(*place) && self.at(place[0], place[1], place[2]) > 0.0)
            .collect();
        let mut factors = self.n.map(|n| DVector::from_element(n, 1.0));
        for _ in 0..TAIL_ROUNDS {
            for axis in 0..3 {
                let (b, c) = ((axis + 1) % 3, (axis + 2) % 3);
                let mut sums = vec![(0.0, 0.0); self.n[axis]];
                for place in &places {
                    let value = self.at(place[0], place[1], place[2]);
                    let other = factors[b][place[b]] * factors[c][place[c]] / value;
                    let sum = &mut sums[place[axis]];
                    sum.0 += other;
                    sum.1 += other * other;
                }
                for (x, (linear, square)) in sums.into_iter().enumerate() {
                    if square <= 0.0 {
                        return None;
                    }
                    factors[axis][x] = linear / square;
                }
            }
        }
        Some(factors)
    }

    fn without(&self, [x, y, z]: &[DVector<f64>; 3]) -> Self {
        let values = self
            .places()
            .map(|[i, j, k]| self.at(i, j, k) - x[i] * y[j] * z[k])
            .collect();
        Self { n: self.n, values }
    }

    /// Sum over the whole kernel.
    fn total(&self) -> f64 {
        self.places()
            .map(|[i, j, k]| {
                self.at(i, j, k) * mirror_images(i) * mirror_images(j) * mirror_images(k)
            })
            .sum()
    }
}

impl Factors {
    fn total(&self) -> f64 {
        let sum = |values: &mut dyn Iterator<Item = f64>| -> f64 {
            values.enumerate().map(|(d, v)| v * mirror_images(d)).sum()
        };
        let mut total = 0.0;
        for (p, row) in self.m.iter().enumerate() {
            for (q, middle) in row.iter().enumerate() {
                total += sum(&mut self.w.column(p).iter().copied())
                    * sum(&mut middle.iter().copied())
                    * sum(&mut self.u.column(q).iter().copied());
            }
        }
        if let Some(tail) = &self.tail {
            total += tail
                .iter()
                .map(|factor| sum(&mut factor.iter().copied()))
                .product::<f64>();
        }
        total
    }

    /// The same factors with the sum of the kernel: no energy is made or lost.
    fn scaled_to(mut self, octant: &Octant) -> Self {
        let factor = octant.total() / self.total();
        self.u *= factor;
        if let Some([x, ..]) = &mut self.tail {
            *x *= factor;
        }
        self
    }

    /// `form` with the shortest middle kernels that leave its error what it is
    /// or raise it a little: past the beta range only the tail has something
    /// to say.
    fn shortened(&self, octant: &Octant, form: SeparableKernel) -> SeparableKernel {
        let allowed = (form.error_bound * SHORTENING).min(ERROR_ALLOWED);
        let mut shortest = form;
        for distances in (1..octant.n[1]).rev() {
            let shorter = self.cut(distances).scaled_to(octant).rounded(octant, false);
            if shorter.error_bound > allowed {
                break;
            }
            shortest = shorter;
        }
        shortest
    }

    /// The same factors with the first `distances` of the body's middle kernels.
    fn cut(&self, distances: usize) -> Self {
        let mut cut = self.clone();
        for middle in cut.m.iter_mut().flatten() {
            *middle = middle.rows(0, distances).into_owned();
        }
        cut
    }

    /// In single precision, with the error against `octant`.
    fn rounded(&self, octant: &Octant, exact: bool) -> SeparableKernel {
        let [ni, nj, nk] = octant.n;
        let distances = self.m[0][0].len();
        let halved =
            |value: f64, distance: usize| (if distance == 0 { value / 2.0 } else { value }) as f32;
        let (p, q) = (self.w.ncols(), self.u.ncols());
        let extra = usize::from(self.tail.is_some());
        let mut along_z = Vec::with_capacity(nk * (p + extra));
        for k in 0..nk {
            along_z.extend((0..p).map(|p| halved(self.w[(k, p)], k)));
            along_z.extend(self.tail.iter().map(|[_, _, z]| halved(z[k], k)));
        }
        let mut along_x = Vec::with_capacity(ni * (q + extra));
        for q in 0..q {
            along_x.extend((0..ni).map(|i| halved(self.u[(i, q)], i)));
        }
        let mut middle = Vec::new();
        for first in (0..q).step_by(crate::row_sums::MOST_OUTPUTS) {
            let to = first..q.min(first + crate::row_sums::MOST_OUTPUTS);
            let mut weights = Vec::with_capacity(p * distances * to.len());
            for row in &self.m {
                let columns = (0..distances).flat_map(|j| to.clone().map(move |q| (q, j)));
                weights.extend(columns.map(|(q, j)| halved(row[q][j], j)));
            }
            middle.push(MiddleBlock {
                from: 0..p,
                to,
                distances,
                weights,
            });
        }
        if let Some([x, y, _]) = &self.tail {
            along_x.extend(x.iter().enumerate().map(|(i, value)| halved(*value, i)));
            middle.push(MiddleBlock {
                from: p..p + 1,
                to: q..q + 1,
                distances: nj,
                weights: y
                    .iter()
                    .enumerate()
                    .map(|(j, value)| halved(*value, j))
                    .collect(),
            });
        }
        let mut form = SeparableKernel {
            half_width: octant.n.map(|n| n - 1),
            z_kernels: p + extra,
            along_z,
            middle,
            x_kernels: q + extra,
            along_x,
            error_bound: 0.0,
        };
        form.error_bound = proven_error(octant, &form.octant(), exact);
        form
    }
}

/// Largest relative error of a convolution with `form` in place of `kernel`.
///
/// Let `a` be the positive part of the difference of the kernels (and then the
/// negative part), and `g` the least factor with `a <= g (K * a)` everywhere.
/// For activity `x >= 0` whose result `K * x` is at most `M`,
/// `a * x <= g (K * a) * x = g a * (K * x) <= g M sum(a)`.
/// So `g sum(a)` bounds the error relative to `M`. Leaving out part of the
/// sum `K * a`, all of whose terms are positive, only makes `g` larger: the
/// sum here runs over offsets up to four voxels.
fn proven_error(kernel: &Octant, form: &Octant, exact: bool) -> f64 {
    let images = |[i, j, k]: [usize; 3]| mirror_images(i) * mirror_images(j) * mirror_images(k);
    let mut bound: f64 = 0.0;
    for sign in [1.0, -1.0] {
        let part = Octant {
            n: kernel.n,
            values: kernel
                .values
                .iter()
                .zip(&form.values)
                .map(|(a, b)| (sign * (b - a)).max(0.0))
                .collect(),
        };
        let sum: f64 = part
            .places()
            .map(|place| images(place) * part.at(place[0], place[1], place[2]))
            .sum();
        // The factor is at least about 1, so a large sum needs no proof; rounding
        // of an exact form is far below.
        if exact || sum > ERROR_ALLOWED {
            bound = bound.max(sum);
            continue;
        }
        let mut factor: f64 = 0.0;
        for place in part.places() {
            let value = part.at(place[0], place[1], place[2]);
            if value > 0.0 {
                factor = factor.max(value / near_sum(kernel, &part, place));
            }
        }
        bound = bound.max(factor * sum);
    }
    bound
}

/// `(K * a)` at a place, over offsets up to [`PROOF_REACH`].
fn near_sum(kernel: &Octant, part: &Octant, place: [usize; 3]) -> f64 {
    let span = |axis: usize| {
        let reach = PROOF_REACH.min(kernel.n[axis] - 1);
        let at = place[axis];
        (0..=2 * reach).filter_map(move |step| {
            // Distance along the axis, and the mirrored coordinate of the neighbour.
            let distance = step.abs_diff(reach);
            let neighbour = (at + step).abs_diff(reach);
            (neighbour < kernel.n[axis]).then_some((distance, neighbour))
        })
    };
    let mut sum = 0.0;
    for (dk, k) in span(2) {
        for (dj, j) in span(1) {
            for (di, i) in span(0) {
                sum += kernel.at(di, dj, dk) * part.at(i, j, k);
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KernelMedium, PointKernel};
    use sirt_quantity::Density;

    fn form(spacing: [f64; 3]) -> (VoxelKernel, SeparableKernel) {
        let kernel = PointKernel::y90().expect("the built-in table reads");
        let voxels = VoxelKernel::new(
            &kernel,
            KernelMedium::SoftTissue,
            Density::from_g_per_cm3(1.05),
            spacing,
        )
        .expect("allowed");
        let form = SeparableKernel::new(&voxels);
        (voxels, form)
    }

    #[test]
    fn stands_for_the_kernel_to_its_stated_error() {
        for spacing in [
            [3.0, 3.0, 3.0],
            [4.07, 4.07, 3.0],
            [2.0, 2.0, 2.0],
            [4.8, 4.8, 4.8],
            [2.4, 4.42, 3.27],
        ] {
            let (voxels, form) = form(spacing);
            assert!(form.error_bound() <= ERROR_ALLOWED, "{spacing:?}");
            let octant = form.octant();
            let largest = voxels.fraction([0, 0, 0]);
            for (a, b) in voxels.octant().iter().zip(&octant.values) {
                // A single hot voxel may be off by no more than the bound.
                assert!((a - b).abs() <= ERROR_ALLOWED * largest);
            }
            // Rounding of factors to 24 bits.
            assert!((octant.total() - voxels.deposited()).abs() < 1e-6);
        }
    }

    #[test]
    fn is_much_shorter_than_the_kernel_at_3_mm() {
        let (_, form) = form([3.0; 3]);
        // 216 different values in the octant; the bench's speed rests on this.
        let products: usize = form.middle.iter().map(|b| b.from.len() * b.to.len()).sum();
        assert!(products <= 17, "{products}");
    }
}

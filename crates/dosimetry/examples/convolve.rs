//! Convolves one activity volume again and again with the Y-90 kernel and says
//! how long each time took: the driven half of `bench/convolution.py`.
//!
//! `convolve ACTIVITY.f32 NX NY NZ SPACING_MM RESULT.f32`: volumes are raw
//! little-endian single precision, x fastest. One line `ready` with the
//! preparation time and the error bound, then for every line on standard
//! input one convolution and a line with its seconds; at the end of input the
//! last result is written, and the peak memory in bytes printed.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench driver talks to its script and may stop at once"
)]

use std::io::BufRead as _;
use std::time::Instant;

use sirt_dosimetry::{Convolution, KernelMedium, PointKernel, VoxelKernel};
use sirt_quantity::Density;

/// The allocator of `sirt`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, input, nx, ny, nz, spacing, output] = arguments.as_slice() else {
        println!("usage: convolve ACTIVITY.f32 NX NY NZ SPACING_MM RESULT.f32");
        std::process::exit(2);
    };
    let size = [nx, ny, nz].map(|n| n.parse::<usize>().unwrap());
    let spacing: f64 = spacing.parse().unwrap();

    let start = Instant::now();
    let kernel = VoxelKernel::new(
        &PointKernel::y90().unwrap(),
        KernelMedium::SoftTissue,
        Density::from_g_per_cm3(1.0),
        [spacing; 3],
    )
    .unwrap();
    let integrated = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let convolution = Convolution::new(kernel);
    let prepared = start.elapsed().as_secs_f64();
    if let Ok(path) = std::env::var("CONVOLVE_KERNEL") {
        let octant: Vec<u8> = convolution
            .kernel()
            .octant()
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        std::fs::write(path, octant).unwrap();
    }

    let activity = read_volume(input, size.iter().product());
    println!(
        "ready {integrated} {prepared} {}",
        convolution.relative_error_bound()
    );
    let mut result = Vec::new();
    for _ in std::io::stdin().lock().lines() {
        // The last result goes first, so that memory holds one at a time.
        drop(std::mem::take(&mut result));
        let start = Instant::now();
        result = convolution.apply(&activity, size).unwrap();
        println!("{}", start.elapsed().as_secs_f64());
    }
    println!("{}", peak_memory_bytes());
    let bytes: Vec<u8> = result
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    std::fs::write(output, bytes).unwrap();
}

fn read_volume(path: &str, voxels: usize) -> Vec<f32> {
    use std::io::Read as _;
    let mut reader = std::io::BufReader::with_capacity(1 << 20, std::fs::File::open(path).unwrap());
    let mut volume = Vec::with_capacity(voxels);
    let mut bytes = [0; 4];
    while volume.len() < voxels {
        reader.read_exact(&mut bytes).unwrap();
        volume.push(f32::from_le_bytes(bytes));
    }
    volume
}

/// Largest resident set of this process so far (Linux; elsewhere 0).
fn peak_memory_bytes() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|status| {
            let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
            let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
            Some(kib * 1024)
        })
        .unwrap_or(0)
}

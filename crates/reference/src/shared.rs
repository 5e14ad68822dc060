//! The folder `shared` beside the repository.
//!
//! It holds tables and public images that are too large or not ours to keep;
//! a test that needs it says so and is skipped where it is absent.

use std::path::{Path, PathBuf};

/// The path of a file or folder in `shared`, for example
/// `physics/dpk_y90_water.csv`; `None`, with a printed line, where it is absent.
#[must_use]
#[expect(clippy::print_stdout, reason = "a skipped test must say so")]
pub fn shared_file(part: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(part);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: ../shared/{part} is absent");
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_none() {
        assert_eq!(shared_file("no such file"), None);
    }
}

//! Writing a file whole or not at all.

use std::path::Path;

use crate::StoreError;

/// Writes a file beside its place first and then moves it there, in place of
/// what there is: nobody reads a part of it, and a failure leaves what was.
///
/// # Errors
/// [`StoreError::Write`] from the system.
pub fn write_whole(file: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let mut name = file.as_os_str().to_owned();
    name.push(".new");
    let beside = Path::new(&name);
    std::fs::write(beside, bytes)
        .and_then(|()| std::fs::rename(beside, file))
        .map_err(|source| {
            // What cannot be removed harms no one.
            let _ = std::fs::remove_file(beside);
            StoreError::Write {
                file: file.to_owned(),
                source,
            }
        })
}

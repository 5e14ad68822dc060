//! Any bytes as a MetaImage header with data, and as the file that it names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sirt_image::{ReadOptions, read_metaimage};

fuzz_target!(|bytes: &[u8]| {
    for accept_missing_orientation in [false, true] {
        let options = ReadOptions {
            accept_missing_orientation,
        };
        let mut asked = 0;
        let mut companion = |_: &str| {
            asked += 1;
            if asked > 100 {
                return Err(std::io::Error::other("enough files"));
            }
            Ok(bytes.to_vec())
        };
        if let Ok(file) = read_metaimage(bytes, &options, &mut companion) {
            let _ = file.label_structures();
        }
    }
});

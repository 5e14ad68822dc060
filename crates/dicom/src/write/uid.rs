//! Unique identifiers made from what they name.
//!
//! A UID here is `2.25.` and the decimal form of a name-based UUID
//! (version 5, SHA-1 of a namespace and a name), as DICOM PS3.5 B.2 allows.
//! The same seed and name give the same UID on every machine and in every
//! run; nothing is drawn at random and no clock is read.

use uuid::Uuid;

/// The name space that seeds are placed in.
const PROJECT: &[u8] = b"OpenSIRT DICOM objects";

/// A name space for UIDs, made from whatever identifies the case.
///
/// Two different contents must not share a seed: put the identifiers of the
/// input and every setting that changes the output into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UidSeed(Uuid);

impl UidSeed {
    /// A name space from any bytes.
    #[must_use]
    pub fn new(seed: &[u8]) -> Self {
        let project = Uuid::new_v5(&Uuid::NAMESPACE_OID, PROJECT);
        Self(Uuid::new_v5(&project, seed))
    }

    /// The UID of `name` in this name space, at most 44 characters.
    #[must_use]
    pub fn uid(&self, name: &str) -> String {
        decimal_form(&Uuid::new_v5(&self.0, name.as_bytes()))
    }
}

/// The UID of an instance: its series and its whole content.
///
/// Two objects with the same UID are therefore the same object.
pub(super) fn instance_uid(series_uid: &str, content: &[u8]) -> String {
    decimal_form(&Uuid::new_v5(
        &UidSeed::new(series_uid.as_bytes()).0,
        content,
    ))
}

fn decimal_form(uuid: &Uuid) -> String {
    format!("2.25.{}", uuid.as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_and_name_give_the_same_uid() {
        let seed = UidSeed::new(b"phantom 7");
        assert_eq!(seed.uid("ct"), UidSeed::new(b"phantom 7").uid("ct"));
        assert_ne!(seed.uid("ct"), seed.uid("pet"));
        assert_ne!(seed.uid("ct"), UidSeed::new(b"phantom 8").uid("ct"));
    }

    #[test]
    fn uids_keep_to_the_form_of_the_standard() {
        // PS3.5 section 9.1: at most 64 characters, digits and dots, no
        // component starts with a zero that is not alone.
        for name in ["a", "b", "c", "series", "frame of reference"] {
            let uid = UidSeed::new(b"seed").uid(name);
            assert!(uid.len() <= 44, "{uid}");
            let last = uid.strip_prefix("2.25.").unwrap();
            assert!(last.bytes().all(|digit| digit.is_ascii_digit()));
            assert!(!last.starts_with('0'));
        }
    }
}

//! Organs beside liver and lungs, by the name of a structure.
//!
//! One list for the search outside of the liver: which drawn structures are
//! organs that no activity may lie in, and what uptake in them may mean.
//! A hint is a question to a person and no diagnosis.
//! Source: DOMAIN B.12 and the leaflet's complications (duodenal ulcers,
//! pancreatitis); `docs/methods/extrahepatic.md`.

/// An organ that no activity may lie in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtrahepaticOrgan {
    /// Parts of names that tell it, in lower case.
    stems: &'static [&'static str],
    /// What uptake in it may mean, in words.
    hint: Option<&'static str>,
}

/// In the order in which names are looked at: a gallbladder is no bladder, a
/// gastroduodenal structure is the duodenum.
const ORGANS: [ExtrahepaticOrgan; 7] = [
    ExtrahepaticOrgan {
        stems: &["gallbladder", "gall bladder"],
        hint: Some("cystic artery: cholecystitis"),
    },
    ExtrahepaticOrgan {
        stems: &["duoden", "pancrea", "bowel"],
        hint: Some("gastroduodenal artery: ulcer, pancreatitis"),
    },
    ExtrahepaticOrgan {
        stems: &["stomach", "gastr"],
        hint: Some("gastric arteries, or free pertechnetate: look for thyroid and kidneys"),
    },
    ExtrahepaticOrgan {
        stems: &["thyroid", "kidney", "bladder"],
        hint: Some("free pertechnetate?"),
    },
    ExtrahepaticOrgan {
        stems: &["falciform"],
        hint: Some("falciform artery: skin and abdominal wall"),
    },
    ExtrahepaticOrgan {
        stems: &["colon"],
        hint: None,
    },
    ExtrahepaticOrgan {
        stems: &["spleen"],
        hint: None,
    },
];

impl ExtrahepaticOrgan {
    /// The organ that a structure is by its name; none for any other.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        let lower = name.to_lowercase();
        ORGANS
            .into_iter()
            .find(|organ| organ.stems.iter().any(|stem| lower.contains(stem)))
    }

    /// What uptake in it may mean, in words.
    #[must_use]
    pub fn hint(self) -> Option<&'static str> {
        self.hint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_organ_and_what_uptake_may_mean() {
        let hint = |name: &str| ExtrahepaticOrgan::by_name(name).and_then(ExtrahepaticOrgan::hint);
        assert!(hint("Stomach").unwrap().contains("pertechnetate"));
        assert!(hint("gastroduodenal a.").unwrap().contains("ulcer"));
        assert!(hint("Gallbladder").unwrap().contains("cystic"));
        assert!(hint("Urinary bladder").unwrap().contains("pertechnetate"));
        assert!(ExtrahepaticOrgan::by_name("Spleen").is_some());
        assert_eq!(hint("Spleen"), None);
        assert_eq!(ExtrahepaticOrgan::by_name("Liver right lobe"), None);
        assert_eq!(ExtrahepaticOrgan::by_name("Tumour 1"), None);
    }
}

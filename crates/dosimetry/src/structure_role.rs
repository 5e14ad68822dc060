//! What a structure is to a liver treatment, and what its name tells of that.
//!
//! The role chooses the parameters of BED, what is taken off the liver, and
//! where a dose is compared with a limit, so a name read wrongly changes
//! doses.
//! A name is split into words (at anything but letters, and where a capital
//! follows a small letter) and read by three rules, in this order:
//!
//! 1. a tumour that is negated or taken away (`tumour free`, `minus tumour`,
//!    `Liver-GTV`) is what is left of the organ, and no tumour;
//! 2. a tumour word is a tumour, unless a word of its surroundings (`ring`,
//!    `margin`) stands beside it;
//! 3. an organ is the organ, unless a word of its parts (`lobe`, `vein`) does.
//!
//! A hyphen is a minus before the targets of radiotherapy (`Liver-GTV`, after
//! the nomenclature of AAPM TG-263) and may be a mere separator before other
//! words, where no role is taken.
//! Whatever can be meant in two ways carries its doubt, for the user to settle.
//! Words are English, with the usual German and French ones.
//! Source: mayo2018tg263 for the sign of difference; the words are our choice.

use serde::{Deserialize, Serialize};

/// What a structure is to a liver treatment; it chooses the parameters of BED.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A tumour or a part of one.
    Tumour,
    /// Liver without tumour.
    NormalLiver,
    /// Liver with tumour in it.
    Liver,
    /// Lung.
    Lung,
    /// Anything else.
    Other,
}

/// A role as read from a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleByName {
    /// The role.
    pub role: Role,
    /// Why the name may mean something else; `None` where it is plain.
    pub doubt: Option<&'static str>,
}

impl RoleByName {
    const fn plain(role: Role) -> Self {
        Self { role, doubt: None }
    }

    const fn doubtful(role: Role, doubt: &'static str) -> Self {
        Self {
            role,
            doubt: Some(doubt),
        }
    }
}

impl Role {
    /// The role that the words of a name tell; [`Role::Other`] when none does.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        Self::by_name(name).role
    }

    /// As [`Role::of_name`], with the doubt about it.
    ///
    /// Reports show the role beside the name, and it can be stated instead.
    #[must_use]
    pub fn by_name(name: &str) -> RoleByName {
        let tokens = tokens(name);
        let has = |kind: Kind| tokens.iter().any(|token| token.is(kind));
        let (liver, lung) = (has(Kind::Liver), has(Kind::Lung));
        let elsewhere = has(Kind::OtherOrgan) && !liver;
        let left = what_is_left_of_tumour(&tokens);
        if left.is_some() || has(Kind::Normal) {
            return match left {
                _ if lung && !liver => RoleByName::plain(Self::Lung),
                _ if elsewhere => RoleByName::plain(Self::Other),
                Some(Left::HyphenBeforeTumour) => RoleByName::doubtful(
                    Self::Other,
                    "its hyphen may be a minus (liver less tumour) or a separator (a tumour of the liver)",
                ),
                Some(Left::HyphenBeforeTarget) => RoleByName::doubtful(
                    Self::NormalLiver,
                    "its hyphen is taken as a minus (liver less target)",
                ),
                _ if has(Kind::Part) => RoleByName::doubtful(
                    Self::NormalLiver,
                    "it may be the normal part of a lobe or segment and not of the whole liver",
                ),
                _ if !liver => RoleByName::doubtful(
                    Self::NormalLiver,
                    "it names no organ, and the liver is taken",
                ),
                _ => RoleByName::plain(Self::NormalLiver),
            };
        }
        if has(Kind::Tumour) {
            return if has(Kind::Surroundings) {
                RoleByName::doubtful(
                    Self::Other,
                    "it may be the surroundings of a tumour or the tumour with them",
                )
            } else {
                RoleByName::plain(Self::Tumour)
            };
        }
        if liver {
            // A lobe or segment is a part of the liver, and not what tumours are taken from.
            return if has(Kind::Part) || has(Kind::Surroundings) {
                RoleByName::plain(Self::Other)
            } else if tokens.iter().any(Token::takes_away) {
                RoleByName::doubtful(Self::Liver, "something is taken away from the liver")
            } else {
                RoleByName::plain(Self::Liver)
            };
        }
        RoleByName::plain(if lung { Self::Lung } else { Self::Other })
    }

    /// The role in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Tumour => "tumour",
            Self::NormalLiver => "normal liver",
            Self::Liver => "liver",
            Self::Lung => "lung",
            Self::Other => "other",
        }
    }

    /// Name of the parameter set of `data/radiobiology.toml` for the role.
    #[must_use]
    pub fn tissue(self) -> &'static str {
        match self {
            Self::Tumour => "tumour",
            _ => "liver",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tumour,
    /// A target of radiotherapy that is a tumour only where it is taken away.
    Target,
    Liver,
    Lung,
    OtherOrgan,
    Normal,
    Part,
    Surroundings,
    /// Takes away what follows: `without tumour`.
    Before,
    /// Takes away what precedes: `tumour free`.
    After,
}

#[derive(Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Hyphen,
}

/// Beginnings of words, or whole words, of a kind.
struct Words {
    kind: Kind,
    stems: &'static [&'static str],
    whole: &'static [&'static str],
}

const WORDS: [Words; 10] = [
    Words {
        kind: Kind::Tumour,
        stems: &[
            "tumo", "lesion", "läsion", "metasta", "neoplas", "carcino", "karzino", "cancer",
            "malign", "gtv", "igtv",
        ],
        whole: &["met", "mets", "hcc", "icc", "crlm"],
    },
    Words {
        kind: Kind::Target,
        stems: &["ctv", "ptv", "itv", "gtv", "igtv"],
        whole: &[],
    },
    Words {
        kind: Kind::Liver,
        stems: &[],
        whole: &["liver", "livers", "hepar", "leber", "foie"],
    },
    Words {
        kind: Kind::Lung,
        stems: &["pulmo"],
        whole: &["lung", "lungs", "lunge", "poumon", "poumons"],
    },
    Words {
        kind: Kind::OtherOrgan,
        stems: &[
            "spleen",
            "splen",
            "kidney",
            "stomach",
            "gastr",
            "bowel",
            "colon",
            "duoden",
            "heart",
            "bone",
            "spin",
            "vertebra",
            "pancrea",
            "gallbladder",
            "aorta",
            "oesophag",
            "esophag",
            "muscle",
            "skin",
            "breast",
            "brain",
            "body",
            "lymph",
            "node",
        ],
        whole: &["gb"],
    },
    Words {
        kind: Kind::Normal,
        stems: &[
            "normal",
            "healthy",
            "nontumo",
            "nonlesion",
            "uninvolved",
            "unaffected",
            "gesund",
            "sain",
        ],
        whole: &[],
    },
    Words {
        kind: Kind::Part,
        stems: &[
            "lobe", "segment", "lappen", "vessel", "vein", "vena", "arter", "portal", "cyst",
            "duct", "hilum",
        ],
        whole: &["seg"],
    },
    Words {
        kind: Kind::Surroundings,
        stems: &["margin", "expan", "adjacent", "around", "surround"],
        whole: &["ring", "shell", "rim", "near"],
    },
    Words {
        kind: Kind::Before,
        stems: &["excl", "except", "subtract"],
        whole: &[
            "non", "not", "no", "minus", "without", "wo", "less", "sans", "ohne", "outside",
            "sparing", "ex",
        ],
    },
    Words {
        kind: Kind::After,
        stems: &["excl", "subtract", "remov", "spared"],
        whole: &["free", "frei"],
    },
];

impl Token {
    fn is(&self, kind: Kind) -> bool {
        let Self::Word(word) = self else { return false };
        WORDS.iter().any(|words| {
            words.kind == kind
                && (words.stems.iter().any(|stem| word.starts_with(stem))
                    || words.whole.contains(&word.as_str()))
        })
    }

    fn takes_away(&self) -> bool {
        self.is(Kind::Before) || self.is(Kind::After)
    }
}

/// Words in small letters, with the hyphens between them.
fn tokens(name: &str) -> Vec<Token> {
    let spelt = name.replace("w/o", " without ").replace("W/O", " without ");
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut after_small = false;
    let finish = |word: &mut String, tokens: &mut Vec<Token>| {
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(word)));
        }
    };
    for letter in spelt.chars() {
        if !letter.is_alphabetic() || (after_small && letter.is_uppercase()) {
            finish(&mut word, &mut tokens);
        }
        if letter.is_alphabetic() {
            word.extend(letter.to_lowercase());
        } else if matches!(letter, '-' | '\u{2013}' | '\u{2212}' | '\\') {
            tokens.push(Token::Hyphen);
        }
        after_small = letter.is_lowercase();
    }
    finish(&mut word, &mut tokens);
    tokens
}

/// How a name says that tumour is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Words,
    HyphenBeforeTarget,
    HyphenBeforeTumour,
}

/// `None` for a name that takes no tumour away.
fn what_is_left_of_tumour(tokens: &[Token]) -> Option<Left> {
    let taken = |token: &Token| token.is(Kind::Tumour) || token.is(Kind::Target);
    let words: Vec<&Token> = tokens
        .iter()
        .filter(|token| **token != Token::Hyphen)
        .collect();
    // `tumour free` has the tumour right before, `without any tumour` somewhere
    // after; `tumour no 3` only counts.
    let by_words = words.iter().enumerate().any(|(at, word)| {
        let before = at > 0 && taken(words[at - 1]);
        let after = words[at + 1..].iter().any(|word| taken(word));
        (word.is(Kind::After) && before) || (word.is(Kind::Before) && after && !before)
    });
    if by_words {
        return Some(Left::Words);
    }
    let organ = |token: &Token| {
        [Kind::Liver, Kind::Lung, Kind::OtherOrgan]
            .into_iter()
            .any(|kind| token.is(kind))
    };
    let organ_at = tokens.iter().position(organ)?;
    let behind_hyphen = tokens[organ_at..]
        .windows(2)
        .filter(|pair| pair[0] == Token::Hyphen)
        .map(|pair| &pair[1])
        .find(|token| taken(token))?;
    Some(if behind_hyphen.is(Kind::Target) {
        Left::HyphenBeforeTarget
    } else {
        Left::HyphenBeforeTumour
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_real_files_tell_their_role() {
        for (name, role) in [
            ("Tumor 1", Role::Tumour),
            ("GTV_Mass", Role::Tumour),
            ("Metastasis 3", Role::Tumour),
            ("liver_tumor", Role::Tumour),
            ("Liver GTV", Role::Tumour),
            ("Lesion no 2", Role::Tumour),
            ("GTV minus necrosis", Role::Tumour),
            ("GTV-Liver", Role::Tumour),
            ("lung lesion", Role::Tumour),
            ("Liver", Role::Liver),
            ("Lt Lung", Role::Lung),
            ("perfused volume", Role::Other),
            ("Liver right lobe", Role::Other),
            ("liver_vessels", Role::Other),
            ("gallbladder", Role::Other),
            ("PTV", Role::Other),
            ("Mettre", Role::Other),
        ] {
            assert_eq!(Role::by_name(name), RoleByName::plain(role), "{name}");
        }
    }

    #[test]
    fn what_is_without_tumour_is_none() {
        for name in [
            "whole liver normal",
            "Liver tumor free",
            "tumour-free liver",
            "liver minus tumour",
            "LiverMinusGTV",
            "liver_wo_lesions",
            "liver w/o mets",
            "Liver excl. GTV",
            "Liver (lesions excluded)",
            "Leber ohne Tumor",
            "foie sain",
            "non-tumour liver",
            "nonTumorLiver",
            "Liver without PTV",
        ] {
            assert_eq!(
                Role::by_name(name),
                RoleByName::plain(Role::NormalLiver),
                "{name}"
            );
        }
        for (name, role) in [
            ("Lungs-GTV", Role::Lung),
            ("normal lung", Role::Lung),
            ("Spleen minus tumour", Role::Other),
            ("Healthy kidney", Role::Other),
        ] {
            assert_eq!(Role::by_name(name), RoleByName::plain(role), "{name}");
        }
    }

    #[test]
    fn what_may_be_meant_in_two_ways_has_a_doubt() {
        for (name, role) in [
            ("Liver-GTV", Role::NormalLiver),
            ("Liver - PTV1", Role::NormalLiver),
            ("Liver-Tumor 1", Role::Other),
            ("liver-right-met", Role::Other),
            ("Normal Tissue", Role::NormalLiver),
            ("non-tumour", Role::NormalLiver),
            ("right lobe, tumour free", Role::NormalLiver),
            ("Tumour ring 5 mm", Role::Other),
            ("Liver minus gallbladder", Role::Liver),
        ] {
            let read = Role::by_name(name);
            assert_eq!(read.role, role, "{name}");
            assert!(read.doubt.is_some(), "{name}");
        }
    }
}

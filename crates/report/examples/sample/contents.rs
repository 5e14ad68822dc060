//! The texts and tables of the sample. All numbers are invented; they show the
//! form and say nothing of any patient or method.

use sirt_report::{
    Alignment, Block, Callout, Cell, Column, Fact, Mark, Reference, Report, ReportError, Row,
    Section, Signature, Status, Table,
};

use crate::pictures;

fn column(name: &str, unit: &str, alignment: Alignment, width: u16) -> Column {
    Column {
        name: name.to_owned(),
        unit: (!unit.is_empty()).then(|| unit.to_owned()),
        alignment,
        width,
    }
}

fn fact(label: &str, value: &str, source: &str) -> Fact {
    Fact {
        label: label.to_owned(),
        value: value.to_owned(),
        source: (!source.is_empty()).then(|| source.to_owned()),
    }
}

fn words(cells: &[&str]) -> Vec<Cell> {
    cells
        .iter()
        .map(|cell| {
            if cell.is_empty() {
                Cell::Empty
            } else {
                Cell::Text((*cell).to_owned())
            }
        })
        .collect()
}

fn paragraph(text: &str) -> Block {
    Block::Paragraph(text.to_owned())
}

/// A plan for two lobes, judged by rules and compared with what was given.
pub(crate) fn report() -> Result<Report, ReportError> {
    let mut methods = vec![
        paragraph(
            "Each method was asked for the activity that reaches the aim of its territory. \
             Intervals are k = 2 and hold the uncertainty of volumes, counts and shunt \
             [@gear2018]; what the methods leave out stands with them.",
        ),
        Block::Table(methods_table()),
    ];
    methods.extend(pictures::plan()?);
    methods.push(Block::Subheading("The method that is followed".to_owned()));
    methods.push(paragraph(
        "The partition model [@chiesa2021sop; @weber2022eanm] is followed in both territories: \
         the uptake of tumour and of normal liver could be measured on MAA SPECT/CT, and its \
         activity leaves the normal liver below its limit with a probability of 91 %.",
    ));
    methods.push(Block::List(vec![
        "Right lobe: 1.61 GBq, of which 1.55 GBq stay in the liver.".to_owned(),
        "Left lobe: 0.74 GBq; the lesion in segment III is smaller than three times the \
         resolution of the camera, its uptake is too low by partial volume."
            .to_owned(),
    ]));
    let mut doses = vec![Block::Table(delivered_table())];
    doses.extend(pictures::doses()?);
    doses.push(paragraph(
        "Doses after treatment are by local deposition on PET of Y-90 [@willowson2015quest; \
         @darienzo2017]. Histograms are without bins [@nelms2015dvh].",
    ));
    Ok(Report {
        title: "Treatment plan".to_owned(),
        subject: "SIRT-017 · first treatment, both lobes".to_owned(),
        made_at: "2026-03-16 09:12 +01:00".to_owned(),
        program: "OpenSIRT 0.1.0".to_owned(),
        notice: "A sample with invented numbers. For research and for second calculation; not \
                 a medical device. Whoever signs has checked the numbers by other means."
            .to_owned(),
        status: Status::Draft,
        facts: vec![
            fact("Patient", "SIRT-017, female, born 1961", ""),
            fact("Diagnosis", "neuroendocrine metastases, grade 2", ""),
            fact("Device", "resin microspheres, Y-90", ""),
            fact("Work-up", "2026-03-02, MAA SPECT/CT", ""),
            fact("Treatment", "2026-03-17, one session", ""),
            fact("Case file", "case.toml, revision 4", ""),
        ],
        sections: vec![
            Section {
                heading: "Judgement".to_owned(),
                blocks: vec![
                    Block::Callout(Callout {
                        mark: Mark::Stop,
                        heading: "this plan is stopped until one finding is cleared".to_owned(),
                        texts: vec![
                            "Activity outside of liver and lungs was seen near the duodenum. It \
                             has to be cleared by a person, with name and reason, before a vial \
                             is ordered."
                                .to_owned(),
                        ],
                    }),
                    Block::Callout(Callout {
                        mark: Mark::Warn,
                        heading: "the shunt differs between planar views and SPECT/CT".to_owned(),
                        texts: vec!["5.1 % against 3.2 %; the lower one is used.".to_owned()],
                    }),
                    Block::Callout(Callout {
                        mark: Mark::Note,
                        heading: "no consensus on limits for this tumour".to_owned(),
                        texts: Vec::new(),
                    }),
                    Block::Callout(Callout {
                        mark: Mark::Pass,
                        heading: "two methods agree within 20 % in each territory".to_owned(),
                        texts: Vec::new(),
                    }),
                ],
            },
            Section {
                heading: "What the plan rests on".to_owned(),
                blocks: vec![Block::Facts(vec![
                    fact("Half-life of Y-90", "64.05 h", "nuclide data [@selwyn2008]"),
                    fact(
                        "Dose factor",
                        "49.67 J/GBq",
                        "nuclide data [@cremonesi2014]",
                    ),
                    fact("Lung shunt", "3.2 ± 0.6 %", "MAA SPECT/CT of 2026-03-02"),
                    fact(
                        "Volume of the right lobe",
                        "1240 mL",
                        "structures.dcm, \"Right lobe\"",
                    ),
                    fact(
                        "Volume of the left lobe",
                        "460 mL",
                        "structures.dcm, \"Left lobe\"",
                    ),
                    fact(
                        "Frame of reference",
                        "1.2.826.0.1.3680043.8.498.87219347123847123984",
                        "structures.dcm",
                    ),
                    fact(
                        "Liver function",
                        "ALBI grade 1 (-2.71)",
                        "case.toml, [laboratory] [@johnson2015albi]",
                    ),
                    fact("Earlier treatments", "none", "case.toml, [history]"),
                ])],
            },
            Section {
                heading: "Methods side by side".to_owned(),
                blocks: methods,
            },
            Section {
                heading: "Rules".to_owned(),
                blocks: vec![
                    paragraph(
                        "A rule compares one fact with one limit. A missing fact never passes.",
                    ),
                    Block::Table(rules_table()),
                ],
            },
            Section {
                heading: "Given against planned".to_owned(),
                blocks: doses,
            },
        ],
        references: references(),
        signatures: [
            "Medical physicist",
            "Interventional radiologist",
            "Nuclear medicine physician",
        ]
        .map(|role| Signature {
            role: role.to_owned(),
            name: None,
            date: None,
        })
        .to_vec(),
    })
}

fn methods_table() -> Table {
    let row = |cells: &[&str], mark: Mark, word: &str, strong| {
        let mut cells = words(cells);
        cells.push(Cell::Mark(mark, word.to_owned()));
        Row { cells, strong }
    };
    Table {
        caption: "What each method asks for, and what would follow from it.".to_owned(),
        columns: vec![
            column("Territory", "", Alignment::Left, 0),
            column("Method", "", Alignment::Left, 0),
            column("Activity", "GBq", Alignment::Right, 0),
            column("Interval", "GBq, k = 2", Alignment::Right, 0),
            column("Tumour dose", "Gy", Alignment::Right, 0),
            column("Normal liver", "Gy", Alignment::Right, 0),
            column("Lung dose", "Gy", Alignment::Right, 0),
            column("P(limit kept)", "%", Alignment::Right, 0),
            column("Limits", "", Alignment::Left, 0),
        ],
        rows: vec![
            row(&["Right lobe", "Body surface [@lau2012]", "1.32", "1.25 – 1.39", "119", "31", "2.1", "98"], Mark::Pass, "kept", false),
            row(&["Right lobe", "Empiric", "1.50", "", "135", "35", "2.4", "94"], Mark::Pass, "kept", false),
            row(&["Right lobe", "Single compartment", "1.18", "0.97 – 1.39", "106", "28", "1.9", "99"], Mark::Pass, "kept", false),
            row(&["Right lobe", "Partition", "1.61", "1.09 – 2.13", "145", "38", "2.6", "91"], Mark::Pass, "kept", true),
            row(&["Right lobe", "Partition, Kao's form [@kao2013predictive]", "1.58", "1.06 – 2.10", "142", "37", "2.5", "92"], Mark::Pass, "kept", false),
            row(&["Right lobe", "Several perfused volumes", "1.66", "1.16 – 2.16", "150", "39", "2.7", "88"], Mark::Warn, "near", false),
            row(&["Right lobe", "Voxels of MAA SPECT", "1.73", "1.07 – 2.39", "156", "41", "2.8", "79"], Mark::Stop, "passed", false),
            row(&["Left lobe", "Body surface [@lau2012]", "0.61", "0.58 – 0.64", "99", "24", "1.0", "99"], Mark::Pass, "kept", false),
            row(&["Left lobe", "Single compartment", "0.52", "0.43 – 0.61", "84", "21", "0.8", ">99"], Mark::Pass, "kept", false),
            row(&["Left lobe", "Partition", "0.74", "0.48 – 1.00", "120", "29", "1.2", "97"], Mark::Pass, "kept", true),
            row(&["Left lobe", "Several perfused volumes", "", "", "", "", "", ""], Mark::Note, "no result", false),
        ],
        note: Some("Strong rows are followed. P is the probability that the dose of normal liver stays below 40 Gy. A dash is a value that the method does not give.".to_owned()),
    }
}

fn rules_table() -> Table {
    let row = |rule: &str, value: &str, limit: &str, mark: Mark, word: &str, source: &str| Row {
        cells: vec![
            Cell::Text(rule.to_owned()),
            if value.is_empty() {
                Cell::Empty
            } else {
                Cell::Text(value.to_owned())
            },
            Cell::Text(limit.to_owned()),
            Cell::Mark(mark, word.to_owned()),
            Cell::Text(source.to_owned()),
        ],
        strong: false,
    };
    let (pass, warn, stop, note) = (Mark::Pass, Mark::Warn, Mark::Stop, Mark::Note);
    Table {
        caption: "All rules with what they found.".to_owned(),
        columns: vec![
            column("Rule", "", Alignment::Left, 0),
            column("Found", "", Alignment::Right, 0),
            column("Limit", "", Alignment::Right, 0),
            column("Outcome", "", Alignment::Left, 0),
            column("Why, and from where", "", Alignment::Left, 1),
        ],
        rows: vec![
            row(
                "lung-shunt-table",
                "3.2 %",
                "20 %",
                note,
                "not applicable",
                "The table belongs to body surface and empiric plans [@lau2012].",
            ),
            row(
                "lung-dose-single",
                "3.8 Gy",
                "30 Gy",
                pass,
                "pass",
                "Both infusions of the session together [@weber2022eanm].",
            ),
            row(
                "lung-dose-cumulative",
                "3.8 Gy",
                "50 Gy",
                pass,
                "pass",
                "No earlier treatment is stated [@weber2022eanm].",
            ),
            row(
                "lung-activity",
                "0.08 GBq",
                "0.61 GBq",
                note,
                "not applicable",
                "A limit of glass microspheres.",
            ),
            row(
                "lung-tolerance-remaining",
                "46.2 Gy",
                "0 Gy",
                pass,
                "pass",
                "50 Gy less all that is given and planned.",
            ),
            row(
                "shunt-methods-agree",
                "1.9 points",
                "2.7 ± 8.1",
                warn,
                "warn",
                "Planar views gave more than SPECT/CT; scatter from the dome of the liver is the usual reason, and the lower shunt is used.",
            ),
            row(
                "extrahepatic-deposition",
                "1 finding",
                "none",
                stop,
                "stop",
                "Near the duodenum, 0.4 % of the counts. Not cleared.",
            ),
            row(
                "normal-liver-dose",
                "38 Gy",
                "40 Gy",
                pass,
                "pass",
                "Whole normal liver, mean dose.",
            ),
            row(
                "hepatic-reserve",
                "",
                "30 %",
                note,
                "not applicable",
                "Both lobes are treated.",
            ),
            row(
                "bilirubin",
                "0.7 mg/dL",
                "2 mg/dL",
                pass,
                "pass",
                "Laboratory of 2026-03-09.",
            ),
            row(
                "albi-grade",
                "1",
                "3",
                pass,
                "pass",
                "For information [@johnson2015albi].",
            ),
            row(
                "child-pugh",
                "5 points",
                "8 points",
                pass,
                "pass",
                "For information.",
            ),
            row(
                "liver-volumes",
                "212 mL",
                "1700 mL",
                pass,
                "pass",
                "The tumours are part of the liver.",
            ),
            row(
                "territory-volumes",
                "1700 mL",
                "1700 mL",
                pass,
                "pass",
                "No overlap is declared.",
            ),
            row(
                "tumour-to-normal-ratio",
                "3.8",
                "1",
                pass,
                "pass",
                "Right lobe; 4.1 in the left one.",
            ),
            row(
                "methods-compared",
                "7",
                "2",
                pass,
                "pass",
                "Four in the left lobe [@konijnenberg2021].",
            ),
            row(
                "single-bsa-prescription",
                "2.35 GBq",
                "2.73 GBq",
                pass,
                "pass",
                "Body surface and 0.8 GBq [@lau2012].",
            ),
            row(
                "vial-activity",
                "+1.2 %",
                "10 %",
                pass,
                "pass",
                "Vial 1; -0.8 % in vial 2.",
            ),
            row(
                "vial-window",
                "inside",
                "label",
                pass,
                "pass",
                "Both infusions lie between calibration less 38 h and plus 24 h.",
            ),
            row(
                "delivered-activity",
                "",
                "10 %",
                note,
                "unknown",
                "Residual of the vials is not stated yet.",
            ),
            row(
                "constants-disclosed",
                "told",
                "told",
                pass,
                "pass",
                "49.67 J/GBq and 64.05 h.",
            ),
        ],
        note: None,
    }
}

fn delivered_table() -> Table {
    let row = |cells: &[&str], strong| Row {
        cells: words(cells),
        strong,
    };
    Table {
        caption: "Mean absorbed doses, with k = 2.".to_owned(),
        columns: vec![
            column("Structure", "", Alignment::Left, 3),
            column("Volume", "mL", Alignment::Right, 1),
            column("Planned", "Gy", Alignment::Right, 2),
            column("Delivered", "Gy", Alignment::Right, 2),
            column("Ratio", "", Alignment::Right, 1),
        ],
        rows: vec![
            row(&["Tumour 1, segment VIII", "118", "151 ± 51", "168 ± 24", "1.11"], false),
            row(&["Tumour 2, segment VI", "64", "144 ± 49", "131 ± 18", "0.91"], false),
            row(&["Tumour 3, segment III", "30", "120 ± 41", "104 ± 15", "0.87"], false),
            row(&["Normal liver", "1488", "37.0 ± 12.6", "36.2 ± 5.1", "0.98"], true),
        ],
        note: Some("Tumour 3 is smaller than three times the resolution; both of its doses are low by partial volume.".to_owned()),
    }
}

fn references() -> Vec<Reference> {
    [
        ("weber2022eanm", "Weber M, Lam M, Chiesa C, et al. EANM procedure guideline for the treatment of liver cancer and liver metastases with intra-arterial radioactive compounds. Eur J Nucl Med Mol Imaging 2022; 49: 1682–1699.", "10.1007/s00259-021-05600-z"),
        ("chiesa2021sop", "Chiesa C, Sjögreen-Gleisner K, Walrand S, et al. EANM dosimetry committee series on standard operational procedures: a unified methodology for 99mTc-MAA pre- and 90Y peri-therapy dosimetry in liver radioembolization. EJNMMI Physics 2021; 8: 77.", "10.1186/s40658-021-00394-3"),
        ("gear2018", "Gear JI, Cox MG, Gustafsson J, et al. EANM practical guidance on uncertainty analysis for molecular radiotherapy absorbed dose calculations. Eur J Nucl Med Mol Imaging 2018; 45: 2456–2474.", "10.1007/s00259-018-4136-7"),
        ("lau2012", "Lau WY, Kennedy AS, Kim YH, et al. Patient selection and activity planning guide for selective internal radiotherapy with yttrium-90 resin microspheres. Int J Radiat Oncol Biol Phys 2012; 82: 401–407.", "10.1016/j.ijrobp.2010.08.015"),
        ("kao2013predictive", "Kao YH, et al. Post-radioembolization yttrium-90 PET/CT: predictive dosimetry. Cardiovasc Intervent Radiol 2013.", "10.1007/s00270-013-0783-z"),
        ("konijnenberg2021", "Konijnenberg M, Herrmann K, Kobe C, et al. EANM position paper on article 56 of the Council Directive 2013/59/Euratom for nuclear medicine therapy. Eur J Nucl Med Mol Imaging 2021; 48: 67–72.", "10.1007/s00259-020-05038-9"),
        ("selwyn2008", "Selwyn R, Micka J, DeWerd L, et al. Technical note: the calibration of 90Y-labeled SIR-Spheres using a nondestructive spectroscopic assay. Med Phys 2008.", "10.1118/1.2889621"),
        ("cremonesi2014", "Cremonesi M, Chiesa C, Strigari L, et al. Radioembolization of hepatic lesions from a radiobiology and dosimetric perspective. Front Oncol 2014; 4: 210.", "10.3389/fonc.2014.00210"),
        ("johnson2015albi", "Johnson PJ, Berhane S, Kagebayashi C, et al. Assessment of liver function in patients with hepatocellular carcinoma: the ALBI grade. J Clin Oncol 2015; 33: 550–558.", "10.1200/JCO.2014.57.9151"),
        ("willowson2015quest", "Willowson KP, Tapner M, QUEST Investigator Team. A multicentre comparison of quantitative 90Y PET/CT for dosimetric purposes after radioembolization with resin microspheres. Eur J Nucl Med Mol Imaging 2015; 42: 1202–1222.", "10.1007/s00259-015-3059-9"),
        ("darienzo2017", "D'Arienzo M, Pimpinella M, Capogni M, et al. Phantom validation of quantitative Y-90 PET/CT-based dosimetry in liver radioembolization. EJNMMI Res 2017; 7: 94.", "10.1186/s13550-017-0341-9"),
        ("nelms2015dvh", "Nelms B, Stambaugh C, Hunt D, et al. Methods, software and datasets to verify DVH calculations against analytical values: twenty years late(r). Med Phys 2015; 42: 4435–4448.", "10.1118/1.4923175"),
        ("mayo2018tg263", "Mayo CS, Moran JM, Bosch W, et al. AAPM Task Group 263: standardizing nomenclatures in radiation oncology. Int J Radiat Oncol Biol Phys 2018; 100: 1057–1066.", "10.1016/j.ijrobp.2017.12.013"),
        ("grosser2015", "Grosser OS, et al. Intrahepatic activity distribution in radioembolization with yttrium-90-labeled resin microspheres using the body surface area method. J Vasc Interv Radiol 2015; 26: 1615–1621.", "10.1016/j.jvir.2015.07.021"),
        ("zuckerman2019", "Zuckerman DA, Kennard RF, Roy A, et al. Outcomes and toxicity following yttrium-90 radioembolization for hepatic metastases from neuroendocrine tumors. J Gastrointest Oncol 2019; 10: 118–127.", "10.21037/jgo.2018.10.05"),
    ]
    .map(|(key, text, doi)| Reference {
        key: key.to_owned(),
        text: text.to_owned(),
        link: Some(format!("https://doi.org/{doi}")),
    })
    .to_vec()
}

//! `sirt report`: a plan, or the record of a treatment, as a document.

mod basis;
mod delivered;
mod figures;
mod follow_up;
mod history;
mod identity;
mod images;
mod limits_rules;
mod material;
mod methods;
pub(crate) mod references;
mod self_check;
mod vials;
mod work_up;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use serde::Serialize;
use sirt_report::{Report, Signature};
use sirt_store::{CaseDocument, Instant, write_whole};

use self::figures::Clock;
use self::material::Material;
use self::references::Library;
use self::self_check::{ItemState, SelfCheck};
use crate::plan::{Planned, Signing, SigningStatus, planned_with_images};
use crate::progress::Stages;
use crate::report_arguments::ReportArguments;
use crate::result::Program;
use crate::table;

const NOTICE: &str =
    "For research. OpenSIRT is not a medical device; whoever treats answers for the plan.";
/// Roles that sign where nobody has.
const ROLES: [&str; 2] = ["Medical physicist", "Treating physician"];

/// What was written, as `--json` prints it.
#[derive(Debug, Serialize)]
struct ReportResult {
    program: Program,
    /// None where the case was signed and nothing was written.
    file: Option<String>,
    title: String,
    blocked: bool,
    status: SigningStatus,
    signing: Signing,
    self_check: Vec<SelfCheck>,
}

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    Html,
    Pdf,
}

impl Form {
    /// By the ending of the file's name.
    pub(crate) fn of(path: &Path) -> anyhow::Result<Self> {
        let ending = path
            .extension()
            .map(|ending| ending.to_string_lossy().to_ascii_lowercase());
        match ending.as_deref() {
            Some("html" | "htm") => Ok(Self::Html),
            Some("pdf") => Ok(Self::Pdf),
            _ => bail!(
                "{}: a report is written as .pdf or .html, by the ending of its name",
                path.display()
            ),
        }
    }
}

/// Runs the command.
pub(crate) fn run(arguments: &ReportArguments) -> anyhow::Result<ExitCode> {
    let form = arguments.out.as_deref().map(Form::of).transpose()?;
    if let Some(out) = &arguments.out {
        require_replaceable(out)?;
    }
    let mut planned = planned_with_images(&arguments.case)?;
    if let (Some(name), Some(role)) = (&arguments.sign, &arguments.role) {
        sign(&arguments.case, &planned, name, role)?;
        planned.read_signatures(&arguments.case)?;
    }
    let outs = arguments.out.as_deref().zip(form);
    let (title, check) = written(&planned, &arguments.case, outs.as_slice())?;
    let result = ReportResult {
        program: Program::THIS,
        file: arguments.out.as_ref().map(|out| out.display().to_string()),
        title,
        blocked: planned.result.blocked,
        status: planned.result.signing.status,
        self_check: check,
        signing: planned.result.signing,
    };
    if arguments.json {
        table::print_json(&result)?;
    } else {
        table::print(&said(&result, arguments.sign.is_some()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes a plan as PDF and as HTML; for the built-in patient.
pub(crate) fn write_both(planned: &Planned, folder: &Path, out: &Path) -> anyhow::Result<()> {
    let forms = [("report.html", Form::Html), ("report.pdf", Form::Pdf)];
    let outs = forms.map(|(name, form)| (out.join(name), form));
    for (out, _) in &outs {
        require_replaceable(out)?;
    }
    let outs = outs.each_ref().map(|(out, form)| (out.as_path(), *form));
    written(planned, folder, &outs)?;
    Ok(())
}

/// Writes the report of a plan into files; gives its title and its check
/// against reporting standards.
fn written(
    planned: &Planned,
    folder: &Path,
    outs: &[(&Path, Form)],
) -> anyhow::Result<(String, Vec<SelfCheck>)> {
    let library = Library::built_in()?;
    let material = Material::new(planned, &library);
    let check = self_check::of(&material)?;
    if !outs.is_empty() {
        let stages = Stages::new();
        stages.begin("report");
        let report = document(&material, &check, folder)?;
        for (out, form) in outs {
            write_report(&report, *form, out)?;
        }
    }
    Ok((identity::title(&material), check))
}

fn said(result: &ReportResult, has_signed: bool) -> String {
    let mut text = String::new();
    if has_signed {
        text.push_str("signed; the signature is in case.toml\n");
    }
    if let Some(file) = &result.file {
        text.push_str(&format!("{}: {file}\n", result.title));
    }
    text.push_str(match result.status {
        SigningStatus::Draft => "draft: nobody has signed it (--sign NAME --role ROLE)\n",
        SigningStatus::Signed => "signed\n",
        SigningStatus::Changed => "draft again: the contents changed after they were signed\n",
    });
    if result.blocked {
        text.push_str("BLOCKED: a stop stands that nobody has cleared or overridden\n");
    }
    let missing: Vec<&str> = result
        .self_check
        .iter()
        .filter(|item| item.result == ItemState::Missing)
        .map(|item| item.text.as_str())
        .collect();
    if !missing.is_empty() {
        text.push_str(&format!(
            "missing by the reporting standards: {}\n",
            missing.join("; ")
        ));
    }
    text
}

/// The report of a plan.
fn document(material: &Material<'_>, check: &[SelfCheck], folder: &Path) -> anyhow::Result<Report> {
    let images = images::sections(material, folder)?;
    let mut sections = vec![identity::section(material)];
    sections.extend(delivered::section(material)?);
    sections.extend(follow_up::section(material, folder)?);
    sections.push(identity::volumes(material));
    sections.push(images.work_up);
    sections.push(work_up::shunt(material));
    sections.push(work_up::liver_function(material));
    sections.push(methods::section(material)?);
    sections.push(limits_rules::limits(material));
    sections.push(limits_rules::rules(material));
    sections.extend(history::section(material));
    sections.push(vials::section(material)?);
    sections.extend(images.predicted);
    sections.push(basis::uncertainty(material));
    sections.push(basis::assumptions(material));
    sections.push(basis::inputs(material));
    sections.push(self_check::section(material, check));
    let program = &material.plan.program;
    let mut report = Report {
        title: identity::title(material),
        subject: identity::subject(material),
        made_at: made_at(),
        program: format!("{} {}", program.name, program.version),
        notice: NOTICE.to_owned(),
        status: identity::status(material),
        facts: identity::facts(material),
        sections,
        references: Vec::new(),
        signatures: signatures(material),
    };
    report.references = material.library.of_report(&report);
    Ok(report)
}

/// When the report is made, in UTC to the minute.
pub(crate) fn made_at() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%d %H:%M UTC")
        .to_string()
}

/// Those that stand under these contents; lines to be signed for the roles that have none.
fn signatures(material: &Material<'_>) -> Vec<Signature> {
    let mut lines: Vec<Signature> = material
        .plan
        .signing
        .signatures
        .iter()
        .filter(|signature| signature.current)
        .map(|signature| Signature {
            role: references::plain(&signature.role),
            name: Some(references::plain(&signature.name)),
            date: Some(signature.at.replace('T', " ")),
        })
        .collect();
    for role in ROLES {
        if !lines
            .iter()
            .any(|line| line.role.eq_ignore_ascii_case(role))
        {
            lines.push(Signature {
                role: role.to_owned(),
                name: None,
                date: None,
            });
        }
    }
    lines
}

/// Writes a signature under the contents as they are into the case.
fn sign(folder: &Path, planned: &Planned, name: &str, role: &str) -> anyhow::Result<()> {
    for (option, text) in [("--sign", name), ("--role", role)] {
        if text.trim().is_empty() {
            bail!("{option} is empty; a signature has a name and a role");
        }
    }
    let now = jiff::Timestamp::from_second(jiff::Timestamp::now().as_second())?;
    let mut document = CaseDocument::read(folder)?;
    document.append_signature(&sirt_store::Signature {
        role: role.trim().to_owned(),
        name: name.trim().to_owned(),
        // By the clock that the case is written in.
        at: Instant::new(now, Clock::of(&planned.case).offset()),
        content: planned.result.signing.content.clone(),
    })?;
    document.write()?;
    Ok(())
}

/// Refuses a file in place of which no report may come.
pub(crate) fn require_replaceable(out: &Path) -> anyhow::Result<()> {
    let Ok(known) = std::fs::read(out) else {
        return Ok(());
    };
    // An earlier report is replaced; anything else of that name is not ours.
    let text = String::from_utf8_lossy(&known);
    if text.contains(Program::THIS.name) {
        return Ok(());
    }
    bail!(
        "{}: there already and no report of {}; move it away, or give another name (--out)",
        out.display(),
        Program::THIS.name
    );
}

/// Writes a report in a form.
pub(crate) fn write_report(report: &Report, form: Form, out: &Path) -> anyhow::Result<()> {
    let bytes = match form {
        Form::Html => sirt_report::html(report)?.into_bytes(),
        Form::Pdf => pdf(report)?,
    };
    write(out, &bytes)
}

/// Writes a report, and the folder that it is to be in.
fn write(out: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(folder) = out.parent() {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    Ok(write_whole(out, bytes)?)
}

#[cfg(feature = "pdf")]
fn pdf(report: &Report) -> anyhow::Result<Vec<u8>> {
    Ok(sirt_report::pdf(report)?)
}

#[cfg(not(feature = "pdf"))]
fn pdf(_: &Report) -> anyhow::Result<Vec<u8>> {
    bail!("this build writes no PDF (feature pdf); give a name that ends in .html")
}

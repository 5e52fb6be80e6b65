//! An edit of documents in the work tree: as JSON, `policyc.edit/v1`, and for people.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::diff::{self, DiffReport, DiffSide, LinePlace, path, pointer};
use super::effects::{EffectsReport, effects_human};
use super::findings::{Finding, Places};
use super::visible::visible_line;
use super::{Look, diff_human};
use crate::syntax::{Node, Step};

/// What an edit did, or would do.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[schemars(title = "policyc edit")]
pub struct EditReport {
    /// Always `policyc.edit/v1`.
    pub schema: &'static str,
    /// Whether the files were written; false for a dry run and where errors stand in the way.
    pub written: bool,
    /// The files that change.
    pub files: Vec<EditedFile>,
    /// The fields that change; none of documents that come or go as a whole.
    pub fields: Vec<EditedField>,
    /// What the change does to the policies; null where the policies are in error before or after it.
    pub change: Option<DiffReport>,
    /// Which actions the change permits and forbids; told of exceptions only.
    pub effects: Option<EffectsReport>,
    /// What to know about the change.
    pub remarks: Vec<String>,
    /// Errors that the change would bring: then nothing is written.
    pub errors: Vec<Finding>,
    /// Warnings that the change brings.
    pub warnings: Vec<Finding>,
}

/// A file that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EditedFile {
    /// The file, from the root of the policy repository.
    pub file: String,
    /// `created`, `changed` or `removed`.
    pub fate: &'static str,
}

/// A field that changes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EditedField {
    /// The document.
    pub id: String,
    /// The field as people write it: `rate_limits["mail.send"].max_count`.
    pub path: String,
    /// The field as a JSON pointer into the document as it is written.
    pub pointer: String,
    /// `added`, `removed` or `changed`.
    pub what: &'static str,
    /// The value before, as it is written; null where nothing was.
    pub before: Option<Value>,
    /// The value after, as it is written; null where nothing is.
    pub after: Option<Value>,
    /// Where it stood; null where it was not written.
    pub base: Option<LinePlace>,
    /// Where it stands; null where it is not written.
    pub head: Option<LinePlace>,
}

/// A field before and after.
#[derive(Debug, Clone)]
pub struct FieldEdit {
    /// The document.
    pub id: String,
    /// The way to the field.
    pub steps: Vec<Step>,
    /// What was written.
    pub before: Option<Node>,
    /// What is written.
    pub after: Option<Node>,
}

/// A field that changes, with its lines on both sides.
#[must_use]
pub fn edited_field(edit: &FieldEdit, base: DiffSide<'_>, head: DiffSide<'_>) -> EditedField {
    let line = |side: DiffSide<'_>, there: bool| {
        let id = crate::model::DocumentId::parse(&edit.id)?;
        let span = side.compilation.places.key_span(&id, &edit.steps).filter(|_| there)?;
        let place = Places::new(side.sources).place(span);
        Some(LinePlace { file: place.file, line: place.line })
    };
    let what = match (&edit.before, &edit.after) {
        (None, _) => "added",
        (_, None) => "removed",
        _ => "changed",
    };
    EditedField {
        id: edit.id.clone(),
        path: path(&edit.steps),
        pointer: pointer(&edit.steps),
        what,
        before: edit.before.as_ref().map(Node::to_json),
        after: edit.after.as_ref().map(Node::to_json),
        base: line(base, edit.before.is_some()),
        head: line(head, edit.after.is_some()),
    }
}

/// How an edit is shown to people.
#[derive(Debug, Clone, Copy)]
pub struct EditLook {
    /// Colours and width.
    pub look: Look,
    /// Whether it was a dry run.
    pub dry_run: bool,
}

/// Shows an edit for people.
#[must_use]
pub fn edit_human(report: &EditReport, shown: EditLook) -> String {
    let mut text = String::new();
    for field in &report.fields {
        text.push_str(&field_human(field));
    }
    for file in report.files.iter().filter(|file| file.fate != "changed") {
        text.push_str(&format!("{} {}\n", visible_line(&file.file), file.fate));
    }
    for remark in &report.remarks {
        text.push_str(&format!("note: {}\n", visible_line(remark)));
    }
    text.push('\n');
    match (&report.change, &report.effects) {
        (Some(change), _) => text.push_str(&diff_human(change, shown.look)),
        (None, _) => {
            text.push_str("The policies are in error, so nobody can tell what the change does: `policyc check`\n");
        }
    }
    if let Some(effects) = &report.effects {
        text.push('\n');
        text.push_str(&effects_human(effects, shown.look));
    }
    text.push_str(if shown.dry_run {
        "\nDry run: nothing is written.\n"
    } else if report.written {
        "\nWritten, not committed: `git diff` shows it.\n"
    } else {
        "\nNothing is written.\n"
    });
    text
}

fn field_human(field: &EditedField) -> String {
    let place = visible_line(&diff::places(field.base.as_ref(), field.head.as_ref()));
    let mut text = format!("{} {}  {place}\n", field.id, visible_line(&field.path));
    for (sign, value) in [('−', &field.before), ('+', &field.after)] {
        if let Some(value) = value {
            text.push_str(&format!("  {sign} {}\n", diff::shortened(&visible_line(&value.to_string()))));
        }
    }
    text
}

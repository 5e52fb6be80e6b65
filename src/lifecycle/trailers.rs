//! What the message of a commit says: trailers by Git's own rules, and claims to be a pull request. All of it is typed by
//! whoever commits, and none of it proves anything.

use crate::model::DocumentId;

/// A name and an address, as `Name <address>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Person {
    /// The name; may be empty.
    pub name: String,
    /// The address, as written; `None`: there is none.
    pub email: Option<String>,
}

impl Person {
    /// Reads `Name <address>`, a bare address, or a bare name.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let bracketed = text.rsplit_once('<').and_then(|(name, rest)| Some((name, rest.split_once('>')?.0)));
        let (name, email) = match bracketed {
            Some((name, email)) => (name.trim(), Some(email.trim())),
            None if text.contains('@') && !text.trim().contains(char::is_whitespace) => ("", Some(text.trim())),
            None => (text.trim(), None),
        };
        Self { name: name.to_owned(), email: email.filter(|email| !email.is_empty()).map(str::to_owned) }
    }

    /// The account: the address, else the name.
    #[must_use]
    pub fn account(&self) -> &str {
        self.email.as_deref().unwrap_or(&self.name)
    }
}

/// A trailer that claims a review.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimedReview {
    /// `Approved-by`.
    Approved(Person),
    /// `Reviewed-by`.
    Reviewed(Person),
}

/// `Policyc-Rollback: ID@N`: the claim to bring an old version back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClaimedRollback {
    /// The document.
    pub id: DocumentId,
    /// The version whose content comes back.
    pub version: u64,
}

/// The claim of a message to be a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimedPull {
    /// A pull request at GitHub, by number.
    GitHub(u64),
    /// A merge request at GitLab, by number.
    GitLab(u64),
}

/// What a message of a commit says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// `Co-authored-by`, in order.
    pub co_authors: Vec<Person>,
    /// `Approved-by` and `Reviewed-by`, in order.
    pub reviews: Vec<ClaimedReview>,
    /// `Policyc-Rollback`, in order; what is no `ID@N` is left out.
    pub rollbacks: Vec<ClaimedRollback>,
    /// The pull requests that it claims to be, in order.
    pub pulls: Vec<ClaimedPull>,
}

impl Message {
    /// Reads a message.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut message = Self { pulls: pulls(text), ..Self::default() };
        for (key, value) in trailers(text) {
            match key.to_ascii_lowercase().as_str() {
                _ if value.is_empty() => {}
                "co-authored-by" => message.co_authors.push(Person::parse(&value)),
                "approved-by" => message.reviews.push(ClaimedReview::Approved(Person::parse(&value))),
                "reviewed-by" => message.reviews.push(ClaimedReview::Reviewed(Person::parse(&value))),
                "policyc-rollback" => message.rollbacks.extend(rollback(&value)),
                _ => {}
            }
        }
        message
    }
}

fn rollback(value: &str) -> Option<ClaimedRollback> {
    let (id, version) = value.rsplit_once('@')?;
    Some(ClaimedRollback { id: DocumentId::parse(id.trim())?, version: number(version.trim())? })
}

/// A number as people write it: digits, not 0.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten().filter(|number| *number > 0)
}

/// The pull requests that a message claims to be: `Merge pull request #12 from …` or `… (#12)` in the first line, and
/// GitLab's `See merge request group/project!12` in a line of its own.
fn pulls(text: &str) -> Vec<ClaimedPull> {
    let first = text.lines().next().unwrap_or_default().trim_end();
    let merged = first.strip_prefix("Merge pull request #");
    // The name of the branch is a stranger's text and may end in a number in parentheses.
    let of_title = match merged.and_then(|rest| rest.split_once(" from ")) {
        Some((written, _)) => number(written),
        None => {
            first.strip_suffix(')').and_then(|rest| rest.rsplit_once("(#")).and_then(|(_, written)| number(written))
        }
    };
    let seen = |line: &str| number(line.trim_end().strip_prefix("See merge request ")?.rsplit_once('!')?.1);
    let of_body = text.lines().skip(1).filter_map(seen).map(ClaimedPull::GitLab);
    let mut claims: Vec<ClaimedPull> = of_title.map(ClaimedPull::GitHub).into_iter().chain(of_body).collect();
    claims.dedup();
    claims
}

/// The trailers of a message, key and value, in order; a value that goes on in lines that begin with white space is one
/// line.
///
/// Git's rules: they stand in the last paragraph, which is not the first; all of its lines are trailers, or there is one
/// that Git writes itself among them and every fourth line is a trailer. Lines that begin with `#` are none.
#[must_use]
pub fn trailers(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let Some(block) = last_paragraph(&lines).filter(|block| is_trailers(block)) else { return Vec::new() };
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in block {
        match (begins_blank(line), split(line), found.last_mut()) {
            (true, _, Some((_, value))) if open => {
                value.push(' ');
                value.push_str(line.trim());
            }
            (false, Some((key, value)), _) => {
                found.push((key.to_owned(), value.trim().to_owned()));
                open = true;
            }
            _ => open = false,
        }
    }
    for (_, value) in &mut found {
        *value = value.trim().to_owned();
    }
    found
}

/// The last paragraph, where it is not the first; comments at the end aside.
fn last_paragraph<'a, 'l>(lines: &'l [&'a str]) -> Option<&'l [&'a str]> {
    let blank = |line: &&str| line.bytes().all(is_space);
    let nothing = |line: &&str| blank(line) || line.starts_with('#');
    let end = lines.iter().rposition(|line| !nothing(line))? + 1;
    let start = lines.get(..end)?.iter().rposition(blank)? + 1;
    let before = lines.get(..start)?.iter().any(|line| !nothing(line));
    lines.get(start..end).filter(|_| before)
}

fn is_trailers(block: &[&str]) -> bool {
    let (mut trailers, mut others, mut by_git) = (0_usize, 0_usize, false);
    let mut after_trailer = false;
    for line in block {
        let generated = GENERATED.iter().any(|beginning| line.starts_with(beginning));
        if begins_blank(line) {
            // Goes on with the line before, and is what that is.
            others += usize::from(!after_trailer);
        } else if generated || split(line).is_some() {
            trailers += 1;
            by_git |= generated;
            after_trailer = true;
        } else {
            others += usize::from(!line.starts_with('#'));
            after_trailer = false;
        }
    }
    trailers > 0 && (others == 0 || by_git && trailers * 3 >= others)
}

/// What Git writes itself.
const GENERATED: [&str; 2] = ["Signed-off-by: ", "(cherry picked from commit "];

fn begins_blank(line: &str) -> bool {
    line.bytes().next().is_some_and(is_space)
}

/// White space as Git has it.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r')
}

/// Key and value of a trailer: letters, digits and `-`, then perhaps white space, then a colon.
fn split(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let key = key.trim_end_matches([' ', '\t']);
    let word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    word.then_some((key, value))
}

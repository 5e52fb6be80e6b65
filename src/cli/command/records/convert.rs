use std::path::Path;

use super::Convert;
use crate::cli::logs::{Taker, nothing, talk};
use crate::cli::{Exit, Stop};
use crate::host;
use crate::records::{Found, Item};
use crate::report::visible_json;
use crate::syntax::counted;

/// How much is gathered before it is written, in bytes.
const PIECE_BYTES: usize = 1 << 16;

/// Runs `records convert`.
///
/// # Errors
/// When a log cannot be read, or the result not be written.
pub fn run(args: &Convert, here: &Path) -> Result<Exit, Stop> {
    let mut writer = Writer::default();
    args.logs.read(here, &mut writer)?;
    let Writer { calls, repeated, unreadable, doubtful, .. } = writer;
    if calls == 0 && unreadable == 0 {
        return Err(nothing());
    }
    if host::reader_is_gone() {
        return Ok(Exit::Clean);
    }
    let notes = [(repeated, "repeated"), (doubtful, "with facts that cannot be relied on"), (unreadable, "unreadable")];
    let notes = notes.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}"));
    talk(&format!(
        "{} written{}",
        counted(usize::try_from(calls).unwrap_or(usize::MAX), "call"),
        notes.collect::<String>()
    ));
    Ok(if calls == 0 { Exit::Findings } else { super::exit(args.strict, unreadable) })
}

/// Writes calls as they come.
#[derive(Default)]
struct Writer {
    text: String,
    calls: u64,
    repeated: u64,
    unreadable: u64,
    doubtful: u64,
    failed: Option<Stop>,
}

impl Writer {
    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if self.failed.is_none()
            && !host::reader_is_gone()
            && let Err(failure) = host::print(text.as_bytes())
        {
            self.failed = Some(failure.into());
        }
    }
}

impl Taker for Writer {
    fn begin(&mut self, _: &str, _: &str) {}

    fn take(&mut self, name: &str, item: Item) {
        match item.found {
            Found::Record(record) => {
                self.calls += 1;
                self.doubtful += u64::from(!record.action.broken.is_empty());
                self.text.push_str(&visible_json(&record.to_native()));
                self.text.push('\n');
            }
            Found::Repeated => self.repeated += 1,
            Found::Unreadable(why) => {
                self.unreadable += 1;
                talk(&format!("{name}, {}: {why}", item.place));
            }
        }
        if self.text.len() > PIECE_BYTES {
            self.flush();
        }
    }

    fn end(&mut self) -> Result<(), Stop> {
        self.flush();
        self.failed.take().map_or(Ok(()), Err)
    }
}

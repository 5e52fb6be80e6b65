//! Floor 11: the only place with files, clock, environment, processes and sockets.

mod archive;
mod clock;
mod environment;
mod exclusive;
pub mod fault;
mod files;
mod folder;
mod http;
mod logs;
mod mail;
mod program;
mod progress;
mod remote;
mod scratch;
mod terminal;

pub use archive::packed;
pub use clock::{Stopwatch, unix_nanoseconds, unix_seconds};
pub use environment::{process, variable};
pub use exclusive::Exclusive;
pub use files::{
    append_line, create_new, destination, exists, find_upwards, is_link, links_on_the_way, print, print_error, raw,
    read_line, read_source, read_stdin, read_stdin_up_to, read_up_to, reader_is_gone, recall, relative, remember,
    remove, replace, write_copy, write_whole, written_at,
};
pub use folder::Folder;
pub use http::Http;
pub use logs::{Log, find_logs, log_of, open_log};
pub use mail::{Letter, MailServer, Post, Sealed, Unsent};
pub use program::{Answer, run_program};
pub use progress::Progress;
pub use remote::{Pushed, Remote, Update};
pub use scratch::{Copied, processors, scratch, scratch_folder};
pub use terminal::{Terminal, is_set, stderr_is_terminal, stdin_is_terminal, stdout_is_terminal};

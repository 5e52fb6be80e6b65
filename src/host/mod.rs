//! Floor 11: the only place with files, clock, environment, processes and sockets.

mod clock;
mod environment;
mod files;
mod folder;
mod http;
mod logs;
mod progress;
mod scratch;
mod terminal;

pub use clock::unix_seconds;
pub use environment::variable;
pub use files::{
    append_line, create_new, destination, exists, find_upwards, links_on_the_way, print, print_error, raw, read_source,
    read_stdin, read_stdin_up_to, read_up_to, reader_is_gone, recall, relative, remember, remove, write_copy,
    write_whole, written_at,
};
pub use folder::Folder;
pub use http::Http;
pub use logs::{Log, find_logs, log_of, open_log};
pub use progress::Progress;
pub use scratch::{Copied, processors, scratch};
pub use terminal::{Terminal, is_set, stdin_is_terminal, stdout_is_terminal};

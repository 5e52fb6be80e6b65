//! Floor 9: the only place with files, clock, environment, processes and sockets.

mod files;
mod folder;
mod terminal;

pub use files::{create_new, exists, find_upwards, print, print_error, read_source, read_stdin, relative, write_whole};
pub use folder::Folder;
pub use terminal::{Terminal, is_set};

//! Floor 9: the only place with files, clock, environment, processes and sockets.

mod files;
mod folder;
mod terminal;

pub use files::{
    create_new, destination, exists, find_upwards, print, print_error, read_source, read_stdin, reader_is_gone,
    relative, write_whole, written_at,
};
pub use folder::Folder;
pub use terminal::{Terminal, is_set};

//! Findings for the machines of forges: SARIF 2.1.0 for GitHub's code scanning, code quality for GitLab. Both keep a finding
//! through changes elsewhere in its file by a fingerprint that hangs on what the line says, and not on its number.

mod code_quality;
mod fingerprint;
mod sarif;

pub use code_quality::code_quality;
pub use sarif::sarif;

/// A path as a reference relative to the top of the repository: each segment percent-encoded, `/` between them.
fn relative(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/');
    path.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

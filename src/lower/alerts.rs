//! How alerts are mailed.

use super::context::Context;
use super::here::Here;
use crate::diag::{Diagnostic, codes};
use crate::model::Alerts;
use crate::syntax::shortened;
use crate::written;

/// The port where mail is handed in, with TLS once the server says that it can.
const SUBMISSION: u16 = 587;

/// Lowers the settings of alerts.
pub fn alerts(cx: &mut Context<'_>, written: &written::AlertSettings, at: Here<'_>) -> Option<Alerts> {
    let server = server(&written.smtp);
    if server.is_none() {
        let message = format!("`{}` names no mail server", shortened(&written.smtp));
        let help = "write the host, or host and port, such as `mail.example.com:587`";
        cx.push(Diagnostic::new(codes::WRONG_FORM, at.key("smtp").span(), message).help(help));
    }
    let span = at.key("from").span();
    let from = cx.visible(&written.from, span) && is_address(&written.from);
    if !from {
        let message = format!("`{}` is no mail address", shortened(&written.from));
        let help = "write the bare address that alerts come from, such as `policyc@example.com`";
        cx.push(Diagnostic::new(codes::WRONG_FORM, span, message).help(help));
    }
    let (host, port) = server?;
    from.then(|| Alerts { host, port, from: written.from.clone(), tls: written.tls })
}

/// Host and port; an address of IPv6 stands in brackets.
fn server(text: &str) -> Option<(String, u16)> {
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = match port.strip_prefix(':') {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits.parse().ok().filter(|port| *port > 0)?
        }
        None if port.is_empty() => SUBMISSION,
        _ => return None,
    };
    let v6 = text.starts_with('[');
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || if v6 { byte == b':' } else { matches!(byte, b'.' | b'-') };
    (!host.is_empty() && host.bytes().all(fits)).then(|| (host.to_owned(), port))
}

/// Whether a text looks like a bare address; whoever sends the mail looks closer.
fn is_address(text: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || "<>,;:\"()[]\\".contains(c));
    text.split_once('@').is_some_and(|(user, host)| plain(user) && plain(host) && !host.contains('@'))
}

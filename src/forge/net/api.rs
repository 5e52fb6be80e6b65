use crate::forge::url;

/// The address of an API: an origin and a path below it. Tokens are sent to this origin only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Api {
    origin: Origin,
    /// Without `/` at its end.
    path: String,
}

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Origin {
    secure: bool,
    /// In small letters.
    host: String,
    port: u16,
}

impl Origin {
    fn usual_port(secure: bool) -> u16 {
        if secure { 443 } else { 80 }
    }

    /// The host, and the port where it is not the usual one.
    fn authority(&self) -> String {
        if self.port == Self::usual_port(self.secure) {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl Api {
    /// Reads an address; the error says what is wrong with it.
    ///
    /// # Errors
    /// When it is not HTTPS (or HTTP on this machine), or holds a name and password, a query or a fragment.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (origin, path) = split(text).ok_or("it is no address such as https://api.github.com")?;
        if !origin.secure && !is_loopback(&origin.host) {
            return Err("it is not https, so the token would be readable on the way".to_owned());
        }
        if path.contains('?') || path.split('/').any(|part| matches!(part, "." | "..")) {
            return Err("it holds more than a host and a path".to_owned());
        }
        Ok(Self { origin, path: path.trim_end_matches('/').to_owned() })
    }

    /// The address of a path of the API, which begins with `/`.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        let scheme = if self.origin.secure { "https" } else { "http" };
        format!("{scheme}://{}{}{path}", self.origin.authority(), self.path)
    }

    /// Whether an address is at the same origin.
    #[must_use]
    pub fn holds(&self, address: &str) -> bool {
        split(address).is_some_and(|(origin, _)| origin == self.origin)
    }

    /// The host, with its port where that is not the usual one.
    #[must_use]
    pub fn host(&self) -> String {
        self.origin.authority()
    }

    /// The host that people meet.
    #[must_use]
    pub fn web_host(&self) -> String {
        url::web_host(&self.host())
    }

    /// Whether it is on this machine and not secured.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.origin.secure
    }
}

/// Origin and path of an address; `None` where it is none, or one that different readers may take for different ones.
fn split(text: &str) -> Option<(Origin, &str)> {
    let strange =
        |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'#' | b'"' | b'<' | b'>' | b'^' | b'`');
    if text.bytes().any(strange) {
        return None;
    }
    let (scheme, rest) = text.split_once("://")?;
    let secure = match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let (host, port) = match authority.rsplit_once(':') {
        // The colon of an address in brackets is none of a port.
        Some((host, port)) if !port.contains(']') => (host, number(port)?),
        _ => (authority, Origin::usual_port(secure)),
    };
    is_host(host).then(|| (Origin { secure, host: host.to_ascii_lowercase(), port }, path))
}

fn number(port: &str) -> Option<u16> {
    port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse().ok()).flatten()
}

fn is_host(host: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.contains(':') && address.bytes().all(inside),
        None => {
            !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        }
    }
}

/// Whether a host is this machine.
fn is_loopback(host: &str) -> bool {
    let four: Vec<Option<u8>> = host.split('.').map(|part| part.parse().ok()).collect();
    matches!(host, "localhost" | "[::1]") || matches!(four[..], [Some(127), Some(_), Some(_), Some(_)])
}

/// A part of a path, with everything escaped that could end it.
pub(super) fn escaped(part: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    part.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The address behind `rel="next"` of a `Link` header.
pub(super) fn next_link(header: &str) -> Option<&str> {
    header.split('<').skip(1).find_map(|link| {
        let (address, words) = link.split_once('>')?;
        words.split([';', ',']).any(is_next).then_some(address)
    })
}

/// Whether a word behind an address says that it is that of the next page, among others perhaps.
fn is_next(word: &str) -> bool {
    let Some((key, value)) = word.split_once('=') else { return false };
    let mut kinds = value.trim().trim_matches('"').split_ascii_whitespace();
    key.trim().eq_ignore_ascii_case("rel") && kinds.any(|kind| kind.eq_ignore_ascii_case("next"))
}

/// Whether a text names a repository, such as `acme/policies`; at GitLab there may be several groups.
#[must_use]
pub fn is_repository(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let part = |part: &str| !matches!(part, "" | "." | "..") && part.bytes().all(plain);
    text.contains('/') && text.split('/').all(part)
}

/// Whether a text is a commit, in full and in small letters.
#[must_use]
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_and_this_machine() {
        for good in [
            "https://api.github.com",
            "https://git.example/api/v3/",
            "http://127.0.0.1:8080",
            "http://localhost:1/api/v4",
            "http://[::1]:9/x",
            "HTTPS://Git.Example:443",
        ] {
            assert!(Api::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.github.com",
            "http://127.0.0.1.evil.example",
            "http://127.1",
            "https://me:secret@git.example",
            "https://git.example/?x=1",
            "https://git.example/a/../b",
            "https://git.example/#a",
            "https://git.example\\@evil.example/",
            "https://git.example:99999",
            "https://git.example:+443",
            "https://",
            "ftp://git.example",
            "git.example",
            "https://git.example/a b",
            "https://git.example/\r\nx: y",
            "https://gït.example",
        ] {
            assert!(Api::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let api = Api::parse("https://Git.example/api/v3/").unwrap();
        assert_eq!(api.at("/user"), "https://git.example/api/v3/user");
        for same in ["https://git.example/other?page=2", "https://GIT.example:443/", "https://git.example"] {
            assert!(api.holds(same), "{same}");
        }
        for other in [
            "http://git.example/api/v3",
            "https://git.example:444/",
            "https://git.example.evil.example/",
            "https://git.example@evil.example/",
            "https://evil.example/git.example",
            "//git.example/",
            "/user",
        ] {
            assert!(!api.holds(other), "{other}");
        }
    }

    #[test]
    fn links_are_found_by_their_word() {
        let header = r#"<https://a.example/x?page=1>; rel="prev", <https://a.example/x?a=1,2&page=3>; rel="next", <https://a.example/x?page=9>; rel="last""#;
        assert_eq!(next_link(header), Some("https://a.example/x?a=1,2&page=3"));
        assert_eq!(next_link(r#"<https://a.example/x?page=1>; rel="last""#), None);
        assert_eq!(
            next_link("<https://a.example/x>; title=\"x\"; Rel = \"prefetch Next\""),
            Some("https://a.example/x")
        );
        assert_eq!(next_link("<https://a.example/x>; rel=nextly, <https://a.example/y>; xrel=next"), None);
        assert_eq!(next_link(""), None);
        assert_eq!(escaped("a/b c%..[bot]"), "a%2Fb%20c%25..%5Bbot%5D");
    }
}

use super::Repository;

/// The repository and number of a pull request, from its address in the API: `https://api.github.com/repos/o/r/pulls/1`,
/// or `https://HOST/api/v3/repos/o/r/pulls/1` where a company runs the forge itself.
pub(super) fn pull(url: &str) -> Option<(Repository, u64)> {
    let (host, path) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"))?.split_once('/')?;
    let path = path.strip_prefix("api/v3/").unwrap_or(path);
    let mut parts = path.strip_prefix("repos/")?.split('/');
    let (owner, name, pulls, number) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if host.is_empty() || owner.is_empty() || name.is_empty() || pulls != "pulls" || parts.next().is_some() {
        return None;
    }
    let repository = Repository { host: web_host(host), name: format!("{owner}/{name}") };
    number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok()).flatten().map(|at| (repository, at))
}

/// The host that people meet.
pub(super) fn web_host(host: &str) -> String {
    let host = host.to_ascii_lowercase();
    let of_service = host == "api.github.com" || host.ends_with(".ghe.com");
    match host.strip_prefix("api.") {
        Some(bare) if of_service => bare.to_owned(),
        _ => host,
    }
}

use crate::forge::net::Api;
use crate::written::AssistSettings;

/// The model that is asked where nobody says otherwise.
pub const DEFAULT_MODEL: &str = "gemini-2.5-flash";
/// Where it is asked.
pub const DEFAULT_URL: &str = "https://generativelanguage.googleapis.com";

/// What the environment says of who is asked.
#[derive(Debug, Clone, Default)]
pub struct Wishes {
    /// `POLICYC_ASSIST_URL`.
    pub url: Option<String>,
    /// `POLICYC_ASSIST_MODEL`.
    pub model: Option<String>,
}

/// Who is asked, and how patiently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Where the API is.
    pub api: Api,
    /// The model.
    pub model: String,
    /// How long one request may take, in seconds.
    pub timeout_seconds: u64,
}

/// Why nobody is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unasked {
    /// What names the address cannot be followed: its name, and why. The address may hold a secret, so it is not repeated.
    BadAddress(&'static str, String),
    /// What names the model names none.
    BadModel(&'static str),
    /// Only the settings name this address, and whoever can write them must not be sent the key of whoever reads them.
    OnlySettings(String),
}

impl Endpoint {
    /// Who is asked: as the environment says, else the settings, else Google. A key goes to Google, or where the environment
    /// says: a pull request can write the settings, and not the environment.
    ///
    /// # Errors
    /// Why nobody is.
    pub fn new(settings: &AssistSettings, wishes: &Wishes) -> Result<Self, Unasked> {
        const OF_SETTINGS: &str = "`assist.base_url` in policyc.yaml";
        let parse = |of, text: &str| Api::parse(text).map_err(|why| Unasked::BadAddress(of, why));
        let usual = parse("the address of the API", DEFAULT_URL)?;
        let api = match (&wishes.url, &settings.base_url) {
            (Some(url), _) => parse("POLICYC_ASSIST_URL", url)?,
            (None, Some(url)) => {
                let named = parse(OF_SETTINGS, url)?;
                if !named.holds(DEFAULT_URL) {
                    return Err(Unasked::OnlySettings(named.host()));
                }
                named
            }
            (None, None) => usual,
        };
        let (of, model) = match (&wishes.model, &settings.model) {
            (Some(model), _) => ("POLICYC_ASSIST_MODEL", model.as_str()),
            (None, Some(model)) => ("`assist.model` in policyc.yaml", model.as_str()),
            (None, None) => ("the model", DEFAULT_MODEL),
        };
        if !is_model(model) {
            return Err(Unasked::BadModel(of));
        }
        Ok(Self { api, model: model.to_owned(), timeout_seconds: settings.timeout_seconds.clamp(1, 600) })
    }

    /// The whole address of a question.
    #[must_use]
    pub fn address(&self) -> String {
        self.api.at(&format!("/v1beta/models/{}:generateContent", self.model))
    }
}

/// Whether a text can be part of an address as it is, and of a lock.
fn is_model(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    text.len() <= 100 && text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(model: Option<&str>, url: Option<&str>) -> AssistSettings {
        AssistSettings {
            model: model.map(str::to_owned),
            base_url: url.map(str::to_owned),
            ..AssistSettings::default()
        }
    }

    fn asked(settings: &AssistSettings, model: Option<&str>, url: Option<&str>) -> Result<String, Unasked> {
        let wishes = Wishes { url: url.map(str::to_owned), model: model.map(str::to_owned) };
        Endpoint::new(settings, &wishes).map(|endpoint| endpoint.address())
    }

    #[test]
    fn the_environment_goes_before_the_settings() {
        let usual = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:generateContent";
        assert_eq!(asked(&settings(None, None), None, None).unwrap(), usual);
        let own = settings(Some("gemini-2.5-pro"), Some("https://own.example/x"));
        assert_eq!(
            asked(&own, None, Some("http://127.0.0.1:9/y/")).unwrap(),
            "http://127.0.0.1:9/y/v1beta/models/gemini-2.5-pro:generateContent"
        );
        let below = settings(None, Some("https://GenerativeLanguage.googleapis.com:443/mirror"));
        assert_eq!(
            asked(&below, Some("m"), None).unwrap(),
            "https://generativelanguage.googleapis.com/mirror/v1beta/models/m:generateContent"
        );
    }

    #[test]
    fn settings_alone_name_no_other_host() {
        for url in
            ["https://evil.example", "http://127.0.0.1:80", "https://generativelanguage.googleapis.com.evil.example"]
        {
            assert!(matches!(asked(&settings(None, Some(url)), None, None), Err(Unasked::OnlySettings(_))), "{url}");
        }
        for url in [
            "http://generativelanguage.googleapis.com",
            "https://generativelanguage.googleapis.com@evil.example",
            "https://a b",
            "ftp://x",
        ] {
            assert!(matches!(asked(&settings(None, Some(url)), None, None), Err(Unasked::BadAddress(..))), "{url}");
            assert!(matches!(asked(&settings(None, None), None, Some(url)), Err(Unasked::BadAddress(..))), "{url}");
        }
        let long = "m".repeat(101);
        for model in ["", "a/b", "..", "-a", "a:b", "a b", "é", &long] {
            assert!(matches!(asked(&settings(Some(model), None), None, None), Err(Unasked::BadModel(_))), "{model}");
        }
    }
}

//! Who signs decisions of an environment.

use std::collections::BTreeMap;

use super::context::Context;
use super::here::Here;
use crate::diag::{Diagnostic, codes};
use crate::model::TokenSettings;
use crate::syntax::shortened;
use crate::text::Span;
use crate::token::PublicKey;
use crate::written;

/// Lowers the settings of tokens.
pub fn tokens(cx: &mut Context<'_>, written: &written::TokenSettings, at: Here<'_>) -> TokenSettings {
    let mut keys: BTreeMap<String, Span> = BTreeMap::new();
    for (rank, text) in written.keys.iter().enumerate() {
        let span = at.key("keys").item(rank).span();
        if !cx.visible(text, span) {
            continue;
        }
        let key = match PublicKey::parse(text) {
            Ok(key) => key.to_openssh(),
            Err(why) => {
                let message = format!("`{}` signs no tokens: {why}", shortened(text));
                cx.push(Diagnostic::new(codes::TOKEN_KEY, span, message).help(
                    "write the line of a `.pub` file, `ssh-ed25519 AAAA… comment`; `ssh-keygen -t ed25519` makes one",
                ));
                continue;
            }
        };
        if let Some(first) = keys.get(&key) {
            let message = format!("the key `{}` is given twice", shortened(text));
            cx.push(
                Diagnostic::new(codes::TOKEN_KEY, span, message)
                    .and(*first, "it is given here first")
                    .help("keep one of the two; a comment does not make it another key"),
            );
            continue;
        }
        keys.insert(key, span);
    }
    TokenSettings { keys: keys.into_keys().collect(), max_ttl_seconds: written.max_ttl_seconds }
}

use super::Seen;
use super::words::{example, statement};
use crate::diag::{Diagnostic, codes};
use crate::effects::{Broad, Findings};
use crate::engine::Call;
use crate::model::Kind;
use crate::syntax::shortened;

/// A rule that allows actions of which the catalog knows nothing: what nobody has described, nobody has meant.
pub fn lint(seen: &Seen<'_>, found: &Findings) -> Vec<Diagnostic> {
    let asked = |broad: &&Broad| !seen.idle.contains(&broad.rule);
    found.broad.iter().filter(asked).filter_map(|broad| of(seen, broad)).collect()
}

fn of(seen: &Seen<'_>, broad: &Broad) -> Option<Diagnostic> {
    let rule = seen.rule(broad.rule)?;
    let call = Call::of(&broad.witness);
    let message =
        format!("`{}` allows what the catalog knows nothing of, such as {}", rule.id, example(&broad.witness, &[rule]));
    let holds = |name: &str| format!("holds `{}`", shortened(name));
    let integration = call.integration.map(holds).unwrap_or_default();
    let known = seen.places.single(Kind::Catalog).map(|catalog| catalog.key_span_at(&["actions".into()]));
    Some(
        Diagnostic::new(codes::BROAD_ALLOW, seen.key(rule, "operation")?, message)
            .at(holds(&call.operation))
            .and(seen.key(rule, "target_integration"), integration)
            .and(seen.effect_span(rule), statement(rule))
            .and(known, "the actions that are known")
            .help("name the actions that are meant, or list this one in the catalog; a closed catalog denies what it does not list"),
    )
}

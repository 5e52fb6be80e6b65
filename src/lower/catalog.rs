use std::collections::BTreeMap;

use super::context::{Context, two_spellings};
use super::here::Here;
use super::json_schema::{self, Purpose};
use crate::diag::{Diagnostic, codes, nearest};
use crate::model::{ActionPattern, AgentEntry, Catalog, CatalogAction, CatalogDefaults, JsonSchema, Pattern};
use crate::syntax::{Node, shortened};
use crate::written;

/// Lowers a catalog.
pub fn lower(cx: &mut Context<'_>, catalog: &written::Catalog, root: &Node) -> Catalog {
    let at = Here::root(root);
    let defaults = at.key("defaults");
    Catalog {
        actions: actions(cx, catalog, at.key("actions")),
        agents: agents(cx, catalog, at.key("agents")),
        defaults: CatalogDefaults {
            cost_usd: cx.optional_usd(catalog.defaults.cost_usd, defaults.key("cost_usd")),
            data_classification: catalog.defaults.data_classification,
            risk_level: catalog.defaults.risk_level,
        },
        closed: catalog.closed,
        closed_agents: catalog.closed_agents,
    }
}

fn actions(cx: &mut Context<'_>, catalog: &written::Catalog, at: Here<'_>) -> BTreeMap<ActionPattern, CatalogAction> {
    let mut result = BTreeMap::new();
    for (text, action) in &catalog.actions {
        let at = at.key(text);
        if cx.pattern(text, at.key_span()).is_none() {
            continue;
        }
        let Ok(pattern) = ActionPattern::parse(text) else { continue };
        let action = self::action(cx, action, at);
        if result.insert(pattern, action).is_some() {
            cx.push(two_spellings(text, at.key_span()));
        }
    }
    result
}

fn action(cx: &mut Context<'_>, action: &written::CatalogAction, at: Here<'_>) -> CatalogAction {
    let schema = at.key("arguments").node().filter(|_| action.arguments.is_some());
    let arguments = schema.and_then(|node| json_schema::lower(cx, node, Purpose::Description));
    if let Some(resource) = &action.resource {
        check_template(cx, resource, arguments.as_ref(), at.key("resource"));
    }
    CatalogAction {
        description: action.description.clone(),
        arguments,
        tags: action.tags.as_ref().map(|tags| cx.words(tags, at.key("tags"))),
        risk_level: action.risk_level,
        cost_usd: cx.optional_usd(action.cost_usd, at.key("cost_usd")),
        data_classification: action.data_classification,
        resource: action.resource.clone(),
    }
}

/// A template holds texts and `{arguments.name}` with dots between the parts of a name; the names are known.
fn check_template(cx: &mut Context<'_>, template: &str, arguments: Option<&JsonSchema>, at: Here<'_>) {
    let Some(names) = template_names(template) else {
        let message = format!("the template `{}` cannot be filled in", shortened(template));
        let help = "write arguments in braces, such as `{arguments.path}` or `{arguments.payee.iban}`";
        cx.push(Diagnostic::new(codes::RESOURCE_TEMPLATE, at.span(), message).help(help));
        return;
    };
    let known = arguments.and_then(|schema| schema.0.get("properties")?.as_object());
    for name in names {
        if known.is_some_and(|known| !known.contains_key(name)) {
            let message =
                format!("the template names the argument `{}`, which the action does not have", shortened(name));
            let mut found = Diagnostic::new(codes::RESOURCE_TEMPLATE, at.span(), message);
            found = match nearest(name, known.into_iter().flatten().map(|(key, _)| key.as_str())) {
                Some(meant) => found.help(format!("did you mean `{meant}`?")),
                None => found.help("add it to `arguments`, or mend the name"),
            };
            cx.push(found);
        }
    }
}

/// The arguments a template names; `None` if it is no template.
fn template_names(template: &str) -> Option<Vec<&str>> {
    let mut names = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, next) = after.split_once('}')?;
        let path = name.strip_prefix("arguments.").filter(|path| path.split('.').all(|part| !part.is_empty()))?;
        if before.contains('}') {
            return None;
        }
        names.extend(path.split('.').next());
        rest = next;
    }
    (!rest.contains('}')).then_some(names)
}

fn agents(cx: &mut Context<'_>, catalog: &written::Catalog, at: Here<'_>) -> BTreeMap<Pattern, AgentEntry> {
    let mut result = BTreeMap::new();
    for (text, agent) in &catalog.agents {
        let at = at.key(text);
        let Some(pattern) = cx.pattern(text, at.key_span()) else { continue };
        let entry = AgentEntry {
            groups: agent.groups.as_ref().map(|groups| cx.words(groups, at.key("groups"))),
            missions: agent.missions.as_ref().map(|missions| cx.words(missions, at.key("missions"))),
            owner: agent.owner.clone(),
            state: agent.state,
        };
        if result.insert(pattern, entry).is_some() {
            cx.push(two_spellings(text, at.key_span()));
        }
    }
    result
}

//! Where people are reached whom documents name.

use std::collections::{BTreeMap, BTreeSet};

use super::principals::plain;
use crate::model::Identities;

/// Somebody who is named, directly or by a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// The principal, or the name itself where identities do not know it.
    pub who: String,
    /// The person's own name; empty where it is not known.
    pub name: String,
    /// How documents name them.
    pub named: BTreeSet<String>,
    /// Their mail addresses; none: they cannot be reached.
    pub addresses: BTreeSet<String>,
}

/// Everybody whom some names stand for, each once, sorted.
#[must_use]
pub fn reached<'n>(identities: Option<&Identities>, names: impl IntoIterator<Item = &'n String>) -> Vec<Reached> {
    let mut found: BTreeMap<String, Reached> = BTreeMap::new();
    for name in names {
        for one in behind(identities, name) {
            let known = found.entry(one.who.clone()).or_default();
            let named = known.named.clone();
            *known = one;
            known.named.extend(named);
        }
    }
    found.into_values().collect()
}

fn behind(identities: Option<&Identities>, name: &str) -> Vec<Reached> {
    let named = BTreeSet::from([name.to_owned()]);
    let bare = |addresses| Reached { who: name.to_owned(), named: named.clone(), addresses, ..Reached::default() };
    // Whoever is named by an address is reached there and nowhere else.
    if is_address(name) {
        return vec![bare(BTreeSet::from([name.to_owned()]))];
    }
    let Some(identities) = identities else { return vec![bare(BTreeSet::new())] };
    let person = |id: &String| {
        let principal = identities.principals.get(id);
        let accounts = principal.into_iter().flat_map(|principal| &principal.accounts);
        Reached {
            who: id.clone(),
            name: principal.map(|principal| principal.name.clone()).unwrap_or_default(),
            named: named.clone(),
            addresses: accounts.filter(|account| is_address(account)).cloned().collect(),
        }
    };
    if let Some(members) = identities.groups.get(name) {
        return members.iter().map(person).collect();
    }
    let owns = |account: &String| plain(account) == plain(name);
    let owner = identities.principals.iter().find(|(id, one)| *id == name || one.accounts.iter().any(owns));
    owner.map_or_else(|| vec![bare(BTreeSet::new())], |(id, _)| vec![person(id)])
}

/// Whether mail reaches an account. An address that a forge gives out to hide the real one takes none.
fn is_address(account: &str) -> bool {
    plain(account).contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Principal;

    fn texts(list: &[&str]) -> BTreeSet<String> {
        list.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn groups_principals_accounts_and_addresses_lead_to_mailboxes() {
        let person = |name: &str, accounts: &[&str]| Principal {
            name: name.to_owned(),
            accounts: texts(accounts),
            ..Principal::default()
        };
        let ada = person("Ada", &["github:ada", "Ada@example.com", "12+ada@users.noreply.github.com"]);
        let identities = Identities {
            principals: BTreeMap::from([("ada".to_owned(), ada), ("grace".to_owned(), person("", &["github:Grace"]))]),
            groups: BTreeMap::from([("security".to_owned(), texts(&["ada", "grace"]))]),
        };
        let of = |names: &[&str]| {
            reached(Some(&identities), &texts(names))
                .into_iter()
                .map(|one| (one.who, one.addresses.into_iter().collect::<Vec<_>>().join(" "), one.named.len()))
                .collect::<Vec<_>>()
        };
        let ada = || ("ada".to_owned(), "Ada@example.com".to_owned());
        let one = |(who, to): (String, String), named| (who, to, named);
        let none = |who: &str, named| (who.to_owned(), String::new(), named);
        assert_eq!(of(&["security"]), [one(ada(), 1), none("grace", 1)]);
        assert_eq!(of(&["security", "ada", "github:grace"]), [one(ada(), 2), none("grace", 2)]);
        assert_eq!(of(&["eve", "12+ada@users.noreply.github.com"]), [one(ada(), 1), none("eve", 1)]);
        assert_eq!(of(&["eve@example.org"]), [("eve@example.org".to_owned(), "eve@example.org".to_owned(), 1)]);
        assert!(reached(None, &texts(&["ada"]))[0].addresses.is_empty());
    }
}

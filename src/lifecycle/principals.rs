//! Who is behind an account. All accounts and agents of one person are one principal; identities are read from the base
//! side of a change, so that a change cannot name its own reviewers.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{Identities, Pattern};

/// Who is who, ready to be asked.
#[derive(Debug, Clone, Default)]
pub struct Principals {
    accounts: BTreeMap<String, BTreeSet<String>>,
    agents: Vec<(Pattern, String)>,
    keys: BTreeMap<String, BTreeSet<String>>,
    groups: BTreeMap<String, BTreeSet<String>>,
}

impl Principals {
    /// Reads identities; without any, every account stands for itself.
    #[must_use]
    pub fn new(identities: Option<&Identities>) -> Self {
        let mut principals = Self::default();
        let Some(identities) = identities else { return principals };
        for (id, principal) in &identities.principals {
            for account in &principal.accounts {
                principals.accounts.entry(plain(account)).or_default().insert(id.clone());
            }
            principals.agents.extend(principal.agents.iter().map(|agent| (agent.clone(), id.clone())));
            principals.keys.insert(id.clone(), principal.keys.clone());
        }
        principals.groups.clone_from(&identities.groups);
        principals
    }

    /// The principal that an account, an agent or a principal's own id stands for; else the bare account.
    ///
    /// Where patterns of agents leave it open between several, the first by name; [`Self::everyone`] has them all.
    #[must_use]
    pub fn of(&self, account: &str) -> String {
        self.everyone(account).into_iter().next().unwrap_or_default()
    }

    /// All principals that it may stand for; only the bare account where there is none.
    #[must_use]
    pub fn everyone(&self, account: &str) -> BTreeSet<String> {
        let account = account.trim();
        let mut found: BTreeSet<String> = self.accounts.get(&plain(account)).cloned().unwrap_or_default();
        if self.keys.contains_key(account) {
            found.insert(account.to_owned());
        }
        // Whoever opens an account chooses its name, so no account is an agent by its name.
        if !is_account(account) {
            let agents = self.agents.iter().filter(|(agent, _)| agent.matches(account));
            found.extend(agents.map(|(_, id)| id.clone()));
        }
        if found.is_empty() {
            found.insert(plain(account));
        }
        found
    }

    /// Whether identities say who this is.
    #[must_use]
    pub fn knows(&self, account: &str) -> bool {
        self.everyone(account).iter().any(|id| self.keys.contains_key(id))
    }

    /// Whether two accounts are of one person.
    #[must_use]
    pub fn same(&self, one: &str, two: &str) -> bool {
        !self.everyone(one).is_disjoint(&self.everyone(two))
    }

    /// Whether a principal is among those named: principals, groups, or accounts; nobody named: everybody is.
    #[must_use]
    pub fn is_among(&self, principal: &str, named: &BTreeSet<String>) -> bool {
        let holds = |name: &String| match self.groups.get(name) {
            Some(members) => members.contains(principal),
            None => self.everyone(name).contains(principal),
        };
        named.is_empty() || named.iter().any(holds)
    }

    /// The SSH public keys of a principal.
    pub fn keys(&self, principal: &str) -> impl Iterator<Item = &str> {
        self.keys.get(principal).into_iter().flatten().map(String::as_str)
    }
}

/// Whether a text has the form of an account: a mail address, or a login at a forge. Anything else is a name, of a
/// principal or an agent.
#[must_use]
pub fn is_account(text: &str) -> bool {
    text.contains(['@', ':'])
}

/// An account as it is compared: case does not matter, and an address that a forge gives out instead of a real one is the
/// login it stands for. A name stays as it is.
#[must_use]
pub fn plain(account: &str) -> String {
    let account = account.trim();
    if !is_account(account) {
        return account.to_owned();
    }
    let account = account.to_lowercase();
    of_noreply(&account).unwrap_or(account)
}

/// `123+login@users.noreply.github.com`, or without the number in old commits; GitLab has a dash for the plus.
fn of_noreply(account: &str) -> Option<String> {
    let (user, host) = account.split_once('@')?;
    let (forge, separator) = match host {
        "users.noreply.github.com" => ("github", '+'),
        "users.noreply.gitlab.com" => ("gitlab", '-'),
        _ => return None,
    };
    let login = match user.split_once(separator) {
        Some((number, login)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => login,
        _ => user,
    };
    (!login.is_empty()).then(|| format!("{forge}:{login}"))
}

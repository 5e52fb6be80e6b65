use std::collections::BTreeSet;

use policyc::lifecycle::principals::{Principals, plain};

use super::world::{identities, principal};

fn principals() -> Principals {
    Principals::new(Some(&identities()))
}

#[test]
fn every_account_of_a_person_is_that_person() {
    let principals = principals();
    for (account, id) in [
        ("ines", "ines"),
        ("INES@Example.COM", "ines"),
        ("github:Ines-Albrecht", "ines"),
        ("4100001+ines-albrecht@users.noreply.github.com", "ines"),
        ("Ines-Albrecht@users.noreply.github.com", "ines"),
        (" ines@example.com ", "ines"),
        ("tomasz-reviewer", "tomasz"),
        ("swe-agent", "dario"),
        ("stranger@Example.com", "stranger@example.com"),
        ("github:Stranger", "github:stranger"),
        ("9+stranger@users.noreply.github.com", "github:stranger"),
        ("9-stranger@users.noreply.gitlab.com", "gitlab:stranger"),
        ("Ines", "Ines"),
        ("somebody", "somebody"),
    ] {
        assert_eq!(principals.of(account), id, "{account}");
    }
    assert!(principals.same("github:priya-mobile", "priya@example.com"));
    assert!(!principals.same("github:priya-mobile", "ines@example.com"));
}

#[test]
fn an_account_is_no_agent_by_its_name() {
    // Anybody can open an account of such a name.
    assert_eq!(principals().of("github:tomasz-reviewer"), "github:tomasz-reviewer");
    assert_eq!(principals().of("tomasz-x@evil.example"), "tomasz-x@evil.example");
    assert!(!principals().knows("github:tomasz-reviewer") && principals().knows("tomasz-reviewer"));
}

#[test]
fn addresses_of_a_forge_are_read_exactly() {
    for (account, read) in [
        ("a@users.noreply.github.com.evil.example", "a@users.noreply.github.com.evil.example"),
        ("1+@users.noreply.github.com", "1+@users.noreply.github.com"),
        ("x+a@users.noreply.github.com", "github:x+a"),
        ("49699333+dependabot[bot]@users.noreply.github.com", "github:dependabot[bot]"),
        ("noreply@github.com", "noreply@github.com"),
    ] {
        assert_eq!(plain(account), read, "{account}");
    }
}

#[test]
fn without_identities_every_account_is_its_own() {
    let nobody = Principals::new(None);
    assert_eq!(nobody.of("A@example.com"), "a@example.com");
    assert!(!nobody.same("a@example.com", "github:a"));
    assert!(!nobody.knows("a@example.com"));
}

#[test]
fn agents_of_two_people_are_both() {
    let mut identities = identities();
    identities.principals.insert("olga".to_owned(), principal(&[], &["*-reviewer"]));
    let principals = Principals::new(Some(&identities));
    assert_eq!(principals.everyone("tomasz-reviewer"), BTreeSet::from(["olga".to_owned(), "tomasz".to_owned()]));
    assert!(principals.same("tomasz-reviewer", "tomasz") && principals.same("tomasz-reviewer", "olga"));
}

#[test]
fn approvers_are_named_by_group_principal_or_account() {
    let principals = principals();
    let among =
        |who: &str, names: &[&str]| principals.is_among(who, &names.iter().map(|&name| name.to_owned()).collect());
    assert!(among("anybody@example.com", &[]));
    assert!(among("ines", &["security"]) && !among("tomasz", &["security"]));
    assert!(among("tomasz", &["security", "tomasz"]));
    assert!(among("tomasz", &["Tomasz@example.com"]) && among("tomasz", &["github:TWrona"]));
    assert!(among("guest@example.com", &["Guest@example.com"]) && !among("guest@example.com", &["security"]));
    assert!(!among("security", &["security"]), "a group is nobody");
}

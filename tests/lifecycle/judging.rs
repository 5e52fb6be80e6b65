use std::collections::BTreeSet;

use policyc::forge::{Facts, Forge, Review, ReviewState};
use policyc::lifecycle::approvals::{self, Judgement, Outcome, Proof, PullHead};
use policyc::lifecycle::trailers::{ClaimedReview, Person};
use policyc::model::{Evidence, Pattern};
use policyc::written::ReviewKind::{Approve, Comment, RequestChanges, Submit};

use super::world::{Asked, at, change, pull, review, said};

use ReviewState::{Approved, ChangesRequested, Commented, Dismissed, Pending};

fn counted(judged: &Judgement) -> Vec<&str> {
    judged.approvers.iter().map(String::as_str).collect()
}

fn forge(reviews: &[Review]) -> Judgement {
    Asked::default().forge(reviews).judge()
}

fn why(judged: &Judgement, rank: usize) -> &str {
    judged.reviews[rank].why_not.as_deref().unwrap_or_else(|| panic!("{judged:#?}"))
}

#[test]
fn an_approval_at_the_forge_on_the_merged_head_counts() {
    let judged = forge(&[review(1, "ines-albrecht", Approved, 5)]);
    assert_eq!(judged.outcome, Outcome::Met);
    assert_eq!(judged.reviewer.as_deref(), Some("ines"));
    assert_eq!((judged.reviewed_at, judged.evidence), (Some(at(5)), Some(Proof::Forge)));
    assert!(judged.missing.is_empty() && judged.known);
    let [only] = &judged.reviews[..] else { panic!("{judged:#?}") };
    assert_eq!((only.by.as_str(), only.account.as_str()), ("ines", "github:ines-albrecht"));
    assert!(only.counts && only.why_not.is_none());
    // Somebody whom identities do not know is an account.
    assert_eq!(counted(&forge(&[review(1, "Guest", Approved, 5)])), ["github:guest"]);
}

#[test]
fn the_newest_word_at_the_forge_decides_and_a_comment_is_none() {
    let (ines, second) = ("ines-albrecht", 2);
    for (state, counts) in
        [(Commented, true), (Pending, true), (ChangesRequested, false), (Dismissed, false), (Approved, true)]
    {
        let judged = forge(&[review(1, ines, Approved, 5), review(second, ines, state, 6)]);
        assert_eq!(judged.outcome == Outcome::Met, counts, "{state:?}");
        // The same in the other order of the list, and the other way round in time.
        let judged = forge(&[review(second, ines, state, 4), review(3, ines, Approved, 5)]);
        assert_eq!(judged.outcome, Outcome::Met, "{state:?}");
    }
    let judged = forge(&[review(1, ines, Approved, 5), review(2, ines, ChangesRequested, 6)]);
    assert_eq!(why(&judged, 0), "`ines` took it back");
    // Of one second, the forge's numbers are the order.
    assert_eq!(forge(&[review(2, ines, Approved, 5), review(1, ines, Dismissed, 5)]).outcome, Outcome::Met);
    assert_eq!(forge(&[review(1, ines, Approved, 5), review(2, ines, Dismissed, 5)]).outcome, Outcome::NotMet);
    // Somebody else's no is not theirs.
    let judged = forge(&[review(1, ines, Approved, 5), review(2, "twrona", ChangesRequested, 6)]);
    assert_eq!(counted(&judged), ["ines"]);
    // A later approval of another commit stands in the place of the one on the head.
    let elsewhere = Review { commit: Some("b".repeat(40)), ..review(2, ines, Approved, 6) };
    assert_eq!(why(&forge(&[review(1, ines, Approved, 5), elsewhere]), 0), "a later review at the forge decides");
}

#[test]
fn two_accounts_of_one_person_are_one() {
    let (one, two) = ("priyaraman", "priya-mobile");
    let judged = forge(&[review(1, one, Approved, 5), review(2, two, Approved, 6)]);
    assert_eq!(counted(&judged), ["priya"]);
    let judged = forge(&[review(1, one, Approved, 5), review(2, two, ChangesRequested, 6)]);
    assert_eq!(judged.outcome, Outcome::NotMet);
}

#[test]
fn times_that_are_not_known_count_against_the_approval() {
    let timeless = |review: Review| Review { submitted_at: None, ..review };
    let ines = "ines-albrecht";
    assert_eq!(forge(&[timeless(review(1, ines, Approved, 0))]).outcome, Outcome::Met);
    let no = timeless(review(1, ines, ChangesRequested, 0));
    assert_eq!(forge(&[no, review(2, ines, Approved, 5)]).outcome, Outcome::NotMet);
    let yes = timeless(review(2, ines, Approved, 0));
    assert_eq!(forge(&[review(1, ines, Dismissed, 5), yes]).outcome, Outcome::NotMet);
}

#[test]
fn an_approval_is_bound_to_the_head() {
    let ines = review(1, "ines-albrecht", Approved, 5);
    let other = Review { commit: Some("b".repeat(40)), ..ines.clone() };
    assert_eq!(why(&forge(&[other]), 0), "commit bbbbbbbbbb was approved, and the head is aaaaaaaaaa");
    let none = Review { commit: None, ..ines.clone() };
    assert_eq!(why(&forge(&[none]), 0), "the forge does not say which commit was approved");
    let mut asked = Asked::default().forge(std::slice::from_ref(&ines));
    asked.pull = Some(PullHead { number: 12, head: None });
    assert_eq!(why(&asked.judge(), 0), "the head of the pull request is not known");
    asked.pull = Some(PullHead { number: 13, head: pull().head.sha });
    assert!(asked.judge().reviews.is_empty(), "reviews of another pull request are not its own");
    asked.pull = None;
    assert_eq!((asked.judge().reviews.len(), asked.judge().outcome), (0, Outcome::NotMet));
    // Another commit both times, and neither known: nothing to compare.
    let mut asked = Asked::default().forge(&[Review { commit: None, ..ines }]);
    asked.pull = Some(PullHead { number: 12, head: None });
    assert_eq!(asked.judge().outcome, Outcome::NotMet);
}

#[test]
fn write_access_and_a_person_are_needed() {
    let ines = review(1, "ines-albrecht", Approved, 5);
    for (association, counts) in [
        (Some("OWNER"), true),
        (Some("MEMBER"), true),
        (Some("COLLABORATOR"), true),
        (Some("CONTRIBUTOR"), false),
        (Some("NONE"), false),
        (None, false),
    ] {
        let review = Review { author_association: association.map(str::to_owned), ..ines.clone() };
        let judged = forge(&[review]);
        assert_eq!(judged.outcome == Outcome::Met, counts, "{association:?}");
        if !counts {
            assert_eq!(why(&judged, 0), "the reviewer has no write access to the repository");
        }
    }
    let gone = Review { login: None, ..ines };
    assert_eq!(why(&forge(std::slice::from_ref(&gone)), 0), "the account of the reviewer is gone");
    // Two accounts that are gone are not one: what one said is not taken back by the other, and neither counts.
    let judged = forge(&[gone.clone(), Review { id: 2, state: ChangesRequested, ..gone }]);
    assert_eq!((judged.reviews.len(), judged.outcome), (2, Outcome::NotMet));
}

#[test]
fn a_program_counts_only_where_somebody_answers_for_it() {
    let bot = review(1, "policy-helper[bot]", Approved, 5);
    let mut asked = Asked::default().forge(&[bot]);
    assert!(why(&asked.judge(), 0).starts_with("a program approved"));
    let principals = &mut asked.identities.as_mut().unwrap().principals;
    principals.get_mut("ines").unwrap().accounts.insert("github:policy-helper[bot]".to_owned());
    assert_eq!(counted(&asked.judge()), ["ines"]);
    asked.contributors.insert("ines@example.com".to_owned());
    assert_eq!(why(&asked.judge(), 0), "`ines` contributed to the change");
}

#[test]
fn nobody_approves_what_they_contributed_to() {
    let change = change(3, "old", "new");
    for account in [
        "tomasz@example.com",
        "TOMASZ@example.com",
        "github:TWrona",
        "tomasz",
        "tomasz-agent",
        "7+twrona@users.noreply.github.com",
    ] {
        let mut asked = Asked::default().evidence(Evidence::Recorded);
        asked.contributors.insert(account.to_owned());
        let by = ["twrona"].map(|login| review(1, login, Approved, 5));
        let records = [
            said(Approve, "tomasz", &change, 5),
            said(Approve, "tomasz-reviewer", &change, 6),
            said(Approve, "tomasz@example.com", &change, 7),
        ];
        let judged = asked.forge(&by).records(&records).judge();
        assert_eq!((judged.outcome, judged.reviews.len()), (Outcome::NotMet, 4), "{account}");
        assert!((0..4).all(|rank| why(&judged, rank) == "`tomasz` contributed to the change"), "{account}");
    }
    // Who opened the pull request stands behind it, also without a commit.
    let record = said(Approve, "github:LFaber", &change, 5);
    let judged = Asked::default().evidence(Evidence::Recorded).forge(&[]).records(&[record]).judge();
    assert_eq!(why(&judged, 0), "`github:lfaber` contributed to the change");
    // Without identities an account is still itself.
    let mut bare = Asked { identities: None, ..Asked::default() }.evidence(Evidence::Recorded);
    bare.contributors = BTreeSet::from(["Guest@Example.com".to_owned()]);
    let judged = bare.records(&[said(Approve, "guest@example.com", &change, 5)]).judge();
    assert_eq!(judged.outcome, Outcome::NotMet);
}

#[test]
fn the_newest_record_of_a_person_decides() {
    let change = change(3, "old", "new");
    let asked = Asked::default().evidence(Evidence::Recorded);
    let yes = said(Approve, "ines", &change, 5);
    let outcome = |records: &[policyc::lifecycle::record::Record]| asked.clone().records(records).judge().outcome;
    assert_eq!(outcome(std::slice::from_ref(&yes)), Outcome::Met);
    for (kind, minute, met) in [
        (RequestChanges, 6, false),
        (RequestChanges, 5, false),
        (RequestChanges, 4, true),
        (Comment, 6, true),
        (Submit, 6, true),
        (Approve, 6, true),
    ] {
        let other = said(kind, "Ines@example.com", &change, minute);
        assert_eq!(outcome(&[other.clone(), yes.clone()]) == Outcome::Met, met, "{kind:?} {minute}");
        assert_eq!(outcome(&[yes.clone(), other]) == Outcome::Met, met, "{kind:?} {minute}");
    }
    assert_eq!(outcome(&[yes, said(RequestChanges, "priya", &change, 9)]), Outcome::Met, "another person's no");
}

#[test]
fn a_no_counts_against_an_earlier_yes_wherever_it_was_said() {
    let change = change(3, "old", "new");
    let asked = Asked::default().evidence(Evidence::Recorded);
    let both = |review: Review, record| asked.clone().forge(&[review]).records(&[record]).judge().outcome;
    let (ines, yes) = ("ines-albrecht", |minute| said(Approve, "ines", &change, minute));
    assert_eq!(both(review(1, ines, ChangesRequested, 6), yes(5)), Outcome::NotMet);
    assert_eq!(both(review(1, ines, ChangesRequested, 4), yes(5)), Outcome::Met);
    assert_eq!(both(review(1, ines, Approved, 5), said(RequestChanges, "ines", &change, 6)), Outcome::NotMet);
    assert_eq!(both(review(1, ines, Approved, 5), said(RequestChanges, "ines", &change, 4)), Outcome::Met);
    // A forge dismisses an approval when somebody pushes: a record is made to survive that.
    assert_eq!(both(review(1, ines, Dismissed, 6), yes(5)), Outcome::Met);
    // A no to another change is none to this one.
    let other = super::world::change(3, "old", "newer");
    assert_eq!(both(review(1, ines, Approved, 5), said(RequestChanges, "ines", &other, 6)), Outcome::Met);
}

#[test]
fn records_hold_for_their_change_only() {
    let records = [
        said(Approve, "ines", &change(3, "old", "newer"), 5),
        said(Approve, "priya", &change(4, "old", "new"), 6),
        said(Submit, "leonie@example.com", &change(3, "old", "new"), 1),
    ];
    let judged = Asked::default().evidence(Evidence::Recorded).records(&records).judge();
    assert_eq!((judged.outcome, judged.reviews.len()), (Outcome::NotMet, 1));
    assert_eq!(why(&judged, 0), "the document has been changed since, or stands on another base");
}

#[test]
fn weaker_evidence_is_shown_and_not_counted() {
    let change = change(3, "old", "new");
    let asked =
        Asked::default().forge(&[review(1, "twrona", Approved, 4)]).records(&[said(Approve, "ines", &change, 3)]);
    let judged = |evidence| asked.clone().evidence(evidence).judge();
    assert_eq!(counted(&judged(Evidence::Recorded)), ["ines", "tomasz"]);
    assert_eq!(counted(&judged(Evidence::Forge)), ["tomasz"]);
    assert_eq!(why(&judged(Evidence::Forge), 0), "evidence recorded is weaker than forge");
    assert_eq!(counted(&judged(Evidence::Attested)), Vec::<&str>::new());
    assert_eq!(why(&judged(Evidence::Attested), 1), "evidence forge is weaker than attested");
    assert_eq!(judged(Evidence::Attested).missing, ["1 approval needed, evidence attested or better; 0 counted"]);
    // The reviewer is who gave the strongest, not the earliest, approval; among equals the earliest.
    assert_eq!(judged(Evidence::Recorded).reviewer.as_deref(), Some("tomasz"));
    let equals = forge(&[review(1, "twrona", Approved, 4), review(2, "ines-albrecht", Approved, 3)]);
    assert_eq!((equals.reviewer.as_deref(), equals.reviewed_at), (Some("ines"), Some(at(3))));
}

#[test]
fn two_approvals_of_one_person_are_one() {
    let change = change(3, "old", "new");
    let mut asked = Asked::default().evidence(Evidence::Recorded);
    asked.needs.required = 2;
    let yes = said(Approve, "ines", &change, 3);
    let records = [yes.clone(), yes, said(Approve, "Ines@example.com", &change, 4)];
    let judged = asked.forge(&[review(1, "ines-albrecht", Approved, 5)]).records(&records).judge();
    assert_eq!((judged.outcome, counted(&judged)), (Outcome::NotMet, vec!["ines"]));
    let counts: Vec<bool> = judged.reviews.iter().map(|review| review.counts).collect();
    assert_eq!(counts, [false, false, true], "the same line twice is one, and the strongest counts");
    assert_eq!(why(&judged, 0), "another approval by `ines` is counted");
    assert_eq!(judged.missing, ["2 approvals needed, evidence recorded or better; 1 counted"]);
}

#[test]
fn trailers_are_shown_and_never_counted() {
    let person = Person { name: "Ines".to_owned(), email: Some("ines@example.com".to_owned()) };
    let mut asked = Asked::default().evidence(Evidence::Recorded);
    asked.claims = vec![ClaimedReview::Approved(person.clone()), ClaimedReview::Reviewed(person)];
    let judged = asked.judge();
    assert_eq!(judged.outcome, Outcome::Unknown, "a claim is no source");
    assert_eq!(judged.reviews.len(), 2);
    assert!(judged.reviews.iter().all(|review| review.by == "ines" && review.evidence == Proof::Claimed));
    assert_eq!(why(&judged, 0), "the trailer `Approved-by` is a claim");
    assert_eq!((judged.reviewer, judged.evidence), (None, None));
}

#[test]
fn reviews_are_unknown_without_a_source_and_none_with_one() {
    let asked = Asked::default();
    let judged = asked.judge();
    assert_eq!((judged.outcome, judged.known), (Outcome::Unknown, false));
    assert!(judged.missing.iter().any(|missing| missing.starts_with("reviews are unknown")));
    assert_eq!(asked.clone().records(&[]).judge().outcome, Outcome::NotMet);
    assert_eq!(asked.clone().forge(&[]).judge().outcome, Outcome::NotMet);
    // Facts of pull requests say nothing of reviews.
    let mut pulls_only = asked.clone();
    pulls_only.facts = Some(Facts { pulls: vec![pull()], ..Facts::default() });
    assert_eq!(pulls_only.judge().outcome, Outcome::Unknown);
    let mut nothing_needed = asked;
    nothing_needed.needs.required = 0;
    let judged = nothing_needed.judge();
    assert_eq!((judged.outcome, judged.known), (Outcome::Met, false));
}

#[test]
fn those_who_may_approve_are_named() {
    let reviews = [review(1, "twrona", Approved, 4), review(2, "priya-mobile", Approved, 5)];
    let mut asked = Asked::default().forge(&reviews);
    asked.needs.from = BTreeSet::from(["security".to_owned()]);
    assert_eq!(counted(&asked.judge()), ["priya"]);
    assert_eq!(why(&asked.judge(), 0), "`tomasz` is not among those who may approve");
    asked.needs.required = 2;
    assert_eq!(asked.judge().missing, ["2 approvals by security needed, evidence forge or better; 1 counted"]);
    asked.needs.from = BTreeSet::from(["security".to_owned(), "Tomasz@example.com".to_owned()]);
    assert_eq!(asked.judge().outcome, Outcome::Met);
}

#[test]
fn what_permits_more_needs_more() {
    let reviews = [review(1, "twrona", Approved, 4), review(2, "dconti", Approved, 5)];
    let mut asked = Asked::default().forge(&reviews);
    asked.needs.loosening = Some((1, BTreeSet::from(["security".to_owned()])));
    assert_eq!(asked.judge().outcome, Outcome::Met, "this change does not");
    asked.loosens = true;
    let judged = asked.judge();
    assert_eq!((judged.outcome, counted(&judged)), (Outcome::NotMet, vec!["dario", "tomasz"]));
    assert_eq!(judged.missing, ["1 approval by security needed, evidence forge or better; 0 counted"]);
    // Nobody named: those of the ordinary requirement, and more of them.
    asked.needs.loosening = Some((3, BTreeSet::new()));
    assert_eq!(asked.judge().missing, ["3 approvals needed, evidence forge or better; 2 counted"]);
    asked.needs.from = BTreeSet::from(["tomasz".to_owned()]);
    asked.needs.loosening = Some((1, BTreeSet::from(["dario".to_owned()])));
    assert_eq!(counted(&asked.judge()), ["dario", "tomasz"]);
    assert_eq!(asked.judge().outcome, Outcome::Met, "each requirement has its own people");
    asked.needs.from = BTreeSet::from(["priya".to_owned()]);
    assert_eq!(asked.judge().outcome, Outcome::NotMet, "the ordinary requirement holds too");
}

#[test]
fn a_name_that_nobody_explains_or_two_people_share_counts_for_nobody() {
    let change = change(3, "old", "new");
    let asked = Asked::default().evidence(Evidence::Recorded);
    let judged = asked.clone().records(&[said(Approve, "somebody", &change, 5)]).judge();
    assert_eq!(why(&judged, 0), "nobody says who `somebody` is");
    let mut shared = asked;
    let olga = super::world::principal(&[], &["*-reviewer"]);
    shared.identities.as_mut().unwrap().principals.insert("olga".to_owned(), olga);
    let approval = said(Approve, "tomasz-reviewer", &change, 5);
    let judged = shared.clone().records(std::slice::from_ref(&approval)).judge();
    assert_eq!(why(&judged, 0), "`tomasz-reviewer` may be olga or tomasz");
    // What it says against is said by both.
    let no = said(RequestChanges, "tomasz-reviewer", &change, 9);
    let judged = shared.clone().records(&[said(Approve, "tomasz", &change, 5), no]).judge();
    assert_eq!(why(&judged, 0), "`tomasz` took it back");
    // And both contributed.
    shared.contributors.insert("tomasz-reviewer".to_owned());
    let judged = shared.records(&[said(Approve, "olga", &change, 5)]).judge();
    assert_eq!(why(&judged, 0), "`olga` contributed to the change");
    assert!(Pattern::parse("*-reviewer").unwrap().matches("tomasz-reviewer"));
}

#[test]
fn reviews_are_told_by_time_and_those_without_one_last() {
    let change = change(3, "old", "new");
    let mut asked = Asked::default()
        .forge(&[review(9, "dconti", Commented, 7), review(3, "twrona", Approved, 4)])
        .records(&[said(Comment, "ines", &change, 5), said(RequestChanges, "priya", &change, 1)]);
    asked.claims = vec![ClaimedReview::Approved(Person { name: "Zoe".to_owned(), email: None })];
    let judged = asked.judge();
    let told: Vec<(&str, &str, &str)> = judged
        .reviews
        .iter()
        .map(|review| (review.by.as_str(), review.state.as_str(), review.evidence.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("priya", "changes_requested", "recorded"),
            ("tomasz", "approved", "forge"),
            ("ines", "commented", "recorded"),
            ("dario", "commented", "forge"),
            ("Zoe", "approved", "claimed"),
        ]
    );
    assert!(approvals::Proof::Attested.meets(Evidence::Attested) && !Proof::Forge.meets(Evidence::Attested));
}

#[test]
fn accounts_are_those_of_the_forge_that_was_asked() {
    let asked = |forge| {
        let mut asked = Asked::default().forge(&[review(1, "ines-albrecht", Approved, 5)]);
        asked.facts.as_mut().unwrap().forge = Some(forge);
        asked.judge()
    };
    assert_eq!(counted(&asked(Forge::GitHub)), ["ines"]);
    // The same login elsewhere is somebody else.
    assert_eq!(counted(&asked(Forge::GitLab)), ["gitlab:ines-albrecht"]);
    // Who opened it stands behind the change there too.
    let mut own = Asked::default().forge(&[review(1, "lfaber", Approved, 5)]);
    own.facts.as_mut().unwrap().forge = Some(Forge::GitLab);
    assert_eq!(why(&own.judge(), 0), "`gitlab:lfaber` contributed to the change");
    // What the forge says of access goes before its word for the reviewer.
    let told = |write_access| Review { write_access, ..review(1, "ines-albrecht", Approved, 5) };
    assert_eq!(forge(&[told(Some(true))]).outcome, Outcome::Met);
    assert_eq!(why(&forge(&[told(Some(false))]), 0), "the reviewer has no write access to the repository");
}

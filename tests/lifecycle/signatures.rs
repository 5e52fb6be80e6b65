//! Signatures made by `ssh-keygen`, and by the crate that checks them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use policyc::lifecycle::approvals::{Outcome, Proof};
use policyc::lifecycle::principals::Principals;
use policyc::lifecycle::record::{self, Attestation, NAMESPACE, Record};
use policyc::model::{Evidence, Identities};
use policyc::written::{ReviewKind, ReviewRecord};
use proptest::prelude::*;
use ssh_key::private::Ed25519Keypair;
use ssh_key::{HashAlg, LineEnding, PrivateKey, SshSig};

use super::world::{Asked, at, cases, change, identities};

fn key(seed: u8) -> PrivateKey {
    PrivateKey::from(Ed25519Keypair::from_seed(&[seed; 32]))
}

fn public(key: &PrivateKey) -> String {
    format!("{} somebody@laptop", key.public_key().to_openssh().unwrap())
}

/// Identities in which ines has these keys.
fn with_keys(keys: &[String]) -> Identities {
    let mut identities = identities();
    identities.principals.get_mut("ines").unwrap().keys = keys.iter().cloned().collect();
    identities
}

fn approval() -> ReviewRecord {
    let mut record = record::unsigned(at(5), ReviewKind::Approve, "ines", &[change(3, "old", "new")]);
    record.comment = Some("Fine, März.".to_owned());
    record
}

fn signed_by(key: &PrivateKey, namespace: &str, hash: HashAlg) -> ReviewRecord {
    let record = approval();
    let signature = key.sign(namespace, hash, &record::signed_bytes(&record).unwrap()).unwrap();
    ReviewRecord { signature: Some(signature.to_pem(LineEnding::LF).unwrap()), ..record }
}

fn read(record: &ReviewRecord) -> Record {
    Record::read(&record::line(record).unwrap()).unwrap()
}

fn attestation(record: &ReviewRecord, identities: &Identities) -> Attestation {
    read(record).attestation(&Principals::new(Some(identities)))
}

fn refuted(record: &ReviewRecord, identities: &Identities, why: &str) {
    match attestation(record, identities) {
        Attestation::Refuted(told) => assert!(told.contains(why), "{told}"),
        other => panic!("{other:?} where `{why}` was expected"),
    }
}

#[test]
fn a_signature_by_a_key_of_the_principal_attests() {
    let identities = with_keys(&[public(&key(2)), public(&key(1))]);
    for hash in [HashAlg::Sha512, HashAlg::Sha256] {
        assert_eq!(attestation(&signed_by(&key(1), NAMESPACE, hash), &identities), Attestation::Attested);
    }
    assert_eq!(attestation(&approval(), &identities), Attestation::Unsigned);
    // By any account of the principal: what is signed says which.
    let mut by_account = ReviewRecord { by: "Ines@example.com".to_owned(), ..approval() };
    let bytes = record::signed_bytes(&by_account).unwrap();
    by_account.signature = Some(key(1).sign(NAMESPACE, HashAlg::Sha512, &bytes).unwrap().to_string());
    assert_eq!(attestation(&by_account, &identities), Attestation::Attested);
}

#[test]
fn the_layout_of_a_line_is_not_signed_and_all_it_says_is() {
    let identities = with_keys(&[public(&key(1))]);
    let record = signed_by(&key(1), NAMESPACE, HashAlg::Sha512);
    let sorted: serde_json::Value = serde_json::from_str(&record::line(&record).unwrap()).unwrap();
    let again =
        Record::read(&format!("  {}", serde_json::to_string(&sorted).unwrap().replace(":3,", " : 3 ,"))).unwrap();
    assert_eq!(again.attestation(&Principals::new(Some(&identities))), Attestation::Attested);

    let not_over = "not over what it says";
    let tamper = |alter: &dyn Fn(&mut ReviewRecord)| {
        let mut record = record.clone();
        alter(&mut record);
        refuted(&record, &identities, not_over);
    };
    tamper(&|record| record.at = at(6).to_string());
    tamper(&|record| record.at = "2026-03-04T09:05:00.0Z".to_owned());
    tamper(&|record| record.kind = ReviewKind::Comment);
    tamper(&|record| record.by = "ines@example.com".to_owned());
    tamper(&|record| record.comment = None);
    tamper(&|record| record.head = Some("b".repeat(40)));
    tamper(&|record| record.documents.get_mut("refunds").unwrap().after = 4);
    tamper(&|record| record.documents.get_mut("refunds").unwrap().from = None);
    tamper(&|record| record.documents.get_mut("refunds").unwrap().to = None);
    tamper(&|record| {
        let copy = record.documents["refunds"].clone();
        record.documents.insert("mail".to_owned(), copy);
    });
}

#[test]
fn any_other_signature_refutes() {
    let identities = with_keys(&[public(&key(1))]);
    let other_key = "is not by a key that identities give `ines`";
    refuted(&signed_by(&key(2), NAMESPACE, HashAlg::Sha512), &identities, other_key);
    refuted(&signed_by(&key(1), "git", HashAlg::Sha512), &identities, "not made for the namespace");
    refuted(&signed_by(&key(1), "policyc-review-2", HashAlg::Sha512), &identities, "not made for the namespace");
    // The key of somebody else, whom the record does not name.
    let mut of_priya = with_keys(&[]);
    of_priya.principals.get_mut("priya").unwrap().keys = BTreeSet::from([public(&key(1))]);
    refuted(&signed_by(&key(1), NAMESPACE, HashAlg::Sha512), &of_priya, other_key);
    // Nobody is known for the key; and identities of the head side, which adds it, are not asked.
    refuted(&signed_by(&key(1), NAMESPACE, HashAlg::Sha512), &with_keys(&[]), other_key);
    refuted(&signed_by(&key(1), NAMESPACE, HashAlg::Sha512), &Identities::default(), other_key);
    let cannot = "cannot be read";
    for signature in ["", "-----BEGIN SSH SIGNATURE-----\n-----END SSH SIGNATURE-----\n", "yes"] {
        refuted(&ReviewRecord { signature: Some(signature.to_owned()), ..approval() }, &identities, cannot);
    }
    let broken = ["ssh-ed25519 AAAA".to_owned(), String::new(), "ssh-rsa AAAAB3NzaC1yc2E=".to_owned()];
    refuted(&signed_by(&key(1), NAMESPACE, HashAlg::Sha512), &with_keys(&broken), other_key);
}

#[test]
fn who_may_be_several_people_attests_nothing() {
    let mut identities = with_keys(&[public(&key(1))]);
    identities.principals.get_mut("ines").unwrap().agents = identities.principals["tomasz"].agents.clone();
    let mut record = ReviewRecord { by: "tomasz-helper".to_owned(), ..approval() };
    let bytes = record::signed_bytes(&record).unwrap();
    record.signature = Some(key(1).sign(NAMESPACE, HashAlg::Sha512, &bytes).unwrap().to_string());
    refuted(&record, &identities, "several principals");
}

#[test]
fn attested_counts_and_refuted_neither_counts_nor_takes_back() {
    let mut asked = Asked::default().evidence(Evidence::Attested);
    asked.identities = Some(with_keys(&[public(&key(1))]));
    let good = read(&signed_by(&key(1), NAMESPACE, HashAlg::Sha512));
    let judged = asked.clone().records(std::slice::from_ref(&good)).judge();
    assert_eq!((judged.outcome, judged.evidence), (Outcome::Met, Some(Proof::Attested)));

    let bad = read(&signed_by(&key(2), NAMESPACE, HashAlg::Sha512));
    let judged = asked.clone().evidence(Evidence::Recorded).records(&[bad]).judge();
    assert_eq!(judged.outcome, Outcome::NotMet);
    assert_eq!(judged.reviews[0].evidence, Proof::Refuted);
    assert!(judged.reviews[0].why_not.as_ref().unwrap().contains("identities give `ines`"));

    let no = record::unsigned(at(9), ReviewKind::RequestChanges, "ines", &[change(3, "old", "new")]);
    let forged = ReviewRecord { signature: Some("forged".to_owned()), ..no.clone() };
    assert_eq!(asked.clone().records(&[good.clone(), read(&forged)]).judge().outcome, Outcome::Met);
    assert_eq!(asked.records(&[good, read(&no)]).judge().outcome, Outcome::NotMet);
}

/// Runs ssh-keygen; `None`: it is not there.
fn keygen(folder: &Path, arguments: &[&str], input: &[u8]) -> Option<(bool, String)> {
    let stdin = folder.join("input");
    fs::write(&stdin, input).unwrap();
    let mut command = Command::new("ssh-keygen");
    command.args(arguments).current_dir(folder).stdin(fs::File::open(stdin).unwrap()).stderr(Stdio::piped());
    let output = command.output().ok()?;
    Some((output.status.success(), String::from_utf8(output.stdout).unwrap()))
}

#[test]
fn signatures_of_ssh_keygen_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (kind, bits, attests) in [("ed25519", "256", true), ("ecdsa", "256", true), ("rsa", "2048", false)] {
        let made = keygen(folder, &["-q", "-t", kind, "-b", bits, "-N", "", "-C", "ines@laptop", "-f", kind], b"");
        let Some((true, _)) = made else {
            eprintln!("SKIPPED: there is no ssh-keygen that makes {kind} keys");
            continue;
        };
        let public = fs::read_to_string(folder.join(format!("{kind}.pub"))).unwrap();
        let identities = with_keys(&[public.trim().to_owned()]);
        let bytes = record::signed_bytes(&approval()).unwrap();
        let sign = |namespace: &str, bytes: &[u8]| {
            let (fine, armored) = keygen(folder, &["-Y", "sign", "-q", "-n", namespace, "-f", kind], bytes).unwrap();
            assert!(fine, "ssh-keygen signs");
            ReviewRecord { signature: Some(armored), ..approval() }
        };
        let signed = sign(NAMESPACE, &bytes);
        if attests {
            assert_eq!(attestation(&signed, &identities), Attestation::Attested, "{kind}");
            refuted(&sign(NAMESPACE, b"something else"), &identities, "not over what it says");
            let tampered = ReviewRecord { comment: Some("No".to_owned()), ..signed };
            refuted(&tampered, &identities, "not over what it says");
        } else {
            // Kept out with the crate that has the open advisory; it must refute, not pass.
            refuted(&signed, &identities, "");
        }
        refuted(&sign("file", &bytes), &identities, "not made for the namespace");
        refuted(&sign(NAMESPACE, &bytes), &with_keys(&[]), "is not by a key");
    }
}

#[test]
fn ssh_keygen_reads_what_the_crate_signs() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let record = signed_by(&key(1), NAMESPACE, HashAlg::Sha512);
    fs::write(folder.join("signature"), record.signature.as_ref().unwrap()).unwrap();
    fs::write(folder.join("signers"), format!("ines {}\n", public(&key(1)))).unwrap();
    let verify = ["-Y", "verify", "-f", "signers", "-I", "ines", "-n", NAMESPACE, "-s", "signature"];
    match keygen(folder, &verify, &record::signed_bytes(&record).unwrap()) {
        Some((fine, told)) => assert!(fine, "{told}"),
        None => eprintln!("SKIPPED: there is no ssh-keygen"),
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn a_signature_with_a_changed_character_attests_nothing_and_never_panics(
        place in 0..400_usize, new in proptest::char::range(' ', '~')
    ) {
        let identities = with_keys(&[public(&key(1))]);
        let record = signed_by(&key(1), NAMESPACE, HashAlg::Sha512);
        let armored = record.signature.clone().unwrap();
        let place = place % armored.len();
        let old = armored.as_bytes()[place] as char;
        let mut changed = armored.clone();
        changed.replace_range(place..=place, &new.to_string());
        // Some lengths inside are not read strictly: what passes is the same signature by the same key.
        let same = SshSig::from_pem(&changed).is_ok_and(|read| read == SshSig::from_pem(&armored).unwrap());
        let told = attestation(&ReviewRecord { signature: Some(changed), ..record }, &identities);
        prop_assert_eq!(told == Attestation::Attested, same, "{} for {} at {}", new, old, place);
    }
}

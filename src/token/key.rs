use std::fmt;

use ed25519_dalek::{Signature, Signer, VerifyingKey};
use ssh_key::private::KeypairData;
use ssh_key::public::{Ed25519PublicKey, KeyData};

use super::jose;
use crate::text::jcs_bytes;

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadKey {
    /// It is not in the form that OpenSSH writes.
    Form,
    /// It is of another kind than Ed25519.
    Kind,
    /// It is no point of the curve, or one with which anything can be signed.
    Weak,
    /// It is locked by a passphrase.
    Encrypted,
    /// Its private and its public half do not belong together.
    Torn,
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "it is no key as OpenSSH writes it",
            Self::Kind => "it is no Ed25519 key",
            Self::Weak => "it is no sound Ed25519 key",
            Self::Encrypted => "it is locked by a passphrase",
            Self::Torn => "its two halves do not belong together",
        })
    }
}

/// A key that verifies tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a line `ssh-ed25519 AAAA… comment`.
    ///
    /// # Errors
    /// When it is none, or of a key that no signature should be taken from.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let key = ssh_key::PublicKey::from_openssh(text).map_err(|_| BadKey::Form)?;
        let key = key.key_data().ed25519().ok_or(BadKey::Kind)?;
        Self::of_bytes(&key.0)
    }

    fn of_bytes(bytes: &[u8; 32]) -> Result<Self, BadKey> {
        let key = VerifyingKey::from_bytes(bytes).map_err(|_| BadKey::Weak)?;
        // Another spelling of the same point would be another key by its name.
        let sound = !key.is_weak() && key.to_bytes() == *bytes;
        sound.then_some(Self(key)).ok_or(BadKey::Weak)
    }

    /// The line that OpenSSH writes, without a comment.
    #[must_use]
    pub fn to_openssh(&self) -> String {
        let data = KeyData::Ed25519(Ed25519PublicKey(self.0.to_bytes()));
        // Writing 32 bytes cannot fail.
        ssh_key::PublicKey::new(data, "").to_openssh().unwrap_or_default()
    }

    /// Its name: the RFC 7638 thumbprint, in base64url.
    #[must_use]
    pub fn id(&self) -> String {
        let jwk = serde_json::json!({"crv": "Ed25519", "kty": "OKP", "x": jose::encode(&self.0.to_bytes())});
        let bytes = jcs_bytes(&jwk).unwrap_or_default();
        jose::sha256(&bytes)
    }

    /// Whether a signature is by this key over these bytes; strictly, so that no signature has a second form.
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8; 64]) -> bool {
        self.0.verify_strict(signed, &Signature::from_bytes(signature)).is_ok()
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.id())
    }
}

/// A key that signs tokens. It is wiped from memory when it goes, and shown nowhere.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Reads what `ssh-keygen -t ed25519` writes.
    ///
    /// # Errors
    /// When it is none, is locked, or of another kind.
    pub fn parse(text: &str) -> Result<Self, BadKey> {
        let key = ssh_key::PrivateKey::from_openssh(text.trim()).map_err(|_| BadKey::Form)?;
        if key.is_encrypted() {
            return Err(BadKey::Encrypted);
        }
        let KeypairData::Ed25519(pair) = key.key_data() else { return Err(BadKey::Kind) };
        let own = ed25519_dalek::SigningKey::from_bytes(&pair.private.to_bytes());
        if own.verifying_key().to_bytes() != pair.public.0 {
            return Err(BadKey::Torn);
        }
        Ok(Self(own))
    }

    /// A key from the 32 bytes of its seed.
    #[must_use]
    pub fn of_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The key of RFC 8037, appendix A, with the thumbprint that it gives.
    #[test]
    fn the_id_is_the_thumbprint_of_the_rfc() {
        let seed = jose::decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::of_seed(&seed.try_into().unwrap()).public();
        assert_eq!(jose::encode(&key.0.to_bytes()), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        assert_eq!(PublicKey::parse(&key.to_openssh()).unwrap(), key);
        assert_eq!(PublicKey::parse(&format!("{} ada@example.com", key.to_openssh())).unwrap(), key);
    }

    /// The neutral point and the others of small order verify signatures that nobody made.
    #[test]
    fn keys_that_anybody_can_sign_with_are_refused() {
        let mut neutral = [0; 32];
        neutral[0] = 1;
        assert_eq!(PublicKey::of_bytes(&neutral), Err(BadKey::Weak));
        assert_eq!(PublicKey::of_bytes(&[0; 32]), Err(BadKey::Weak));
        // No point, and the neutral point spelt beyond the field.
        let mut beyond = [0xff; 32];
        (beyond[0], beyond[31]) = (0xee, 0x7f);
        assert_eq!(PublicKey::of_bytes(&beyond), Err(BadKey::Weak));
        let mut no_point = [0; 32];
        no_point[0] = 2;
        assert_eq!(PublicKey::of_bytes(&no_point), Err(BadKey::Weak));
    }

    #[test]
    fn other_kinds_and_other_texts_are_no_keys() {
        let p256 = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBHwf2HMM5TRXvo2SQJjsNkiDD5KqiiNjrGVv3UUh+mMT5RHxiRtOnlqvjhQtBq0VpmpCV/PwUdhOig4vkbqAcEc= a";
        assert_eq!(PublicKey::parse(p256), Err(BadKey::Kind));
        for text in ["", "ssh-ed25519", "ssh-ed25519 AAAA", "-----BEGIN OPENSSH PRIVATE KEY-----"] {
            assert_eq!(PublicKey::parse(text), Err(BadKey::Form), "{text}");
        }
        assert_eq!(SigningKey::parse("no key").err(), Some(BadKey::Form));
    }
}

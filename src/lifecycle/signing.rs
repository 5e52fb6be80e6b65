//! Signatures of review records, made with an SSH key as `ssh-keygen -Y sign -n policyc-review` makes them.

use ssh_key::{HashAlg, LineEnding, PrivateKey};

use super::record::NAMESPACE;

/// What a private key can do here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// The armored signature.
    Armored(String),
    /// The key is kept under a passphrase, or is of a kind that only `ssh-keygen` signs with.
    Elsewhere,
}

/// Signs with a private key in OpenSSH's form.
///
/// # Errors
/// What is wrong with the key, in words.
pub fn sign(private_key: &str, bytes: &[u8]) -> Result<Signed, String> {
    let key = PrivateKey::from_openssh(private_key).map_err(|_| "it is no private key in OpenSSH's form".to_owned())?;
    if key.is_encrypted() {
        return Ok(Signed::Elsewhere);
    }
    let Ok(signature) = key.sign(NAMESPACE, HashAlg::Sha512, bytes) else { return Ok(Signed::Elsewhere) };
    signature.to_pem(LineEnding::LF).map(Signed::Armored).map_err(|error| error.to_string())
}

//! Seals: a line that says how far a log had come, signed with a key that the store does not hold. Somebody who changes
//! the log and recomputes every hash cannot make the seals of before fit.
//!
//! A seal is one line of JSON: `tip` (the hash of a branch's newest event), `position` (its place in the log), `count`
//! (how many events the branch has up to there), `time`, `key` (the public key as OpenSSH writes it), and `signature`:
//! an SSHSIG in the namespace `backstory-seal` over the line without it, its line end included.

use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};
use ssh_key::rand_core::{OsRng, RngCore as _};
use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

use crate::error::{Error, Result};
use crate::event::{Hash, Position};
use crate::file;
use crate::private::Folder;

/// The file of the key, in the folder of the user's configuration; the public one ends in `.pub`.
const KEY: &str = "seal_key";
const PUBLIC: &str = "seal_key.pub";

/// What the signature is for: one made for something else does not count.
const NAMESPACE: &str = "backstory-seal";

/// How far a branch's log had come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Extent {
    /// The hash of its newest event.
    pub tip: Hash,
    /// That event's place in the log.
    pub position: Position,
    /// How many events the branch has up to there.
    pub count: i64,
    /// When that was so, RFC 3339.
    pub time: String,
}

/// A seal as it is written.
#[derive(Serialize, Deserialize)]
struct Line {
    tip: String,
    position: Position,
    count: i64,
    time: String,
    key: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

/// A seal whose signature holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// What it vouches for.
    pub extent: Extent,
    /// Who signed: the public key as OpenSSH writes it.
    pub key: String,
    /// The same in short, as `ssh-keygen -l` prints it.
    pub fingerprint: String,
}

/// Bytes that nobody can guess, from the system.
pub fn unguessable() -> [u8; 32] {
    let mut bytes = [0; 32];
    OsRng.fill_bytes(&mut bytes);
    bytes
}

/// Makes this user's key, where there is none yet, and answers the public one.
pub fn make_key(config: &Path) -> Result<String> {
    let folder = Folder::named(config).map_err(|error| Error::from(error).at(config.display()))?;
    let key = PrivateKey::random(&mut OsRng, Algorithm::Ed25519).map_err(failed)?;
    let private = key.to_openssh(LineEnding::LF).map_err(failed)?;
    let public = key.public_key().to_openssh().map_err(failed)?;
    folder.put_new(KEY, private.as_bytes()).map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Error::refused(format!("There is a key already: {}.", config.join(KEY).display()))
                .hint("`backstory seal` signs with it. Another key would not check the seals that it signed.")
        }
        _ => Error::from(error).at(config.join(KEY).display()),
    })?;
    folder
        .put(PUBLIC, format!("{public}\n").as_bytes())
        .map_err(|error| Error::from(error).at(config.join(PUBLIC).display()))?;
    Ok(public)
}

/// The public key of this user, where one was made.
pub fn own_key(config: &Path) -> Option<String> {
    file::text(&config.join(PUBLIC)).ok().map(|text| text.trim().to_owned())
}

/// Signs how far a log has come: a line of JSON without its line end.
pub fn sign(config: &Path, extent: &Extent) -> Result<String> {
    let path = config.join(KEY);
    let text = file::text(&path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Error::refused("There is no key to sign with on this machine.")
            .hint("`backstory seal --init` makes one."),
        _ => Error::from(error).at(path.display()),
    })?;
    let key = PrivateKey::from_openssh(&text).map_err(|error| failed(error).at(path.display()))?;
    let mut line = Line {
        tip: extent.tip.to_string(),
        position: extent.position,
        count: extent.count,
        time: extent.time.clone(),
        key: key.public_key().to_openssh().map_err(failed)?,
        signature: None,
    };
    let signature = SshSig::sign(&key, NAMESPACE, HashAlg::Sha512, &signed(&line)?).map_err(failed)?;
    line.signature = Some(signature.to_pem(LineEnding::LF).map_err(failed)?);
    Ok(serde_json::to_string(&line).map_err(std::io::Error::from)?)
}

/// Reads a seal's file and checks its signature.
pub fn check(path: &Path) -> Result<Sealed> {
    let text = file::text(path).map_err(|error| Error::from(error).at(path.display()))?;
    let no_seal = |why: &dyn std::fmt::Display| {
        Error::refused(format!("{} is no seal: {why}.", path.display()))
            .hint("`backstory seal > FILE` writes one.")
    };
    let mut line: Line = serde_json::from_str(text.trim()).map_err(|error| no_seal(&error))?;
    let tip = line.tip.parse().map_err(|()| no_seal(&"its tip is no hash"))?;
    let signature = line.signature.take().ok_or_else(|| no_seal(&"it is not signed"))?;
    let signature = SshSig::from_pem(signature).map_err(|error| no_seal(&error))?;
    let key = PublicKey::from_openssh(&line.key).map_err(|error| no_seal(&error))?;
    key.verify(NAMESPACE, &signed(&line)?, &signature)
        .map_err(|_| Error::damaged(format!("The seal in {} is not what was signed.", path.display())))?;
    let fingerprint = key.fingerprint(HashAlg::Sha256).to_string();
    let extent = Extent { tip, position: line.position, count: line.count, time: line.time };
    Ok(Sealed { extent, key: line.key, fingerprint })
}

fn signed(line: &Line) -> Result<Vec<u8>> {
    let mut text = serde_json::to_vec(line).map_err(std::io::Error::from)?;
    text.push(b'\n');
    Ok(text)
}

#[allow(clippy::needless_pass_by_value, reason = "as map_err hands it over")]
fn failed(error: ssh_key::Error) -> Error {
    Error::refused(format!("The key cannot be used: {error}."))
}

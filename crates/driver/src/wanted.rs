//! What is desired, read and digested.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path},
};

use compose::{
    canonical::canonical,
    model::{EnvValue, SecretRef},
    render::{Check, Content, Object, Runnable},
};
use data_encoding::HEXLOWER;
use model::secret::SecretText;
use ring::hmac;
use serde::Deserialize as _;
use serde_json::json;

use crate::{ApplyError, Desired, container};

/// A workload that is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) name: String,
    pub(crate) runnable: Runnable,
    pub(crate) checks: Vec<Check>,
    /// The values of its secrets, or what is missing of them, in words.
    pub(crate) secrets: Result<Secrets, String>,
    /// What it is told while it runs, if it asks for that.
    pub(crate) live: Option<String>,
    /// Of what it is and of its secrets: another one is another workload. Nobody without the key learns from it.
    pub(crate) digest: String,
}

/// The values of the secrets that a workload needs.
pub(crate) type Secrets = BTreeMap<SecretRef, SecretText>;

/// Reads what is desired, for a platform whose objects are of `kind`.
pub(crate) fn read(desired: &Desired, kind: &str, key: &hmac::Key) -> Result<Vec<Wanted>, ApplyError> {
    let invalid = |what: String| Err(ApplyError::Invalid(what));
    if !is_label(&desired.deployment) {
        return invalid(format!("{:?} is no name of a deployment", desired.deployment));
    }
    let mut all = Vec::new();
    let mut names = BTreeSet::new();
    for object in &desired.objects {
        if object.kind != kind {
            return invalid(format!(
                "the {} {} is none of the {kind} objects that are run here",
                object.kind, object.name
            ));
        }
        if !is_label(&object.name) || !names.insert(&object.name) {
            return invalid(format!("{:?} is no name of a workload, or of two", object.name));
        }
        all.push(one(desired, object, key)?);
    }
    Ok(all)
}

fn one(desired: &Desired, object: &Object, key: &hmac::Key) -> Result<Wanted, ApplyError> {
    let name = object.name.clone();
    let invalid = |what: &dyn std::fmt::Display| ApplyError::Invalid(format!("{name}: {what}"));
    let Content::Structure(content) = &object.content else { return Err(invalid(&"it is a text")) };
    let runnable = Runnable::deserialize(content).map_err(|error| invalid(&error))?;
    if let Some(path) = runnable.files.keys().chain(runnable.volumes.keys()).find(|path| !is_plain(path)) {
        return Err(invalid(&format!("{path:?} is no absolute path without .. in it")));
    }
    // An engine reads what follows as options of the mount: by some of them other directories of the machine can be had.
    if let Some(path) = runnable.volumes.keys().find(|path| path.contains([':', ','])) {
        return Err(invalid(&format!("there is a colon or a comma in the path of the volume at {path:?}")));
    }
    let leaves = |dir: &&String| Path::new(dir.as_str()).components().any(|part| part == Component::ParentDir);
    if let Some(dir) = runnable.workdir.as_ref().filter(leaves) {
        return Err(invalid(&format!("the directory {dir:?} has .. in it")));
    }
    let within = |path: &str, volume: &str| Path::new(path).starts_with(volume);
    let mut volumes = runnable.volumes.keys();
    if let Some(volume) = volumes.find(|volume| runnable.files.keys().any(|path| within(path, volume))) {
        return Err(invalid(&format!("a file cannot be put into the volume at {volume}")));
    }
    if object.kind != container::KIND {
        apart(&runnable).map_err(|what| invalid(&what))?;
    }
    if let Some(volume) = runnable.volumes.values().find(|volume| !is_file_name(volume)) {
        return Err(invalid(&format!("{volume:?} is no name of a volume")));
    }
    let live = match (runnable.addresses, desired.live.get(&name)) {
        (false, _) => None,
        (true, Some(text)) => Some(text.clone()),
        (true, None) => return Err(invalid(&"nobody says which sites it is to be told of")),
    };
    let secrets = secrets(&runnable, desired);
    let exposed: BTreeMap<String, &str> =
        secrets.iter().flatten().map(|(at, value)| (shown(at), value.expose())).collect();
    let text = canonical(&json!({ "content": content, "secrets": exposed }));
    let digest = HEXLOWER.encode(hmac::sign(key, text.as_bytes()).as_ref());
    let of = |check: &&Check| check.name == name;
    let checks = desired.checks.iter().filter(of).cloned().collect();
    Ok(Wanted { name: name.clone(), runnable, checks, secrets, live, digest })
}

/// Refuses what the site would have to make within a volume of a program. What is in a volume is the program's, and may lead
/// anywhere on the machine; of an engine it cannot lead out of the container.
fn apart(runnable: &Runnable) -> Result<(), String> {
    let within = |path: &str| {
        let mut volumes = runnable.volumes.keys();
        volumes.find(|volume| Path::new(path) != Path::new(volume) && Path::new(path).starts_with(volume))
    };
    for path in runnable.volumes.keys() {
        if let Some(volume) = within(path) {
            return Err(format!("the volume at {path} is within the one at {volume}"));
        }
    }
    // A directory is meant from the root, however it is written.
    let dir = runnable.workdir.as_ref().map(|dir| format!("/{}", dir.trim_start_matches('/')));
    match dir.as_deref().and_then(|dir| Some((dir, within(dir)?))) {
        Some((dir, volume)) => {
            Err(format!("the directory {dir} is within the volume at {volume}: its program can make it"))
        }
        None => Ok(()),
    }
}

/// The values of the secrets it names, in its environment and files.
fn secrets(runnable: &Runnable, desired: &Desired) -> Result<Secrets, String> {
    let of_env = runnable.env.values().filter_map(|value| match value {
        EnvValue::Secret(secret) => Some(secret),
        _ => None,
    });
    let of_files = runnable.files.values().filter_map(|file| file.secret.as_ref());
    let value = |secret: &SecretRef| {
        let value = desired.secrets.get(secret.secret.as_str()).and_then(|values| values.get(secret.key()));
        value.cloned().ok_or_else(|| format!("it waits for the secret {}", shown(secret)))
    };
    of_env.chain(of_files).map(|secret| Ok((secret.clone(), value(secret)?))).collect()
}

fn shown(secret: &SecretRef) -> String {
    format!("{}, {}", secret.secret, secret.key())
}

/// Whether it is an absolute path that leads nowhere else.
fn is_plain(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    parts.next() == Some(Component::RootDir)
        && !path.contains('\0')
        && parts.clone().next().is_some()
        && parts.all(|part| matches!(part, Component::Normal(_)))
}

/// Whether it is a name that any directory, container or network may have as part of its own.
pub(crate) fn is_label(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    name.len() <= 63 && name.starts_with(fits) && name.ends_with(fits) && name.chars().all(|c| fits(c) || c == '-')
}

fn is_file_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.len() <= 128 && name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(fits)
}

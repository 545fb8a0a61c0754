//! `skx secret`: values that sites need, set here and read by nobody.

use std::{collections::BTreeMap, fs, io::Read as _, path::Path};

use api::{Secret, SecretSet, SecretValues};
use clap::Subcommand;
use model::{Name, secret::SecretText};
use zeroize::Zeroizing;

use crate::{
    commands::{Session, narrow::Narrow},
    confirm::Consent,
    failure::Failure,
    output::{Show, joined, time},
    values::Scoped,
};

/// `skx secret …`.
#[derive(Subcommand, Debug)]
pub(crate) enum SecretCommand {
    /// Sets the values of a secret, and no others. Sites whose deployments need it are given them; nobody else reads them.
    #[command(
        after_help = "What stands on a command line can be seen by others of this machine: KEY=@FILE takes a value from a file, as it is\n\
            there, and --from-stdin takes lines KEY=VALUE from the standard input.\n\n\
            Examples:\n  skx secret set retail/database user=shop password=@password.txt\n  \
            pass show retail/database | skx secret set retail/database --from-stdin"
    )]
    Set {
        /// The secret.
        #[arg(value_name = "NETWORK/NAME")]
        secret: Scoped,
        /// Its values.
        #[arg(value_name = "KEY=VALUE|KEY=@FILE", required_unless_present = "from_stdin", value_parser = given)]
        values: Vec<Given>,
        /// Takes lines KEY=VALUE from the standard input, too.
        #[arg(long)]
        from_stdin: bool,
    },
    /// Lists the secrets of a network: their names, the names of their values, and the deployments that need them.
    #[command(after_help = "Example:\n  skx secret list retail")]
    List {
        /// The network.
        network: Name,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Shows a secret, without its values.
    #[command(after_help = "Example:\n  skx secret show retail/database")]
    Show {
        /// The secret.
        #[arg(value_name = "NETWORK/NAME")]
        secret: Scoped,
    },
    /// Deletes a secret. Refused while a deployment needs it.
    #[command(after_help = "Example:\n  skx secret delete retail/database --yes")]
    Delete {
        /// The secret.
        #[arg(value_name = "NETWORK/NAME")]
        secret: Scoped,
        /// Even if a deployment needs it.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        consent: Consent,
    },
}

/// One value as it is given; not shown.
#[derive(Clone)]
pub(crate) struct Given {
    key: String,
    value: Zeroizing<String>,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}=…", self.key)
    }
}

/// What is wrong with it is said without it: it may be a secret.
fn given(text: &str) -> Result<Given, String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            Ok(Given { key: key.to_owned(), value: Zeroizing::new(value.to_owned()) })
        }
        _ => Err("give KEY=VALUE or KEY=@FILE".to_owned()),
    }
}

pub(crate) async fn run(command: SecretCommand, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        SecretCommand::Set { secret, values, from_stdin } => {
            let input = SecretSet { values: SecretValues(all(values, from_stdin)?) };
            let set: Secret = client.put(&path(&secret), &input).await?;
            session.output.done(&format!("secret {secret} is set: {}", joined(&set.keys)), &set)
        }
        SecretCommand::List { network, narrow } => {
            let path = format!("/networks/{network}/secrets");
            session.output.list(&client.list::<Secret>(&path, &narrow.query()).await?)
        }
        SecretCommand::Show { secret } => session.output.object(&client.get::<Secret>(&path(&secret)).await?),
        SecretCommand::Delete { secret, force, consent } => {
            consent.ask(&format!("deletes the secret {secret}, for good"))?;
            let force = if force { "?force=true" } else { "" };
            client.delete(&format!("{}{force}", path(&secret))).await?;
            session.output.gone(&format!("deleted secret {secret}"))
        }
    }
}

fn path(secret: &Scoped) -> String {
    format!("/networks/{}/secrets/{}", secret.parent, secret.name)
}

/// All the values that are given, each once.
fn all(values: Vec<Given>, from_stdin: bool) -> Result<BTreeMap<String, SecretText>, Failure> {
    let mut all = BTreeMap::new();
    let mut add = |key: String, value: Zeroizing<String>| match all.insert(key.clone(), SecretText::from(value)) {
        None => Ok(()),
        Some(_) => Err(Failure::usage(format_args!("{key} is given twice"))),
    };
    for Given { key, value } in values {
        let value = match value.strip_prefix('@') {
            None => value,
            Some(file) => {
                let path = Path::new(file);
                Zeroizing::new(fs::read_to_string(path).map_err(|error| Failure::file(path, &error))?)
            }
        };
        add(key, value)?;
    }
    if from_stdin {
        let mut text = Zeroizing::new(String::new());
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|error| Failure::usage(format_args!("the standard input cannot be read: {error}")))?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let wrong = |_| Failure::usage(format_args!("line {} of the standard input is not KEY=VALUE", number + 1));
            let Given { key, value } = given(line).map_err(wrong)?;
            add(key, value)?;
        }
    }
    Ok(all)
}

impl Show for Secret {
    const HEADINGS: &'static [&'static str] = &["name", "keys", "deployments", "updated"];

    fn row(&self) -> Vec<String> {
        vec![self.name.to_string(), joined(&self.keys), joined(&self.deployments), time(self.updated)]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts: Vec<_> = Self::HEADINGS.iter().copied().zip(self.row()).collect();
        facts.extend([
            ("network", self.network.to_string()),
            ("created", time(self.created)),
            ("id", self.id.to_string()),
        ]);
        facts
    }

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }
}

//! `skx get`: objects as manifests.

use api::{
    AddressPolicy, Authored, Backbone, BackboneSite, Connector, Deployment, Invitation, Link, Listener, ManifestKind,
    Network,
};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::Value;

use crate::{
    client::Client,
    commands::Session,
    failure::{Code, Failure},
    output::{self, Format, table},
};

/// `skx get`.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  skx get all -o yaml > installation.yaml\n  skx get network retail -o yaml\n  skx get invitation retail/stores -o yaml\n  skx get listener retail/till.api\n  skx get deployment retail/tills -o yaml | skx apply -f -"
)]
pub(crate) struct Get {
    /// What kind of object.
    #[arg(value_enum)]
    kind: Kind,
    /// Which: NAME, of what is inside another PARENT/NAME, or PARENT for all that is in it.
    /// Links are called FROM,TO/ACCESS; listeners and connectors ADDRESS,site=SITE,SOCKET or ADDRESS,class=CLASS,SOCKET.
    /// What such a name begins with, up to a comma, is enough.
    name: Option<String>,
}

/// A kind of manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// Everything.
    All,
    #[value(alias = "backbones")]
    Backbone,
    #[value(name = "site", aliases = ["sites", "backbone-site", "backbone-sites"])]
    BackboneSite,
    #[value(alias = "links")]
    Link,
    #[value(name = "network", aliases = ["networks", "application-network", "application-networks"])]
    ApplicationNetwork,
    #[value(alias = "invitations")]
    Invitation,
    #[value(alias = "listeners")]
    Listener,
    #[value(alias = "connectors")]
    Connector,
    #[value(aliases = ["address-policies", "policy", "policies"])]
    AddressPolicy,
    #[value(alias = "deployments")]
    Deployment,
}

impl Kind {
    fn kinds(self) -> Vec<ManifestKind> {
        match self {
            Self::All => ManifestKind::ALL.into(),
            Self::Backbone => vec![ManifestKind::Backbone],
            Self::BackboneSite => vec![ManifestKind::BackboneSite],
            Self::Link => vec![ManifestKind::Link],
            Self::ApplicationNetwork => vec![ManifestKind::ApplicationNetwork],
            Self::Invitation => vec![ManifestKind::Invitation],
            Self::Listener => vec![ManifestKind::Listener],
            Self::Connector => vec![ManifestKind::Connector],
            Self::AddressPolicy => vec![ManifestKind::AddressPolicy],
            Self::Deployment => vec![ManifestKind::Deployment],
        }
    }
}

pub(crate) async fn run(args: Get, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    if args.kind == Kind::All && args.name.is_some() {
        return Err(Failure::usage("everything has no name").how("leave the name out, or say which kind is meant"));
    }
    let mut found = vec![];
    for kind in args.kind.kinds() {
        found.extend(of_kind(kind, args.name.as_deref(), &client).await?);
    }
    if found.is_empty()
        && let Some(name) = &args.name
    {
        let kind = args.kind.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
        return Err(Failure::new(Code::NotFound, format_args!("there is no {kind} {name:?}")));
    }
    write(&found, session.output)
}

/// The objects of a kind that have the name, or all of them.
async fn of_kind(kind: ManifestKind, name: Option<&str>, client: &Client) -> Result<Vec<Authored>, Failure> {
    let (parent, name) = match (kind.parent(), name) {
        (None, name) => (None, name),
        (Some(_), None) => (None, None),
        (Some(_), Some(text)) => match text.split_once('/') {
            Some((parent, name)) => (Some(parent), Some(name)),
            None => (Some(text), None),
        },
    };
    let parents: Vec<String> = match (kind.parent(), parent) {
        (None, _) => vec![String::new()],
        (Some(_), Some(parent)) => vec![parent.to_owned()],
        (Some(of), None) => {
            let all = list(of, "", client).await?;
            all.into_iter().map(|parent| parent.key().name).collect()
        }
    };
    let mut found = vec![];
    for parent in parents {
        found.extend(list(kind, &parent, client).await?);
    }
    let is = |authored: &Authored| {
        let of = authored.key().name;
        let begins =
            |wanted: &str| of.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(','));
        name.is_none_or(|wanted| of == wanted || (!kind.is_named() && begins(wanted)))
    };
    found.retain(is);
    Ok(found)
}

/// Every object of a kind, in what it is in.
async fn list(kind: ManifestKind, parent: &str, client: &Client) -> Result<Vec<Authored>, Failure> {
    if kind.parent().is_some() && parent.parse::<model::Name>().is_err() {
        return Err(Failure::usage(format_args!("{parent:?} is not a name")).how("write PARENT/NAME"));
    }
    let path = match kind {
        ManifestKind::Backbone => "/backbones".to_owned(),
        ManifestKind::BackboneSite => format!("/backbones/{parent}/sites"),
        ManifestKind::Link => format!("/backbones/{parent}/links"),
        ManifestKind::ApplicationNetwork => "/networks".to_owned(),
        ManifestKind::Invitation => format!("/networks/{parent}/invitations"),
        ManifestKind::Listener => format!("/networks/{parent}/listeners"),
        ManifestKind::Connector => format!("/networks/{parent}/connectors"),
        ManifestKind::AddressPolicy => format!("/networks/{parent}/address-policies"),
        ManifestKind::Deployment => format!("/networks/{parent}/deployments"),
    };
    macro_rules! all {
        ($shown:ty) => {
            client.list::<$shown>(&path, &[]).await?.iter().map(Authored::from).collect()
        };
    }
    Ok(match kind {
        ManifestKind::Backbone => all!(Backbone),
        ManifestKind::BackboneSite => all!(BackboneSite),
        ManifestKind::Link => all!(Link),
        ManifestKind::ApplicationNetwork => all!(Network),
        ManifestKind::Invitation => all!(Invitation),
        ManifestKind::Listener => all!(Listener),
        ManifestKind::Connector => all!(Connector),
        ManifestKind::AddressPolicy => {
            let network: model::Name = parent.parse().map_err(Failure::usage)?;
            let all = client.list::<AddressPolicy>(&path, &[]).await?;
            all.iter().map(|policy| Authored::policy(network.clone(), policy)).collect()
        }
        // What is being taken away is nothing that could be applied.
        ManifestKind::Deployment => {
            let all = client.list::<Deployment>(&path, &[("removing", "false")]).await?;
            all.iter().map(Authored::from).collect()
        }
    })
}

/// To people as a table, to programs as a list, and as YAML as documents that can be applied as they are.
fn write(found: &[Authored], output: output::Output) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct Items {
        items: Vec<api::Manifest>,
    }
    match output.format {
        Format::Table if found.is_empty() => {
            eprintln!("none");
            Ok(())
        }
        Format::Table => {
            let row = |authored: &Authored| {
                let key = authored.key();
                let spec: Vec<String> = authored.spec().iter().map(|(field, value)| shown(field, value)).collect();
                vec![key.kind.to_string(), key.path(), spec.join(" ")]
            };
            output::text(&table(&["kind", "name", "spec"], found.iter().map(row).collect()))
        }
        Format::Json => output.value(&Items { items: found.iter().map(Authored::manifest).collect() }),
        Format::Yaml => {
            for authored in found {
                output::text("---\n")?;
                output.value(&authored.manifest())?;
            }
            Ok(())
        }
    }
}

/// A field on one line: of access points their names.
fn shown(field: &str, value: &Value) -> String {
    match value {
        Value::Array(items) => {
            let text = |item: &Value| {
                let name = item.get("name").unwrap_or(item);
                name.as_str().map_or_else(|| name.to_string(), str::to_owned)
            };
            format!("{field}={}", items.iter().map(text).collect::<Vec<_>>().join(","))
        }
        Value::String(text) => format!("{field}={text}"),
        other => format!("{field}={other}"),
    }
}

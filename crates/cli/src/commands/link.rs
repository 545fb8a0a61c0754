use api::{LinkCreate, LinkSet, LinkState};
use clap::{Args, Subcommand};
use model::{Name, router::Transport};

use crate::{
    client::Client,
    commands::{Session, access::Force, narrow::Narrow},
    confirm::Consent,
    failure::{Code, Failure},
    output::{Show, maybe},
    values::LinkEnd,
    wait::{Look, Wait},
};

/// `skx backbone link …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Link {
    /// Creates a link: one site dials an access point of another.
    Create(Create),
    /// Changes a link.
    Set(Set),
    /// Lists the links of a backbone.
    #[command(after_help = "Example:\n  skx backbone link list europe")]
    List {
        /// The backbone.
        backbone: Name,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Deletes a link.
    Delete(Delete),
}

/// Which link.
#[derive(Args, Debug)]
pub(crate) struct Ends {
    /// The backbone.
    backbone: Name,
    /// The site that dials.
    #[arg(long, value_name = "SITE")]
    from: Name,
    /// The site that is dialled, and its access point, when it has several for peers.
    #[arg(long, value_name = "SITE[/ACCESS]")]
    to: LinkEnd,
}

/// `skx backbone link create`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx backbone link create europe --from rome --to paris --transport tls")]
pub(crate) struct Create {
    #[command(flatten)]
    ends: Ends,
    /// Cost for routing; lower is preferred.
    #[arg(long, default_value_t = 1)]
    cost: u32,
    /// How data connections travel: direct or tls.
    #[arg(long, default_value_t)]
    transport: Transport,
    #[command(flatten)]
    wait: Wait,
}

/// `skx backbone link set`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx backbone link set europe --from rome --to paris --cost 10")]
pub(crate) struct Set {
    #[command(flatten)]
    ends: Ends,
    /// Cost for routing; lower is preferred.
    #[arg(long)]
    cost: Option<u32>,
    /// How data connections travel: direct or tls.
    #[arg(long)]
    transport: Option<Transport>,
}

/// `skx backbone link delete`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx backbone link delete europe --from rome --to paris --yes")]
pub(crate) struct Delete {
    #[command(flatten)]
    ends: Ends,
    #[command(flatten)]
    consent: Consent,
    #[command(flatten)]
    force: Force,
}

pub(crate) async fn run(command: Link, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Link::Create(Create { ends, cost, transport, wait }) => {
            let Ends { backbone, from, to } = ends;
            let path = format!("/backbones/{backbone}/links");
            let input = LinkCreate { from, to: to.site, access: to.access, cost, transport };
            let link: api::Link = client.create(&path, &input).await?;
            let link =
                if wait.wait.is_some() { up(&client, &format!("{path}/{}", link.id), wait).await? } else { link };
            session.output.done(&format!("created the link from {} to {}", link.from, link.to), &link)
        }
        Link::Set(Set { ends, cost, transport }) => {
            if cost.is_none() && transport.is_none() {
                return Err(Failure::usage("nothing to change; give --cost or --transport"));
            }
            let link = find(&client, &ends).await?;
            let path = format!("/backbones/{}/links/{}", ends.backbone, link.id);
            let link: api::Link = client.patch(&path, &LinkSet { cost, transport }).await?;
            session.output.done(&format!("the link from {} to {} is set", link.from, link.to), &link)
        }
        Link::List { backbone, narrow } => {
            let path = format!("/backbones/{backbone}/links");
            session.output.list(&client.list::<api::Link>(&path, &narrow.query()).await?)
        }
        Link::Delete(Delete { ends, consent, force }) => {
            let link = find(&client, &ends).await?;
            consent
                .ask(&format!("deletes the link from {} to {} and ends what travels over it", link.from, link.to))?;
            client.delete(&format!("/backbones/{}/links/{}{}", ends.backbone, link.id, force.query())).await?;
            session.output.gone(&format!("deleted the link from {} to {}", link.from, link.to))
        }
    }
}

async fn up(client: &Client, path: &str, wait: Wait) -> Result<api::Link, Failure> {
    let (link, up) = wait
        .until(async || {
            let link: api::Link = client.get(path).await?;
            Ok(if link.state == LinkState::Up {
                Look::Done(link)
            } else {
                let error = link.error.as_ref().map(|error| format!(" ({error})")).unwrap_or_default();
                let missing = format!("the link from {} to {} is {}{error}", link.from, link.to, link.state.as_str());
                Look::NotYet(link, missing)
            })
        })
        .await?;
    if up {
        Ok(link)
    } else {
        Err(Failure::failed(format_args!(
            "the link from {} to {} was created, and is {}",
            link.from,
            link.to,
            link.state.as_str()
        )))
    }
}

/// The one link between two sites.
async fn find(client: &Client, ends: &Ends) -> Result<api::Link, Failure> {
    let filter = [("from", ends.from.as_str()), ("to", ends.to.site.as_str())];
    let mut links: Vec<api::Link> = client.list(&format!("/backbones/{}/links", ends.backbone), &filter).await?;
    if let Some(access) = &ends.to.access {
        links.retain(|link| link.access == *access);
    }
    match links.len() {
        0 => Err(Failure::new(
            Code::NotFound,
            format_args!("there is no such link from {} to {}", ends.from, ends.to.site),
        )),
        1 => Ok(links.remove(0)),
        _ => {
            let access: Vec<&str> = links.iter().map(|link| link.access.as_str()).collect();
            Err(Failure::usage(format_args!("there are several links from {} to {}", ends.from, ends.to.site)).how(
                format_args!("name the access point: --to {}/ACCESS, with one of {}", ends.to.site, access.join(", ")),
            ))
        }
    }
}

impl Show for api::Link {
    const HEADINGS: &'static [&'static str] =
        &["from", "to", "access", "cost", "transport", "state", "rtt ms", "error"];

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }

    fn row(&self) -> Vec<String> {
        vec![
            self.from.to_string(),
            self.to.to_string(),
            self.access.to_string(),
            self.cost.to_string(),
            self.transport.to_string(),
            self.state.as_str().to_owned(),
            self.rtt_ms.map(|rtt| format!("{:.1}", f64::from(rtt.micros) / 1_000.0)).unwrap_or_default(),
            maybe(self.error.as_ref()),
        ]
    }
}

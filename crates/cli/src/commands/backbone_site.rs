use std::path::PathBuf;

use api::{AccessPointCreate, BackboneSite, BackboneSiteCreate, Eviction, Rendered};
use clap::{Args, Subcommand};
use model::{AccessPointSpec, Name};

use crate::{
    commands::{Session, eviction, narrow::Narrow},
    confirm::Consent,
    context::write_secret,
    failure::Failure,
    output::{self, Format, Show, joined, maybe, time, yes},
    values::{self, Scoped},
    wait::Wait,
};

/// `skx backbone site …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Site {
    /// Creates a site of a backbone.
    Create(Create),
    /// Lists the sites of a backbone.
    #[command(after_help = "Example:\n  skx backbone site list europe --filter connected=false")]
    List {
        /// The backbone.
        backbone: Name,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Shows a site and the next step to take for it.
    #[command(after_help = "Example:\n  skx backbone site show europe/paris")]
    Show {
        /// The site, BACKBONE/SITE.
        site: Scoped,
    },
    /// Lets a site drain before it is taken away: others go around it where there is another way, members attach
    /// elsewhere, and what runs through it ends in its own time.
    #[command(
        after_help = "Example:\n  skx backbone site drain europe/paris\n  skx backbone site drain europe/paris --undo"
    )]
    Drain {
        /// The site, BACKBONE/SITE.
        site: Scoped,
        /// Let it take new streams again; the same as `skx backbone site resume`.
        #[arg(long)]
        undo: bool,
    },
    /// Lets a site that drains take new streams again.
    #[command(after_help = "Example:\n  skx backbone site resume europe/paris")]
    Resume {
        /// The site, BACKBONE/SITE.
        site: Scoped,
    },
    /// Evicts a site: its id is denied for good, and every connection of it ends.
    #[command(after_help = "Example:\n  skx backbone site evict europe/paris --yes")]
    Evict {
        /// The site, BACKBONE/SITE.
        site: Scoped,
        #[command(flatten)]
        consent: Consent,
        #[command(flatten)]
        wait: Wait,
    },
    /// Deletes a site that was never deployed, or was evicted.
    #[command(after_help = "Example:\n  skx backbone site delete europe/paris --yes")]
    Delete {
        /// The site, BACKBONE/SITE.
        site: Scoped,
        #[command(flatten)]
        consent: Consent,
    },
    /// Renders what starts the site where it is to run. Earlier bundles become invalid.
    Bundle(Bundle),
}

/// `skx backbone site create`.
#[derive(Args, Debug)]
#[command(after_help = "KIND is peer (other sites link to it), member (member sites attach), claim (invitations are \
    redeemed), manage (controllers attach).\n\nExample:\n  skx backbone site create europe/paris \
    --access main=peer,member,claim,manage@r1.example.com:5671")]
pub(crate) struct Create {
    /// The site, BACKBONE/SITE.
    site: Scoped,
    /// Where it listens, and for whom; may be given several times. None for a site that only dials others. The host may
    /// be left out until it is known (NAME=KIND@:PORT), and is entered with `skx backbone access set`.
    #[arg(long, value_name = "NAME=KIND[,KIND…]@HOST:PORT[;bind=HOST:PORT]")]
    access: Vec<AccessPointSpec>,
}

/// `skx backbone site bundle`.
#[derive(Args, Debug)]
#[command(
    after_help = "In containers the site listens at the same ports of the machine; on Kubernetes there is a Service of the \
    type LoadBalancer for them.\n\n\
    Example:\n  skx backbone site bundle europe/paris --output paris.bundle\n  \
    skx backbone site bundle europe/paris --format kubernetes --output paris.yaml"
)]
pub(crate) struct Bundle {
    /// The site, BACKBONE/SITE.
    site: Scoped,
    /// The file to write (mode 0600: it holds a key); - for standard output.
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
    /// What to render for: linux, kubernetes, podman, docker.
    #[arg(long, default_value = "linux", value_parser = |text: &str| values::choice(text, &render::BundleFormat::NAMES.map(|(name, _)| name), &[]))]
    format: String,
}

fn path(site: &Scoped) -> String {
    format!("/backbones/{}/sites/{}", site.parent, site.name)
}

pub(crate) async fn run(command: Site, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Site::Create(Create { site, access }) => {
            let access = access.into_iter().map(AccessPointCreate::from).collect();
            let input = BackboneSiteCreate { name: site.name.clone(), access };
            let created: BackboneSite = client.create(&format!("/backbones/{}/sites", site.parent), &input).await?;
            let next = created.next.as_ref().map(|next| format!("; next: {next}")).unwrap_or_default();
            session.output.done(&format!("created site {site}{next}"), &created)
        }
        Site::List { backbone, narrow } => {
            let path = format!("/backbones/{backbone}/sites");
            session.output.list(&client.list::<BackboneSite>(&path, &narrow.query()).await?)
        }
        Site::Show { site } => session.output.object(&client.get::<BackboneSite>(&path(&site)).await?),
        Site::Drain { site, undo: false } => {
            let drained: BackboneSite = client.act(&format!("{}/drain", path(&site)), &[]).await?;
            session.output.done(&format!("site {site} drains; others go around it"), &drained)
        }
        Site::Drain { site, undo: true } | Site::Resume { site } => {
            let resumed: BackboneSite = client.act(&format!("{}/resume", path(&site)), &[]).await?;
            session.output.done(&format!("site {site} takes new streams again"), &resumed)
        }
        Site::Evict { site, consent, wait } => {
            consent.ask(&format!("evicts site {site} for good and ends every connection through it"))?;
            let eviction: Eviction = client.act(&format!("{}/evict", path(&site)), &[]).await?;
            eviction::finish(&format!("evicted site {site}"), eviction, wait, session).await
        }
        Site::Delete { site, consent } => {
            consent.ask(&format!("deletes site {site} for good"))?;
            client.delete(&path(&site)).await?;
            session.output.gone(&format!("deleted site {site}"))
        }
        Site::Bundle(Bundle { site, output, format }) => {
            let rendered: Rendered = client.act(&format!("{}/bundle", path(&site)), &[("format", &format)]).await?;
            write(Some(&output), &rendered, session)?;
            if format == "linux" {
                let file = output.file_name().map_or("-".into(), |name| name.to_string_lossy());
                eprintln!("bring it to the host of the site, and there run: skx join {file}");
            } else {
                eprintln!("how to apply it stands at its beginning");
            }
            Ok(())
        }
    }
}

/// Writes what was rendered to a file of mode 0600, or to standard output.
pub(crate) fn write(file: Option<&PathBuf>, rendered: &Rendered, session: &Session) -> Result<(), Failure> {
    match file {
        Some(file) if file.as_os_str() != "-" => {
            write_secret(file, rendered.content.as_bytes()).map_err(|error| Failure::file(file, &error))?;
            // Of all that is rendered, calendar entries alone hold none.
            let key = !rendered.media_type.starts_with("text/calendar");
            let caution = if key { " (it holds a key: treat it like a password)" } else { "" };
            eprintln!("wrote {}{caution}", file.display());
            Ok(())
        }
        _ => match session.output.format {
            Format::Table => output::text(&rendered.content),
            _ => session.output.value(rendered),
        },
    }
}

fn state(site: &BackboneSite) -> String {
    if site.draining { format!("{}, draining", site.state) } else { site.state.to_string() }
}

impl Show for BackboneSite {
    const HEADINGS: &'static [&'static str] = &["name", "state", "connected", "last seen", "access", "next"];

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }

    fn row(&self) -> Vec<String> {
        let access: Vec<String> =
            self.access.iter().map(|a| format!("{}={}@{}", a.name, a.kinds, a.advertised)).collect();
        vec![
            self.name.to_string(),
            state(self),
            yes(self.connected),
            time(self.last_seen),
            access.join(" "),
            maybe(self.next.as_ref()),
        ]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let access: Vec<String> = self
            .access
            .iter()
            .map(|a| {
                let bind = a.bind.map(|bind| format!(";bind={bind}")).unwrap_or_default();
                let stands = a
                    .standing
                    .as_ref()
                    .map(|it| format!(" ({} since {}: {}; {})", it.state, time(it.since), it.why, it.next));
                format!("{}={}@{}{bind}{}", a.name, a.kinds, a.advertised, stands.unwrap_or_default())
            })
            .collect();
        let platform = self.platform.as_ref();
        vec![
            ("name", self.name.to_string()),
            ("backbone", self.backbone.to_string()),
            ("state", state(self)),
            ("connected", yes(self.connected)),
            ("last seen", time(self.last_seen)),
            ("access", access.join("\n")),
            (
                "platform",
                platform
                    .map(|p| joined(&[&p.software, &p.os, &p.arch, &p.hostname]).replace(',', ", "))
                    .unwrap_or_default(),
            ),
            ("hosts", self.hosts.join(", ")),
            ("next", maybe(self.next.as_ref())),
            ("created", time(self.created)),
            ("id", self.id.to_string()),
        ]
    }
}

use std::path::PathBuf;

use api::{CaCsr, CaDevelopment, CaImport, CaState};
use clap::{Args, Subcommand};
use model::Name;

use crate::{
    commands::Session,
    context,
    failure::Failure,
    output::{self, Format, Show, maybe, time},
};

/// `skx ca …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Ca {
    /// Makes a development root. For everything else, use `csr` and `import`.
    Init(Init),
    /// Prints the signing request for the root of the enterprise.
    #[command(after_help = "Example:\n  skx ca csr > skupper-x.csr")]
    Csr,
    /// Imports the chain that the root of the enterprise has signed.
    #[command(after_help = "Example:\n  skx ca import chain.pem")]
    Import {
        /// The signed certificate and those above it up to the root, PEM.
        file: PathBuf,
    },
    /// Shows the certificate authority.
    #[command(after_help = "Example:\n  skx ca show")]
    Show,
}

/// `skx ca init`.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  skx ca init --development")]
pub(crate) struct Init {
    /// A root made by the controller itself, whose key the controller keeps: for development and trials.
    #[arg(long, required = true)]
    development: bool,
    /// A name to recognise the root by.
    #[arg(long)]
    name: Option<Name>,
}

pub(crate) async fn run(command: Ca, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Ca::Init(Init { development: _, name }) => {
            let ca: api::Ca = client.create("/ca/development", &CaDevelopment { name }).await?;
            session
                .output
                .done("made a development root; its key is on the controller, so do not use it in production", &ca)
        }
        Ca::Csr => {
            let csr: CaCsr = client.act("/ca/csr", &[]).await?;
            match session.output.format {
                Format::Table => output::text(&csr.csr),
                _ => session.output.value(&csr),
            }
        }
        Ca::Import { file } => {
            let ca: api::Ca = client.post("/ca/import", &CaImport { chain: context::read(&file)? }).await?;
            session.output.done("imported; backbones can be created", &ca)
        }
        Ca::Show => session.output.object(&client.get::<api::Ca>("/ca").await?),
    }
}

impl Show for api::Ca {
    const HEADINGS: &'static [&'static str] =
        &["installation", "state", "subject", "serial", "fingerprint", "not before", "not after", "next"];

    fn row(&self) -> Vec<String> {
        let state = match self.state {
            CaState::None => "none",
            CaState::Requested => "requested",
            CaState::External => "external",
            CaState::Development => "development",
        };
        vec![
            self.installation.to_string(),
            state.to_owned(),
            maybe(self.subject.as_ref()),
            maybe(self.serial.as_ref()),
            maybe(self.fingerprint.as_ref()),
            time(self.not_before),
            time(self.not_after),
            maybe(self.how.as_ref()),
        ]
    }
}

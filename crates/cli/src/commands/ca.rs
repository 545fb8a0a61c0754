use std::path::PathBuf;

use api::{CaCsr, CaDevelopment, CaImport, CaState, KeyRotation};
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
    #[command(
        after_help = "Where there is a certificate authority already, this begins its replacement: it goes on until the \
        chain for this request is imported.\n\nExample:\n  skx ca csr > skupper-x.csr"
    )]
    Csr,
    /// Imports the chain that the root of the enterprise has signed.
    #[command(
        after_help = "The first import establishes the installation. A later one, for the key of a new request or for \
        the key in use that the root has signed again, replaces the certificate authority: everything below it is issued \
        anew while what there was goes on being trusted, and no connection ends.\n\nExample:\n  skx ca import chain.pem"
    )]
    Import {
        /// The signed certificate and those above it up to the root, PEM.
        file: PathBuf,
    },
    /// The key-encryption key, which seals every private key in the controller's database.
    #[command(subcommand, after_help = "Example:\n  skx ca key rotate")]
    Key(Key),
    /// Shows the certificate authority.
    #[command(after_help = "Example:\n  skx ca show")]
    Show,
}

/// `skx ca key …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Key {
    /// Changes the key-encryption key: every private key in the database is sealed anew.
    #[command(
        after_help = "The controller that answers makes the new key, or takes the one you lay beside its key file as \
        FILE.next, and puts it in the place of the old one, which stays as FILE.previous: backups made before need it. Cut \
        short anywhere, both are accepted at the next start. Copy the new key file to every other controller of the \
        installation: each says so in its log until it has it, and needs no restart.\n\nExample:\n  skx ca key rotate"
    )]
    Rotate,
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
            session.output.done("imported; what is below it is issued under it from now on", &ca)
        }
        Ca::Key(Key::Rotate) => {
            let change: KeyRotation = client.act("/ca/key/rotate", &[]).await?;
            let sentence = format!(
                "changed the key-encryption key from {} to {}: {} private keys are sealed anew; copy the new key file to \
                 every other controller, and to where you keep a copy",
                change.before, change.after, change.sealed
            );
            session.output.done(&sentence, &change)
        }
        Ca::Show => session.output.object(&client.get::<api::Ca>("/ca").await?),
    }
}

impl Show for api::Ca {
    const HEADINGS: &'static [&'static str] = &[
        "installation",
        "state",
        "subject",
        "serial",
        "fingerprint",
        "not before",
        "not after",
        "since",
        "key",
        "next",
    ];

    fn standing(&self) -> Option<api::Standing> {
        self.standing.clone()
    }

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
            time(self.since),
            self.kek.clone(),
            maybe(self.how.as_ref()),
        ]
    }
}

//! `skx application` and `skx release`: applications of the library, and what was built of them.

use api::{Application as Found, Release as Built};
use clap::Subcommand;
use semver::Version;

use crate::{
    commands::{Session, library::segment, narrow::Narrow},
    confirm::Consent,
    failure::Failure,
    output::{Show, time},
};

/// `skx application …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Application {
    /// Lists every version of every application of the library.
    #[command(after_help = "Example:\n  skx application list -o json")]
    List(Narrow),
    /// Shows an application.
    #[command(after_help = "Example:\n  skx application show shop@^1")]
    Show {
        /// NAME, NAME@VERSION, or NAME@RANGE for the newest version in a range.
        #[arg(value_name = "NAME[@VERSION]")]
        application: String,
    },
    /// Deletes one version of an application. Refused while there is a release of it.
    #[command(after_help = "Example:\n  skx application delete shop@1.0.0 --yes")]
    Delete {
        /// The application and its version.
        #[arg(value_name = "NAME@VERSION")]
        application: String,
        #[command(flatten)]
        consent: Consent,
    },
}

/// `skx release …`.
#[derive(Subcommand, Debug)]
pub(crate) enum Release {
    /// Lists releases. `skx compose build NAME@VERSION` makes them.
    #[command(after_help = "Example:\n  skx release list --application shop")]
    List {
        /// Only releases of this application.
        #[arg(long, value_name = "NAME")]
        application: Option<String>,
        #[command(flatten)]
        narrow: Narrow,
    },
    /// Shows a release; with -o json all of it.
    #[command(after_help = "Example:\n  skx release show shop@sha256:9f3c4b5a6978")]
    Show {
        /// NAME@sha256:DIGEST, of whose digits the first 8 are enough; or the id.
        release: String,
    },
    /// Deletes a release.
    #[command(after_help = "Example:\n  skx release delete shop@sha256:9f3c4b5a6978 --yes")]
    Delete {
        /// NAME@sha256:DIGEST, of whose digits the first 8 are enough; or the id.
        release: String,
        #[command(flatten)]
        consent: Consent,
    },
}

pub(crate) async fn applications(command: Application, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Application::List(narrow) => {
            let mut found: Vec<Found> = client.list("/applications", &narrow.query()).await?;
            if !narrow.is_sorted() {
                found.sort_by_cached_key(|found| (found.name.clone(), found.version.parse::<Version>().ok()));
            }
            session.output.list(&found)
        }
        Application::Show { application } => {
            let path = format!("/applications/{}", segment(&application));
            session.output.object(&client.get::<Found>(&path).await?)
        }
        Application::Delete { application, consent } => {
            consent.ask(&format!("deletes the application {application} from the library, for good"))?;
            client.delete(&format!("/applications/{}", segment(&application))).await?;
            session.output.gone(&format!("deleted application {application}"))
        }
    }
}

pub(crate) async fn releases(command: Release, session: &Session) -> Result<(), Failure> {
    let client = session.client()?;
    match command {
        Release::List { application, narrow } => {
            let mut filter = narrow.query();
            filter.extend(application.iter().map(|name| ("application", name.as_str())));
            session.output.list(&client.list::<Built>("/releases", &filter).await?)
        }
        Release::Show { release } => {
            session.output.object(&client.get::<Built>(&format!("/releases/{}", segment(&release))).await?)
        }
        Release::Delete { release, consent } => {
            consent.ask(&format!("deletes the release {release}, for good"))?;
            client.delete(&format!("/releases/{}", segment(&release))).await?;
            session.output.gone(&format!("deleted release {release}"))
        }
    }
}

impl Show for Found {
    const HEADINGS: &'static [&'static str] = &["name", "version", "root", "places", "releases", "description"];

    fn row(&self) -> Vec<String> {
        vec![
            self.name.to_string(),
            self.version.clone(),
            self.root.clone(),
            self.places.join(","),
            self.releases.to_string(),
            self.description.clone(),
        ]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts: Vec<_> = Self::HEADINGS.iter().copied().zip(self.row()).collect();
        facts.extend([
            ("versions", self.versions.join(", ")),
            ("digest", self.digest.clone()),
            ("imported", time(self.created)),
            ("id", self.id.to_string()),
            ("source", self.source.clone().unwrap_or_default()),
        ]);
        facts
    }
}

impl Show for Built {
    const HEADINGS: &'static [&'static str] = &["release", "version", "instances", "built"];

    fn row(&self) -> Vec<String> {
        vec![
            format!("{}@sha256:{}", self.application, self.digest.get(..12).unwrap_or(&self.digest)),
            self.version.clone(),
            self.instances.to_string(),
            time(self.created),
        ]
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("name", self.name.clone()),
            ("application", self.application.to_string()),
            ("version", self.version.clone()),
            ("instances", self.instances.to_string()),
            ("built", time(self.created)),
            ("id", self.id.to_string()),
        ]
    }
}

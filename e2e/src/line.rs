//! The first network: two backbone sites, two member sites, a server at one and its door at the other.

use std::net::SocketAddr;

use anyhow::Result;
use testkit::{
    installation::{Installation, free_address},
    process::{Process, eventually},
};

use crate::http;

/// `store` → `west` → `east` → `hq`, with an HTTP server behind `hq`.
#[derive(Debug)]
pub struct Line {
    /// The controller and its command line.
    pub installation: Installation,
    /// The relay `store` attaches to first.
    pub west: Process,
    /// The relay the controller and `hq` know, too.
    pub east: Process,
    /// The member beside the server.
    pub hq: Process,
    /// The member with the listener.
    pub store: Process,
    /// Where the store's listener is.
    pub door: SocketAddr,
    /// The invitation both members came by: two uses, both spent.
    pub invitation: String,
}

/// What the server behind `hq` answers.
pub const BODY: &str = "goods of headquarters";

impl Line {
    /// Builds it all, with data connections travelling by `transport` between the relays.
    pub async fn build(transport: &str) -> Result<Self> {
        let installation = Installation::start().await?;
        let Backbone { west, east, west_access, east_access } = backbone(&installation, transport).await?;
        let cli = &installation.cli;
        cli.ok(&["network", "create", "retail", "--backbone", "main"]).await?;
        let invitation = installation.invitation("retail/stores", &["--uses", "2"]).await?;
        let hq = installation.join(&invitation, "hq", &["--name", "hq", "--prefer", &east_access], None)?;
        let store = installation.join(&invitation, "store", &["--name", "store", "--prefer", &west_access], None)?;
        for name in ["hq", "store"] {
            cli.site_reaches(&installation.site_dir(name), "member").await?;
        }
        let server = http::serve(([127, 0, 0, 1], 0).into(), BODY.to_owned()).await?;
        let door = free_address()?;
        cli.ok(&["network", "connector", "add", "retail", "goods", &server.to_string(), "--site", "hq"]).await?;
        cli.ok(&["network", "listener", "add", "retail", "goods", &door.to_string(), "--site", "store"]).await?;
        Ok(Self { installation, west, east, hq, store, door, invitation })
    }

    /// Waits until a request from the store is answered by the server at headquarters.
    pub async fn answers(&self) -> Result<()> {
        answers(self.door, BODY).await
    }
}

/// Two relays and where each is dialled.
#[derive(Debug)]
pub struct Backbone {
    /// The relay that dials the other.
    pub west: Process,
    /// The relay that is dialled.
    pub east: Process,
    /// The access point of `west`.
    pub west_access: String,
    /// The access point of `east`.
    pub east_access: String,
}

/// A backbone `main` of `east` and `west`, linked, enrolled and up.
pub async fn backbone(installation: &Installation, transport: &str) -> Result<Backbone> {
    let cli = &installation.cli;
    cli.ok(&["backbone", "create", "main"]).await?;
    let (east_access, west_access) = (free_address()?.to_string(), free_address()?.to_string());
    for (site, access) in [("main/east", &east_access), ("main/west", &west_access)] {
        let access = format!("all=peer,member,claim,manage@{access}");
        cli.ok(&["backbone", "site", "create", site, "--access", &access]).await?;
    }
    let link = ["backbone", "link", "create", "main", "--from", "west", "--to", "east", "--transport", transport];
    cli.ok(&link).await?;
    let east = installation.start_backbone_site("main/east", None).await?;
    let west = installation.start_backbone_site("main/west", None).await?;
    cli.ok(&["backbone", "status", "main", "--wait=60s"]).await?;
    Ok(Backbone { west, east, west_access, east_access })
}

/// Waits until a request to `door` is answered with `body`.
pub async fn answers(door: SocketAddr, body: &str) -> Result<()> {
    eventually(&format!("{body:?} from {door}"), async || http::fetch(door).await.ok().filter(|text| text == body))
        .await
        .map(drop)
}

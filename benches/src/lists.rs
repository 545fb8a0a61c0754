//! How long lists and reads take in an installation with many sites and events, through the API of a controller in a process
//! of its own, over one connection: each beside the least that a request with a database behind it takes, in the same rounds.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testkit::{
    installation::Installation,
    postgres::{self, TestDatabase},
};

use crate::measure::{median, percentile};

/// How much there is, and how often each request is made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) sites: usize,
    pub(crate) events: usize,
    pub(crate) rounds: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { sites: 10_000, events: 100_000, rounds: 200 }
    }
}

/// Prints how long each request takes.
pub(crate) async fn measure(size: Size) -> Result<()> {
    let database = postgres::database().await;
    let mut installation = Installation::over(&database.url).await?;
    let owner = furnish(&installation).await?;
    // What is filled in at once is nothing a running controller has to act on.
    installation.controller.terminate().await?;
    database.load(fill(size)).await?;
    installation.restart().await?;
    let api = Api::of(&installation)?;
    let requests = requests(&api, &database, &owner).await?;
    let mut took: Vec<Vec<f64>> = requests.iter().map(|_| vec![]).collect();
    let mut items = vec![0; requests.len()];
    for _ in 0..size.rounds {
        for (n, request) in requests.iter().enumerate() {
            let (time, found) = api.time(request).await?;
            took[n].push(time.as_secs_f64() * 1e3);
            items[n] = found;
        }
    }
    let Size { sites, events, rounds } = size;
    println!("{sites} sites, {events} events; each request {rounds} times, in turn, over one connection.\n");
    println!("| request | objects | p50 ms | p99 ms | p50, as a multiple of the first |");
    println!("|---|---|---|---|---|");
    let least = median(took[0].iter().copied());
    for ((request, took), items) in requests.iter().zip(&took).zip(items) {
        let (p50, p99) = (median(took.iter().copied()), percentile(99, took.iter().copied()));
        println!("| {} | {items} | {p50:.2} | {p99:.2} | {:.1} |", request.name, p50 / least);
    }
    Ok(())
}

/// A network with a class, and a token of its owner.
async fn furnish(installation: &Installation) -> Result<String> {
    let cli = &installation.cli;
    for command in [
        &["backbone", "create", "main"][..],
        &["network", "create", "large", "--backbone", "main"],
        &["network", "class", "add", "large", "store"],
        &["invitation", "create", "large/all", "--uses", "unlimited", "--class", "store"],
        &["user", "create", "olga", "--service"],
        &["grant", "create", "--user", "olga", "--role", "user", "--backbone", "main"],
        &["network", "set", "large", "--owner", "olga"],
    ] {
        cli.ok(command).await?;
    }
    Ok(cli.ok(&["token", "create", "bench", "--user", "olga"]).await?.trim().to_owned())
}

/// Sites as they are when they have joined and run, and events of which half are of their network.
fn fill(Size { sites, events, .. }: Size) -> String {
    format!(
        "
        INSERT INTO member (id, network_id, name, state, invitation_id, key_digest, platform, labels, created, updated)
        SELECT gen_random_uuid(), network.id, 'store-' || n, 'member', invitation.id, sha256(n::text::bytea),
            jsonb_build_object('hostname', 'host-' || n || '.example.com', 'software', 'skx/0.1.0'),
            jsonb_build_object('region', 'r' || n % 20), now() - n * interval '1 second', now()
        FROM generate_series(1, {sites}) n, network JOIN invitation ON network_id = network.id WHERE network.name = 'large';
        INSERT INTO member_class (member_id, network_id, class) SELECT id, network_id, 'store' FROM member
        WHERE labels ->> 'region' IN ('r1', 'r2', 'r3');
        INSERT INTO site_status (member_id, session, controller_id, connected, last_seen, report)
        SELECT id, gen_random_uuid(), gen_random_uuid(), now(), now() + interval '1 hour', '{{}}' FROM member;
        INSERT INTO certificate (id, subject, serial, issuer, generation, key_digest, not_before, not_after, der, created, updated)
        SELECT gen_random_uuid(), 'spiffe://' || installation.id || '/network/' || member.network_id || '/site/' || member.id,
            encode(member.key_digest, 'hex'), authority.id, 1, member.key_digest, now(), now() + interval '30 days', ''::bytea,
            now(), now()
        FROM installation, member JOIN authority ON authority.network_id = member.network_id;
        INSERT INTO event (position, time, actor, action, object_kind, object_id, network_id, outcome, before, after,
            request_id, previous_hash, hash)
        SELECT event_head.position + n, now() - ({events} - n) * interval '1 second', 'user/user-' || n % 50,
            CASE n % 4 WHEN 0 THEN 'site.rename' WHEN 1 THEN 'site.set-labels' WHEN 2 THEN 'user.set' ELSE 'group.set' END,
            CASE WHEN n % 4 < 2 THEN 'site' ELSE 'user' END, gen_random_uuid(), CASE WHEN n % 4 < 2 THEN network.id END, 'done',
            jsonb_build_object('name', 'object-' || n, 'state', repeat('x', 200)),
            jsonb_build_object('name', 'object-' || n, 'state', repeat('y', 200)), 'request-' || n, event_head.hash, event_head.hash
        FROM generate_series(1, {events}) n, event_head, network WHERE network.name = 'large';
        UPDATE event_head SET position = position + {events};
        ANALYZE;
        "
    )
}

/// A request that is measured.
struct Request {
    name: &'static str,
    path: String,
    /// Whose it is; the administrator's, unless said.
    token: Option<String>,
}

async fn requests(api: &Api, database: &TestDatabase, owner: &str) -> Result<Vec<Request>> {
    let members = "/api/v1/networks/large/members";
    let by = |name, path: String| Request { name, path, token: None };
    let own = |name, path: String| Request { name, path, token: Some(owner.to_owned()) };
    let middle = api.middle(&format!("{members}?sort=name&limit=500")).await?;
    let one = database.sql("SELECT name FROM member ORDER BY created LIMIT 1").await?;
    let object =
        database.sql("SELECT object_id FROM event WHERE position = (SELECT position / 2 FROM event_head)").await?;
    let late = database.sql("SELECT position - 100 FROM event_head").await?;
    Ok(vec![
        by("`SELECT 1` through the API (`/readyz`)", "/readyz".to_owned()),
        by("who asks (`/whoami`)", "/api/v1/whoami".to_owned()),
        by("members, the first page", format!("{members}?limit=100")),
        by("members by name, a page in the middle", format!("{members}?sort=name&limit=100{middle}")),
        by("members of a class that are connected", format!("{members}?class=store&connected=true&limit=100")),
        by("members with a label", format!("{members}?label=region=r7&limit=100")),
        by("members, searched by host name", format!("{members}?search=host-77&limit=100")),
        by("one member", format!("{members}/{one}")),
        by("the network", "/api/v1/networks/large".to_owned()),
        own("members, the first page, as the owner", format!("{members}?limit=100")),
        by("events, the newest page", "/api/v1/audit?sort=-position&limit=100".to_owned()),
        by("events of an action", "/api/v1/audit?action=site.rename&sort=-position&limit=100".to_owned()),
        by("events of one object", format!("/api/v1/audit?object={object}")),
        by("events, searched", "/api/v1/audit?search=object-9977&limit=100".to_owned()),
        own("events, the newest page, as the owner", "/api/v1/audit?sort=-position&limit=100".to_owned()),
        by("the stream of the last events", format!("/api/v1/events?after={late}&follow=false")),
    ])
}

/// A client of the controller.
struct Api {
    http: reqwest::Client,
    server: String,
    token: String,
}

impl Api {
    fn of(installation: &Installation) -> Result<Self> {
        // The only one that can be there already is the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let given = |name: &str| {
            let found = installation.cli.env.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.clone()).with_context(|| format!("{name} is known"))
        };
        let roots = reqwest::Certificate::from_pem_bundle(&std::fs::read(given("SKX_CA")?)?)?;
        let http = reqwest::Client::builder().tls_certs_only(roots).no_proxy().build()?;
        Ok(Self { http, server: given("SKX_SERVER")?, token: given("SKX_TOKEN")? })
    }

    /// How long a request takes, to the last byte of its answer, and how many objects that has.
    async fn time(&self, request: &Request) -> Result<(Duration, usize)> {
        let began = Instant::now();
        let token = request.token.as_ref().unwrap_or(&self.token);
        let answer = self.http.get(format!("{}{}", self.server, request.path)).bearer_auth(token).send().await?;
        let (status, text) = (answer.status(), answer.text().await?);
        let took = began.elapsed();
        ensure!(status == 200, "{}: {status}: {text}", request.path);
        let found: Value = serde_json::from_str(&text).unwrap_or(json!(null));
        let objects = match found["items"].as_array() {
            Some(items) => items.len(),
            None if found.is_null() => text.matches("\nevent: ").count() + usize::from(text.starts_with("event: ")),
            None => 1,
        };
        Ok((took, objects))
    }

    /// The cursor in the middle of a list, as a parameter.
    async fn middle(&self, list: &str) -> Result<String> {
        let mut cursors = vec![String::new()];
        loop {
            let last = cursors.last().cloned().unwrap_or_default();
            let request = self.http.get(format!("{}{list}{last}", self.server)).bearer_auth(&self.token);
            let page: Value = serde_json::from_str(&request.send().await?.error_for_status()?.text().await?)?;
            match page["next"].as_str() {
                Some(next) => cursors.push(format!("&cursor={next}")),
                None => return Ok(cursors.swap_remove(cursors.len() / 2)),
            }
        }
    }
}

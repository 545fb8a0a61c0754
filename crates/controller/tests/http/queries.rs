//! What a page of a list costs the database does not grow with what is on it.

use std::cell::Cell;

use tracing::{Event, Metadata, Subscriber, span, subscriber::Interest};

use crate::fixture::Api;

thread_local! {
    /// The statements sent to the database on this thread, where somebody counts them. A test has one.
    static COUNTED: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Counts the statements that are sent to the database.
struct Statements;

impl Subscriber for Statements {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == "sqlx::query" { Interest::sometimes() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query" && COUNTED.get().is_some()
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {
        COUNTED.set(COUNTED.get().map(|count| count + 1));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The statements of one request: the fewest of several, since a controller does other things besides.
async fn statements(api: &Api, path: &str) -> usize {
    let mut fewest = usize::MAX;
    for _ in 0..5 {
        COUNTED.set(Some(0));
        api.get(path).await.is(200);
        fewest = fewest.min(COUNTED.take().unwrap());
    }
    fewest
}

/// Member sites as they are when they have joined and run, each by an invitation of its own.
const MEMBERS: &str = "
    INSERT INTO member (id, network_id, name, state, invitation_id, key_digest, platform, created, updated)
    SELECT gen_random_uuid(), network_id, 'store-' || name, 'member', id, sha256(name::bytea), '{}', now(), now() FROM invitation;
    INSERT INTO site_status (member_id, session, controller_id, connected, last_seen, report)
    SELECT id, gen_random_uuid(), gen_random_uuid(), now(), now(), '{}' FROM member;
    INSERT INTO certificate (id, subject, serial, issuer, generation, key_digest, not_before, not_after, der, created, updated)
    SELECT gen_random_uuid(), 'spiffe://' || installation.id || '/network/' || member.network_id || '/site/' || member.id,
        encode(member.key_digest, 'hex'), authority.id, 1, member.key_digest, now(), now() + interval '30 days', root.certificate,
        now(), now()
    FROM installation, authority root, member JOIN authority ON authority.network_id = member.network_id
    WHERE root.kind = 'root';
";

#[tokio::test]
async fn a_page_costs_as_many_queries_however_much_is_on_it() {
    tracing::subscriber::set_global_default(Statements).unwrap();
    let api = Api::with_network().await;
    api.post("/backbones/europe/sites", r#"{"name": "hub"}"#).await.is(201);
    api.post("/users", r#"{"name": "olga", "kind": "service"}"#).await.is(201);
    for n in 0..4u16 {
        let of = |body: &str| body.replace("#", &n.to_string());
        for (path, body) in [
            ("/backbones", r#"{"name": "b#"}"#),
            (
                "/backbones/europe/sites/hub/access-points",
                r#"{"name": "p#", "kinds": ["peer"], "advertised": "h:100#"}"#,
            ),
            ("/backbones/europe/sites", r#"{"name": "s#"}"#),
            ("/backbones/europe/links", r##"{"from": "s#", "to": "hub", "access": "p#"}"##),
            ("/networks", r#"{"name": "n#", "backbone": "europe", "classes": ["a", "b"]}"#),
            ("/networks/exercise/classes", r#"{"name": "c#"}"#),
            ("/networks/exercise/invitations", r#"{"name": "i#"}"#),
            ("/networks/exercise/listeners", r#"{"address": "a#", "bind": "127.0.0.1:100#", "class": "c#"}"#),
            ("/networks/exercise/connectors", r#"{"address": "a#", "target": "127.0.0.1:100#", "class": "c#"}"#),
            ("/users", r#"{"name": "u#", "kind": "service"}"#),
            ("/users/olga/tokens", r#"{"name": "t#", "network": "n#"}"#),
            ("/groups", r#"{"name": "g#"}"#),
            ("/grants", r#"{"user": "olga", "role": "user", "backbone": "b#"}"#),
            ("/networks/exercise/shares", r#"{"user": "u#", "role": "viewer"}"#),
            ("/quotas", r#"{"resource": "members", "network": "n#", "most": 5}"#),
        ] {
            api.post(path, &of(body)).await.is(201);
        }
    }
    api.database.as_ref().unwrap().load(MEMBERS.to_owned()).await.unwrap();
    for path in [
        "/backbones",
        "/backbones/europe/sites",
        "/backbones/europe/sites/hub/access-points",
        "/backbones/europe/links",
        "/networks",
        "/networks/exercise/classes",
        "/networks/exercise/invitations",
        "/networks/exercise/members",
        "/networks/exercise/listeners",
        "/networks/exercise/connectors",
        "/networks/exercise/shares",
        "/certificates?kind=member",
        "/certificates?kind=invitation",
        "/certificates?kind=network-ca",
        "/users",
        "/users/olga/tokens",
        "/groups",
        "/grants",
        "/quotas",
        "/audit",
    ] {
        let with = |limit: u16| format!("{path}{}limit={limit}", if path.contains('?') { '&' } else { '?' });
        let items = api.get(&with(4)).await.is(200)["items"].as_array().unwrap().len();
        assert_eq!(items, 4, "{path}");
        let one = statements(&api, &with(1)).await;
        let four = statements(&api, &with(4)).await;
        assert!(one > 0, "{path}: the statements are not counted");
        assert_eq!(four, one, "{path}");
    }
}

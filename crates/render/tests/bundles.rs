//! Every form of a bootstrap bundle: as it was before, as its platform reads it, and with the ticket in it.

mod support;

use k8s_openapi::api::{
    apps::v1::Deployment,
    core::v1::{PersistentVolumeClaim, Secret, Service, ServiceAccount},
};
use model::{
    AccessPointId, BackboneId, BackboneSiteId, GenericUuid, InstallationId, router,
    ticket::{BootstrapTicket, Credential, FORMAT, Ticket},
};
use render::{Bundle, BundleFormat, NoImage, Port, Refused, Rendered, Source};
use serde_json::Value;
use uuid::Uuid;

use support::{compose_reads, generated, in_comments, own, pinned, strict};

const CONTAINERS: [BundleFormat; 3] = [BundleFormat::Kubernetes, BundleFormat::Podman, BundleFormat::Docker];

fn ticket() -> BootstrapTicket {
    BootstrapTicket {
        format: FORMAT,
        installation: InstallationId::from_untyped_uuid(Uuid::from_u128(1)),
        backbone: BackboneId::from_untyped_uuid(Uuid::from_u128(2)),
        backbone_name: "europe".parse().expect("a name"),
        site: BackboneSiteId::from_untyped_uuid(Uuid::from_u128(3)),
        site_name: "paris".parse().expect("a name"),
        backbone_authorities: Vec::new(),
        bootstrap: Credential { certificate: "the certificate".to_owned(), key: "the key".to_owned() },
        listen: vec![router::AccessPoint {
            id: AccessPointId::from_untyped_uuid(Uuid::from_u128(4)),
            name: "main".parse().expect("a name"),
            kinds: "peer,manage".parse().expect("kinds"),
            bind: "[::]:5671".parse().expect("an address"),
        }],
        dial: vec!["r1.example.com:5671".parse().expect("an address")],
    }
}

fn port(name: &str, advertised: u16, bind: &str) -> Port {
    Port { name: name.parse().expect("a name"), advertised, bind: bind.parse().expect("an address") }
}

/// The second is not among those it enrols through; others dial it at another port than it listens at.
fn ports() -> [Port; 2] {
    [port("main", 5671, "[::]:5671"), port("members", 443, "0.0.0.0:8443")]
}

fn rendered(format: BundleFormat, ports: &[Port], source: &Source) -> Result<Rendered, Refused> {
    Bundle { ticket: &ticket(), generation: 2, ports, source }.render(format)
}

fn text(format: BundleFormat, ports: &[Port]) -> String {
    rendered(format, ports, &pinned()).expect("there is an image").text
}

fn read(text: &str) -> BootstrapTicket {
    match pki::ticket::decode(text).expect("there is one ticket") {
        Ticket::Bootstrap(ticket) => ticket,
        Ticket::Invitation(_) => panic!("not a bundle"),
    }
}

fn objects() -> Vec<Value> {
    serde_saphyr::from_str_multiple(&text(BundleFormat::Kubernetes, &ports())).expect("YAML")
}

#[test]
fn every_form_is_rendered_as_before() {
    for (name, format) in BundleFormat::NAMES {
        let bundle = rendered(format, &ports(), &pinned()).expect("there is an image");
        insta::assert_snapshot!(name, format!("{} {}\n\n{}", bundle.file_name, bundle.media_type, bundle.text));
    }
}

#[test]
fn what_runs_is_named_with_its_digest_or_refused() {
    for (name, format) in BundleFormat::NAMES {
        assert!(text(format, &ports()).contains(&"0123456789abcdef".repeat(4)), "{name}");
    }
    assert!(rendered(BundleFormat::Linux, &ports(), &own()).expect("no image").text.contains(&"07".repeat(32)));
    for format in CONTAINERS {
        assert_eq!(rendered(format, &ports(), &own()), Err(Refused::NoImage(NoImage)));
    }
}

#[test]
fn the_ticket_is_in_every_form() {
    assert_eq!(read(&text(BundleFormat::Linux, &ports())), ticket());
    assert_eq!(read(&in_comments(&text(BundleFormat::Podman, &ports()))), ticket());
    assert_eq!(read(objects()[1]["stringData"]["bundle"].as_str().expect("text")), ticket());
}

#[test]
fn a_container_does_not_listen_at_an_address_of_its_machine() {
    let at_one = [port("main", 5671, "192.0.2.1:5671")];
    for format in CONTAINERS {
        let refused = rendered(format, &at_one, &pinned()).expect_err("it has no such address").to_string();
        assert!(refused.contains("main") && refused.contains("192.0.2.1:5671"), "{refused}");
    }
    rendered(BundleFormat::Linux, &at_one, &pinned()).expect("a machine has");
}

#[test]
fn an_implementation_of_compose_reads_the_compose_file_as_it_is_meant() {
    let run = compose_reads(&text(BundleFormat::Docker, &ports()), &[]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let project: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    let site = &project["services"]["site"];
    let published: Vec<_> = site["ports"]
        .as_array()
        .expect("ports")
        .iter()
        .map(|port| (port["target"].as_u64().expect("a port"), port["published"].as_str().expect("text")))
        .collect();
    assert_eq!(published, [(5671, "5671"), (8443, "8443")]);
    assert_eq!(read(project["configs"]["bundle"]["content"].as_str().expect("content")), ticket());
}

#[test]
fn kubernetes_objects_are_what_the_api_knows_and_ask_for_no_rights() {
    let objects = objects();
    let [account, secret, claim, deployment, service] = objects.as_slice() else { panic!("{objects:#?}") };
    strict::<ServiceAccount>(account);
    strict::<Secret>(secret);
    strict::<PersistentVolumeClaim>(claim);
    strict::<Deployment>(deployment);
    strict::<Service>(service);
    assert!(objects.iter().all(|object| object["metadata"]["namespace"].is_null()), "it goes where it is applied");
    let spec = &service["spec"];
    assert_eq!(spec["type"], "LoadBalancer");
    assert_eq!(spec["selector"], deployment["spec"]["template"]["metadata"]["labels"]);
    assert_eq!(spec["publishNotReadyAddresses"], true, "it enrols by being dialled, and is not ready before");
    let ports: Vec<_> =
        spec["ports"].as_array().expect("ports").iter().map(|p| (&p["port"], &p["targetPort"])).collect();
    assert_eq!(ports, [(&5671.into(), &5671.into()), (&443.into(), &8443.into())]);
    assert_eq!(deployment["spec"]["template"]["spec"]["automountServiceAccountToken"], false);
}

#[test]
fn a_site_that_only_dials_has_no_service() {
    let yaml = text(BundleFormat::Kubernetes, &[]);
    assert!(!yaml.contains("kind: Service\n") && !yaml.contains("containerPort"), "{yaml}");
    assert!(!text(BundleFormat::Podman, &[]).contains("PublishPort"));
    assert!(!text(BundleFormat::Docker, &[]).contains("published"));
}

#[test]
fn podmans_generator_accepts_the_unit() {
    let made = generated("europe-paris", &text(BundleFormat::Podman, &ports()));
    for said in ["--publish 5671:5671", "--publish 8443:8443", "join /run/skx/bundle/bundle"] {
        assert!(made.contains(said), "{said}: {made}");
    }
}

#[test]
fn low_ports_need_no_privilege() {
    let low = [port("main", 443, "[::]:443")];
    let sysctl = "net.ipv4.ip_unprivileged_port_start";
    let made = generated("europe-paris", &text(BundleFormat::Podman, &low));
    assert!(made.contains(&format!("--sysctl {sysctl}=0")), "{made}");
    let run = compose_reads(&text(BundleFormat::Docker, &low), &[]);
    let project: Value = serde_json::from_slice(&run.stdout).expect("JSON");
    assert_eq!(project["services"]["site"]["sysctls"][sysctl], "0");
    for format in CONTAINERS {
        assert!(text(format, &low).contains(sysctl), "{format:?}");
        assert!(!text(format, &ports()).contains(sysctl), "{format:?}");
    }
    let objects: Vec<Value> = serde_saphyr::from_str_multiple(&text(BundleFormat::Kubernetes, &low)).expect("YAML");
    strict::<Deployment>(&objects[3]);
}

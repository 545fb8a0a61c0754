//! What a block looks like from outside, and whether two blocks can be joined.

use std::collections::BTreeMap;

use semver::Version;

use super::Library;
use crate::{
    diagnostic::{Code, Diagnostic},
    findings::either,
    model::{Bind, Block, BlockType, Identifier, Interface, InterfaceType, Label, Polarity, Protocol, Reach, Side},
};

/// How deep composites may be within each other, and how many blocks may extend each other in a row.
pub const MAX_DEPTH: usize = 100;

/// An interface as others see it.
#[derive(Clone, Debug)]
pub(crate) struct Face<'l> {
    pub(crate) kind: &'l InterfaceType,
    pub(crate) role: Identifier,
    pub(crate) polarity: Polarity,
    /// How many peers it has; none for a composite that leaves it to what it exports.
    pub(crate) bind: Option<Bind>,
}

/// How a link joins its ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Joint {
    /// The ends meet.
    Direct,
    /// The connector's interfaces that face the `from` and the `to` end.
    Via { from: Identifier, to: Identifier },
}

impl Face<'_> {
    /// Which end of a connection it is.
    pub(crate) fn side(&self) -> Side {
        match (self.kind.spec.roles.get(&self.role).map_or(Side::None, |r| r.side), self.polarity) {
            (Side::Mediated, Polarity::North) => Side::Uses,
            (Side::Mediated, Polarity::South) => Side::Serves,
            (side, _) => side,
        }
    }

    pub(crate) fn reach(&self) -> Reach {
        self.kind.spec.reach
    }

    pub(crate) fn protocol(&self) -> Protocol {
        self.kind.spec.protocol
    }

    pub(crate) fn type_name(&self) -> &Label {
        &self.kind.metadata.name
    }

    pub(crate) fn version(&self) -> &Version {
        self.kind.metadata.version()
    }

    pub(crate) fn words(&self) -> String {
        format!("{} ({}@{})", self.role, self.type_name(), self.version())
    }

    fn same_type(&self, other: &Face<'_>) -> bool {
        self.type_name() == other.type_name() && self.version().major == other.version().major
    }

    fn meets(&self, other: &Face<'_>) -> bool {
        let names =
            |face: &Face<'_>, role| face.kind.spec.roles.get(&face.role).is_some_and(|r| r.meets.contains(role));
        names(self, &other.role) || names(other, &self.role)
    }
}

impl Library {
    /// What a block looks like from outside. Interfaces that cannot be made out are left out: they are reported elsewhere.
    pub(crate) fn faces<'l>(&'l self, block: &'l Block) -> BTreeMap<Identifier, Face<'l>> {
        let names: Vec<&Identifier> = match &block.spec.composite {
            Some(composite) => composite.exports.keys().collect(),
            None => block.spec.interfaces.keys().collect(),
        };
        names.into_iter().filter_map(|name| Some((name.clone(), self.face_of(block, name)?))).collect()
    }

    /// One interface, followed through exports to the block it belongs to.
    fn face_of<'l>(&'l self, block: &'l Block, name: &Identifier) -> Option<Face<'l>> {
        let (mut inner, mut inner_name, mut depth) = (block, name, 0);
        while let Some(composite) = &inner.spec.composite {
            // Of what is deeper a build says so, or that it contains itself.
            if depth == MAX_DEPTH {
                return None;
            }
            depth += 1;
            let endpoint = composite.exports.get(inner_name)?;
            inner = &self.block(&composite.parts.get(&endpoint.part)?.block)?.document;
            inner_name = &endpoint.interface;
        }
        let mut face = self.face(inner.spec.kind?, inner.spec.interfaces.get(inner_name)?)?;
        if depth > 0 {
            face.bind = block.spec.interfaces.get(name).and_then(|i| i.bind);
        }
        Some(face)
    }

    fn face<'l>(&'l self, block: BlockType, interface: &'l Interface) -> Option<Face<'l>> {
        let kind = &self.interface_type(&interface.kind)?.document;
        let role = kind.spec.roles.get(&interface.role)?;
        let polarity = block.polarity().or(interface.polarity)?;
        Some(Face { kind, role: interface.role.clone(), polarity, bind: Some(interface.bind.unwrap_or(role.bind)) })
    }
}

/// Whether a block has an interface of this name, even if it cannot be made out.
pub(crate) fn is_declared(block: &Block, name: &Identifier) -> bool {
    let exports = block.spec.composite.as_ref().map(|c| &c.exports);
    block.spec.interfaces.contains_key(name) || exports.is_some_and(|e| e.contains_key(name))
}

/// The interfaces of a block that cannot be made out: what is wrong is reported elsewhere.
pub(crate) fn obscure<'b>(block: &'b Block, faces: &BTreeMap<Identifier, Face<'_>>) -> Vec<&'b Identifier> {
    let exports = block.spec.composite.iter().flat_map(|c| c.exports.keys());
    block.spec.interfaces.keys().chain(exports).filter(|name| !faces.contains_key(*name)).collect()
}

/// How two interfaces are joined, or why they cannot be. `via` is the connector with its faces, and whether it has a body.
pub(crate) fn join(
    from: &Face<'_>,
    to: &Face<'_>,
    via: Option<(&str, &BTreeMap<Identifier, Face<'_>>, bool)>,
) -> Result<Joint, Box<Diagnostic>> {
    let Some((name, faces, bodied)) = via else {
        return directly(from, to).map(|()| Joint::Direct);
    };
    let south: Vec<(&Identifier, &Face<'_>)> = faces.iter().filter(|(_, f)| f.polarity == Polarity::South).collect();
    let fits =
        |inner: &Face<'_>, end: &Face<'_>| inner.same_type(end) && inner.meets(end) && end.polarity == Polarity::North;
    let mut ways = Vec::new();
    for (a, face_a) in &south {
        for (b, face_b) in &south {
            if a != b && fits(face_a, from) && fits(face_b, to) {
                ways.push(Joint::Via { from: (*a).clone(), to: (*b).clone() });
            }
        }
    }
    let ends = format!("{} and {}", from.words(), to.words());
    if ways.len() != 1 {
        let offers: Vec<String> = south.iter().map(|(n, f)| format!("{n}: {}", f.words())).collect();
        let why = if ways.is_empty() { "does not fit between" } else { "fits in more than one way between" };
        return Err(Diagnostic::new(Code::UnfitConnector, format!("{name} {why} {ends}"))
            .expected(format!(
                "a connector with one south interface that meets each end; {name} has {}",
                if offers.is_empty() { "none".to_owned() } else { offers.join(", ") }
            ))
            .into());
    }
    let sides = [from.side(), to.side()];
    if !bodied && !matches!(sides, [Side::Uses, Side::Serves] | [Side::Serves, Side::Uses] | [Side::None, Side::None]) {
        return Err(Diagnostic::new(
            Code::UnfitConnector,
            format!("{name} has no body, and neither end of {ends} accepts connections"),
        )
        .expected("a connector with a body that accepts them, such as a broker")
        .into());
    }
    Ok(ways.remove(0))
}

fn directly(from: &Face<'_>, to: &Face<'_>) -> Result<(), Box<Diagnostic>> {
    if !from.same_type(to) {
        return Err(Diagnostic::new(Code::TypeMismatch, format!("{} is linked to {}", from.words(), to.words()))
            .expected("the same interface type with the same major version, or a connector in between (via)")
            .into());
    }
    if !from.meets(to) {
        let meets = |face: &Face<'_>| {
            let role = face.kind.spec.roles.get(&face.role);
            either(role.into_iter().flat_map(|r| &r.meets).map(Identifier::as_str))
        };
        return Err(Diagnostic::new(
            Code::RoleMismatch,
            format!("{} and {} do not meet in {}", from.role, to.role, from.type_name()),
        )
        .expected(format!("{} meets {}", from.role, meets(from)))
        .into());
    }
    if from.polarity == Polarity::South && to.polarity == Polarity::South {
        return Err(Diagnostic::new(Code::PolarityMismatch, "two south interfaces are linked")
            .expected("a north interface at one end: that of a component or ingress")
            .into());
    }
    let sides = [from.side(), to.side()];
    if matches!(sides, [Side::Uses, Side::Serves] | [Side::Serves, Side::Uses] | [Side::None, Side::None]) {
        return Ok(());
    }
    Err(Diagnostic::new(
        Code::UnfitConnector,
        format!("nothing between {} and {} accepts connections", from.words(), to.words()),
    )
    .expected("a connector with a body in between (via), such as a broker")
    .into())
}

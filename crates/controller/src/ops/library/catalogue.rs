//! Who names whom in the library, and which version that is at the moment.

use std::collections::{BTreeMap, BTreeSet};

use compose::model::Reference;
use model::LibraryDocumentId;
use semver::Version;
use store::{
    Db, StoreError,
    library::{self, Kind, Known},
};

/// Every document of the library by kind, name and version, and what each names.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    documents: BTreeMap<LibraryDocumentId, Known>,
    shelves: BTreeMap<(Kind, String), BTreeMap<Version, LibraryDocumentId>>,
    names: BTreeMap<LibraryDocumentId, Vec<(Kind, Reference)>>,
    named: BTreeMap<(Kind, String), BTreeSet<LibraryDocumentId>>,
}

impl Catalogue {
    /// Reads it, at one moment.
    pub(crate) async fn read(db: impl Db) -> Result<Self, StoreError> {
        let (known, references) = library::index(db).await?;
        let references = references.into_iter().filter_map(|reference| {
            // What was imported has been read before.
            Some((reference.document, reference.kind, reference.reference.parse().ok()?))
        });
        Ok(Self::new(known, references))
    }

    fn new(
        known: impl IntoIterator<Item = Known>,
        references: impl IntoIterator<Item = (LibraryDocumentId, Kind, Reference)>,
    ) -> Self {
        let mut catalogue = Self::default();
        for known in known {
            let shelf = catalogue.shelves.entry((known.kind, known.name.as_str().to_owned())).or_default();
            shelf.insert(known.version.clone(), known.id);
            catalogue.documents.insert(known.id, known);
        }
        for (document, kind, reference) in references {
            let key = (kind, reference.name.as_str().to_owned());
            catalogue.named.entry(key).or_default().insert(document);
            catalogue.names.entry(document).or_default().push((kind, reference));
        }
        catalogue
    }

    /// A document.
    pub(crate) fn get(&self, id: LibraryDocumentId) -> Option<&Known> {
        self.documents.get(&id)
    }

    /// A reference to exactly one document.
    pub(crate) fn exactly(&self, id: LibraryDocumentId) -> Option<(Kind, Reference)> {
        let known = self.get(id)?;
        Some((known.kind, format!("{}@={}", known.name, known.version).parse().ok()?))
    }

    /// One version of a document.
    pub(crate) fn version(&self, kind: Kind, name: &str, version: &Version) -> Option<&Known> {
        self.get(*self.shelves.get(&(kind, name.to_owned()))?.get(version)?)
    }

    /// The newest version in a range.
    pub(crate) fn newest(&self, kind: Kind, reference: &Reference) -> Option<&Known> {
        self.newest_but(kind, reference, None)
    }

    fn newest_but(&self, kind: Kind, reference: &Reference, but: Option<LibraryDocumentId>) -> Option<&Known> {
        let shelf = self.shelves.get(&(kind, reference.name.as_str().to_owned()))?;
        let mut newest_first = shelf.iter().rev().filter(|(_, id)| Some(**id) != but);
        self.get(*newest_first.find(|(version, _)| reference.range.matches(version))?.1)
    }

    /// What some references lead to, and everything that leads to in turn.
    pub(crate) fn closure(&self, from: impl IntoIterator<Item = (Kind, Reference)>) -> BTreeSet<LibraryDocumentId> {
        let mut found = BTreeSet::new();
        let mut open: Vec<LibraryDocumentId> =
            from.into_iter().filter_map(|(kind, reference)| Some(self.newest(kind, &reference)?.id)).collect();
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(self.names_of(id));
            }
        }
        found
    }

    /// What helps to say what was meant by a reference that leads to nothing: the versions there are, or the newest of what
    /// is called nearly so.
    pub(crate) fn near(&self, kind: Kind, reference: &Reference) -> Vec<LibraryDocumentId> {
        if self.newest(kind, reference).is_some() {
            return Vec::new();
        }
        let name = reference.name.as_str();
        if let Some(shelf) = self.shelves.get(&(kind, name.to_owned())) {
            return shelf.values().copied().collect();
        }
        let names = self.shelves.keys().filter(|(of, _)| *of == kind).map(|(_, name)| name.as_str());
        let nearest = compose::diagnostic::nearest(name, names);
        let shelf = nearest.and_then(|name| self.shelves.get(&(kind, name)));
        shelf.and_then(|shelf| shelf.values().next_back()).into_iter().copied().collect()
    }

    /// What a document names, in the versions that are the newest. None names itself.
    fn names_of(&self, id: LibraryDocumentId) -> impl Iterator<Item = LibraryDocumentId> + '_ {
        let names = self.names.get(&id).into_iter().flatten();
        names.filter_map(move |(kind, reference)| Some(self.newest_but(*kind, reference, Some(id))?.id))
    }

    /// Who names a document, now that it is the newest version in their range.
    pub(crate) fn users(&self, id: LibraryDocumentId) -> BTreeSet<LibraryDocumentId> {
        let Some(known) = self.get(id) else { return BTreeSet::new() };
        let candidates = self.named.get(&(known.kind, known.name.as_str().to_owned())).into_iter().flatten();
        candidates.copied().filter(|user| self.names_of(*user).any(|named| named == id)).collect()
    }

    /// Who uses some documents, directly or by way of others.
    pub(crate) fn all_users(&self, of: impl IntoIterator<Item = LibraryDocumentId>) -> BTreeSet<LibraryDocumentId> {
        let mut found = BTreeSet::new();
        let mut open: Vec<LibraryDocumentId> = of.into_iter().collect();
        while let Some(id) = open.pop() {
            let users = self.users(id);
            open.extend(users.into_iter().filter(|user| found.insert(*user)));
        }
        found
    }

    /// Documents that name something of this kind and name, and would from now on mean `version` of it.
    pub(crate) fn affected(&self, kind: Kind, name: &str, version: &Version) -> BTreeSet<LibraryDocumentId> {
        let would = |user: &LibraryDocumentId| {
            self.names.get(user).into_iter().flatten().any(|(of, reference)| {
                *of == kind
                    && reference.name.as_str() == name
                    && reference.range.matches(version)
                    && self.newest(kind, reference).is_none_or(|newest| newest.version < *version)
            })
        };
        let candidates = self.named.get(&(kind, name.to_owned())).into_iter().flatten();
        candidates.copied().filter(would).collect()
    }
}

#[cfg(test)]
mod tests {
    use model::{GenericUuid as _, Name};
    use uuid::Uuid;

    use super::*;

    fn id(n: u128) -> LibraryDocumentId {
        LibraryDocumentId::from_untyped_uuid(Uuid::from_u128(n))
    }

    fn known(n: u128, kind: Kind, name: &str, version: &str) -> Known {
        let name: Name = name.parse().expect("a name");
        Known { id: id(n), kind, name, version: version.parse().expect("a version"), digest: [0; 32] }
    }

    fn reference(text: &str) -> Reference {
        text.parse().expect("a reference")
    }

    /// `shop` (application) → `shop` → `api@^1` (two versions, the newer names `tcp`) → `base`.
    fn catalogue() -> Catalogue {
        let documents = [
            known(1, Kind::Application, "shop", "1.0.0"),
            known(2, Kind::Block, "shop", "1.0.0"),
            known(3, Kind::Block, "api", "1.2.0"),
            known(4, Kind::Block, "api", "1.10.0"),
            known(5, Kind::Block, "base", "1.0.0"),
            known(6, Kind::InterfaceType, "tcp", "1.0.0"),
            known(7, Kind::Block, "api", "2.0.0-rc.1"),
        ];
        let references = [
            (1, Kind::Block, "shop@=1.0.0"),
            (2, Kind::Block, "api@^1"),
            (3, Kind::Block, "base"),
            (4, Kind::Block, "api@^1"),
            (4, Kind::InterfaceType, "tcp"),
            (5, Kind::Block, "shop"),
        ];
        Catalogue::new(documents, references.map(|(n, kind, text)| (id(n), kind, reference(text))))
    }

    #[test]
    fn references_lead_to_the_newest_version_in_their_range() {
        let catalogue = catalogue();
        let newest = |text: &str| catalogue.newest(Kind::Block, &reference(text)).map(|known| known.id);
        assert_eq!(newest("api@^1"), Some(id(4)), "1.10 is newer than 1.2");
        assert_eq!(newest("api"), Some(id(4)), "what is not released yet is not meant");
        assert_eq!(newest("api@=2.0.0-rc.1"), Some(id(7)));
        assert_eq!(newest("api@^3"), None);
        let near = |text: &str| catalogue.near(Kind::Block, &reference(text));
        assert_eq!(near("api@^3"), [3, 4, 7].map(id), "the versions there are");
        assert_eq!(near("shpo"), [id(2)], "what is called nearly so");
        assert!(near("api@^1").is_empty() && near("entirely-different").is_empty());
    }

    #[test]
    fn a_closure_has_everything_a_build_needs_whatever_the_circles() {
        let catalogue = catalogue();
        let closure = catalogue.closure([(Kind::Block, reference("shop"))]);
        // `api@1.10.0` extends the older one, which goes round in a circle.
        assert_eq!(closure, [2, 3, 4, 5, 6].map(id).into());
    }

    #[test]
    fn users_are_those_who_mean_this_version() {
        let catalogue = catalogue();
        assert_eq!(catalogue.users(id(4)), [id(2)].into());
        assert_eq!(catalogue.users(id(3)), [id(4)].into(), "only the one that extends it");
        assert_eq!(catalogue.users(id(7)), BTreeSet::new());
        assert_eq!(catalogue.all_users([id(6)]), [1, 2, 3, 4, 5].map(id).into());
    }

    #[test]
    fn a_newer_version_affects_those_whose_range_it_is_in() {
        let catalogue = catalogue();
        let affected = |version: &str| catalogue.affected(Kind::Block, "api", &version.parse().expect("a version"));
        assert_eq!(affected("1.11.0"), [2, 4].map(id).into());
        assert_eq!(affected("1.3.0"), BTreeSet::new());
        assert_eq!(affected("2.0.0"), BTreeSet::new());
    }
}

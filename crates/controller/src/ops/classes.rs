//! Site classes: declared by a network before anything in it uses them, so that a mistyped one is an error and never a
//! new one.

use model::{Name, NetworkId};
use store::{Page as StorePage, Tx, class, connector, invitation, listener, listing::Key, member, network::Network};

use super::{Actor, Fields, OpError, Ref, find, network::unless_history, once, once::Claimed};
use crate::App;

/// A declared site class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// Its name.
    pub name: Name,
    /// How many member sites have it.
    pub members: u64,
}

/// How many users of a class an error names.
const NAMED: usize = 5;

/// What the list of classes can be narrowed and ordered by.
pub(crate) const FIELDS: Fields<Class> = Fields {
    id: |class| class.name.to_string(),
    sorts: &[
        ("name", |class| Key::Text(class.name.to_string())),
        ("members", |class| Key::Number(class.members.try_into().unwrap_or(i64::MAX))),
    ],
    filters: &[],
    search: |class| class.name.to_string(),
};

/// The site classes declared.
pub async fn list(app: &App, network: &Ref) -> Result<Vec<Class>, OpError> {
    let network = find::network(app.store(), network).await?;
    let members = member::list(app.store(), network.id, false, StorePage::ALL).await?.items;
    let classes = class::list(app.store(), network.id).await?;
    let count = |name: &Name| members.iter().filter(|member| member.classes.contains(name)).count() as u64;
    Ok(classes.into_iter().map(|class| Class { members: count(&class.name), name: class.name }).collect())
}

/// Declares a site class.
pub async fn add(app: &App, actor: &Actor, network: &Ref, class: &Name) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::network(&mut tx, network).await?;
    let mut tx = match once::claim::<NetworkId>(tx, actor).await? {
        Claimed::New(tx) => tx,
        Claimed::Before(_) => return Ok(()),
    };
    unless_history(&found, app.now())?;
    class::add(&mut tx, found.id, class).await?;
    once::complete(&mut tx, actor, found.id).await?;
    tx.commit().await?;
    Ok(())
}

/// Withdraws a site class; refused while a site, an invitation, a listener or a connector has it, and names those.
pub async fn remove(app: &App, actor: &Actor, network: &Ref, class: &Name) -> Result<(), OpError> {
    let mut tx = app.store().begin(&actor.context()).await?;
    let found = find::changeable_network(&mut tx, network, app.now()).await?;
    if !class::list(&mut tx, found.id).await?.iter().any(|declared| declared.name == *class) {
        return Err(OpError::NotFound { kind: "class".to_owned(), name: class.to_string() });
    }
    let users = users(&mut tx, &found, class).await?;
    if let Some(first) = users.first() {
        let named = users.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let more = users.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        return Err(OpError::precondition(
            format!("the class {class} of {} is in use by {named}{more}", found.name),
            format!("take it from {} first", if users.len() == 1 { first } else { "them" }),
        ));
    }
    class::remove(&mut tx, found.id, class).await?;
    tx.commit().await?;
    Ok(())
}

/// What uses a class, in words.
async fn users(tx: &mut Tx, network: &Network, class: &Name) -> Result<Vec<String>, OpError> {
    let mut users = vec![];
    for row in member::list(&mut *tx, network.id, true, StorePage::ALL).await?.items {
        if row.classes.contains(class) {
            users.push(format!("site {}", row.name));
        }
    }
    for row in invitation::list(&mut *tx, network.id, StorePage::ALL).await?.items {
        if row.classes.contains(class) {
            users.push(format!("invitation {}", row.name));
        }
    }
    for row in listener::list(&mut *tx, network.id).await? {
        if row.class.as_ref() == Some(class) {
            users.push(format!("the listener for {} at {}", row.address, row.bind));
        }
    }
    for row in connector::list(&mut *tx, network.id).await? {
        if row.class.as_ref() == Some(class) {
            users.push(format!("the connector for {} to {}", row.address, row.target));
        }
    }
    Ok(users)
}

/// Refuses classes that are not declared, and says which one was meant, as far as that can be guessed.
pub(crate) async fn check_declared(
    tx: &mut Tx,
    network: &Network,
    field: &'static str,
    wanted: &[Name],
) -> Result<(), OpError> {
    let declared: Vec<Name> = class::list(&mut *tx, network.id).await?.into_iter().map(|class| class.name).collect();
    let Some(unknown) = wanted.iter().find(|class| !declared.contains(class)) else { return Ok(()) };
    let name = &network.name;
    let hint = match (nearest(unknown.as_str(), &declared), declared.is_empty()) {
        (Some(meant), _) => format!("; is {meant} meant?"),
        (None, true) => " (declared: none)".to_owned(),
        (None, false) => {
            format!(" (declared: {})", declared.iter().map(Name::as_str).collect::<Vec<_>>().join(", "))
        }
    };
    let message = format!(
        "the network {name} has no class {unknown}{hint}; declare it with `skx network class add {name} {unknown}`"
    );
    Err(OpError::invalid(field, message))
}

/// The known name that is so like `wanted` that it was probably meant.
pub(super) fn nearest<'a>(wanted: &str, known: &'a [Name]) -> Option<&'a Name> {
    let best = known.iter().map(|name| (distance(wanted, name.as_str()), name)).min()?;
    (best.0 <= 1 + wanted.len() / 4).then_some(best.1)
}

/// How many letters have to be changed, added, left out or swapped with their neighbour to make one text of the other.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<u8>, Vec<u8>) = (one.bytes().collect(), other.bytes().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut best = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                best = best.min(rows[i - 1][j - 1] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_class_is_recognised_and_another_word_is_not() {
        let known: Vec<Name> = ["store", "warehouse", "hq"].map(|name| name.parse().expect("a name")).into();
        let meant = |wanted: &str| nearest(wanted, &known).map(Name::as_str);
        for (typed, expected) in
            [("stroe", "store"), ("stores", "store"), ("stor", "store"), ("warehuose", "warehouse"), ("hw", "hq")]
        {
            assert_eq!(meant(typed), Some(expected), "{typed}");
        }
        for other in ["till", "restaurant"] {
            assert_eq!(meant(other), None, "{other}");
        }
        assert_eq!(nearest("store", &[]), None);
    }
}

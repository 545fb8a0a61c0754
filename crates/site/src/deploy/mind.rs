//! What a participant says to a deployment, and what follows from it for what is kept.

use std::collections::BTreeSet;

use compose::deploy::{Consented, Offer};
use serde_json::Value;
use site_proto::MAX_LOCALS;

use crate::state::Kept;

/// What a participant says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// To have what is offered, without some optional parts; or some parts after all that were declined.
    Accept { digest: String, without: BTreeSet<String>, with: BTreeSet<String> },
    /// Not to have what is offered, or a part of it.
    Decline { digest: String, part: Option<String> },
    /// The value of a field.
    Fill { instance: String, field: String, value: Value },
}

/// Why what a participant says does not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ActError {
    #[error("this site has no such deployment: nothing of {0} is offered to it")]
    NoDeployment(String),
    #[error("what is offered has changed since: look at it again with `skx site changes {deployment}`")]
    Stale { deployment: String },
    #[error("there is no part {part:?} here; there is {known}")]
    NoPart { part: String, known: String },
    #[error(
        "{part} is needed by the rest: without it the whole change is to be declined, with `skx site decline {deployment}`"
    )]
    Needed { part: String, deployment: String },
    #[error("to decline a part and to have another one after all are two things: say one, and then the other")]
    Both,
    #[error("{part} was not declined")]
    NotDeclined { part: String },
    #[error("it is in force already, and {what} cannot be declined any more")]
    InForce { what: String },
    #[error("there is nothing to agree to: {0}")]
    Held(String),
    #[error("{0}")]
    Value(String),
}

/// What is kept once the participant has said this to an offer.
pub(crate) fn said(offer: &Offer, kept: &Kept, act: Act) -> Result<Kept, ActError> {
    let mut next = kept.clone();
    match act {
        Act::Accept { digest, without, with } => {
            is_present(offer, &digest)?;
            if !with.is_empty() && !without.is_empty() {
                return Err(ActError::Both);
            }
            if with.is_empty() {
                accept(offer, &mut next, without)?;
            } else {
                want(&mut next, &with)?;
            }
        }
        Act::Decline { digest, part } => decline(offer, &mut next, &digest, part)?,
        Act::Fill { instance, field, value } => fill(offer, &mut next, instance, &field, value)?,
    }
    Ok(next)
}

fn accept(offer: &Offer, kept: &mut Kept, without: BTreeSet<String>) -> Result<(), ActError> {
    if let Some(held) = &offer.held {
        return Err(ActError::Held(held.words()));
    }
    for part in &without {
        if !is_optional(offer, part)? {
            return Err(ActError::Needed { part: part.clone(), deployment: offer.deployment.to_string() });
        }
    }
    kept.declined.extend(without);
    kept.refused = None;
    kept.consented = kept.consented.clone().and(&Consented::to_all_but(&offer.gets, &kept.declined));
    Ok(())
}

/// The participant is asked about them when they are offered: only what is in force is agreed to from here on.
fn want(kept: &mut Kept, parts: &BTreeSet<String>) -> Result<(), ActError> {
    for part in parts {
        if !kept.declined.remove(part) {
            return Err(ActError::NotDeclined { part: part.clone() });
        }
    }
    kept.refused = None;
    kept.consented = kept.applied.as_ref().map(|applied| Consented::to(&applied.gets)).unwrap_or_default();
    Ok(())
}

fn decline(offer: &Offer, kept: &mut Kept, digest: &str, part: Option<String>) -> Result<(), ActError> {
    let part = match part {
        Some(part) if is_optional(offer, &part)? => {
            let parts = [part].into();
            let known = kept.applied.iter().map(|applied| &applied.gets).chain([&offer.gets]);
            kept.consented = known.fold(kept.consented.clone(), |consented, gets| consented.but(gets, &parts));
            kept.declined.extend(parts);
            return Ok(());
        }
        part => part,
    };
    // Of a part that the rest needs, as of the whole, this very change is declined.
    if part.is_none() || !digest.is_empty() {
        is_present(offer, digest)?;
    }
    if kept.applied.as_ref().is_some_and(|applied| applied.digest == offer.digest) {
        return Err(ActError::InForce { what: part.unwrap_or_else(|| "it".to_owned()) });
    }
    kept.refused = Some(offer.digest.clone());
    Ok(())
}

fn fill(offer: &Offer, kept: &mut Kept, instance: String, field: &str, value: Value) -> Result<(), ActError> {
    if value.is_null() {
        let known = kept.locals.get_mut(&instance).is_some_and(|fields| fields.remove(field).is_some());
        kept.locals.retain(|_, fields| !fields.is_empty());
        let nothing = || ActError::Value(format!("nothing is filled in for {instance}.{field}"));
        return if known { Ok(()) } else { Err(nothing()) };
    }
    let wrong = |problems: compose::Problems| ActError::Value(problems.to_string());
    offer.check_local(&instance, field, &value).map_err(wrong)?;
    kept.locals.entry(instance).or_default().insert(field.into(), value);
    let size = serde_json::to_string(&kept.locals).map_or(0, |text| text.len());
    if size > MAX_LOCALS {
        let words =
            format!("all that is filled in would be {size} bytes, and may be {MAX_LOCALS}: nothing was changed");
        return Err(ActError::Value(words));
    }
    Ok(())
}

fn is_present(offer: &Offer, digest: &str) -> Result<(), ActError> {
    let stale = || ActError::Stale { deployment: offer.deployment.to_string() };
    if offer.digest == digest { Ok(()) } else { Err(stale()) }
}

fn is_optional(offer: &Offer, part: &str) -> Result<bool, ActError> {
    let found = offer.parts.iter().find(|it| it.path == part);
    found.map(|part| part.optional).ok_or_else(|| {
        let known: Vec<&str> = offer.parts.iter().map(|part| part.path.as_str()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        ActError::NoPart { part: part.to_owned(), known }
    })
}

#[cfg(test)]
mod tests {
    use api::local::ConsentPolicy;
    use serde_json::json;

    use super::*;
    use crate::{
        deploy::decide::{Decision, decide},
        fixture::offers::{idle, offer, read},
    };

    fn both() -> Offer {
        let mut offer = offer("two", &[idle("shop/till"), idle("shop/monitor")]);
        offer["parts"][0]["local"] = json!({"currency": {"type": "string", "maxLength": 3, "local": true}});
        read(&offer)
    }

    fn accept(without: &[&str], with: &[&str]) -> Act {
        let set = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
        Act::Accept { digest: "two".to_owned(), without: set(without), with: set(with) }
    }

    fn decline(digest: &str, part: Option<&str>) -> Act {
        Act::Decline { digest: digest.to_owned(), part: part.map(str::to_owned) }
    }

    fn fill(instance: &str, field: &str, value: Value) -> Act {
        Act::Fill { instance: instance.to_owned(), field: field.to_owned(), value }
    }

    #[test]
    fn agreeing_to_all_but_a_part_is_one_act_and_the_plan_without_it_applies_by_itself() {
        let kept = said(&both(), &Kept::default(), accept(&["shop/monitor"], &[])).expect("said");
        assert_eq!(kept.declined, ["shop/monitor".to_owned()].into());
        let rest = read(&offer("one", &[idle("shop/till")]));
        assert_eq!(decide(&rest, &kept, ConsentPolicy::Ask), Decision::Apply);
        let mut other = offer("other", &[idle("shop/till")]);
        other["gets"]["objects"][0]["content"]["command"] = json!(["true"]);
        assert!(matches!(decide(&read(&other), &kept, ConsentPolicy::Ask), Decision::Ask(_)), "new content asks again");
    }

    #[test]
    fn what_is_left_out_is_not_agreed_to_by_whatever_name_it_comes_back() {
        let kept = said(&both(), &Kept::default(), accept(&["shop/monitor"], &[])).expect("said");
        let mut hidden = offer("hidden", &[idle("shop/till"), idle("shop/monitor")]);
        hidden["gets"]["instances"].as_array_mut().expect("instances").retain(|it| it["path"] == "shop/till");
        // Where it is still said whose it is, it is left out still.
        assert_eq!(decide(&read(&hidden), &kept, ConsentPolicy::Ask), Decision::Apply);
        assert_eq!(compose::deploy::without(&read(&hidden).gets, &kept.declined).objects.len(), 1);
        hidden["gets"]["objects"][1]["content"]["instance"] = json!("shop/till");
        assert!(matches!(decide(&read(&hidden), &kept, ConsentPolicy::Ask), Decision::Ask(_)));
    }

    #[test]
    fn what_is_declined_later_is_not_agreed_to_any_more_by_whatever_name_it_comes_back() {
        let applied = both();
        let kept = Kept { consented: Consented::to(&applied.gets), applied: Some(applied), ..Kept::default() };
        let kept = said(&both(), &kept, decline("", Some("shop/monitor"))).expect("said");
        let mut hidden = offer("hidden", &[idle("shop/till"), idle("shop/monitor")]);
        hidden["gets"]["instances"].as_array_mut().expect("instances").retain(|it| it["path"] == "shop/till");
        hidden["gets"]["objects"][1]["content"]["instance"] = json!("shop/till");
        assert!(matches!(decide(&read(&hidden), &kept, ConsentPolicy::Ask), Decision::Ask(_)));
        let rest = read(&offer("one", &[idle("shop/till")]));
        assert_eq!(decide(&rest, &kept, ConsentPolicy::Ask), Decision::Apply);
    }

    #[test]
    fn a_part_is_not_declined_and_another_one_wanted_in_one_breath() {
        let kept = said(&both(), &Kept::default(), accept(&["shop/monitor"], &[])).expect("said");
        assert_eq!(said(&both(), &kept, accept(&["shop/monitor"], &["shop/monitor"])), Err(ActError::Both));
    }

    #[test]
    fn a_part_that_is_wanted_after_all_is_asked_about_again() {
        let kept = said(&both(), &Kept::default(), accept(&["shop/monitor"], &[])).expect("said");
        let rest = read(&offer("one", &[idle("shop/till")]));
        let kept = Kept { applied: Some(rest), ..kept };
        let kept = said(&both(), &kept, accept(&[], &["shop/monitor"])).expect("said");
        assert!(kept.declined.is_empty());
        assert!(matches!(decide(&both(), &kept, ConsentPolicy::Ask), Decision::Ask(_)));
        let again = said(&both(), &kept, accept(&[], &["shop/monitor"]));
        assert_eq!(again, Err(ActError::NotDeclined { part: "shop/monitor".to_owned() }));
    }

    #[test]
    fn what_was_not_looked_at_is_neither_agreed_to_nor_declined() {
        let stale = ActError::Stale { deployment: "shop".to_owned() };
        let other = Act::Accept { digest: "one".to_owned(), without: BTreeSet::new(), with: BTreeSet::new() };
        assert_eq!(said(&both(), &Kept::default(), other), Err(stale.clone()));
        assert_eq!(said(&both(), &Kept::default(), decline("one", None)), Err(stale.clone()));
        assert_eq!(said(&both(), &Kept::default(), decline("one", Some("shop/till"))), Err(stale));
    }

    #[test]
    fn declining_what_the_rest_needs_declines_the_change() {
        let kept = said(&both(), &Kept::default(), decline("two", Some("shop/till"))).expect("said");
        assert!(kept.declined.is_empty());
        assert_eq!(decide(&both(), &kept, ConsentPolicy::Auto), Decision::Declined);
        let needed = said(&both(), &Kept::default(), accept(&["shop/till"], &[]));
        assert!(matches!(needed, Err(ActError::Needed { .. })));
        let kept = said(&both(), &kept, decline("", Some("shop/monitor"))).expect("said");
        assert_eq!(kept.declined.len(), 1);
        let unknown = said(&both(), &kept, decline("two", Some("shop/tills"))).expect_err("there is none").to_string();
        assert!(unknown.contains("shop/tills") && unknown.contains("shop/till, shop/monitor"), "{unknown}");
    }

    #[test]
    fn what_is_in_force_cannot_be_declined_as_a_change() {
        let kept = Kept { applied: Some(both()), ..Kept::default() };
        assert!(matches!(said(&both(), &kept, decline("two", None)), Err(ActError::InForce { .. })));
    }

    #[test]
    fn more_than_can_be_told_is_refused_in_words_and_nothing_filled_in_before_is_lost() {
        let mut long = offer("two", &[idle("shop/till")]);
        long["parts"][0]["local"] =
            json!({"a": {"type": "string", "local": true}, "b": {"type": "string", "local": true}});
        let long = read(&long);
        let text = || json!("x".repeat(40_000));
        let kept = said(&long, &Kept::default(), fill("shop/till", "a", text())).expect("it fits");
        let error = said(&long, &kept, fill("shop/till", "b", text())).expect_err("it is too much").to_string();
        assert!(error.contains("may be 65536") && error.contains("nothing was changed"), "{error}");
        assert!(kept.locals["shop/till"].len() == 1);
    }

    #[test]
    fn what_is_filled_in_fits_its_field_or_is_refused_with_its_name() {
        let kept = said(&both(), &Kept::default(), fill("shop/till", "currency", json!("EUR"))).expect("said");
        assert_eq!(json!(kept.locals), json!({"shop/till": {"currency": "EUR"}}));
        for (instance, field, value) in [
            ("shop/till", "currency", json!("EURO")),
            ("shop/till", "price", json!(1)),
            ("shop", "currency", json!("EUR")),
        ] {
            let error = said(&both(), &kept, fill(instance, field, value)).expect_err("it does not fit").to_string();
            assert!(error.contains(&format!("{instance}.{field}")), "{error}");
        }
        let kept = said(&both(), &kept, fill("shop/till", "currency", Value::Null)).expect("said");
        assert!(kept.locals.is_empty());
        assert!(said(&both(), &kept, fill("shop/till", "currency", Value::Null)).is_err());
    }
}

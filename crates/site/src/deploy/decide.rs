//! What is to become of what a site is offered: a pure function of the offer, of what is in force, and of what the participant
//! decided.

use std::collections::BTreeSet;

use api::local::ConsentPolicy;
use compose::{
    deploy::{Held, Impact, Offer, without},
    render::Rendered,
};

use crate::state::Kept;

/// What is to become of an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is to be in force, or is already.
    Apply,
    /// The participant is asked. Until then what is in force stays.
    Ask(Impact),
    /// The participant declined it. What is in force stays.
    Declined,
    /// Parts of it were declined without which the rest does not work by now: another plan is on its way. What is in force stays
    /// until then.
    AwaitPlan(BTreeSet<String>),
    /// It is no offer of something else: what is in force stays, and why.
    Held(Held),
}

/// Decides.
pub(crate) fn decide(offer: &Offer, kept: &Kept, policy: ConsentPolicy) -> Decision {
    if let Some(held) = &offer.held {
        return Decision::Held(held.clone());
    }
    let is_needed = |part: &&String| !offer.optional().any(|it| it.path == **part);
    let unwanted = kept.declined.iter().filter(|part| has_part(&offer.gets, part)).filter(is_needed);
    let unwanted: BTreeSet<String> = unwanted.cloned().collect();
    if !unwanted.is_empty() {
        return Decision::AwaitPlan(unwanted);
    }
    if kept.applied.as_ref().is_some_and(|applied| applied.digest == offer.digest) {
        return Decision::Apply;
    }
    if kept.refused.as_ref() == Some(&offer.digest) {
        return Decision::Declined;
    }
    let impact = impact(offer, kept);
    let asks = match policy {
        ConsentPolicy::Auto => false,
        ConsentPolicy::Updates => impact == Impact::New,
        ConsentPolicy::Ask => impact != Impact::None,
    };
    if asks { Decision::Ask(impact) } else { Decision::Apply }
}

/// How much of an offer is neither agreed to nor in force, apart from what was declined.
pub(crate) fn impact(offer: &Offer, kept: &Kept) -> Impact {
    if kept.applied.as_ref().is_some_and(|applied| applied.digest == offer.digest) {
        return Impact::None;
    }
    let has = kept.applied.as_ref().map(|applied| without(&applied.gets, &kept.declined));
    kept.consented.impact(&without(&offer.gets, &kept.declined), has.as_ref())
}

/// Whether a site gets something of a part.
pub(crate) fn has_part(gets: &Rendered, part: &str) -> bool {
    let within = format!("{part}/");
    gets.instances.iter().any(|instance| instance.path == part || instance.path.starts_with(&within))
}

#[cfg(test)]
mod tests {
    use compose::deploy::Consented;
    use serde_json::{Value, json};

    use super::*;
    use crate::fixture::offers::{connector, idle, listener, offer, read};

    const AUTO: ConsentPolicy = ConsentPolicy::Auto;
    const UPDATES: ConsentPolicy = ConsentPolicy::Updates;
    const ASK: ConsentPolicy = ConsentPolicy::Ask;

    /// A site that has this in force, and agreed to it.
    fn has(offer: &Value) -> Kept {
        let applied = read(offer);
        Kept { consented: Consented::to(&applied.gets), applied: Some(applied), ..Kept::default() }
    }

    fn both() -> Value {
        offer("two", &[idle("shop/till"), idle("shop/monitor")])
    }

    fn till() -> Value {
        offer("one", &[idle("shop/till")])
    }

    fn changed(mut offer: Value) -> Value {
        offer["digest"] = json!("changed");
        offer["gets"]["objects"][0]["content"]["command"] = json!(["sleep", "2000"]);
        offer
    }

    fn all(offer: &Value, kept: &Kept) -> [Decision; 3] {
        [AUTO, UPDATES, ASK].map(|policy| decide(&read(offer), kept, policy))
    }

    #[test]
    fn whoever_is_asked_is_asked_about_what_is_new_and_not_otherwise() {
        use Decision::{Apply, Ask};
        let nothing = Kept::default();
        assert_eq!(all(&till(), &nothing), [Apply, Ask(Impact::New), Ask(Impact::New)]);
        assert_eq!(all(&till(), &has(&till())), [Apply, Apply, Apply]);
        assert_eq!(all(&changed(till()), &has(&till())), [Apply, Apply, Ask(Impact::Update)]);
        assert_eq!(all(&both(), &has(&till())), [Apply, Ask(Impact::New), Ask(Impact::New)]);
        // What goes asks nobody, and neither does what is gone altogether.
        assert_eq!(all(&till(), &has(&both())), [Apply, Apply, Apply]);
        assert_eq!(all(&offer("none", &[]), &has(&both())), [Apply, Apply, Apply]);
    }

    #[test]
    fn where_connections_enter_or_leave_the_network_is_new_however_little_changes() {
        for (what, socket) in [("listeners", listener("web", "0.0.0.0", 8080)), ("connectors", connector("web", 80))] {
            let mut opened = till();
            opened["digest"] = json!("opened");
            opened["gets"][what] = json!([socket]);
            assert_eq!(decide(&read(&opened), &has(&till()), UPDATES), Decision::Ask(Impact::New), "{what}");
        }
    }

    #[test]
    fn what_was_agreed_to_is_bound_to_its_content() {
        let mut kept = has(&till());
        kept.consented = kept.consented.and(&Consented::to(&read(&both()).gets));
        assert_eq!(decide(&read(&both()), &kept, ASK), Decision::Apply);
        assert_eq!(decide(&read(&changed(both())), &kept, ASK), Decision::Ask(Impact::Update));
        // Planned again with the same content, it needs no new agreement.
        let mut again = both();
        again["digest"] = json!("again");
        again["gets"]["instances"][0]["why"] = json!("for another reason");
        assert_eq!(decide(&read(&again), &kept, ASK), Decision::Apply);
    }

    #[test]
    fn the_rest_is_judged_without_a_part_that_was_declined() {
        let kept = Kept { declined: ["shop/monitor".to_owned()].into(), ..has(&till()) };
        assert_eq!(all(&both(), &kept), [Decision::Apply, Decision::Apply, Decision::Apply]);
        let inside = offer("inner", &[idle("shop/till"), idle("shop/monitor/agent")]);
        assert_eq!(decide(&read(&inside), &kept, ASK), Decision::Apply);
        let beside = offer("beside", &[idle("shop/till"), idle("shop/monitors")]);
        assert_eq!(decide(&read(&beside), &kept, ASK), Decision::Ask(Impact::New));
        assert_eq!(decide(&read(&changed(both())), &kept, ASK), Decision::Ask(Impact::Update));
    }

    #[test]
    fn a_part_that_was_declined_and_is_needed_by_now_waits_for_another_plan() {
        let kept = Kept { declined: ["shop/monitor".to_owned()].into(), ..Kept::default() };
        let mut needed = both();
        needed["parts"][1]["optional"] = json!(false);
        let parts: BTreeSet<String> = ["shop/monitor".to_owned()].into();
        assert_eq!(all(&needed, &kept), [AUTO, UPDATES, ASK].map(|_| Decision::AwaitPlan(parts.clone())));
    }

    #[test]
    fn a_change_that_was_declined_stays_so_and_another_one_asks_anew() {
        let kept = Kept { refused: Some("one".to_owned()), ..Kept::default() };
        assert_eq!(all(&till(), &kept), [Decision::Declined, Decision::Declined, Decision::Declined]);
        assert_eq!(decide(&read(&both()), &kept, ASK), Decision::Ask(Impact::New));
    }

    #[test]
    fn who_keeps_what_they_have_does_so_whatever_was_agreed_to() {
        for held in [
            json!({"why": "unknown"}),
            json!({"why": "declined", "parts": ["shop/till"]}),
            json!({"why": "blocked", "problems": "a value is missing"}),
        ] {
            let mut offer = till();
            offer["held"] = held;
            assert!(matches!(decide(&read(&offer), &has(&both()), AUTO), Decision::Held(_)));
        }
    }
}

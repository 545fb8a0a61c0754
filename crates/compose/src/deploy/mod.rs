//! Planning of deployments: which site gets what of a release, and what that changes.
//!
//! A [`Plan`] follows from a release, a [`Deployment`], what is [known of the sites](Sites) and the plan before it, and from
//! nothing else: the same always give the same, in whatever order sites are named. A site's plan changes only when what the
//! site gets does. What is not known is never taken for gone: a site that nothing is said of keeps what it has.

mod change;
mod deployment;
mod missing;
mod offer;
mod places;
mod plan;
mod renamed;
pub mod rollout;
mod serving;
mod sites;

pub use change::{Changes, Exceeded, Step, Verb, differences};
pub use deployment::{AddressPolicy, Authored, Deployment, DeploymentSpec, Guard, Overlay, Percent, Selector};
pub use missing::missing;
pub use offer::{Consented, Impact, Offer, Open, Part, without};
pub use plan::{Held, Plan, Planner, SitePlan};
pub use sites::{KnownSite, Presence, Sites};

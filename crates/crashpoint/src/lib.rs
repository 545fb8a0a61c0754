//! Named places where a process may be made to die, so that tests can show that nothing is lost and nothing doubled there.
//!
//! A controller or site calls [`reached`] at each of its [`Point`]s: always just before or just after something became
//! lasting, or somebody was told. In a debug build the process ends there as by a power failure (SIGKILL) when the
//! environment variable `SKX_CRASH_AT` names the point, or as `@FILE` a file that does; in a release build the call is nothing
//! at all.
//!
//! `e2e/tests/crash_points.rs` goes through [`Point::ALL`] and fails for a point that no process died at. Those of a
//! [`Role::Deployer`] are gone through in `e2e/tests/deployed_deaths.rs`, those of a [`Role::Host`] where the site is tested.

#[cfg(debug_assertions)]
use std::sync::OnceLock;

/// Which process has a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A controller.
    Controller,
    /// A relay site.
    Relay,
    /// A member site.
    Member,
    /// A controller that deploys something.
    Deployer,
    /// A member site at which something is deployed: it dies in `crates/site/src/tests/crashes.rs`.
    Host,
}

macro_rules! points {
    ($($role:ident { $($(#[doc = $doc:literal])+ $point:ident = $name:literal,)+ })+) => {
        /// A place where a process may be made to die.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Point {
            $($($(#[doc = $doc])+ $point,)+)+
        }

        impl Point {
            /// Every point there is.
            pub const ALL: &[Self] = &[$($(Self::$point,)+)+];

            /// What `SKX_CRASH_AT` calls it.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$point => $name,)+)+ }
            }

            /// Whose it is. Relays and members share their code; the point is tested at this one.
            pub fn role(self) -> Role {
                match self { $($(Self::$point => Role::$role,)+)+ }
            }
        }
    };
}

points! {
    Controller {
        /// A relay is about to be enrolled; nothing is committed.
        EnrolUncommitted = "enrol-uncommitted",
        /// A relay is enrolled, and does not know it.
        EnrolCommitted = "enrol-committed",
        /// An invitation is about to be redeemed; nothing is committed.
        RedeemUncommitted = "redeem-uncommitted",
        /// A member exists, and does not know it.
        RedeemCommitted = "redeem-committed",
        /// A site is about to wait for its admission; nothing is committed.
        WaitUncommitted = "wait-uncommitted",
        /// A use is reserved for a site that waits, and it does not know it.
        WaitCommitted = "wait-committed",
        /// A site that waits is about to be admitted.
        AdmitUncommitted = "admit-uncommitted",
        /// It is admitted, and nobody was told.
        AdmitCommitted = "admit-committed",
        /// A site that waits is about to be refused.
        RefuseUncommitted = "refuse-uncommitted",
        /// It is refused, and nobody was told.
        RefuseCommitted = "refuse-committed",
        /// The time of sites that wait is over; that they are refused is about to be committed.
        EndOfWaitingUncommitted = "end-of-waiting-uncommitted",
        /// They are refused, and nobody was told.
        EndOfWaitingCommitted = "end-of-waiting-committed",
        /// A site's session has begun, and it has not been sent what differs.
        SessionBegun = "session-begun",
        /// A site was sent its desired state, and has not said what became of it.
        SessionSent = "session-sent",
        /// A certificate is renewed; nothing is committed.
        RenewUncommitted = "renew-uncommitted",
        /// A renewed certificate is committed, and its site does not have it.
        RenewCommitted = "renew-committed",
        /// A trust document is signed and not committed.
        TrustUncommitted = "trust-uncommitted",
        /// A trust document is committed, and no router has it.
        TrustCommitted = "trust-committed",
        /// An eviction is about to be committed.
        EvictUncommitted = "evict-uncommitted",
        /// An eviction is committed, and not in the trust document.
        EvictCommitted = "evict-committed",
        /// The next key-encryption key is on the disk, and nothing is sealed under it.
        NextKeyStored = "next-key-stored",
        /// Everything is about to be sealed anew.
        KeyUncommitted = "key-uncommitted",
        /// Everything is sealed anew, and the key before is still the one in the file.
        KeyCommitted = "key-committed",
        /// A generation of a certificate authority is about to come, to take over or to go.
        AuthorityUncommitted = "authority-uncommitted",
        /// It has, and nobody was told.
        AuthorityCommitted = "authority-committed",
        /// The end of a network is about to be noted, and its keys destroyed.
        EndUncommitted = "end-uncommitted",
        /// They are destroyed, and nobody was told.
        EndCommitted = "end-committed",
    }
    Deployer {
        /// What a deployment says is about to be committed, or that it is taken away.
        DeployUncommitted = "deploy-uncommitted",
        /// It is committed, and nothing is planned.
        DeployCommitted = "deploy-committed",
        /// A plan is about to be committed, with how far its rollout is and what sites are offered.
        PlanUncommitted = "plan-uncommitted",
        /// It is, and no site was told.
        PlanCommitted = "plan-committed",
        /// What a person says to a rollout is about to be committed, with what follows from it.
        OrderUncommitted = "order-uncommitted",
        /// It is, and nobody was told.
        OrderCommitted = "order-committed",
        /// What a site says of a deployment is about to be kept.
        ReportUncommitted = "report-uncommitted",
        /// It is, and nothing has come of it.
        ReportCommitted = "report-committed",
        /// A deployment is about to be withdrawn from its sites and deleted.
        WithdrawUncommitted = "withdraw-uncommitted",
        /// It is gone, and no site was told.
        WithdrawCommitted = "withdraw-committed",
        /// The value of a secret is about to be committed.
        SecretUncommitted = "secret-uncommitted",
        /// It is, and no site was told.
        SecretCommitted = "secret-committed",
    }
    Relay {
        /// A relay's router has adopted a trust document that is not on its disk.
        TrustAdopted = "trust-adopted",
        /// That document is on the disk.
        TrustStored = "trust-stored",
    }
    Member {
        /// A site's own key is on its disk, and nobody knows of it.
        KeyStored = "key-stored",
        /// A site was told to wait, and has not stored it.
        WaitReceived = "wait-received",
        /// A site that waits has stored that it does.
        WaitStored = "wait-stored",
        /// A site was admitted, and its certificate is not on its disk.
        AdmissionReceived = "admission-received",
        /// The certificate is on the disk, the claim key is gone, and the site has not attached with it.
        AdmissionStored = "admission-stored",
        /// New desired state has come, and is not on the disk.
        UpdateReceived = "update-received",
        /// New desired state is on the disk, and nobody was told.
        UpdateStored = "update-stored",
        /// The key of the next certificate is made, and not on the disk.
        RenewalKeyMade = "renewal-key-made",
        /// The key of the next certificate is on the disk, and nobody knows of it.
        RenewalKeyStored = "renewal-key-stored",
        /// A renewed certificate has come, and is not on the disk.
        RenewalReceived = "renewal-received",
        /// A renewed certificate is on the disk and not in use.
        RenewalStored = "renewal-stored",
        /// A member was told of its eviction, and has not stored it.
        EvictionReceived = "eviction-received",
        /// A member has stored its eviction, and what it served has not gone.
        EvictionStored = "eviction-stored",
        /// A member was told of the end of its network, and has not stored it.
        EndReceived = "end-received",
        /// A member has stored the end of its network, and what it served has not gone.
        EndStored = "end-stored",
    }
    Host {
        /// A participant has decided about a deployment, and that is not on the disk.
        DecisionReceived = "decision-received",
        /// The decision is on the disk, and nothing has come of it.
        DecisionStored = "decision-stored",
        /// What a deployment listens and connects at is in force, and its workloads need not be.
        SocketsConfigured = "sockets-configured",
        /// A driver has noted that it has something of a deployment, and has started nothing of it.
        DeploymentPrepared = "deployment-prepared",
        /// What is to run was started, and the driver has not said so.
        WorkloadsStarted = "workloads-started",
        /// A deployment is applied, and the site has not noted it.
        DeploymentApplied = "deployment-applied",
        /// It is noted as in force, and nobody was told.
        DeploymentStored = "deployment-stored",
        /// The controller is sent that it is healthy.
        DeploymentReported = "deployment-reported",
        /// All that was deployed is removed at the end of a site, and still noted.
        DeploymentsRemoved = "deployments-removed",
    }
}

/// The environment variable that names the point to die at, or as `@FILE` a file in which its name stands from some time on.
pub const VARIABLE: &str = "SKX_CRASH_AT";

/// The process is at `point`.
#[cfg(debug_assertions)]
pub fn reached(point: Point) {
    static ARMED: OnceLock<Option<String>> = OnceLock::new();
    let Some(armed) = ARMED.get_or_init(|| std::env::var(VARIABLE).ok()) else { return };
    let dies = match armed.strip_prefix('@') {
        Some(file) => std::fs::read_to_string(file).is_ok_and(|name| name == point.name()),
        None => armed == point.name(),
    };
    if dies {
        // The only way to fail is that the signal or the process does not exist.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
        std::process::abort();
    }
}

/// The process is at `point`.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn reached(_: Point) {}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_point_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = Point::ALL.iter().map(|point| point.name()).collect();
        assert_eq!(names.len(), Point::ALL.len());
    }
}

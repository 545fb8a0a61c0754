//! How a site tells health itself, where its platform does not.

use super::{Check, Piece, Tells};
use crate::model::{Platform, Probe};

/// The checks of a workload. Kubernetes makes its own.
pub(super) fn checks(piece: &Piece<'_>, platform: Platform) -> Vec<Check> {
    if platform == Platform::Kubernetes {
        return Vec::new();
    }
    let probes = &piece.workload.probes;
    let all = [(Tells::Started, &probes.started), (Tells::Ready, &probes.ready), (Tells::Live, &probes.live)];
    all.into_iter().filter_map(|(tells, probe)| Some(check(piece, tells, probe.as_ref()?))).collect()
}

fn check(piece: &Piece<'_>, tells: Tells, probe: &Probe) -> Check {
    // A container's port is reached where it is published; a process's as it is.
    let port = |port: u16| piece.published.iter().find(|p| p.container == port && !p.udp).map_or(port, |p| p.host);
    Check {
        instance: piece.path.to_owned(),
        name: piece.name.clone(),
        tells,
        http: probe.http.as_ref().map(|http| format!("http://127.0.0.1:{}{}", port(http.port), http.path)),
        tcp: probe.tcp.map(|tcp| format!("127.0.0.1:{}", port(tcp))),
        exec: probe.exec.clone(),
        every: probe.every.unwrap_or(10),
        timeout: probe.timeout.unwrap_or(1),
        failures: probe.failures.unwrap_or(3),
    }
}

//! How health is told, and who is reached.

use std::net::{Ipv4Addr, SocketAddr};

use compose::{
    model::Platform,
    render::{Check, Scope, Tells},
};
use driver::{State, Volumes};
use serde_json::json;
use tokio::{
    io::AsyncReadExt as _,
    net::TcpListener,
    time::{Duration, sleep},
};

use crate::stage::{RUN, Stage, check, exec, shop};

/// Fails at the first times.
const THIRD: &str = "n=$(cat $SKX_ROOT/n 2>/dev/null); echo x$n > $SKX_ROOT/n; [ \"$n\" = xx ] || [ \"$n\" = xxx ]";

pub(crate) async fn readiness_is_told_by_checks(stage: Stage) {
    let site = stage.open().await;
    let mut desired = shop(["web", "never", "unasked"].map(|name| stage.workload(name, RUN)));
    desired.checks = vec![
        exec("web", Tells::Ready, "read -r n < $SKX_ROOT/n; [ \"$n\" = xxx ]"),
        exec("web", Tells::Started, THIRD),
        exec("never", Tells::Ready, "echo not today >&2; exit 7"),
    ];
    desired.checks[1].failures = 10;
    site.apply(&desired).await;
    site.is("unasked", State::Ready).await;
    let never = site.is("never", State::Unready).await;
    assert!(never.message.contains("7") && never.message.contains("not today"), "{never:?}");
    assert_eq!(site.is("web", State::Ready).await.restarts, 0);
    let life = site.life("never").await;
    desired.checks.pop();
    site.apply(&desired).await;
    site.is("never", State::Ready).await;
    assert_eq!(site.life("never").await, life, "another check is no other workload");
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

pub(crate) async fn what_does_not_live_is_started_again(stage: Stage) {
    let site = stage.open().await;
    let mut desired = shop(["web", "late"].map(|name| stage.workload(name, RUN)));
    desired.checks = vec![exec("web", Tells::Live, "exit 1"), exec("late", Tells::Started, "exit 1")];
    site.apply(&desired).await;
    let first = site.life("web").await;
    site.until("web", |it| it.restarts > 0).await;
    site.other_life("web", &first).await;
    site.until("late", |it| it.message.starts_with("it did not start: ")).await;
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

pub(crate) async fn what_listens_is_reached_and_reaches_its_site(stage: Stage) {
    let site = stage.open().await;
    let containers = stage.platform.has_containers();
    let port = free().await;
    let inside = if containers { 8080 } else { port };
    let serve = format!(
        r#"use Socket; socket(S, PF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1);
        bind(S, sockaddr_in({inside}, INADDR_ANY)) or die; listen(S, 5); $SIG{{PIPE}} = 'IGNORE';
        while (accept(C, S)) {{ sysread(C, $_, 9); print C "HTTP/1.0 200 OK\r\n\r\nhere"; close C }}"#
    );
    let server = stage.object(
        "web",
        json!({ "command": ["perl", "-e", serve], "ports": [{ "container": inside, "host": port }], "names": ["web"] }),
    );
    let mut desired = shop([server]);
    desired.checks = vec![
        Check { http: Some(format!("http://127.0.0.1:{port}/")), ..check("web", Tells::Ready) },
        Check { tcp: Some(format!("127.0.0.1:{port}")), failures: 30, ..check("web", Tells::Live) },
    ];
    site.apply(&desired).await;
    assert_eq!(site.is("web", State::Ready).await.restarts, 0);

    let scope = if containers { Scope::Containers } else { Scope::Loopback };
    let host = site.0.bind_host("shop", scope).await.expect("a host");
    assert_eq!(host.is_loopback(), !containers);
    // The bridge is there as soon as the first container is.
    let listener = TcpListener::bind(SocketAddr::new(host, 0)).await.expect("a listener");
    let name = match stage.platform {
        Platform::Podman => "host.containers.internal",
        Platform::Docker => "host.docker.internal",
        _ => "127.0.0.1",
    };
    let port = listener.local_addr().expect("its address").port();
    let call = format!(
        r#"use Socket; socket(S, PF_INET, SOCK_STREAM, 0); $| = 1;
        connect(S, sockaddr_in({port}, inet_aton("{name}"))) or die "$!"; syswrite(S, "hello"); close S; sleep 1 while 1"#
    );
    desired.objects.push(stage.object("client", json!({ "command": ["perl", "-e", call] })));
    site.apply(&desired).await;
    let called = tokio::time::timeout(Duration::from_secs(60), async {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut said = String::new();
        stream.read_to_string(&mut said).await.expect("words");
        said
    });
    match called.await {
        Ok(said) => assert_eq!(said, "hello"),
        Err(_) => panic!("nobody called: {:?}", site.0.logs("shop", "client", 5).await),
    }
    site.0.remove("shop", Volumes::Delete).await.expect("it is removed");
}

/// A port that nobody has.
async fn free() -> u16 {
    loop {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let port = listener.local_addr().expect("its address").port();
        drop(listener);
        // The ranges of ports for callers would have another one take it meanwhile.
        let below = port % 10_000 + 20_000;
        if TcpListener::bind((Ipv4Addr::UNSPECIFIED, below)).await.is_ok() {
            return below;
        }
        sleep(Duration::from_millis(1)).await;
    }
}

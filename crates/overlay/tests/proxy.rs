//! Dialling through an HTTP proxy.
#![expect(clippy::unwrap_used, reason = "tests")]

mod common;

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use common::{
    Installation, TestRouter,
    installation::{link, listener},
    services::ask,
    topology::{relay, server},
    until,
};
use model::{proxy::ProxySettings, router::Transport};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// A proxy that answers `CONNECT`, and counts how often it connected.
struct Proxy {
    address: SocketAddr,
    connected: Arc<AtomicUsize>,
}

impl Proxy {
    /// Who does not say this in `Proxy-Authorization` is refused.
    async fn start(authorization: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connected = Arc::<AtomicUsize>::default();
        let counter = connected.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counter = counter.clone();
                tokio::spawn(async move { serve(stream, authorization, &counter).await });
            }
        });
        Self { address, connected }
    }

    fn settings(&self, credentials: &str, no_proxy: &str) -> Option<ProxySettings> {
        let proxy = format!("http://{credentials}{}", self.address).parse().unwrap();
        Some(ProxySettings { proxy, no_proxy: no_proxy.into() })
    }

    fn connected(&self) -> usize {
        self.connected.load(Ordering::SeqCst)
    }
}

async fn serve(mut from: TcpStream, authorization: Option<&str>, connected: &AtomicUsize) -> Option<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        request.push(from.read_u8().await.ok()?);
    }
    let request = String::from_utf8(request).ok()?;
    let mut lines = request.lines();
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let said = lines.find_map(|line| line.strip_prefix("Proxy-Authorization: "));
    let refusal = match authorization {
        _ if method != "CONNECT" => Some("405 Method Not Allowed"),
        Some(wanted) if said != Some(wanted) => Some("407 Proxy Authentication Required"),
        _ => None,
    };
    if let Some(refusal) = refusal {
        from.write_all(format!("HTTP/1.1 {refusal}\r\nProxy-Authenticate: Basic\r\n\r\n").as_bytes()).await.ok()?;
        return None;
    }
    let mut to = TcpStream::connect(target).await.ok()?;
    connected.fetch_add(1, Ordering::SeqCst);
    from.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").await.ok()?;
    tokio::io::copy_bidirectional(&mut from, &mut to).await.ok().map(drop)
}

async fn router(installation: &mut Installation) -> TestRouter {
    let trust = installation.trust();
    TestRouter::start(installation, relay(installation, &trust, &[])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn links_and_their_data_connections_go_through_the_proxy() {
    for transport in [Transport::Direct, Transport::Tls] {
        let mut installation = Installation::new();
        let network = installation.open_network();
        let proxy = Proxy::start(Some("Basic bWU6cEBzcw==")).await;
        let router = router(&mut installation).await;
        let _server = server(&installation, &network, &[router.address()], "server").await;
        let (_, mut config) = installation.member(&network);
        config.links.push(link(router.address(), transport));
        config.listeners.push(listener("web"));
        config.proxy = proxy.settings("me:p%40ss@", "");
        let client = TestRouter::start(&installation, config).await;
        assert_eq!(ask(client.listener().await, &[7; 100_000]).await.unwrap().len(), 100_007);
        assert!(proxy.connected() >= 2, "the link, and a data connection");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_proxy_answers_is_shown_and_the_password_is_not() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let proxy = Proxy::start(Some("Basic bWU6cEBzcw==")).await;
    let router = router(&mut installation).await;
    let (_, mut config) = installation.member(&network);
    config.links.push(link(router.address(), Transport::Direct));
    config.proxy = proxy.settings("me:hunter2@", "");
    let mut member = TestRouter::start(&installation, config).await;
    let error = until("the answer is shown", || member.node.status().links[0].error.clone()).await;
    assert!(error.contains("407 Proxy Authentication Required"), "{error}");
    assert!(error.contains(&format!("http://{}", proxy.address)), "{error}");
    assert!(!error.contains("hunter2") && !format!("{:?}", member.config).contains("hunter2"), "{error}");
    // Once the right password is there it goes on by itself.
    let settings = proxy.settings("me:p%40ss@", "");
    member.change(|config| config.proxy = settings).await;
    member.linked(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_list_names_is_dialled_directly() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let proxy = Proxy::start(None).await;
    let router = router(&mut installation).await;
    let (_, mut config) = installation.member(&network);
    config.links.push(link(router.address(), Transport::Direct));
    config.proxy = proxy.settings("", "127.0.0.0/8");
    TestRouter::start(&installation, config).await.linked(1).await;
    assert_eq!(proxy.connected(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_there_is_named() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let router = router(&mut installation).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (_, mut config) = installation.member(&network);
    config.links.push(link(router.address(), Transport::Direct));
    let proxy = format!("http://{nobody}").parse().unwrap();
    config.proxy = Some(ProxySettings { proxy, no_proxy: Default::default() });
    let member = TestRouter::start(&installation, config).await;
    let error = until("the error is shown", || member.node.status().links[0].error.clone()).await;
    assert!(error.contains(&format!("the proxy http://{nobody} cannot be reached")), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_others_wrote_is_good_enough() {
    let mut installation = Installation::new();
    let network = installation.open_network();
    let router = router(&mut installation).await;
    let _server = server(&installation, &network, &[router.address()], "server").await;
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let file = std::env::temp_dir().join(format!("skx-tinyproxy-{}-{port}", std::process::id()));
    let config = format!(
        "Port {port}\nListen 127.0.0.1\nTimeout 600\nAllow 127.0.0.1\nBasicAuth me secret\nConnectPort {}\n",
        router.address().port()
    );
    std::fs::write(&file, config).unwrap();
    let mut proxy = tokio::process::Command::new("tinyproxy");
    let proxy = proxy.arg("-d").arg("-c").arg(&file).kill_on_drop(true).spawn();
    let _proxy = proxy.expect("tinyproxy runs; `apt-get install tinyproxy-bin` installs it");
    let (_, mut config) = installation.member(&network);
    config.links.push(link(router.address(), Transport::Direct));
    config.listeners.push(listener("web"));
    let settings = |credentials: &str| {
        let proxy = format!("http://{credentials}127.0.0.1:{port}").parse().unwrap();
        Some(ProxySettings { proxy, no_proxy: Default::default() })
    };
    config.proxy = settings("");
    let mut client = TestRouter::start(&installation, config).await;
    let refused = || client.node.status().links[0].error.clone().filter(|error| error.contains("407"));
    until("it wants to know who asks", refused).await;
    client.change(|config| config.proxy = settings("me:secret@")).await;
    assert_eq!(ask(client.listener().await, &[7; 100_000]).await.unwrap().len(), 100_007);
    std::fs::remove_file(file).unwrap();
}

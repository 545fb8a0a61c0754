//! What a workload is told of sites that come and go, by a real process that asks each of them.

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
};

use compose::render::Addresses;
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{
    deployments::{Scene, answer, free_port, serving, this_test},
    site::{PATIENCE, Running},
};
use crate::fixture::offers::{connector, digest, item, listener, offer, process};

/// Where [`asks_everybody_while_it_is_a_workload`] answers.
const PORT: &str = "SITE_TEST_BOARD";

/// A workload: whoever connects is told its id, and what every site says that it is told of at this moment.
#[test]
fn asks_everybody_while_it_is_a_workload() {
    let Ok(port) = env::var(PORT) else { return };
    let listener = TcpListener::bind(("127.0.0.1", port.parse().expect("a port"))).expect("a free port");
    for connection in listener.incoming() {
        let file = fs::read(env::var("SKX_ADDRESSES").expect("it is told")).expect("the file");
        let file: Addresses = serde_json::from_slice(&file).expect("all of it");
        let mut said = vec![std::process::id().to_string()];
        for site in &file.interfaces["tills"] {
            let mut text = String::new();
            // One that cannot be reached yet has said nothing.
            let asked =
                TcpStream::connect((site.host.as_str(), site.port)).and_then(|mut it| it.read_to_string(&mut text));
            said.push(format!("{} {}", site.name, asked.map_or("nothing", |_| &text)));
        }
        connection.expect("a connection").write_all(said.join("\n").as_bytes()).expect("somebody listens");
    }
}

/// What the site gets: a till, and a board that is told of these stores, all of them the same till.
fn with(digest: &str, till: u16, board: u16, stores: &[(&str, u16)]) -> Value {
    let mut asks = process(
        "shop/board",
        &this_test("told::asks_everybody_while_it_is_a_workload"),
        &json!({ PORT: board.to_string() }),
    );
    asks["addresses"] = json!(true);
    let mut offered = offer(digest, &[serving("shop/till", till, &json!("ka-ching")), ("shop/board", asks)]);
    let address = |store: &str| format!("shop/till.api/{store}");
    let told = stores.iter().map(|(store, port)| {
        json!({ "site": store, "name": format!("till.api.{store}"), "address": address(store), "host": "127.0.0.1", "port": port })
    });
    let gets = &mut offered["gets"];
    gets["addresses"] = json!([{ "instance": "shop/board", "interface": "tills", "sites": told.collect::<Vec<_>>() }]);
    gets["listeners"] = stores.iter().map(|(store, port)| listener(&address(store), "127.0.0.1", *port)).collect();
    gets["connectors"] = stores.iter().map(|(store, _)| connector(&address(store), till)).collect();
    offered
}

/// The id of the board once it has heard this of everybody.
async fn hears(board: u16, wanted: &[&str]) -> String {
    let heard = async {
        loop {
            let said = answer(board).await.unwrap_or_default();
            let mut lines = said.lines();
            let id = lines.next().unwrap_or_default().to_owned();
            if lines.eq(wanted.iter().copied()) && !id.is_empty() {
                return id;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    timeout(2 * PATIENCE, heard).await.unwrap_or_else(|_| panic!("the board never hears {wanted:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_learns_of_stores_that_come_and_go_and_is_not_started_anew() {
    let (till, board) = (free_port(), free_port());
    let ports = [free_port(), free_port()];
    let (one, two) = (("store-1", ports[0]), ("store-2", ports[1]));
    let mut scene = Scene::start("auto", &[item(&with("none", till, board, &[]))]).await;
    let id = hears(board, &[]).await;
    scene.offer(&[item(&with("one", till, board, &[one]))]).await;
    assert_eq!(hears(board, &["till.api.store-1 ka-ching"]).await, id);
    scene.offer(&[item(&with("both", till, board, &[one, two]))]).await;
    assert_eq!(hears(board, &["till.api.store-1 ka-ching", "till.api.store-2 ka-ching"]).await, id);
    let other = with("other", till, board, &[two]);
    scene.offer(&[item(&other)]).await;
    assert_eq!(hears(board, &["till.api.store-2 ka-ching"]).await, id);
    scene.told("it is in force", |it| it.applied == digest(&other) && it.state == "healthy").await;

    // Another one it is only after its site was another one, which has nobody to ask what there is.
    scene.backbone.stop_controller().await;
    scene.site.stop().await;
    let site = Running::start(&scene.home, &scene.clock);
    assert_ne!(hears(board, &["till.api.store-2 ka-ching"]).await, id);
    site.stop().await;
}

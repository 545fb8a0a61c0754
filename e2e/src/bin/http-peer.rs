//! HTTP server or client for a host of a network laboratory: `http-peer serve IP:PORT BODY`, `http-peer get IP:PORT`.

use anyhow::{Context, Result, bail};

#[tokio::main]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match *args.as_slice() {
        ["serve", address, body] => {
            let bound = e2e::http::serve(address.parse().context("IP:PORT")?, body.to_owned()).await?;
            println!("serving at {bound}");
            std::future::pending().await
        }
        ["get", address] => {
            println!("{}", e2e::http::fetch(address.parse().context("IP:PORT")?).await?);
            Ok(())
        }
        _ => bail!("usage: http-peer serve IP:PORT BODY | get IP:PORT"),
    }
}

//! Whether a controller could start, without starting anything or changing anything.

use std::{io, sync::Arc};

use pki::SystemClock;
use secrecy::ExposeSecret as _;
use store::Store;

use crate::{Config, DataDirError, data_dir, http::ServerError, run::StartError};

/// Checks what can be checked from outside: that the data directory is one, if it is there; that the key file holds a
/// key; that the database and the identity provider answer; that the address to listen at exists. Nothing is made, locked
/// or listened at.
///
/// # Errors
///
/// The first thing that would keep a controller from starting.
pub async fn check(config: &Config) -> Result<(), StartError> {
    config.check()?;
    match std::fs::read_dir(&config.data_dir) {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(source) => return Err(DataDirError::Io { path: config.data_dir.clone(), source }.into()),
    }
    if let Some(file) = &config.key_file {
        data_dir::named_key_file(file)?;
    }
    let found = tokio::net::lookup_host((config.listen.host.to_string(), config.listen.port)).await;
    found.map_err(|source| ServerError::Bind { listen: config.listen.clone(), source })?.for_each(drop);
    if let Some(url) = &config.database_url {
        let url = url.expose_secret();
        let address = Store::address(url).map_err(StartError::DatabaseUrl)?;
        let at = |source| StartError::Database { address: address.clone(), source };
        let store = Store::connect(url, Arc::new(SystemClock)).await.map_err(at)?;
        store.ping().await.map_err(at)?;
        store.close().await;
    }
    if let Some(provider) = config.settings()?.identity_provider {
        provider.provider.probe().await?;
    }
    Ok(())
}

//! The key-encryption keys a replica has at hand: the one that counts, and, when that was changed while it ran, the one
//! before it.

use std::sync::{Arc, PoisonError, RwLock};

use pki::{Kek, KekError};
use zeroize::Zeroizing;

use crate::key_file::KeyFile;

/// The keys at hand.
#[derive(Debug)]
pub(crate) struct Keys {
    file: KeyFile,
    /// The newest last.
    keks: RwLock<Vec<Arc<Kek>>>,
}

impl Keys {
    pub(crate) fn new(file: KeyFile, kek: Kek) -> Self {
        Self { file, keks: RwLock::new(vec![Arc::new(kek)]) }
    }

    /// Where the key is kept.
    pub(crate) fn file(&self) -> &KeyFile {
        &self.file
    }

    /// The id of the key that counts here.
    pub(crate) fn id(&self) -> String {
        self.newest().id()
    }

    /// Seals under the key that counts here. Whether it still does is for the caller to make sure of.
    pub(crate) fn seal(&self, plaintext: &[u8], aad: &[u8]) -> Vec<u8> {
        self.newest().seal(plaintext, aad)
    }

    /// Opens what any of the keys at hand has sealed.
    pub(crate) fn open(&self, sealed: &[u8], aad: &[u8]) -> Result<Zeroizing<Vec<u8>>, KekError> {
        let with = Kek::sealed_with(sealed)?;
        let kek = self.read().iter().find(|kek| kek.id() == with).cloned();
        kek.unwrap_or_else(|| self.newest()).open(sealed, aad)
    }

    /// From now on this one counts.
    pub(crate) fn adopt(&self, kek: Kek) {
        let mut keks = self.keks.write().unwrap_or_else(PoisonError::into_inner);
        keks.retain(|known| known.id() != kek.id());
        keks.push(Arc::new(kek));
    }

    fn newest(&self) -> Arc<Kek> {
        self.read().last().cloned().expect("there is one from the beginning, and none is taken away")
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, Vec<Arc<Kek>>> {
        self.keks.read().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Random serial numbers.

use ring::rand::{SecureRandom as _, SystemRandom};

/// A positive serial number of exactly 16 bytes (RFC 5280 allows 20). The two highest bits are fixed, so that the
/// number is neither negative nor shortened by its encoding; 126 bits are random.
pub(crate) fn random() -> Vec<u8> {
    let mut bytes = [0_u8; 16];
    SystemRandom::new().fill(&mut bytes).expect("the operating system provides random numbers");
    bytes[0] = (bytes[0] & 0x3f) | 0x40;
    bytes.to_vec()
}

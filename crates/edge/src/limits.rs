use std::time::Duration;

/// What anybody may hold on to. No limit is the fault of an honest client: one that is idle is closed in order, and
/// opens another connection when it has something to ask.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many connections there can be at a time.
    pub total: usize,
    /// How many of one source: an IPv4 address, or the 64-bit network of an IPv6 address.
    pub per_source: usize,
    /// How long TLS may take.
    pub handshake: Duration,
    /// How long the head of the first request may take after that.
    pub first_request: Duration,
    /// How long a connection may go without a request, and how long the head of a later one may take. For a peer that
    /// nobody knows, an unfinished answer does not count as use.
    pub idle: Duration,
    /// How long a connection that is closed in order may take to finish, when the service goes on.
    pub farewell: Duration,
    /// How long requests under way may take to finish when the service ends.
    pub drain: Duration,
    /// How often an HTTP/2 peer is asked whether it lives, how long it may take to say so, and how long TCP waits for
    /// an acknowledgement of what was sent.
    pub keep_alive: Duration,
    /// How large the head of a request can be.
    pub head_bytes: u32,
    /// How many requests a connection may have under way.
    pub streams: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            total: 1_024,
            per_source: 128,
            handshake: Duration::from_secs(10),
            first_request: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            farewell: Duration::from_secs(1),
            drain: Duration::from_secs(10),
            keep_alive: Duration::from_secs(30),
            head_bytes: 32 * 1_024,
            streams: 64,
        }
    }
}

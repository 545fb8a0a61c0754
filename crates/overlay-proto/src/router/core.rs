use super::*;

/// The state of one router. See the [module](super) for how it is driven.
pub struct Core {
    config: CoreConfig,
    outputs: VecDeque<Output>,
}

impl Core {
    /// A router without links.
    pub fn new(config: CoreConfig, now: Millis) -> Self {
        let _ = now;
        Self { config, outputs: VecDeque::new() }
    }

    /// Who this router is.
    pub fn me(&self) -> Peer {
        self.config.me
    }

    /// A link is up: TLS verified `peer`, both hellos were exchanged. `cost` is the dialler's; `side` is which end this is.
    /// Follows an [`Output::Close`] when such a link must not be.
    pub fn link_up(&mut self, link: LinkKey, peer: Peer, cost: u32, side: Side, now: Millis) {
        let _ = (link, peer, cost, side, now);
    }

    /// A link is gone. Nothing happens if the core has forgotten it already.
    pub fn link_down(&mut self, link: LinkKey, now: Millis) {
        let _ = (link, now);
    }

    /// A frame arrived on a link. Gives back what is the shell's to handle: ping, pong, goodbye, trust-have, trust,
    /// refused and pool-want, if this peer may send it.
    #[must_use = "what is given back is the shell's to handle"]
    pub fn frame(&mut self, link: LinkKey, body: Body, now: Millis) -> Option<Body> {
        let _ = (link, now);
        Some(body)
    }

    /// The record of an [`Output::Verify`] is what its origin signed.
    pub fn verified_record(&mut self, link: LinkKey, signed: SignedRecord, record: Record, now: Millis) {
        let _ = (link, signed, record, now);
    }

    /// What this site serves and uses from now on. A backbone router serves nothing, and uses platform addresses only.
    pub fn set_services(&mut self, services: Services, now: Millis) -> Result<(), ServicesError> {
        let _ = (services, now);
        Ok(())
    }

    /// This router is about to go (or, after all, not): others are told to go around it.
    pub fn set_draining(&mut self, draining: bool, now: Millis) {
        let _ = (draining, now);
    }

    /// A router is no longer trusted: what is known from it is forgotten. Its links are the shell's to close.
    pub fn forget(&mut self, router: NodeId, now: Millis) {
        let _ = (router, now);
    }

    /// This router's certificate was replaced: all its records are signed anew.
    pub fn resign(&mut self, now: Millis) {
        let _ = now;
    }

    /// Time passed. To be called at [`Core::next_deadline`]; calling it earlier or later does no harm.
    pub fn tick(&mut self, now: Millis) {
        let _ = now;
    }

    /// When [`Core::tick`] has something to do.
    pub fn next_deadline(&self) -> Option<Millis> {
        None
    }

    /// The next thing to do. To be called until it says `None`, after every other call.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// Where a stream that begins here starts: the link to open it on, and what to send there (`connection` is to be
    /// filled in). A stream to this very site goes by its access router like any other, if it must: the shell may join
    /// the two ends itself.
    pub fn route_local_open(&self, realm: Realm, site: NodeId) -> Result<(LinkKey, Open), Unreachable> {
        let _ = (realm, site);
        Err(Unreachable::NoRoute)
    }

    /// Who serves an address that this site uses, itself included (at cost 0): input for [`crate::select`].
    pub fn candidates(&self, address: &Address) -> Vec<Candidate> {
        let _ = address;
        Vec::new()
    }

    /// The other routers of the backbone that can be reached. Nothing at sites that are no backbone routers.
    pub fn routers(&self) -> Vec<RouterStatus> {
        Vec::new()
    }

    /// What was refused since the start.
    pub fn counters(&self) -> Counters {
        Counters::default()
    }
}

//! Link state: which backbone routers are linked, at what cost, and the way to each.

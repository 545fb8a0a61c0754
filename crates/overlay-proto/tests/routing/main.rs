//! The router core as a whole: many of them in a network in memory, told apart by nothing but what they are told.

mod change;
mod hostile;
mod net;
mod reference;
mod roles;
mod simulation;

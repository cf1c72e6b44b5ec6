//! The audit log on its way out: told to a syslog or to standard output as it happens ([`forward`]), and as a file for who asks
//! for one ([`export`]).

pub mod export;
pub mod forward;

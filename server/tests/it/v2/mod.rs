//! The registry protocol, endpoint by endpoint (the numbers are the distribution specification's).

mod access;
mod authz_matrix;
mod base;
mod blobs;
pub mod bucket;
mod bucket_upkeep;
mod catalog;
mod errors;
mod manifests;
mod mounts;
mod referrers;
mod renamed;
mod roles;
mod sha512;
mod tags;
mod uploads;

//! Pages: each reads its address, owns its resources and actions, and composes components. Its server functions stand beside it.

pub mod admin;
pub mod artifact;
pub mod door;
pub mod jobs;
pub mod login;
pub mod message;
pub mod new_project;
pub mod overview;
pub mod password;
pub mod place;
pub mod project;
pub mod projects;
pub mod pull;
pub mod repository;
pub mod robots;
pub mod tokens;

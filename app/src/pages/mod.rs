//! Pages: each reads its address, owns its resources and actions, and composes components. Its server functions stand beside it.

pub mod account;
pub mod activity;
pub mod admin;
pub mod artifact;
pub mod door;
pub mod fsck;
pub mod invitation;
pub mod jobs;
pub mod login;
pub mod message;
pub mod new_project;
pub mod overview;
pub mod password;
pub mod place;
pub mod project;
pub mod project_name;
pub mod projects;
pub mod protected;
pub mod pull;
pub mod register;
pub mod renamed;
pub mod repository;
pub mod robots;
pub mod search;
pub mod tokens;

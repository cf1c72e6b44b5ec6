//! The token realm: `GET` as Docker asks, `POST` as OAuth 2 clients do, and what makes a token.

mod claims;
mod ended;
mod get;
mod post;

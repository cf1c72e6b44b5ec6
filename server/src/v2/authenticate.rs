//! Who is asking: a bearer token, or a name and a secret.

use http::header;
use registry::{Actor, people::ClientInfo};

use super::{
    V2,
    error::{Asked, Failure, Reason},
};
use crate::token::Credentials;

/// The sender of a request.
#[derive(Debug)]
pub struct Caller {
    /// Who acts, narrowed to what their token grants.
    pub actor: Actor,
    /// The same account without the narrowing: what it could ask a token for.
    pub account: Actor,
}

impl V2 {
    /// The account behind the `Authorization` header, as it is now. Without one the answer is a challenge, even where
    /// anonymous tokens can pull: clients that have credentials send them only when asked.
    pub(super) async fn authenticate(&self, asked: &Asked<'_>) -> Result<Caller, Failure> {
        let Some(value) = asked.head.headers.get(header::AUTHORIZATION) else {
            return Err(Failure::Challenge(Reason::Credentials));
        };
        if let Some(token) = bearer(value.as_bytes()) {
            let verified = self.realm.verify(token).map_err(|_| Failure::Challenge(Reason::InvalidToken))?;
            let resumed = self.registry.sign_in.resume_token(&verified.subject, verified.shown).await;
            let account = resumed.map_err(|error| match error {
                registry::Error::WrongCredentials => Failure::Challenge(Reason::InvalidToken),
                error => Failure::Registry(error),
            })?;
            let account = account.coming_from(asked.arrival.origin());
            let mut actor = account.clone().narrowed(verified.grants.clone());
            if verified.catalog {
                actor = actor.with_catalog();
            }
            return Ok(Caller { actor, account });
        }
        let credentials = Credentials::basic(value).ok_or(Failure::Challenge(Reason::Malformed))?;
        let client = ClientInfo { origin: asked.arrival.origin(), known_browser: None };
        let account =
            self.registry.sign_in.with_credentials(&credentials.username, &credentials.secret, client).await?;
        Ok(Caller { actor: account.clone(), account })
    }
}

/// The token after `Bearer`, in any case.
fn bearer(value: &[u8]) -> Option<&str> {
    let (scheme, token) = value.split_at_checked(7)?;
    if !scheme.eq_ignore_ascii_case(b"bearer ") {
        return None;
    }
    // What is no text is no token of ours either, and is answered like one.
    Some(std::str::from_utf8(token.trim_ascii()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::bearer;

    #[test]
    fn the_scheme_is_read_in_any_case() {
        assert_eq!(bearer(b"Bearer abc"), Some("abc"));
        assert_eq!(bearer(b"bearer  abc "), Some("abc"));
        assert_eq!(bearer(b"BEARER \xff"), Some(""));
        assert_eq!(bearer(b"Basic abc"), None);
        assert_eq!(bearer(b"Bearer"), None);
        assert_eq!(bearer(b""), None);
    }
}

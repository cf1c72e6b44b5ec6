//! The query of a request.

use std::borrow::Cow;

/// Parameters in the order of the query, decoded; names may come more than once.
#[derive(Debug, Default)]
pub struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads a query, as `application/x-www-form-urlencoded`, which accepts any text.
    pub fn parse(query: Option<&'a str>) -> Self {
        Self(query.and_then(|query| serde_urlencoded::from_str(query).ok()).unwrap_or_default())
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a parameter.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::Query;

    #[test]
    fn parameters_are_decoded_and_may_repeat() {
        let query = Query::parse(Some("tag=a&tag=b%2Bc&n=&digest=sha256%3Aab&x"));
        assert_eq!(query.all("tag").collect::<Vec<_>>(), ["a", "b+c"]);
        assert_eq!(query.get("digest"), Some("sha256:ab"));
        assert_eq!(query.get("n"), Some(""));
        assert_eq!(query.get("x"), Some(""));
        assert_eq!(query.get("last"), None);
        assert_eq!(Query::parse(None).get("n"), None);
        assert!(Query::parse(Some("%ff=%zz&&&=%")).get("n").is_none());
    }
}

//! Which part of the server a path belongs to.
//!
//! To add an address that stands by itself: a line in [`ADDRESSES`], and who gets what there in `tests/it/route.rs`.

/// A part of the server. It decides who answers, which headers go out, and under which name requests are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Part {
    /// `/v2/` itself, and what is no known address below it.
    Base,
    /// `/v2/_catalog`.
    Catalog,
    /// Manifests.
    Manifests,
    /// Blobs.
    Blobs,
    /// Uploads of blobs.
    Uploads,
    /// Lists of tags.
    Tags,
    /// Referrers.
    Referrers,
    /// The token realm.
    Token,
    /// REST.
    Api,
    /// The console's pages.
    Page,
    /// The console's server functions.
    Function,
    /// Scripts, styles, fonts, icons.
    Asset,
    /// `/healthz` and `/readyz`.
    Health,
    /// `/metrics`.
    Metrics,
}

/// Addresses that stand by themselves.
pub const ADDRESSES: [(&str, Part); 6] = [
    ("/service/token", Part::Token),
    ("/healthz", Part::Health),
    ("/readyz", Part::Health),
    ("/metrics", Part::Metrics),
    ("/favicon.ico", Part::Asset),
    ("/robots.txt", Part::Asset),
];

impl Part {
    /// Every part, in the order of their numbers.
    pub const ALL: [Self; 14] = [
        Self::Base,
        Self::Catalog,
        Self::Manifests,
        Self::Blobs,
        Self::Uploads,
        Self::Tags,
        Self::Referrers,
        Self::Token,
        Self::Api,
        Self::Page,
        Self::Function,
        Self::Asset,
        Self::Health,
        Self::Metrics,
    ];

    /// The part that answers a path. It looks only as closely as counting needs; what is malformed is found later.
    pub fn of(path: &str) -> Self {
        if let Some(rest) = path.strip_prefix("/v2") {
            return match rest.as_bytes().first() {
                None | Some(b'/') => Self::of_protocol(rest),
                Some(_) => Self::Page,
            };
        }
        if let Some((_, part)) = ADDRESSES.iter().find(|(address, _)| *address == path) {
            *part
        } else if path == "/api" || path.starts_with("/api/") {
            Self::Api
        } else if path.starts_with("/_fn/") {
            Self::Function
        } else if path.starts_with("/pkg/") || crate::assets::is_asset(path) {
            Self::Asset
        } else {
            Self::Page
        }
    }

    /// The last word that names a part counts, as repositories can have such names too.
    fn of_protocol(rest: &str) -> Self {
        let mut segments = rest.rsplit('/');
        let (last, second, third) = (segments.next(), segments.next(), segments.next());
        match (third, second, last) {
            (_, Some("manifests"), Some(_)) => Self::Manifests,
            (Some("blobs"), Some("uploads"), Some(_)) | (_, Some("blobs"), Some("uploads")) => Self::Uploads,
            (_, Some("blobs"), Some(_)) => Self::Blobs,
            (_, Some("tags"), Some("list")) => Self::Tags,
            (_, Some("referrers"), Some(_)) => Self::Referrers,
            (_, _, Some("_catalog")) => Self::Catalog,
            _ => Self::Base,
        }
    }

    /// Whether this is the registry protocol.
    pub fn is_protocol(self) -> bool {
        (self as u8) < (Self::Token as u8)
    }

    /// Whether requests that go well are no news.
    pub fn is_quiet(self) -> bool {
        matches!(self, Self::Asset | Self::Health | Self::Metrics)
    }

    /// The name under which requests are counted.
    pub fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Catalog => "catalog",
            Self::Manifests => "manifests",
            Self::Blobs => "blobs",
            Self::Uploads => "uploads",
            Self::Tags => "tags",
            Self::Referrers => "referrers",
            Self::Token => "token",
            Self::Api => "api",
            Self::Page => "page",
            Self::Function => "function",
            Self::Asset => "asset",
            Self::Health => "health",
            Self::Metrics => "metrics",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Part;

    #[test]
    fn paths_belong_to_parts() {
        for (path, part) in [
            ("/v2", Part::Base),
            ("/v2/", Part::Base),
            ("/v2/_catalog", Part::Catalog),
            ("/v2/a/b/manifests/latest", Part::Manifests),
            ("/v2/a/blobs/manifests/latest", Part::Manifests),
            ("/v2/a/blobs/sha256:00", Part::Blobs),
            ("/v2/a/blobs/uploads/", Part::Uploads),
            ("/v2/a/blobs/uploads", Part::Uploads),
            ("/v2/a/blobs/uploads/id", Part::Uploads),
            ("/v2/a/tags/list", Part::Tags),
            ("/v2/a/referrers/sha256:00", Part::Referrers),
            ("/v2/a", Part::Base),
            ("/v20", Part::Page),
            ("/service/token", Part::Token),
            ("/service/tokens", Part::Page),
            ("/api/v2.0/projects", Part::Api),
            ("/api/docs", Part::Api),
            ("/apis", Part::Page),
            ("/_fn/sign_in", Part::Function),
            ("/pkg/app.js", Part::Asset),
            ("/healthz", Part::Health),
            ("/metrics", Part::Metrics),
            ("/", Part::Page),
            ("/projects/v2/manifests/x", Part::Page),
        ] {
            assert_eq!(Part::of(path), part, "{path}");
        }
    }

    #[test]
    fn every_part_stands_at_its_number() {
        for (number, part) in Part::ALL.into_iter().enumerate() {
            assert_eq!(part as usize, number, "{}", part.name());
        }
    }
}

//! Pages of lists: `page`, `page_size`, `sort` and `q` in the query, `X-Total-Count` and `Link` in the answer.

use axum::{
    Json,
    extract::{FromRequestParts, OriginalUri},
    response::IntoResponse,
};
use http::{HeaderName, HeaderValue, Uri, header, request::Parts};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use registry::numbered::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, Numbered, NumberedQuery};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{Api, Failure, filter};

/// How many there are on all pages.
pub const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// What every list takes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PagingParams {
    /// The page.
    #[param(minimum = 1, default = 1)]
    page: Option<u32>,
    /// Rows of a page.
    #[param(minimum = 1, maximum = 100, default = 10)]
    page_size: Option<u32>,
    /// Keys of the order, `-` before those whose largest stands first: `name,-creation_time`.
    sort: Option<String>,
    /// Conditions: `k=v`, `k=~part`, `k=[min~max]`, `k={a b}` (one of), `k=(a b)` (all of), with commas between them.
    q: Option<String>,
}

/// Which page is asked for.
#[derive(Debug)]
pub struct Paging {
    /// As services take it.
    pub query: NumberedQuery,
    uri: Uri,
}

impl FromRequestParts<Api> for Paging {
    type Rejection = Failure;

    async fn from_request_parts(head: &mut Parts, api: &Api) -> Result<Self, Failure> {
        let query = super::Query::<PagingParams>::from_request_parts(head, api).await?;
        let PagingParams { page, page_size, sort, q } = query.0;
        let Ok(OriginalUri(uri)) = OriginalUri::from_request_parts(head, api).await;
        let (page, size) = (page.unwrap_or(1), page_size.unwrap_or(DEFAULT_PAGE_SIZE));
        if page == 0 {
            return Err(Failure::Invalid("page is a number from 1 on".to_owned()));
        }
        if !(1..=MAX_PAGE_SIZE).contains(&size) {
            return Err(Failure::Invalid(format!("page_size is a number from 1 to {MAX_PAGE_SIZE}")));
        }
        let sort = filter::sort(&sort.unwrap_or_default());
        let conditions = filter::conditions(&q.unwrap_or_default()).map_err(Failure::Invalid)?;
        Ok(Self { query: NumberedQuery { page, size, sort, conditions }, uri })
    }
}

impl Paging {
    /// The answer with a page of the list.
    pub fn listed<T, U>(&self, page: Numbered<T>, shape: impl FnMut(T) -> U) -> Listed<U> {
        let (total, here) = (page.total, u64::from(self.query.page));
        let last = total.div_ceil(u64::from(self.query.size));
        let mut links = Vec::new();
        if here > 1 && here <= last + 1 {
            links.push(self.link(here - 1, "prev"));
        }
        if here < last {
            links.push(self.link(here + 1, "next"));
        }
        Listed { items: page.map(shape).items, total, links: links.join(", ") }
    }

    /// The answer with a page of a short list, which is at hand as a whole and has one order.
    ///
    /// # Errors
    /// [`Failure::Invalid`] where conditions or another order are asked for.
    pub fn listed_of<T, U>(&self, all: Vec<T>, shape: impl FnMut(T) -> U) -> Result<Listed<U>, Failure> {
        if !self.query.conditions.is_empty() || !self.query.sort.is_empty() {
            return Err(Failure::Invalid("q and sort: this list has no conditions, and one order".to_owned()));
        }
        let total = all.len() as u64;
        let (page, size) = (self.query.page as usize, self.query.size as usize);
        let items = all.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        Ok(self.listed(Numbered { items, total }, shape))
    }

    /// The answer with a page of a list that goes on at a cursor. It leads forward alone.
    pub fn listed_to<T, U>(
        &self,
        (items, total): (Vec<T>, u64),
        next: Option<&str>,
        shape: impl FnMut(T) -> U,
    ) -> Listed<U> {
        let next = next.map(|cursor| {
            let cursor = utf8_percent_encode(cursor, NON_ALPHANUMERIC);
            self.link_with(u64::from(self.query.page) + 1, "next", &format!("&cursor={cursor}"))
        });
        Listed { items: items.into_iter().map(shape).collect(), total, links: next.unwrap_or_default() }
    }

    /// The same list at another page: every other parameter stays.
    fn link(&self, page: u64, rel: &str) -> String {
        self.link_with(page, rel, "")
    }

    fn link_with(&self, page: u64, rel: &str, more: &str) -> String {
        let others = self.uri.query().unwrap_or_default().split('&');
        let place = ["page", "page_size", "cursor"];
        let others = others.filter(|pair| !pair.is_empty() && !place.iter().any(|name| is_named(pair, name)));
        let mut query: Vec<String> = others.map(ToOwned::to_owned).collect();
        query.push(format!("page={page}&page_size={}{more}", self.query.size));
        format!(r#"<{}?{}>; rel="{rel}""#, self.uri.path(), query.join("&"))
    }
}

fn is_named(pair: &str, name: &str) -> bool {
    pair.split_once('=').map_or(pair, |(key, _)| key) == name
}

/// A page of a list, and where the others are.
#[derive(Debug)]
pub struct Listed<T> {
    items: Vec<T>,
    total: u64,
    links: String,
}

impl<T: Serialize> IntoResponse for Listed<T> {
    fn into_response(self) -> axum::response::Response {
        let mut response = Json(self.items).into_response();
        response.headers_mut().insert(TOTAL, self.total.into());
        // The address came in a request line, so it can go out in a header.
        if let Some(links) = HeaderValue::try_from(self.links).ok().filter(|links| !links.is_empty()) {
            response.headers_mut().insert(header::LINK, links);
        }
        response
    }
}

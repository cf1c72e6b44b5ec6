//! The document of the API, and a page that shows it to people: markup alone, out of the same document.

use std::fmt::{self, Display, Formatter, Write as _};

use app::preferences::Theme;
use axum::body::Body;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Map, Value};

use super::{BASE, document};
use crate::{assets, console::headers, health, outside::PublicUrl};

/// Where the page is.
const PAGE: &str = "/api/docs";

/// Where the document is.
const DOCUMENT: &str = "/api/v2.0/openapi.json";

/// What is answered here. What is neither the page nor the document leads to the page.
pub const ADDRESSES: [&str; 4] = ["/api", "/api/", PAGE, DOCUMENT];

/// Methods in the order in which they are shown.
const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// Answers a request for the document or the page; `None` for any other.
pub fn answer<B>(request: &Request<B>, outside: &PublicUrl) -> Option<Response<Body>> {
    let path = request.uri().path();
    if !ADDRESSES.contains(&path) {
        return None;
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = health::text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD\n");
        headers::data(response.headers_mut(), outside.is_https());
        return Some(response);
    }
    let is_page = path == PAGE;
    if !is_page && path != DOCUMENT {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::SEE_OTHER;
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static(PAGE));
        headers::data(response.headers_mut(), outside.is_https());
        return Some(response);
    }
    let (body, media_type) = if is_page {
        let (_, theme) = app::ssr::preferences(request.headers());
        (page(&json(), theme, outside), "text/html; charset=utf-8")
    } else {
        (json().to_string(), "application/json")
    };
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if is_page {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system gives randomness, or nothing here is safe");
        headers::page(response.headers_mut(), &URL_SAFE_NO_PAD.encode(bytes), outside.is_https());
    } else {
        headers::data(response.headers_mut(), outside.is_https());
    }
    Some(response)
}

fn json() -> Value {
    serde_json::to_value(document()).expect("the document is plain data")
}

/// A text as it stands in markup.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                _ => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A sentence of a doc comment: what stands between backticks is code.
struct Prose<'a>(&'a str);

impl Display for Prose<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (at, part) in self.0.split('`').enumerate() {
            if at % 2 == 1 { write!(f, "<code>{}</code>", Text(part))? } else { write!(f, "{}", Text(part))? }
        }
        Ok(())
    }
}

/// One operation in the document.
struct Operation<'a> {
    method: &'static str,
    path: &'a str,
    value: &'a Value,
}

impl<'a> Operation<'a> {
    fn text(&self, key: &str) -> &'a str {
        self.value[key].as_str().unwrap_or_default()
    }

    fn tag(&self) -> &'a str {
        self.value["tags"][0].as_str().unwrap_or_default()
    }
}

/// Every operation, in the order of its noun's first appearance among paths.
fn operations(document: &Value) -> Vec<Operation<'_>> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths
        .flat_map(|(path, item)| {
            METHODS.iter().filter_map(move |method| item.get(*method).map(|value| Operation { method, path, value }))
        })
        .collect()
}

fn page(document: &Value, theme: Theme, outside: &PublicUrl) -> String {
    let operations = operations(document);
    let mut tags: Vec<&str> = operations.iter().map(Operation::tag).collect();
    tags.sort_unstable();
    tags.dedup();
    let mut out = String::with_capacity(1 << 17);
    // Writing to a string cannot fail.
    let _ = write_page(&mut out, document, &operations, &tags, theme, outside);
    out
}

fn write_page(
    out: &mut String,
    document: &Value,
    operations: &[Operation<'_>],
    tags: &[&str],
    theme: Theme,
    outside: &PublicUrl,
) -> fmt::Result {
    let scheme = if theme == Theme::System { "light dark" } else { theme.as_str() };
    let site = outside.to_string();
    write!(
        out,
        "<!DOCTYPE html><html lang=\"en\" data-theme=\"{theme}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"{scheme}\"><title>REST API · Slipway</title>\
         <link rel=\"preload\" href=\"{text}\" as=\"font\" type=\"font/woff2\" crossorigin>\
         <link rel=\"preload\" href=\"{code}\" as=\"font\" type=\"font/woff2\" crossorigin>\
         <link rel=\"icon\" href=\"{icon}\" type=\"image/svg+xml\"><link rel=\"stylesheet\" href=\"{style}\"></head>\
         <body class=\"reference\"><header class=\"reference-bar\"><a class=\"brand\" href=\"/\">\
         <svg class=\"icon icon-mark\" aria-hidden=\"true\" focusable=\"false\"><use href=\"{icons}#mark\"></use></svg>Slipway</a>\
         <a href=\"{BASE}/openapi.json\">openapi.json</a></header><div class=\"reference-columns\">\
         <nav class=\"reference-nav\" aria-label=\"Contents\"><ul>",
        theme = theme.as_str(),
        text = assets::address("fonts/inter.woff2"),
        code = assets::address("fonts/jetbrains-mono.woff2"),
        icon = assets::address("favicon.svg"),
        icons = assets::address("icons.svg"),
        style = assets::address("pkg/app.css"),
    )?;
    for tag in tags {
        write!(out, "<li><a href=\"#{}\">{}</a></li>", anchor(tag), Text(tag))?;
    }
    write!(
        out,
        "<li><a href=\"#shapes\">Shapes</a></li></ul></nav><main class=\"reference-main\"><h1>REST API</h1>\
         <p class=\"page-lead\">Harbor’s paths, shapes and conventions under <code>{BASE}</code>, for the clients that \
         speak them.</p><section class=\"card\"><h2>Signing in</h2><p>Basic, with a person’s name and their password or an \
         access token, or with a robot’s name and its secret:</p>\
         <pre class=\"code\" tabindex=\"0\"><code>curl -u \"$NAME:$TOKEN\" {site}{BASE}/projects</code></pre>\
         <p>Public projects can be read without.</p><h2>Lists</h2><p><code>page</code> and <code>page_size</code> (10, at most \
         100) choose a page; <code>X-Total-Count</code> says how many there are, and <code>Link</code> leads to the next. \
         <code>sort=name,-creation_time</code> orders, and <code>q=name=~lib,repo_count=[1~5]</code> filters.</p>\
         <h2>Names</h2><p>A project is meant by its number or its name; with <code>X-Is-Resource-Name: true</code> digits are a \
         name. A repository’s name is encoded twice where it has a slash: <code>team%252Fapp</code>.</p></section>",
        site = Text(&site),
    )?;
    for tag in tags {
        write!(out, "<section id=\"{}\" class=\"reference-group\"><h2>{}</h2>", anchor(tag), Text(tag))?;
        for operation in operations.iter().filter(|operation| operation.tag() == *tag) {
            write_operation(out, operation)?;
        }
        out.push_str("</section>");
    }
    out.push_str("<section id=\"shapes\" class=\"reference-group\"><h2>Shapes</h2>");
    for (name, schema) in document["components"]["schemas"].as_object().into_iter().flatten() {
        write_schema(out, name, schema)?;
    }
    out.push_str("</section></main></div></body></html>");
    Ok(())
}

fn write_operation(out: &mut String, operation: &Operation<'_>) -> fmt::Result {
    let Operation { method, path, value } = operation;
    write!(
        out,
        "<details class=\"reference-operation\" id=\"{}\"><summary><span class=\"reference-method\" data-method=\"{method}\">\
         {}</span><code>{}</code><span class=\"reference-summary\">{}</span></summary><div class=\"reference-body\">",
        Text(operation.text("operationId")),
        method.to_uppercase(),
        Text(path),
        Prose(operation.text("summary")),
    )?;
    let description = operation.text("description");
    if !description.is_empty() {
        write!(out, "<p>{}</p>", Prose(description))?;
    }
    let parameters = value["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !parameters.is_empty() {
        out.push_str("<h3>Parameters</h3><dl class=\"reference-list\">");
        for parameter in parameters {
            let text = |key: &str| parameter[key].as_str().unwrap_or_default();
            let required = if parameter["required"] == true { "" } else { ", optional" };
            write!(
                out,
                "<dt><code>{}</code> <small>{}, {}{required}</small></dt><dd>{}</dd>",
                Text(text("name")),
                Text(text("in")),
                kind(&parameter["schema"]),
                Prose(text("description")),
            )?;
        }
        out.push_str("</dl>");
    }
    if let Some(schema) = body_of(&value["requestBody"]) {
        write!(out, "<h3>Body</h3><p>{}</p>", kind(schema))?;
    }
    out.push_str("<h3>Answers</h3><dl class=\"reference-list\">");
    for (status, response) in value["responses"].as_object().into_iter().flatten() {
        let shape = body_of(response).map(|schema| format!(" <small>{}</small>", kind(schema))).unwrap_or_default();
        let description = response["description"].as_str().unwrap_or_default();
        write!(out, "<dt><code>{status}</code>{shape}</dt><dd>{}</dd>", Prose(description))?;
    }
    out.push_str("</dl></div></details>");
    Ok(())
}

/// The schema of a body, whatever its media type.
fn body_of(value: &Value) -> Option<&Value> {
    value["content"].as_object()?.values().next().map(|content| &content["schema"])
}

fn write_schema(out: &mut String, name: &str, schema: &Value) -> fmt::Result {
    write!(
        out,
        "<details class=\"reference-operation\" id=\"shape-{0}\"><summary><code>{0}</code>\
         <span class=\"reference-summary\">{1}</span></summary><div class=\"reference-body\"><dl class=\"reference-list\">",
        Text(name),
        Prose(schema["description"].as_str().unwrap_or_default()),
    )?;
    let empty = Map::new();
    let parts = schema["allOf"].as_array().map_or_else(|| vec![schema], |parts| parts.iter().collect());
    for part in parts {
        if part.get("$ref").is_some() {
            write!(out, "<dt>{}</dt><dd></dd>", kind(part))?;
        }
        for (field, value) in part["properties"].as_object().unwrap_or(&empty) {
            let required = part["required"].as_array().is_some_and(|all| all.iter().any(|one| one == field));
            let optional = if required { "" } else { ", optional" };
            write!(
                out,
                "<dt><code>{}</code> <small>{}{optional}</small></dt><dd>{}</dd>",
                Text(field),
                kind(value),
                Prose(value["description"].as_str().unwrap_or_default()),
            )?;
        }
    }
    out.push_str("</dl></div></details>");
    Ok(())
}

/// A schema in a word, with a link where it has a name.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|reference| reference.rsplit('/').next()) {
        return format!("<a href=\"#shape-{0}\">{0}</a>", Text(name));
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let named = choices.iter().filter(|choice| choice["type"] != "null").map(kind);
        return named.collect::<Vec<_>>().join(" or ");
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).filter(|name| *name != "null").collect(),
        Value::String(name) => vec![name],
        _ => vec!["anything"],
    };
    match (types.first().copied().unwrap_or("anything"), schema["format"].as_str()) {
        ("array", _) => format!("list of {}", kind(&schema["items"])),
        ("object", _) if schema["additionalProperties"].is_object() => {
            format!("map to {}", kind(&schema["additionalProperties"]))
        }
        (_, Some("date-time")) => "time".to_owned(),
        (name, _) => Text(name).to_string(),
    }
}

fn anchor(tag: &str) -> String {
    tag.replace(' ', "-")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_is_written_cannot_become_markup() {
        assert_eq!(Prose("a <b> `c<d>` \"e\"").to_string(), "a &lt;b&gt; <code>c&lt;d&gt;</code> &quot;e&quot;");
    }

    #[test]
    fn the_page_has_every_operation_and_shape_and_no_script() {
        let document = json();
        let page = page(&document, Theme::System, &PublicUrl::parse("https://r.example").unwrap());
        for operation in operations(&document) {
            let id = operation.text("operationId");
            assert!(!id.is_empty(), "{} {} has no operationId", operation.method, operation.path);
            assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
        }
        for name in document["components"]["schemas"].as_object().unwrap().keys() {
            assert!(page.contains(&format!("id=\"shape-{name}\"")), "{name}");
        }
        assert!(!page.contains("<script") && !page.contains("style=\""));
    }
}

//! The audit log as a file: CSV for spreadsheets, NDJSON for programs.
//!
//! It is read and sent a few hundred events at a time, so that its length takes no memory; rights are asked for again each time.

use api_types::{AuditEvent, AuditPage, AuditQuery};
use app::ssr::RequestContext;
use axum::{body::Body, extract::Query};
use bytes::Bytes;
use futures::stream;
use http::{HeaderValue, Response, Uri, header};
use registry::{Actor, Error, Registry};
use serde::Deserialize;

/// The shape of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One line an event, quoted as RFC 4180 says, with a head.
    #[default]
    Csv,
    /// One JSON object a line.
    Ndjson,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wanted {
    format: Format,
}

/// What is left to be sent.
struct Export {
    registry: Registry,
    actor: Actor,
    query: AuditQuery,
    format: Format,
    page: Option<AuditPage>,
}

/// The file that an address asks for.
///
/// # Errors
/// [`Error::Invalid`] for an address that is not understood, else as [`registry::audit::Audit::export`].
pub async fn answer(context: &RequestContext, uri: &Uri) -> Result<Response<Body>, Error> {
    let wrong = |_| Error::Invalid {
        field: "format",
        code: "export_malformed",
        message: "an export is asked for with format=csv or format=ndjson and the filters of the page".to_owned(),
    };
    let Query(Wanted { format }) = Query::try_from_uri(uri).map_err(wrong)?;
    let Query(query) = Query::<AuditQuery>::try_from_uri(uri).map_err(wrong)?;
    let (registry, actor) = (context.registry.clone(), context.actor.clone());
    let page = registry.audit.export(&actor, &query).await?;
    let export = Export { registry, actor, query, format, page: Some(page) };
    let (media_type, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::Ndjson => ("application/x-ndjson", "ndjson"),
    };
    let name = format!("attachment; filename=\"slipway-activity-{}.{ending}\"", context.now.date());
    let head = stream::iter((format == Format::Csv).then(|| Ok(Bytes::from_static(HEAD.as_bytes()))));
    let mut response = Response::new(Body::from_stream(futures::StreamExt::chain(head, rows(export))));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::try_from(name).expect("digits and letters"));
    Ok(response)
}

fn rows(export: Export) -> impl futures::Stream<Item = Result<Bytes, Error>> + Send {
    stream::try_unfold(export, async |mut export| {
        let Some(page) = export.page.take() else { return Ok(None) };
        let mut lines = Vec::with_capacity(page.events.len() * 256);
        for event in &page.events {
            match export.format {
                Format::Csv => csv_line(&mut lines, event),
                Format::Ndjson => {
                    serde_json::to_writer(&mut lines, event).map_err(|error| Error::Internal(Box::new(error)))?;
                    lines.push(b'\n');
                }
            }
        }
        if let Some(next) = page.next {
            export.query.cursor = next;
            export.page = Some(export.registry.audit.export(&export.actor, &export.query).await?);
        }
        Ok(Some((Bytes::from(lines), export)))
    })
}

const HEAD: &str =
    "time,last_time,times,actor_kind,actor,action,result,project,resource,address,request_id,details\r\n";

fn csv_line(line: &mut Vec<u8>, event: &AuditEvent) {
    let time = |at: time::OffsetDateTime| at.format(&time::format_description::well_known::Rfc3339).unwrap_or_default();
    let kind = serde_json::to_value(event.actor.kind).ok();
    let fields = [
        time(event.at),
        event.last_at.map(time).unwrap_or_default(),
        event.times.to_string(),
        kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned(),
        event.actor.name.clone(),
        event.action.clone(),
        event.result.as_str().to_owned(),
        event.project.clone().unwrap_or_default(),
        event.resource.clone(),
        event.address.clone().unwrap_or_default(),
        event.request_id.clone().unwrap_or_default(),
        event.details.to_string(),
    ];
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            line.push(b',');
        }
        csv_field(line, field);
    }
    line.extend_from_slice(b"\r\n");
}

/// A field that no spreadsheet takes for a formula: whoever tries to sign in chooses what stands in it.
fn csv_field(line: &mut Vec<u8>, field: &str) {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let quoted = formula || field.contains([',', '"', '\n', '\r']);
    if !quoted {
        line.extend_from_slice(field.as_bytes());
        return;
    }
    line.push(b'"');
    if formula {
        line.push(b'\'');
    }
    for byte in field.bytes() {
        if byte == b'"' {
            line.push(b'"');
        }
        line.push(byte);
    }
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::csv_field;

    #[test]
    fn a_field_is_neither_a_formula_nor_the_end_of_its_line() {
        for (field, written) in [
            ("payments/api:1.2", "payments/api:1.2"),
            ("=HYPERLINK(\"http://evil\")", "\"'=HYPERLINK(\"\"http://evil\"\")\""),
            ("+1", "\"'+1\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("\t=1", "\"'\t=1\""),
            ("a,b", "\"a,b\""),
            ("a\r\nb", "\"a\r\nb\""),
            ("", ""),
        ] {
            let mut line = Vec::new();
            csv_field(&mut line, field);
            assert_eq!(String::from_utf8_lossy(&line), written);
        }
    }
}

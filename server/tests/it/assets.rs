//! Scripts, styles, fonts and icons.

use crate::harness::{Raw, TestApp};

#[tokio::test]
async fn an_address_under_pkg_that_is_no_asset_is_not_found() {
    let app = TestApp::start().await;
    for path in ["/pkg/app.js", "/pkg/../secret.key", "/pkg/%2e%2e/secret.key", "/pkg//etc/passwd", "/pkg/"] {
        // Byte by byte, as clients tidy such paths up.
        let mut raw = Raw::connect(app.address).await;
        raw.send(format!("GET {path} HTTP/1.1\r\nhost: a\r\n\r\n")).await;
        assert_eq!(raw.status().await, 404, "{path}");
    }
}

/// In a build without the console's files there is nothing to check but that.
#[tokio::test]
async fn every_file_that_a_page_names_is_served_for_ever() {
    let app = TestApp::start().await;
    let page = app.browser().open("/login").await.text().await.unwrap();
    let built = server::assets::address("pkg/app.js") != "/pkg/app.js";
    let links = page.split("href=\"").skip(1).chain(page.split("src=\"").skip(1));
    let files = links
        .filter_map(|rest| rest.split(['"', '#']).next())
        .filter(|path| ["/pkg/", "/fonts/"].iter().any(|folder| path.starts_with(folder)) || path.ends_with(".svg"));
    let mut seen = 0;
    for path in files.filter(|_| built) {
        let answer = app.anonymous().get(path).header("accept-encoding", "br").send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable", "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        seen += 1;
    }
    assert_eq!(seen > 3, built, "a page has a style, a script, fonts and an icon");
}

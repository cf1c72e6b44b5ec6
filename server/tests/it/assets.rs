//! Scripts, styles, fonts and icons.

use crate::harness::TestApp;

#[tokio::test]
async fn an_address_under_pkg_that_is_no_asset_is_not_found() {
    let app = TestApp::start().await;
    for path in ["/pkg/app.js", "/pkg/../Cargo.toml", "/pkg/%2e%2e/secret.key", "/pkg/"] {
        assert_eq!(app.anonymous().get(path).send().await.unwrap().status(), 404, "{path}");
    }
}

/// The page names only what is there, in whatever form this build has it.
#[tokio::test]
async fn every_file_that_a_page_names_is_served_for_ever() {
    let app = TestApp::start().await;
    let page = app.browser().open("/login").await.text().await.unwrap();
    let built = server::assets::address("pkg/app.js") != "/pkg/app.js";
    let links = page.split("href=\"").skip(1).chain(page.split("src=\"").skip(1));
    let files = links
        .filter_map(|rest| rest.split(['"', '#']).next())
        .filter(|path| ["/pkg/", "/fonts/"].iter().any(|folder| path.starts_with(folder)) || path.ends_with(".svg"));
    for path in files {
        let answer = app.anonymous().get(path).header("accept-encoding", "br").send().await.unwrap();
        assert_eq!(answer.status(), if built { 200 } else { 404 }, "{path}");
        if built {
            assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable", "{path}");
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff", "{path}");
        }
    }
}

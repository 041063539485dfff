//! The viewer of the description: it is served whole, and loads nothing from elsewhere.

use crate::service::Service;

#[tokio::test]
async fn the_viewer_and_what_it_loads_come_from_the_service_alone() {
    let service = Service::start().await;
    let page = service.get("/api/docs").send().await;
    assert_eq!(page.status.as_u16(), 200);
    assert!(page.header("content-type").unwrap().starts_with("text/html"));
    let mut loaded = vec!["/api/docs".to_owned()];
    for attribute in ["src=\"", "href=\""] {
        for part in page.text.split(attribute).skip(1) {
            loaded.push(format!("/api/{}", part.split('"').next().unwrap()));
        }
    }
    assert_eq!(loaded.len(), 4, "{loaded:?}");
    for path in loaded {
        let file = service.get(&path).send().await;
        assert_eq!(file.status.as_u16(), 200, "{path}");
        let policy = file.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{path}: {policy}");
        // The library knows addresses that it shows, and the policy keeps it from asking any.
        if !path.ends_with("swagger-ui-bundle.js") {
            let text = file.text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("://"), "{path} names another host");
        }
        assert!(!file.text.contains("sourceMappingURL"), "{path}");
    }
    let document = service.get("/api/openapi.json").send().await.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
}

//! Routes with their descriptions, put together.

use utoipa::openapi::PathItem;
use utoipa::openapi::extensions::Extensions;
use utoipa_axum::router::UtoipaMethodRouter;

use crate::app::App;

type Routes = UtoipaMethodRouter<App>;

/// The one operation there, with what its handler takes.
pub(crate) fn with_takes(mut routes: Routes, takes: Extensions) -> Routes {
    let operations = routes.1.paths.values_mut().flat_map(operations);
    for operation in operations {
        operation.extensions.get_or_insert_default().merge(takes.clone());
    }
    routes
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut utoipa::openapi::path::Operation> {
    [&mut item.get, &mut item.post, &mut item.delete].into_iter().flatten()
}

/// Routes of one path as one.
pub(crate) fn join<const COUNT: usize>(routes: [Routes; COUNT]) -> Routes {
    let mut all: Option<Routes> = None;
    for (schemas, paths, methods) in routes {
        let Some((every, joined, served)) = all.as_mut() else {
            all = Some((schemas, paths, methods));
            continue;
        };
        every.extend(schemas);
        for (path, item) in paths.paths {
            joined.paths.entry(path).or_default().merge_operations(item);
        }
        *served = std::mem::take(served).merge(methods);
    }
    all.unwrap_or_default()
}

//! CORS (the Fetch standard): which web pages of other origins may call.

use super::{
    reply::{Body, Reply},
    route::Route,
};
use crate::{config::Cors, headers};

/// Who may call this route from a web page. The paths of the operator are for pages of the origins
/// that `CORS_ORIGINS` names, and not for all: no page of anybody's should ask for that key.
pub(super) fn of<'a>(cors: &'a Cors, route: Option<&Route>) -> &'a Cors {
    static NOBODY: Cors = Cors::Only(Vec::new());
    match cors {
        Cors::Any if route.is_some_and(Route::is_operators) => &NOBODY,
        cors => cors,
    }
}

/// The answer to a CORS preflight. It needs no key: browsers send none with it.
pub(super) fn preflight<S>(
    route: Option<&Route>,
    header: &dyn Fn(&str) -> Option<String>,
) -> Reply<S> {
    let methods = route.map_or("GET, HEAD, POST, OPTIONS", Route::allow);
    let mut headers = vec![
        ("allow", methods.to_owned()),
        ("access-control-allow-methods", methods.to_owned()),
        ("access-control-max-age", "86400".to_owned()),
    ];
    let asked = header("access-control-request-headers").map(|asked| headers::fitting(&asked));
    if let Some(asked) = asked.filter(|asked| !asked.is_empty()) {
        headers.push(("access-control-allow-headers", asked));
    }
    Reply { status: 204, headers, body: Body::Empty }
}

/// The headers that let a page of another origin read the response.
pub(super) fn allowed(cors: &Cors, origin: Option<&str>) -> Vec<(&'static str, String)> {
    const EXPOSED: &str = "x-request-id, request-id, x-degpt-model, \
                           x-degpt-attempts, x-degpt-ignored, x-degpt-json, x-degpt-tools, x-should-retry, retry-after";
    let allowed = match cors {
        Cors::Any => vec![("access-control-allow-origin", "*".to_owned())],
        Cors::Only(origins) => {
            let vary = ("vary", "origin".to_owned());
            match origin.filter(|origin| origins.contains(&origin.to_ascii_lowercase())) {
                Some(origin) => vec![vary, ("access-control-allow-origin", origin.to_owned())],
                // Without these headers the browser does not give the response to the page.
                None => return vec![vary],
            }
        }
    };
    let exposed = ("access-control-expose-headers", EXPOSED.to_owned());
    allowed.into_iter().chain([exposed]).collect()
}

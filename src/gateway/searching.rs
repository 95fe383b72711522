//! Carries out the calls of the gateway's own tools, and tells the model what came of them.

use super::deployment::Gateway;
use crate::{
    answer::Patience,
    chat::{Event, Page, WebFault, WebResult, WebTool},
    degpt,
    error::Error,
    runtime::Runtime,
    tools,
    upstream::{self, Call},
    web::{self, Session},
};

/// How long a search or a page may take, in milliseconds.
const TIMEOUT_MS: u64 = 20_000;

/// What one answer looks for on the web.
pub(super) struct Search<'a, E> {
    pub(super) gateway: &'a Gateway,
    pub(super) edge: &'a E,
    pub(super) session: Session,
}

impl<E: Runtime> Search<'_, E> {
    /// Carries out `calls`, each with what it is about. What fails is a result, too. `tell` hears of
    /// each call and of what came of it.
    pub(super) async fn look(
        &mut self,
        call: &mut Call<'_>,
        patience: &mut Patience,
        calls: Vec<(WebTool, String)>,
        tell: &dyn Fn(&Event<'_>),
    ) -> Vec<WebResult> {
        let mut results = Vec::new();
        for (tool, input) in calls {
            tell(&Event::WebCall { tool, input: &input });
            let outcome = match self.session.begin(tool, &input) {
                Ok(asked) => self.ask(call, patience, tool, &asked).await,
                Err(fault) => Err(fault),
            };
            let result = WebResult { tool, input, outcome };
            tell(&Event::WebResult(&result));
            results.push(result);
        }
        results
    }

    async fn ask(
        &mut self,
        call: &mut Call<'_>,
        patience: &mut Patience,
        tool: WebTool,
        asked: &str,
    ) -> Result<Vec<Page>, WebFault> {
        let Self { gateway, edge, session } = self;
        let now_ms = edge.now_ms();
        patience.ask_again(now_ms);
        call.deadline_ms = patience.begins_by_ms().min(now_ms.saturating_add(TIMEOUT_MS));
        let (path, body) = match tool {
            WebTool::Search => (degpt::SEARCH_PATH, degpt::search_body(asked)),
            WebTool::Fetch => (degpt::PAGE_PATH, degpt::page_body(asked)),
        };
        let Gateway { config, upstream, .. } = gateway;
        let answer = upstream::post(upstream, config, *edge, call, path, &body).await;
        let answer = answer.map_err(|error| match error {
            Error::RateLimited { .. } => WebFault::TooManyRequests,
            _ => WebFault::Unavailable,
        })?;
        let mut pages = match tool {
            WebTool::Search => degpt::found(&answer)?,
            WebTool::Fetch => vec![degpt::page(&answer, asked)?],
        };
        session.keep(tool, &mut pages);
        Ok(pages)
    }

    /// Adds to `call` what the model `said`, which ended with calls, and their `results`, and gives
    /// the answer time to go on.
    ///
    /// # Errors
    /// [`Error::Overloaded`], [`Error::Timeout`].
    pub(super) fn go_on(
        &self,
        call: &mut Call<'_>,
        patience: &mut Patience,
        said: &str,
        results: &[WebResult],
    ) -> Result<(), Error> {
        let mut texts = Vec::new();
        for result in results {
            texts.push((self.session.name(result.tool), result, web::told(result)));
        }
        let (said, told) = tools::results(said, &texts);
        let bytes = call.held.bytes() + call.body.held_bytes() / 8 + 2 * (said.len() + told.len());
        call.held.set(bytes)?;
        call.ask_again(&said, &told)?;
        let now_ms = self.edge.now_ms();
        patience.ask_again(now_ms);
        call.deadline_ms = patience.begins_by_ms();
        if call.deadline_ms <= now_ms { Err(Error::Timeout) } else { Ok(()) }
    }
}
